// The draft read as a graph: forgiving, for a draft may hold anything. Kinds and their settings come from the schema alone.
import { computed, signal } from '@preact/signals';
import { conditionsOver, type Thing } from '../designer/condition_fields';
import { kindsOf, requiredOf, resolve, shapeOf } from '../designer/schema';
import { at, body, given, isObject, problems, replace, shown, type Json, type Named, type Schema } from '../designer/state';

export interface Kind { type: string; label: string; icon: string; passing: string; results: Named[] }
export interface Starter { key: string; label: string; about: string; icon: string; body: Thing | null; missing: string | null }
export interface Field { key: string; label: string; type: string; form: string | null; result: string; writable: boolean; options: Named[]; lines: (Named & { writable: boolean })[] }
interface More {
  palette: Kind[]; starters: Starter[]; who_choices: (Named & { group: string })[]; people: { id: number; name: string }[]; me: number; workflows: Named[]; called: (Named & { inputs: Named[] })[]; families: Record<string, string[]>;
  form_fields: Record<string, Field[]>;
}
export const more = given as unknown as More;

const root: Schema = given.schema ? resolve(given.schema) : { properties: {} };
const unionOf = (schema: Schema | undefined): Record<string, Schema> => { const shape = schema ? shapeOf(schema) : null; return shape?.is === 'union' ? kindsOf(shape.schema) : {}; };
export const nodeKinds = unionOf(root.properties.nodes?.items);
export const lineSchema: Schema = root.properties.lines?.items ? resolve(root.properties.lines.items) : { properties: {} };
export const KINDS = new Map(more.palette.map(each => [each.type, each]));
export const kindName = (type: Json | undefined): string => KINDS.get(String(type))?.label ?? String(type ?? '');
export const kindIcon = (type: Json | undefined): string => KINDS.get(String(type))?.icon ?? 'point';
export const passingOf = (node: Thing | undefined): string => KINDS.get(String(node?.type))?.passing ?? 'through';

// -- reading ------------------------------------------------------------------------------------------------------------------------
const things = (value: Json | undefined): Thing[] => Array.isArray(value) ? value.map(each => isObject(each) ? each : {}) : [];
export const nodes = computed(() => things(isObject(body.value) ? body.value.nodes : undefined));
export const lines = computed(() => things(isObject(body.value) ? body.value.lines : undefined));
export const keyOf = (node: Thing | undefined): string => String(node?.key ?? '');
export const nodeOf = (key: string): Thing | undefined => nodes.value.find(each => keyOf(each) === key);
export const numberOf = (key: string): number => nodes.value.findIndex(each => keyOf(each) === key);
export const nameOf = (key: string): string => { const node = nodeOf(key); return node ? shown(node.label) || kindName(node.type) : key || '…'; };
export const fromOf = (line: Thing | undefined): string => String(line?.from ?? '');
export const toOf = (line: Thing | undefined): string => String(line?.to ?? '');
export const whenOf = (line: Thing | undefined): string | null => typeof line?.when === 'string' ? line.when : null;
/** How what a node sets off can end; only where it is waited for. */
export const resultsOf = (key: string): Named[] => { const node = nodeOf(key); return node && node.wait !== false ? KINDS.get(String(node.type))?.results ?? [] : []; };
export const resultOf = (line: Thing | undefined): string => typeof line?.result === 'string' ? line.result : '';
export const isBare = (line: Thing): boolean => whenOf(line) === null && resultOf(line) === '' && line.otherwise !== true;
export const numbersOut = (key: string): number[] => lines.value.flatMap((each, n) => fromOf(each) === key ? [n] : []);
export const numbersIn = (key: string): number[] => lines.value.flatMap((each, n) => toOf(each) === key ? [n] : []);
export const form = computed(() => { const found = at(['form'], body.value); return typeof found === 'string' ? found : ''; });
export const fieldsOf = (key: string): Field[] => more.form_fields[key] ?? [];
const COMPARED: Record<string, string> = { tier: 'choice', tags: 'multi_choice' };
conditionsOver(() => fieldsOf(form.value).filter(each => each.result !== 'rows').map(each => ({ ...each, type: COMPARED[each.type] ?? each.type }) as unknown as Thing));

