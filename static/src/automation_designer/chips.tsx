// Words of the server with what they name as chips: quoted names, places in braces, and conditions in words.
import { computed } from '@preact/signals';
import { at, body, isObject, problems, type Json } from '../designer/state';
import { conditionWords, readConditions } from '../form_designer/conditions';

const NAMED = /(“[^”]+”|「[^」]+」|\{[^{}\n]+\})/;

/** All conditions of the draft, the longest first: the server says them as they are written. */
const conditions = computed(() => {
  const found = new Set<string>();
  const look = (here: Json): void => {
    if (Array.isArray(here)) { here.forEach(look); return; }
    if (!isObject(here)) return;
    for (const [name, each] of Object.entries(here)) if (['when', 'becomes'].includes(name) && typeof each === 'string' && each.trim()) found.add(each); else look(each);
  };
  look(body.value);
  return [...found].sort((a, b) => b.length - a.length);
});

const faulty = (text: string): boolean => problems.value.some(each => at(each.path.split('/').map(part => /^\d+$/.test(part) ? Number(part) : part)) === text);

/** Text of the server with its conditions in the words of their chips. */
export const inWords = (text: string): string => conditions.value.reduce((found, each) => found.includes(each) && readConditions(each)?.list.length ? found.split(each).join(conditionWords(each, faulty(each))) : found, text);

/** “rises to 「Diamond」” with the name as a chip. */
export function Chips({ text }: { text: string }) {
  const condition = conditions.value.find(each => text.includes(each));
  if (condition) {
    const place = text.indexOf(condition);
    return <><Chips text={text.slice(0, place)} /><ConditionChips text={condition} /><Chips text={text.slice(place + condition.length)} /></>;
  }
  return <>{text.split(NAMED).map((part, n) => n % 2 ? <span class="ax-chip" key={n}>{part.replace(/^[“「{]|[”」}]$/g, '')}</span> : part)}</>;
}

/** A condition in the words of its chips; one that says more than chips can, as the formula. */
export function ConditionChips({ text }: { text: string }) {
  const read = readConditions(text);
  return read?.list.length ? <span class="ax-chip">{conditionWords(text, faulty(text))}</span> : <code class="ax-chip">{text}</code>;
}
