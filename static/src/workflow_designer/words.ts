// The draft in the server's words: what each card says, and the simulation of the draft as it stands now.
import { computed, effect, signal } from '@preact/signals';
import { Asked } from '../designer/asking';
import { body, problems, type Json } from '../designer/state';
import type { Chosen, Part } from '../formula_editor/server';
import { fieldsOf, form, keyOf, lines, more, nodes, whenOf, type Field } from './model';

interface Said { label: string; lines: string[]; people: number | null }
export const words = new Asked<{ nodes: Said[] }>('/words');
export const saidOf = (key: string): Said | null => words.found.value?.nodes[nodes.value.findIndex(each => keyOf(each) === key)] ?? null;
export const startWords = (): void => { effect(() => { words.ask({ draft: body.value }, { rest: 150, about: withoutPlaces(body.value) }); }); };

/** Moving a card changes no word. */
function withoutPlaces(draft: Json): Json {
  return JSON.parse(JSON.stringify(draft, (name, value: unknown) => name === 'at' ? undefined : value)) as Json;
}

// -- the simulation ---------------------------------------------------------------------------------------------------------------------
export interface Person { name: string; instead_of: string | null; note: string | null }
export interface Question { line: number; held: boolean; because: Part | null }
export interface Visit { number: number; node: string; from: number | null; line: number | null; over: boolean; until: string | null; people: Person[]; told: string[]; choices: { key: string; label: string }[]; decided: string | null; notes: string[]; followed: number[]; asked: Question[] }
interface Simulated { visits: Visit[]; end: string | null; stopped: string | null }

export const simulating = signal(false);
export const starter = signal(more.me);
export const record = signal<Chosen | null>(null);
export const values = signal<Record<string, Json>>({});
/** What is decided at a node when it is first come to; everybody else agrees. */
export const decisions = signal<Record<string, string>>({});
export const simulation = new Asked<Simulated>('/simulate');

/** The fields that conditions of the drawing name, and those somebody has given a value. */
export const askedFields = computed<Field[]>(() => {
  const texts = lines.value.map(each => whenOf(each) ?? '').concat(nodes.value.map(each => typeof each.formula === 'string' ? each.formula : '')).join(' ');
  const words = new Set(texts.match(/[\p{L}_][\p{L}\p{N}_]*/gu) ?? []);
  return fieldsOf(form.value).filter(each => each.writable && (words.has(each.key) || each.key in values.value));
});

export const startSimulation = (): void => {
  effect(() => {
    if (!simulating.value) { simulation.forget(); return; }
    if (problems.value.length) return;
    const asked = { draft: withoutPlaces(body.value), starter: starter.value, record: record.value?.record ?? null, values: values.value, decisions: decisions.value };
    simulation.ask(asked, { rest: 350 });
  });
};

export const visits = computed<Visit[]>(() => simulating.value && !problems.value.length ? simulation.found.value?.visits ?? [] : []);
export const visitsOf = (key: string): Visit[] => visits.value.filter(each => each.node === key);
export const followed = computed(() => new Set(visits.value.map(each => each.line).filter((each): each is number => each !== null)));