/** What lies before or after a node along the lines, itself not among it. */
export function reach(key: string, back = false, all: Thing[] = lines.value): Set<string> {
  const found = new Set<string>(), waiting = [key];
  for (let here = waiting.pop(); here !== undefined; here = waiting.pop()) {
    for (const each of all) {
      const [before, after] = back ? [toOf(each), fromOf(each)] : [fromOf(each), toOf(each)];
      if (before === here && !found.has(after)) { found.add(after); waiting.push(after); }
    }
  }
  return found;
}

/** The nodes in the order in which one reads the flow: from the start along the lines, what nothing leads to at the end. */
export const inOrder = computed(() => {
  const found: string[] = [], all = nodes.value.map(keyOf);
  const follow = (key: string): void => {
    if (found.includes(key) || !all.includes(key)) return;
    const waits = numbersIn(key).map(n => fromOf(lines.value[n])).some(each => reachable.has(each) && !found.includes(each) && each !== key && !reach(key).has(each));
    if (waits) return;
    found.push(key);
    for (const n of numbersOut(key)) follow(toOf(lines.value[n]));
  };
  const start = nodes.value.find(each => each.type === 'start');
  const reachable = new Set([keyOf(start), ...reach(keyOf(start))]);
  if (start) follow(keyOf(start));
  return [...new Set([...found, ...all])];
});

// -- what is chosen: "n:KEY", "l:NUMBER", or nothing ----------------------------------------------------------------------------------
export const selected = signal('');
export const selectedNode = computed(() => selected.value.startsWith('n:') && nodeOf(selected.value.slice(2)) ? selected.value.slice(2) : null);
export const selectedLine = computed(() => { const n = selected.value.startsWith('l:') ? Number(selected.value.slice(2)) : -1; return lines.value[n] ? n : null; });
export const panelTab = signal('who');
export const lifted = signal('');
let bring: (key: string) => void = () => undefined;
/** The drawing says how a card is brought into sight. */
export const onBring = (act: typeof bring): void => { bring = act; };
const focusOn = (key: string): void => { requestAnimationFrame(() => setTimeout(() => { bring(key); document.getElementById(`wx-${key}`)?.focus({ preventScroll: true }); })); };

const under = (place: string) => problems.value.filter(each => each.path === place || each.path.startsWith(`${place}/`)).map(each => each.message);
export const faultsOfNode = (key: string): string[] => under(`nodes/${numberOf(key)}`);
export const faultsOfLine = (n: number): string[] => under(`lines/${n}`);

// -- changing: every act is one step of the history ------------------------------------------------------------------------------------
export const write = (next: Thing[], then: Thing[]): void => replace({ ...(isObject(body.value) ? body.value : {}), nodes: next, lines: then });

function freeKey(base: string, taken: Set<string> = new Set(nodes.value.map(keyOf))): string {
  for (let n = 1; ; n += 1) { const key = n === 1 ? base : `${base}_${n}`; if (!taken.has(key)) return key; }
}

export function freshNode(type: string, taken?: Set<string>): Thing {
  const schema = nodeKinds[type];
  const needed = Object.entries(schema ? requiredOf(schema) : {}).map(([name, each]) => [name, Array.isArray(each) ? each.filter(one => one !== '') : each]);
  return { type, ...Object.fromEntries(needed), key: freeKey(type, taken) };
}

const line = (from: string, to: string, more: Thing = {}): Thing => ({ from, to, ...more });
const place = (x: number, y: number): Json => [Math.round(Math.max(0, x) / 10) * 10, Math.round(Math.max(0, y) / 10) * 10];

