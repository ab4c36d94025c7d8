// What may be written at a place, the best first.
import { callAt, comparedBefore, folded, formBehind, meaningOf, quoted, scan, type FieldOffer, type FunctionOffer, type Offer } from './words';

export interface Choice { kind: 'field' | 'relation' | 'name' | 'function' | 'option' | 'argument'; label: string; detail: string; text: string; names: string[]; function?: FunctionOffer }
export interface Choices { from: number; to: number; choices: Choice[] }
const MOST = 60;

export const usable = (functions: FunctionOffer[], offer: Offer): FunctionOffer[] => functions.filter(each => each.group === null || offer.allow.includes(each.group));

const fieldChoice = (before: string) => (each: FieldOffer): Choice =>
  ({ kind: 'field', label: each.label || each.key, detail: each.type, text: before + each.key, names: [each.key, each.label, each.other] });

export function choicesIn(parts: string[], offer: Offer): Choice[] {
  const form = formBehind(parts, offer);
  if (!form) return [];
  const before = parts.length ? `${(meaningOf(parts, offer)?.keys ?? parts).join('.')}.` : '';
  return [
    ...form.fields.filter(each => !each.system).map(fieldChoice(before)),
    ...form.relations.map((each): Choice => ({ kind: 'relation', label: each.label || each.key, detail: each.key, text: before + each.key, names: [each.key, each.label, each.other] })),
    ...form.fields.filter(each => each.system).map(fieldChoice(before)),
  ];
}

export const functionChoice = (each: FunctionOffer): Choice =>
  ({ kind: 'function', label: each.name, detail: each.label, text: each.name, names: [each.name, each.label, each.other, ...each.aliases], function: each });

/** 0 the name itself, 1 its beginning, 2 the beginning of a word in it, 3 any part; null for none. */
export function closeness(choice: Choice, wanted: string): number | null {
  if (!wanted) return 3;
  let best: number | null = null;
  for (const name of choice.names) {
    const text = folded(name);
    const at = text.indexOf(wanted);
    if (at < 0) continue;
    const rank = text === wanted ? 0 : at === 0 ? 1 : /[\s_.]/u.test(text[at - 1]!) ? 2 : 3;
    best = best === null ? rank : Math.min(best, rank);
  }
  return best;
}

/** `rows`: many records are meant here, so relations come first. */
export function matching(choices: Choice[], wanted: string, rows = false): Choice[] {
  const rank = (choice: Choice): number | null => {
    const found = closeness(choice, folded(wanted));
    if (found === null || (found === 3 && choice.kind === 'function' && wanted.length < 3 && wanted !== '' && /^[a-z]/iu.test(wanted))) return null;
    return rows && choice.kind === 'relation' && found < 3 ? -1 : found;
  };
  return choices.map((choice, n) => ({ choice, n, rank: rank(choice) })).filter(each => each.rank !== null)
    .sort((a, b) => a.rank! - b.rank! || a.n - b.n).map(each => each.choice);
}

/** What fits at the cursor. `asked`: by Ctrl Space, also where nothing has been typed. */
export function choicesAt(text: string, place: number, offer: Offer, functions: FunctionOffer[], asked: boolean): Choices | null {
  const tokens = scan(text);
  const inText = tokens.find(each => each.kind === 'text' && each.from < place && (place < each.to || each.to === text.length && !/['"’”」』]$/u.test(each.text.slice(1))));
  const typed = inText ? text.slice(inText.from, place) : /[\p{L}\p{N}\p{M}_.。]*$/u.exec(text.slice(0, place))![0];
  const from = place - typed.length;
  const compared = comparedBefore(tokens, from);
  const options = compared ? meaningOf(compared, offer)?.options ?? [] : [];
  const wanted = typed.replace(/^['"‘’“”「『]/u, '');
  if (options.length) {
    const choices = options.map(([key, label]): Choice => ({ kind: 'option', label: label || key, detail: key, text: quoted(key), names: [key, label] }));
    const found = matching(choices, wanted);
    if (found.length) return { from, to: inText ? Math.max(place, inText.to) : place, choices: found };
  }
  if (inText) return null;
  const parts = typed.split(/[.。]/u);
  const last = parts.pop()!;
  if (/^\p{N}/u.test(typed) || (!typed && !asked)) return null;
  const all = parts.length ? choicesIn(parts, offer)
    : [...offer.names.map((each): Choice => ({ kind: 'name', label: each.key, detail: each.type, text: each.key, names: [each.key] })),
      ...choicesIn([], offer), ...usable(functions, offer).map(functionChoice)];
  const call = callAt(tokens, from);
  const rows = functions.some(each => each.over_rows && (each.name === call?.name || each.aliases.includes(call?.name ?? '')));
  const found = matching(all, last, rows).slice(0, MOST);
  return found.length ? { from, to: place, choices: found } : null;
}
