// The draft read as a flow: forgiving, for a draft may hold anything. Kinds and what they hold inside come from the schema alone.
import { computed, signal } from '@preact/signals';
import { beginning, kindsOf, requiredOf, resolve, shapeOf } from '../designer/schema';
import { conditionsOver, type Thing } from '../designer/condition_fields';
import { at, body, change, given, isObject, problems, replace, type Json, type Named, type Path, type Schema } from '../designer/state';
import { placed } from '../designer/patches';

export interface Kind { type: string; label: string; icon: string; outside: boolean; also: string }
export interface Family { family: string; label: string; kinds: Kind[] }
export interface Starter { key: string; label: string; about: string; icon: string; body: Thing | null; missing: string | null }
export interface Field { key: string; label: string; type: string; result: string; form: string | null; writable: boolean; required: boolean; options: Named[]; columns: Field[] }
interface More { palette: Family[]; triggers: { type: string; label: string; icon: string; family: string }[]; starters: Starter[]; people: (Named & { group: string })[]; named: Record<'plan' | 'wording', Record<string, Named[]>> & { relation: Record<string, (Named & { form: string })[]>; bot: Named[] }; form_fields: Record<string, Field[]> }
export const more = given as unknown as More;

const root: Schema = given.schema ? resolve(given.schema) : { properties: {} };
const unionOf = (schema: Schema | undefined): Record<string, Schema> => schema ? kindsOf(shapeOf(schema).schema) : {};
export const triggerKinds = unionOf(root.properties.trigger);
export const stepKinds = unionOf(root.properties.steps?.items);
export const KINDS = new Map(more.palette.flatMap(each => each.kinds).map(each => [each.type, each]));
export const kindName = (type: Json | undefined): string => KINDS.get(String(type))?.label ?? String(type ?? '');
export const kindIcon = (type: Json | undefined): string => KINDS.get(String(type))?.icon ?? 'point';
export const triggerIcon = (type: Json | undefined): string => more.triggers.find(each => each.type === type)?.icon ?? 'bolt';

// -- what steps hold inside ---------------------------------------------------------------------------------------------------------
/** A list of steps inside a step: `list` its path, `part` the path of the entry of an arm that has settings of its own. */
export interface Lane { list: Path; name: string; part: Path | null }

const isSteps = (schema: Schema | undefined): boolean => {
  if (!schema) return false;
  const shape = shapeOf(schema);
  const items = shape.is === 'list' && shape.schema.items ? shapeOf(shape.schema.items) : null;
  return items?.is === 'union' && Object.keys(items.schema.discriminator.mapping).every(each => each in stepKinds);
};
const armsIn = (schema: Schema): string | null => {
  const shape = shapeOf(schema);
  const items = shape.is === 'list' && shape.schema.items ? shapeOf(shape.schema.items) : null;
  if (items?.is !== 'object') return null;
  return Object.keys(items.schema.properties as Record<string, Schema>).find(name => isSteps(items.schema.properties[name])) ?? null;
};
const laneNames = new Map<string, { plain: string[]; arms: [string, string][] }>();
function lanesOfKind(type: string): { plain: string[]; arms: [string, string][] } {
  const known = laneNames.get(type);
  if (known) return known;
  const properties = Object.entries((stepKinds[type]?.properties ?? {}) as Record<string, Schema>);
  const found = { plain: properties.filter(([, each]) => isSteps(each)).map(([name]) => name), arms: properties.flatMap<[string, string]>(([name, each]) => { const inside = isSteps(each) ? null : armsIn(each); return inside ? [[name, inside]] : []; }) };
  laneNames.set(type, found);
  return found;
}
/** The settings of a kind that are drawn in the flow and not in the panel. */
export const insideNames = (type: string): string[] => lanesOfKind(type).plain;
export const armNames = (type: string): [string, string][] => lanesOfKind(type).arms;
export const holdsSteps = (type: Json | undefined): boolean => { const found = lanesOfKind(String(type)); return found.plain.length + found.arms.length > 0; };
/** One list without a choice: a loop, drawn as a box. */
export const isBox = (type: Json | undefined): boolean => { const found = lanesOfKind(String(type)); return found.plain.length === 1 && !found.arms.length; };

export function lanesOf(path: Path): Lane[] {
  const step = at(path);
  if (!isObject(step)) return [];
  const { plain, arms } = lanesOfKind(String(step.type));
  const several = arms.flatMap(([name, inside]) => (Array.isArray(step[name]) ? step[name] : []).map<Lane>((_, n) => ({ list: [...path, name, n, inside], name: `${n + 1}`, part: [...path, name, n] })));
  const [first, ...rest] = plain.map<Lane>(name => ({ list: [...path, name], name, part: null }));
  return first ? [first, ...several, ...rest] : several;
}

// -- reading ------------------------------------------------------------------------------------------------------------------------
export const stepsAt = (list: Path): Json[] => { const found = at(list); return Array.isArray(found) ? found : []; };
export const placeOf = (path: Path): string => path.join('/');
export const pathOf = (place: string): Path => place.split('/').map(each => /^\d+$/.test(each) ? Number(each) : each);
export const TOP: Path = ['steps'];
export const trigger = computed(() => { const found = at(['trigger']); return isObject(found) ? found : {}; });

/** Every list of steps with its steps, from the top down. */
export function everyList(list: Path = TOP): Path[] {
  return [list, ...stepsAt(list).flatMap((_, n) => lanesOf([...list, n]).flatMap(each => everyList(each.list)))];
}
export const everyStep = (): Path[] => everyList().flatMap(list => stepsAt(list).map((_, n) => [...list, n]));