/** What a kind brings along when it is put on a line: itself, or a whole parallel part. */
function piece(type: string, to: string | null, spot: Json | null): { nodes: Thing[]; lines: Thing[]; first: string; last: string } {
  const own = freshNode(type);
  if (spot) own.at = spot;
  if (passingOf(own) !== 'splits' || to === null) return { nodes: [own], lines: [], first: keyOf(own), last: keyOf(own) };
  const taken = new Set([...nodes.value.map(keyOf), keyOf(own)]);
  const made = ['approval', 'approval', 'join'].map(each => { const node = freshNode(each, taken); taken.add(keyOf(node)); return node; });
  if (Array.isArray(spot)) made.forEach((each, n) => { each.at = place(Number(spot[0]) + (n === 0 ? -130 : n === 1 ? 130 : 0), Number(spot[1]) + (n === 2 ? 260 : 130)); });
  const [one, other, join] = made.map(keyOf) as [string, string, string];
  return { nodes: [own, ...made], lines: [line(keyOf(own), one), line(keyOf(own), other), line(one, join), line(other, join)], first: keyOf(own), last: join };
}

/** Where drawings are arranged by hand, a node that comes in gets a place below what it follows, and what is further down makes room. */
function makeRoom(all: Thing[], after: Thing | undefined): { nodes: Thing[]; spot: Json | null } {
  const own = after?.at;
  if (!all.some(each => Array.isArray(each.at)) || !Array.isArray(own)) return { nodes: all, spot: null };
  const [x, y] = own.map(Number) as [number, number];
  return { nodes: all.map(each => Array.isArray(each.at) && Number(each.at[1]) > y ? { ...each, at: place(Number(each.at[0]), Number(each.at[1]) + 130) } : each), spot: place(x, y + 130) };
}

/** Puts a new node on a line; its condition stays before the node. */
export function insertOn(n: number, type: string): void {
  const on = lines.value[n];
  if (!on) return;
  const room = makeRoom(nodes.value, nodeOf(fromOf(on)));
  const made = piece(type, toOf(on), room.spot);
  const before = lines.value.map((each, m) => m === n ? { ...each, to: made.first } : each);
  const ends = KINDS.get(type)?.passing === 'ends';
  finish([...room.nodes, ...made.nodes], [...before, ...made.lines, ...(ends ? [] : [line(made.last, toOf(on), type === 'branch' ? { otherwise: true } : {})])], made.first);
}

/** Behind a node: on its plain or “otherwise” line, or at the end of a line of its own. */
export function insertAfter(key: string, type: string): void {
  const out = numbersOut(key);
  const on = KINDS.get(type)?.passing === 'ends' ? undefined : out.find(n => isBare(lines.value[n]!)) ?? out.find(n => lines.value[n]!.otherwise === true) ?? out[0];
  if (on !== undefined) { insertOn(on, type); return; }
  const room = makeRoom(nodes.value, nodeOf(key));
  const made = freshNode(type);
  if (room.spot) made.at = room.spot;
  finish([...room.nodes, made], passingOf(nodeOf(key)) === 'ends' ? lines.value : joined(lines.value, key, keyOf(made)), keyOf(made));
}

/** Somewhere on the drawing; nothing leads there yet. */
export function insertAt(type: string, x: number, y: number, all: Thing[] = nodes.value): void {
  const made = freshNode(type);
  made.at = place(x, y);
  finish([...all, made], lines.value, keyOf(made));
}

function finish(next: Thing[], then: Thing[], key: string): void {
  write(next, then);
  selected.value = `n:${key}`;
  panelTab.value = 'who';
  focusOn(key);
}

