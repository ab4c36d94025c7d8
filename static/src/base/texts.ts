// Sentences for scripts: layout.html puts them into one JSON block, already in the reader's language.
const block = document.getElementById('texts');
const texts: Record<string, string> = block ? JSON.parse(block.textContent || '{}') : {};

export const language = texts.language ?? 'en';

/** The sentence with its `{places}` filled in; an unknown name shows itself, so that it is noticed. */
export function say(name: string, values: Record<string, string | number> = {}): string {
  return (texts[name] ?? name).replace(/\{(\w+)\}/g, (place, key) => String(values[key] ?? place));
}
