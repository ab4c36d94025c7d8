// What the server tells about formulas: what may be written, what is wrong, what comes out.
import { signal } from '@preact/signals';
import { send } from '../base/http';
import { body, given } from '../designer/state';
import type { FunctionOffer, Offer } from './words';

export interface Problem { message: string; position: number; length: number }
export interface Checked { text: string; type?: string; problems: Problem[] }
export interface Counted { record: string | null; day: string | null; shown: string | null }
export interface Part {
  text: string; shown: string; sentence: string | null; note: string | null; taken: boolean; children: Part[];
  rows: { form: string; own: boolean; counted: number; summary: string; filter: string | null; first: Counted[] } | null;
}
export interface Result { text: string; record: number; explanation: Part | null; problem: string | null }
export interface Chosen { record: number; title: string }

let shelf: Promise<FunctionOffer[]> | null = null;
const ask = <T>(what: string, sent: Record<string, unknown>): Promise<T> => send<T>('POST', `${given.here}/formula${what}`, sent);

/** What may be written at a path; the functions come along the first time. */
export async function offerAt(path: string): Promise<{ offer: Offer; functions: FunctionOffer[] }> {
  const first = !shelf;
  const answer = ask<Offer & { functions: FunctionOffer[] | null }>('/scope', { path, body: body.peek(), functions: first });
  if (first) shelf = answer.then(found => found.functions ?? []).catch(error => { shelf = null; throw error; });
  return { offer: await answer, functions: await shelf! };
}

export const checked = (path: string, text: string): Promise<Checked> =>
  ask<Omit<Checked, 'text'>>('', { path, text, body: body.peek() }).then(found => ({ text, ...found, problems: found.problems.map(each => inUnits(text, each)) }));

/** Places come in code points, as people count them; the editor counts in units of UTF-16. */
function inUnits(text: string, problem: Problem): Problem {
  const signs = [...text];
  const units = (count: number): number => signs.slice(0, count).join('').length;
  const from = units(problem.position);
  return { ...problem, position: from, length: Math.max(1, units(problem.position + problem.length) - from) };
}

export const resultOf = (path: string, text: string, record: number): Promise<Result> =>
  ask<Omit<Result, 'text' | 'record'>>('/result', { path, text, record, body: body.peek() }).then(found => ({ text, record, ...found }));
export const recordsOf = (form: string, search: string): Promise<Chosen[]> => ask<Chosen[]>('/records', { form, search });

// -- the record that formulas are tried with, one a form ------------------------------------------------------------------------
const PLACE = 'tierloom.formula.records';
function remembered(): Record<string, Chosen> {
  try { return JSON.parse(sessionStorage.getItem(PLACE) ?? '{}') as Record<string, Chosen>; } catch { return {}; }
}
export const chosen = signal<Record<string, Chosen>>(remembered());
export function choose(form: string, record: Chosen): void {
  chosen.value = { ...chosen.value, [form]: record };
  try { sessionStorage.setItem(PLACE, JSON.stringify(chosen.value)); } catch { /* storage may be switched off */ }
}

/** The path of the box whose side panel is open. */
export const panel = signal<string | null>(null);