/** One more line from a node. The second one makes a choice of it: the shortcut past the other is “otherwise”, anything else gets a condition. */
function joined(all: Thing[], from: string, to: string): Thing[] {
  const out = all.filter(each => fromOf(each) === from);
  if (!out.length || nodeOf(from)?.type === 'parallel') return [...all, line(from, to)];
  const bare = out.find(isBare);
  const shortcut = bare && !out.some(each => each.otherwise === true) && reach(toOf(bare), false, all).has(to);
  if (!bare) return [...all, line(from, to, out.some(each => each.otherwise === true) ? { when: '' } : { otherwise: true })];
  return [...all.map(each => each !== bare ? each : shortcut ? { ...each, when: '' } : { ...each, otherwise: true }), line(from, to, shortcut ? { otherwise: true } : { when: '' })];
}

export const canEnd = (from: string, to: string): boolean => from !== to && nodeOf(to)?.type !== 'start' && passingOf(nodeOf(from)) !== 'ends' && !lines.value.some(each => fromOf(each) === from && toOf(each) === to);

export function connect(from: string, to: string): void {
  if (!canEnd(from, to)) return;
  const next = joined(lines.value, from, to);
  write(nodes.value, next);
  const empty = next.findIndex(each => fromOf(each) === from && whenOf(each) === '');
  selected.value = `l:${empty >= 0 ? empty : next.length - 1}`;
}

/** Lines of one node that all lead to the same place are one plain line. */
function closed(all: Thing[]): Thing[] {
  const seen = new Set<string>();
  const single = all.filter(each => { const name = JSON.stringify([fromOf(each), toOf(each), whenOf(each), resultOf(each), each.otherwise === true]); const first = !seen.has(name); seen.add(name); return first && fromOf(each) !== toOf(each); });
  return single.filter((each, n) => {
    const mates = single.filter(one => fromOf(one) === fromOf(each) && toOf(one) === toOf(each));
    return mates.length === 1 || single.indexOf(mates[0]!) === n;
  }).map(each => {
    const out = single.filter(one => fromOf(one) === fromOf(each));
    if (new Set(out.map(toOf)).size > 1 || nodeOf(fromOf(each))?.type === 'branch') return each;
    const { when: _when, otherwise: _otherwise, result: _result, ...plain } = each;
    return plain;
  });
}

/** Takes a node out and closes the lines up: what led to it leads on to what followed. */
export function remove(key: string): void {
  const node = nodeOf(key);
  if (!node || node.type === 'start') return;
  const coming = numbersIn(key), going = numbersOut(key).map(n => lines.value[n]!);
  const only = going.find(each => numbersIn(toOf(each)).length === 1); // nothing else would lead there any more
  const on = only ?? going.find(isBare) ?? going.find(each => each.otherwise === true) ?? going[0];
  const single = coming.length === 1 && isBare(lines.value[coming[0]!]!) && going.length > 1 && numbersOut(fromOf(lines.value[coming[0]!])).length === 1;
  const rest = lines.value.filter(each => fromOf(each) !== key);
  const then = single ? [...rest.filter(each => toOf(each) !== key), ...going.map(each => ({ ...each, from: fromOf(lines.value[coming[0]!]) }))]
    : on ? rest.map(each => toOf(each) === key ? { ...each, to: toOf(on) } : each) : rest.filter(each => toOf(each) !== key);
  const before = coming.length ? fromOf(lines.value[coming[0]!]) : '';
  write(nodes.value.filter(each => each !== node).map(each => unnamed(each, key)), closed(then));
  selected.value = before ? `n:${before}` : '';
  if (before) focusOn(before);
}

/** Without what named a node that is gone. */
function unnamed(node: Thing, key: string): Thing {
  const list = (value: Json | undefined, gone: string) => Array.isArray(value) && value.includes(gone) ? value.filter(each => each !== gone) : value;
  const next = { ...node, ...(Array.isArray(node.return_to) ? { return_to: list(node.return_to, key)! } : {}), ...(Array.isArray(node.approvers) ? { approvers: list(node.approvers, `handler_of:${key}`)! } : {}) };
  return next;
}

