// Unfinished input of forms with data-keep stays on this device for 14 days and is put back with a notice.
import { $, $$, eachNow, icon, make } from './dom';
import { type Control, putInto } from './putting';
import { addRows } from './rows';
import { language, say } from './texts';

const DAYS = 14;
const PREFIX = 'tierloom.kept.';
type Values = [string, string][];
interface Kept { at: number; values: Values }

function stored(): Storage | null {
  try { return window.localStorage; } catch { return null; }
}

/** Everything but secrets, files and the token; also what a rule hides at the moment, which a browser would not send. */
function valuesOf(form: HTMLFormElement): Values {
  const secret = new Set($$<HTMLInputElement>('[type=password], [type=file], [data-not-kept]', form).map(input => input.name));
  const sent = [...new FormData(form)].filter((pair): pair is [string, string] => typeof pair[1] === 'string');
  return [...sent, ...([...form.elements] as Control[]).flatMap(unsent)].filter(([name]) => name !== 'csrf_token' && !secret.has(name));
}

function unsent(control: Control): Values {
  if (!control.name || !control.matches(':disabled') || /^(hidden|submit|button)$/.test(control.type)) return [];
  if (/^(radio|checkbox)$/.test(control.type)) return control.checked ? [[control.name, control.value]] : [];
  const chosen = (control as unknown as HTMLSelectElement).selectedOptions;
  return chosen ? [...chosen].map(each => [control.name, each.value]) : [[control.name, control.value]];
}

function read(key: string): Kept | null {
  try {
    const kept = JSON.parse(stored()?.getItem(PREFIX + key) ?? 'null') as Kept | null;
    return kept && Date.now() - kept.at < DAYS * 86_400_000 ? kept : null;
  } catch { return null; }
}

/** The unfinished input that was put back into a form; null where there is none. */
export const keptIn = (form: HTMLFormElement): Values | null => (form.dataset.keep ? read(form.dataset.keep)?.values ?? null : null);

/** Everything that is kept on this device, the newest first. */
export const everythingKept = (): { key: string; at: number; values: Values }[] => Object.keys(stored() ?? {}).filter(name => name.startsWith(PREFIX))
  .map(name => name.slice(PREFIX.length)).flatMap(key => { const kept = read(key); return kept ? [{ key, ...kept }] : []; }).sort((one, other) => other.at - one.at);

export function forget(key: string): void { stored()?.removeItem(PREFIX + key); }

function put(form: HTMLFormElement, values: Values): void {
  growRows(form, values);
  const wanted = new Map<string, string[]>();
  for (const [name, value] of values) wanted.set(name, [...wanted.get(name) ?? [], value]);
  const named = new Map<string, Control[]>();
  for (const control of [...form.elements] as Control[]) {
    if (!control.name || control.name === 'csrf_token' || /^(hidden|password|file|submit|button)$/.test(control.type)) continue;
    named.set(control.name, [...named.get(control.name) ?? [], control]);
  }
  for (const [name, controls] of named) putInto(controls, { texts: wanted.get(name) ?? [] });
}

/** A kept form may have had more rows than the empty one. */
function growRows(form: HTMLFormElement, values: Values): void {
  for (const box of $$<HTMLElement>('[data-rows]', form)) {
    const numbers = values.map(([name]) => name.match(new RegExp(`^${box.dataset.rows}-(\\d+)-`))?.[1]).filter(Boolean).map(Number);
    const rows = () => $$('tbody > [data-row]', box).length;
    addRows(box, Math.max(-1, ...numbers) + 1 - rows());
  }
}

function notice(form: HTMLFormElement, key: string, at: number, empty: Values): void {
  const when = new Date(at).toLocaleString(language === 'zh' ? 'zh-CN' : 'en', { month: 'numeric', day: 'numeric', hour: '2-digit', minute: '2-digit' });
  const drop = make('button', { class: 'btn-link-plain', type: 'button' }, say('kept_drop'));
  const note = make('div', { class: 'tl-note tl-note-quiet tl-kept', role: 'status' }, icon('history'), make('div', {}, `${say('kept', { when })} `, drop));
  drop.addEventListener('click', () => { forget(key); put(form, empty); note.remove(); form.dispatchEvent(new CustomEvent('tierloom:restored')); });
  form.prepend(note);
}

function startKept(form: HTMLFormElement): void {
  const key = form.dataset.keep!;
  const empty = valuesOf(form);
  const kept = read(key);
  const refused = !!$('[data-problems]', form.parentElement ?? form) || !!$('[aria-invalid="true"]', form);
  if (kept && !refused && JSON.stringify(kept.values) !== JSON.stringify(empty)) {
    put(form, kept.values);
    notice(form, key, kept.at, empty);
    form.dispatchEvent(new CustomEvent('tierloom:restored'));
  }
  let timer = 0;
  const keep = () => {
    clearTimeout(timer);
    timer = window.setTimeout(() => {
      try { stored()?.setItem(PREFIX + key, JSON.stringify({ at: Date.now(), values: valuesOf(form) } satisfies Kept)); } catch { /* full: nothing is kept */ }
    }, 250);
  };
  form.addEventListener('input', keep);
  form.addEventListener('change', keep);
}

export function startKeeping(): void {
  for (const done of $$<HTMLElement>('meta[name=kept-done], [data-kept-done]')) forget(done.getAttribute('content') ?? done.dataset.keptDone ?? '');
  eachNow<HTMLFormElement>('form[data-keep]', startKept);
  const storage = stored();
  if (!storage) return;
  for (const name of Object.keys(storage)) if (name.startsWith(PREFIX) && !read(name.slice(PREFIX.length))) storage.removeItem(name);
}