/** What is wrong at a card itself, not at those inside it. */
export function faultsAt(place: string): string[] {
  const inside = place.startsWith('steps/') ? lanesOf(pathOf(place)).map(each => `${placeOf(each.list)}/`) : [];
  return problems.value.filter(each => (each.path === place || each.path.startsWith(`${place}/`)) && !inside.some(one => each.path.startsWith(one) && /^\d/.test(each.path.slice(one.length)))).map(each => each.message);
}

// -- what is chosen: "trigger", "when", "steps/0/then/1", or nothing ------------------------------------------------------------------
export const selected = signal('');
export const lifted = signal('');
export const focusOn = (place: string): void => { requestAnimationFrame(() => setTimeout(() => {
  const found = document.getElementById(`ax-${place}`);
  found?.scrollIntoView({ block: 'nearest' });
  found?.focus({ preventScroll: true });
})); };

// -- changing -----------------------------------------------------------------------------------------------------------------------
const KEYED = 'key';
let acts = 0;
/** Each thing put in or taken out is a step of the history of its own, however fast one follows the other. */
const write = (list: Path, steps: Json[]): void => change(list, steps, `flow-${acts += 1}`);
const taken = (): Set<string> => new Set(everyStep().map(path => at([...path, KEYED])).filter((each): each is string => typeof each === 'string'));

function freeName(base: string): string {
  const used = taken();
  for (let n = 1; ; n += 1) { const name = n === 1 ? base : `${base}_${n}`; if (!used.has(name)) return name; }
}

/** A copy whose named steps have names of their own. */
function copied(step: Json, used = taken()): Json {
  if (Array.isArray(step)) return step.map(each => copied(each, used));
  if (!isObject(step)) return step;
  const found = Object.fromEntries(Object.entries(step).map(([name, each]) => [name, copied(each, used)]));
  if (typeof step.type === 'string' && typeof step.key === 'string') {
    let n = 2;
    while (used.has(`${step.key}_${n}`)) n += 1;
    found.key = `${step.key}_${n}`;
    used.add(found.key);
  }
  return found;
}

export function freshStep(type: string): Thing {
  const schema = stepKinds[type];
  const found: Thing = { type, ...(schema ? requiredOf(schema) : {}) };
  if (KEYED in found) found.key = freeName('one');
  for (const [name, inside] of insideNames(type).length ? [] : armNames(type)) if (!Array.isArray(found[name]) || !found[name].length) found[name] = [{ ...(beginning(shapeOf(schema!.properties[name]).schema.items) as Thing), [inside]: [] }];
  for (const name of insideNames(type)) found[name] = [];
  return found;
}

export function insert(step: Json, list: Path, index: number): void {
  const all = stepsAt(list);
  write(list, [...all.slice(0, index), step, ...all.slice(index)]);
  const place = placeOf([...list, index]);
  selected.value = place;
  focusOn(place);
}

export function remove(path: Path): void {
  const list = path.slice(0, -1), n = Number(path.at(-1));
  write(list, stepsAt(list).filter((_, m) => m !== n));
  const next = stepsAt(list).length ? placeOf([...list, Math.max(0, n - 1)]) : list.length > 1 ? placeOf(pathOf(placeOf(list)).slice(0, -1)) : 'trigger';
  selected.value = at(pathOf(next)) === undefined ? '' : next;
  focusOn(next);
}

export function duplicate(path: Path): void {
  const found = at(path);
  if (found !== undefined) insert(copied(found), path.slice(0, -1), Number(path.at(-1)) + 1);
}

/** Where a list stands once the step at `gone` has been taken out. */
function afterTaking(list: Path, gone: Path): Path {
  const around = gone.slice(0, -1), n = Number(gone.at(-1));
  const same = around.every((part, place) => list[place] === part) && list.length > around.length;
  if (!same || Number(list[around.length]) <= n) return list;
  return [...around, Number(list[around.length]) - 1, ...list.slice(around.length + 1)];
}

/** Moves a step before the place `index` of a list, as one step of the history; false where that is inside itself. */
export function move(path: Path, list: Path, index: number): string | null {
  const step = at(path);
  const from = path.slice(0, -1), n = Number(path.at(-1));
  if (step === undefined || placeOf(list).startsWith(`${placeOf(path)}/`)) return null;
  const same = placeOf(from) === placeOf(list);
  const to = same && index > n ? index - 1 : index;
  if (same && to === n) return placeOf(path);
  const without = placed(body.value, from, stepsAt(from).filter((_, m) => m !== n));
  const target = afterTaking(list, path);
  const all = target.reduce<Json | undefined>((here, part) => Array.isArray(here) ? here[Number(part)] : isObject(here) ? here[String(part)] : undefined, without);
  const there = Array.isArray(all) ? all : [];
  replace(placed(without, target, [...there.slice(0, to), step, ...there.slice(to)]));
  const place = placeOf([...target, to]);
  selected.value = place;
  return place;
}

/** A starter takes the place of trigger, condition and steps; name and key stay. */
export function begin(starter: Thing): void {
  const { when: _, ...rest } = isObject(body.value) ? body.value : {};
  replace({ ...rest, ...starter });
  selected.value = '';
}

// -- the form around ----------------------------------------------------------------------------------------------------------------
export const form = signal<string | null>(null);
export const fieldsOf = (key: string | null | undefined): Field[] => (key ? more.form_fields[key] : undefined) ?? [];
const COMPARED: Record<string, string> = { tier: 'choice', tags: 'multi_choice' };
conditionsOver(() => fieldsOf(form.value).filter(each => each.result !== 'rows').map(each => ({ ...each, type: COMPARED[each.type] ?? each.type }) as unknown as Thing));