export function removeLine(n: number): void {
  const gone = lines.value[n];
  if (!gone) return;
  const rest = lines.value.filter((_, m) => m !== n);
  const out = rest.filter(each => fromOf(each) === fromOf(gone));
  const alone = out.length === 1 && nodeOf(fromOf(gone))?.type !== 'branch';
  write(nodes.value, rest.map(each => { if (!alone || each !== out[0]) return each; const { when: _when, otherwise: _otherwise, result: _result, ...plain } = each; return plain; }));
  selected.value = `n:${fromOf(gone)}`;
  focusOn(fromOf(gone));
}

/** “Otherwise” is one line of its node; the one that was it before asks a condition instead. */
export function makeOtherwise(n: number, on: boolean): void {
  const here = lines.value[n]!;
  write(nodes.value, lines.value.map((each, m) => {
    const { when, otherwise: _otherwise, result: _result, ...plain } = each;
    if (m === n) return on ? { ...plain, otherwise: true } : { ...plain, when: '' };
    return on && fromOf(each) === fromOf(here) && (each.otherwise === true || isBare(each)) ? { ...plain, when: when ?? '' } : each;
  }));
}

/** A line only for one end of what its node sets off, or for any. A condition that was never written falls away. */
export function onlyFor(n: number, result: string): void {
  write(nodes.value, lines.value.map((each, m) => {
    if (m !== n) return each;
    const { when, result: _result, otherwise: _otherwise, ...plain } = each;
    return { ...plain, ...(result ? { result } : {}), ...(typeof when === 'string' && (when.trim() || !result) ? { when } : result ? {} : { when: '' }) };
  }));
}

/** Another end for a line. */
export function lead(n: number, to: string): void {
  write(nodes.value, lines.value.map((each, m) => m === n ? { ...each, to } : each));
}

export function rename(from: string, to: string): boolean {
  if (!/^[a-z][a-z0-9_]{0,40}$/.test(to) || nodes.value.some(each => keyOf(each) === to)) return false;
  const swap = (value: Json): Json => value === from ? to : value === `handler_of:${from}` ? `handler_of:${to}` : value;
  const lists = (node: Thing): Thing => Object.fromEntries(Object.entries(node).map(([name, each]) => [name, Array.isArray(each) && name !== 'at' ? each.map(swap) : each]));
  write(nodes.value.map(each => ({ ...lists(each), key: keyOf(each) === from ? to : each.key! })), lines.value.map(each => ({ ...each, from: swap(each.from ?? ''), to: swap(each.to ?? '') })));
  selected.value = `n:${to}`;
  return true;
}

export function duplicate(key: string): void {
  const node = nodeOf(key);
  if (!node || node.type === 'start') return;
  const copy: Thing = { ...node, key: freeKey(key) };
  if (Array.isArray(copy.at)) copy.at = place(Number(copy.at[0]) + 240, Number(copy.at[1]));
  finish([...nodes.value, copy], lines.value, keyOf(copy));
}

/** Gives every node the place that it has on the drawing, some of them another one. */
export function putAt(places: Map<string, { x: number; y: number }>): void {
  write(nodes.value.map(each => { const found = places.get(keyOf(each)); return found ? { ...each, at: place(found.x, found.y) } : each; }), lines.value);
}

/** Forgets all places: the drawing arranges itself again. */
export function tidy(): void {
  if (nodes.value.some(each => each.at !== undefined)) write(nodes.value.map(({ at: _at, ...rest }) => rest), lines.value);
}

/** A starting point takes the place of what is drawn; name, key and form stay. */
export function begin(starter: Thing): void {
  replace({ ...(isObject(body.value) ? body.value : {}), ...starter });
  selected.value = '';
}

export const isBlank = computed(() => nodes.value.every(each => each.type === 'start' || each.type === 'end') && nodes.value.length < 3);
