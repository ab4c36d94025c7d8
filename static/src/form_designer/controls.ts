// The controls of the entry page for each field, drawn by the server: kept by what a field says, fetched anew a moment after it changed.
import { effect, signal } from '@preact/signals';
import { send } from '../base/http';
import { given, type Json } from '../designer/state';
import { fields, more, type Thing } from './model';

const known = new Map<string, string | null>();
/** What was last drawn for a key, shown until the new drawing is there. */
const lately = new Map<string, string | null>();
export const drawn = signal(0);

/** What a drawing depends on: everything but the key and the texts that the designer writes itself. */
function essence(field: Thing): string {
  const { key: _key, many_name: _name, unique: _unique, default: _default, formula: _formula, mask: _mask, ...rest } = field;
  return JSON.stringify(rest);
}

export function controlOf(field: Thing): string | null {
  const found = known.get(essence(field));
  return found !== undefined ? found : lately.get(String(field.key)) ?? null;
}

more.controls.forEach((each, n) => {
  const field = fields.peek()[n];
  if (!field) return;
  known.set(essence(field), each);
  lately.set(String(field.key), each);
});

let timer = 0;
async function fetchMissing(): Promise<void> {
  const missing = [...new Map(fields.peek().filter(each => each.type !== 'subform' && !known.has(essence(each))).map(each => [essence(each), each])).values()];
  if (!missing.length) return;
  const answer = await send<{ controls: (string | null)[] }>('POST', `${given.here}/controls`, { fields: missing as unknown as Json }).catch(() => null);
  if (!answer) return;
  answer.controls.forEach((each, n) => { known.set(essence(missing[n]!), each); lately.set(String(missing[n]!.key), each); });
  drawn.value += 1;
}

export function startDrawing(): void {
  effect(() => {
    void fields.value;
    clearTimeout(timer);
    timer = window.setTimeout(() => void fetchMissing(), 250);
  });
}

// -- only what is near the window is put into the page ------------------------------------------------------------------------------------
const seen = new WeakMap<Element, () => void>();
const watch = new IntersectionObserver(found => {
  for (const each of found) if (each.isIntersecting) { watch.unobserve(each.target); seen.get(each.target)?.(); }
}, { rootMargin: '500px 0px' });

/** Runs `act` once the element comes near. */
export function whenNear(element: Element, act: () => void): () => void {
  seen.set(element, act);
  watch.observe(element);
  return () => watch.unobserve(element);
}
