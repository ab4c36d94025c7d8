// The draft read as a form: forgiving, for a draft may hold anything. Every change of its structure is one step of the history.
import { batch, computed, signal } from '@preact/signals';
import { keyOf, nameOf, optionsOf } from '../designer/condition_fields';
import { resolve, kindsOf, requiredOf, shapeOf, turned } from '../designer/schema';
import { body, given, isObject, live, replace, shown, t, type Json, type Named, type Path, type Schema } from '../designer/state';

export type Thing = { [name: string]: Json };
export interface Kind { type: string; label: string; about: string; words: string; icon: string; without: string[] }
export interface Family { family: string; label: string; types: Kind[] }
interface More { palette: Family[]; controls: (string | null)[]; form_titles: Record<string, string>; is_new: boolean; person: number; roles: Named[] }
export const more = given as unknown as More;

const KEY = /[^a-z0-9\u3400-\u9fff]+/g;
const TAKEN = new Set(['id', 'version', 'created_at', 'created_by', 'updated_at', 'updated_by', 'record', 'where', 'on', 'days', 'months', 'by', 'and', 'or', 'not', 'in', 'if', 'else', 'is', 'as', 'for', 'from', 'with', 'class', 'def', 'del', 'try', 'pass', 'import', 'return', 'while', 'yield', 'lambda', 'global', 'none', 'true', 'false']);

export const things = (value: Json | undefined): Thing[] => Array.isArray(value) ? value.map(each => isObject(each) ? each : {}) : [];
export const texts = (value: Json | undefined): string[] => Array.isArray(value) ? value.map(String) : [];
const draft = (): Thing => isObject(body.value) ? body.value : {};
export const now = (): Thing => { const found = body.peek(); return isObject(found) ? found : {}; };

export const fields = computed(() => things(draft().fields));
export { keyOf, nameOf, optionsOf };
export const fieldOf = (key: string): Thing | undefined => fields.value.find(each => keyOf(each) === key);
export const placeOf = (key: string): number => fields.value.findIndex(each => keyOf(each) === key);
export const columnsOf = (field: Thing | undefined): Thing[] => things(field?.fields);
export const rules = computed(() => things(draft().rules));

// -- types ------------------------------------------------------------------------------------------------------------------------
const unionOf = (schema: Schema | undefined): Record<string, Schema> => schema ? kindsOf(shapeOf(schema).schema) : {};
const root = given.schema ? resolve(given.schema) : null;
export const kinds: Record<string, Schema> = root ? unionOf(root.properties.fields.items) : {};
export const columnKinds: Record<string, Schema> = kinds.subform ? unionOf(kinds.subform.properties.fields.items) : {};
export const KINDS = new Map(more.palette.flatMap(each => each.types).map(each => [each.type, each]));
export const kindName = (type: Json | undefined): string => KINDS.get(String(type))?.label ?? String(type ?? '');
export const kindIcon = (type: Json | undefined): string => KINDS.get(String(type))?.icon ?? 'forms';

// -- sections: the layout, with what it leaves out in one of its own --------------------------------------------------------------------
export interface Section { label: Json; columns: number; fields: string[]; wide: string[]; tab: Json | undefined; divider: boolean; written: boolean }

function sectionsOf(form: Thing): Section[] {
  const all = things(form.fields).map(keyOf);
  const found = things(form.layout).map<Section>(each => ({ label: each.section ?? '', columns: Number(each.columns ?? 2), fields: texts(each.fields), wide: texts(each.wide), tab: each.tab ?? undefined, divider: each.divider === true, written: true }));
  const placed = new Set(found.flatMap(each => each.fields));
  const rest = all.filter(key => !placed.has(key));
  if (rest.length || !found.length) found.push({ label: form.label ?? '', columns: 2, fields: rest, wide: [], tab: undefined, divider: false, written: false });
  return found;
}
export const sections = computed(() => sectionsOf(draft()));
export const hasTabs = computed(() => sections.value.some(each => each.tab !== undefined));

function layoutOf(found: Section[]): Json[] {
  return found.map(each => ({
    section: each.label === '' ? t('section') : each.label, columns: each.columns, fields: each.fields,
    ...(each.wide.filter(key => each.fields.includes(key)).length ? { wide: each.wide.filter(key => each.fields.includes(key)) } : {}),
    ...(each.tab !== undefined ? { tab: each.tab } : {}), ...(each.divider ? { divider: true } : {}),
  }));
}

/** A draft with its layout written out, so that two people can both add to it. */
export function laidOut(draft: Json): Json {
  return isObject(draft) && Array.isArray(draft.fields) && draft.fields.length ? { ...draft, layout: layoutOf(sectionsOf(draft)) } : draft;
}

const copyOf = (found: Section[]): Section[] => found.map(each => ({ ...each, fields: [...each.fields], wide: [...each.wide] }));

/** Writes the layout, and whatever else of the form changes with it, as one step. */
function write(found: Section[], rest: Thing = {}, sameStep = false): void {
  replace({ ...now(), ...rest, layout: layoutOf(found) }, sameStep);
}

// -- selection: "f:name" a field, "c:items.price" a column, "s:0" a section ---------------------------------------------------------------
export const selected = signal<readonly string[]>([]);
export const isSelected = (id: string): boolean => selected.value.includes(id);
export const only = computed(() => selected.value.length === 1 ? selected.value[0]! : '');
export const selectedKeys = computed(() => selected.value.filter(each => each.startsWith('f:')).map(each => each.slice(2)));

/** Taps add to the selection, for whoever has no Ctrl key. */
export const several = signal(false);

export function select(id: string, add = false): void {
  if (!add) { selected.value = id ? [id] : []; return; }
  const same = selected.value.filter(each => each.startsWith('f:'));
  selected.value = same.includes(id) ? same.filter(each => each !== id) : [...same, id];
}

/** All fields from the last chosen one to this one, in the order of the page. */
export function selectTo(id: string): void {
  const order = sections.value.flatMap(each => each.fields).map(key => `f:${key}`);
  const [from, to] = [order.indexOf(selected.value.at(-1) ?? ''), order.indexOf(id)].sort((a, b) => a - b) as [number, number];
  if (from >= 0) selected.value = order.slice(from, to + 1); else select(id);
}

export const focusOn = (id: string): void => { requestAnimationFrame(() => setTimeout(() => {
  if (document.activeElement?.closest('.fd-label-editor')) return; // somebody writes a name already
  const found = document.getElementById(`fd-${id}`);
  found?.scrollIntoView({ block: 'nearest' });
  found?.focus({ preventScroll: true });
})); };

/** Where a thing of the draft stands, for its settings and its problems. */
export function pathOf(id: string): Path | null {
  if (id.startsWith('f:')) { const n = placeOf(id.slice(2)); return n < 0 ? null : ['fields', n]; }
  if (id.startsWith('c:')) {
    const [subform = '', column = ''] = id.slice(2).split('.');
    const n = placeOf(subform);
    const m = columnsOf(fields.value[n]).findIndex(each => keyOf(each) === column);
    return n < 0 || m < 0 ? null : ['fields', n, 'fields', m];
  }
  return null;
}

// -- keys -------------------------------------------------------------------------------------------------------------------------
export function freeKey(label: string, taken: readonly string[]): string {
  const cleaned = label.toLowerCase().replace(KEY, '_').replace(/^[_0-9]+|_+$/g, '').slice(0, 36);
  const base = !cleaned || TAKEN.has(cleaned) ? `${cleaned || 'field'}_1`.replace(/^field_1$/, 'field') : cleaned;
  for (let n = 1; ; n += 1) { const key = n === 1 ? base : `${base}_${n}`; if (!taken.includes(key)) return key; }
}
/** The key that a thing of the draft has in the published form, where it is there: its own, or one that it had before. */
const liveKey = (thing: Thing | undefined, published: readonly Thing[]): string | undefined => {
  const known = published.map(keyOf);
  return thing && [...texts(thing.formerly), keyOf(thing)].findLast(each => known.includes(each));
};
const publishedFields = (): Thing[] => things(isObject(live.value.body) ? live.value.body.fields : undefined);

/** By which name the published form knows a field (`price`) or column (`items.price`) of the draft; undefined for what was never published. */
export function liveName(id: string): string | undefined {
  const [first = '', column] = id.slice(2).split('.');
  const owner = fields.value.find(each => keyOf(each) === first);
  const key = liveKey(owner, publishedFields());
  if (column === undefined || key === undefined) return column === undefined ? key : undefined;
  const published = publishedFields().find(each => keyOf(each) === key);
  const line = liveKey(columnsOf(owner).find(each => keyOf(each) === column), columnsOf(published));
  return line === undefined ? undefined : `${key}.${line}`;
}
/** By which key the published form knows an option of a field at a path; undefined for one that was never published. */
export function liveOption(path: Path, option: Thing): string | undefined {
  const holder = fields.value[Number(path[1])];
  const published = publishedFields().find(each => keyOf(each) === liveKey(holder, publishedFields()));
  if (path.length === 3) return liveKey(option, things(published?.options));
  const line = liveKey(columnsOf(holder)[Number(path[3])], columnsOf(published));
  return liveKey(option, things(columnsOf(published).find(each => keyOf(each) === line)?.options));
}
export const isLive = (id: string): boolean => liveName(id) !== undefined;

// -- where things can go ------------------------------------------------------------------------------------------------------------
export interface Spot { section: number; index: number }
export const endSpot = (): Spot => { const last = sections.peek().length - 1; return { section: last, index: sections.peek()[last]!.fields.length }; };

/** After what is selected, else at the end. */
export function nextSpot(): Spot {
  const last = selected.peek().at(-1) ?? '';
  if (last.startsWith('s:')) { const section = Number(last.slice(2)); return { section, index: sections.peek()[section]?.fields.length ?? 0 }; }
  const key = last.startsWith('c:') ? last.slice(2).split('.')[0]! : last.slice(2);
  const section = sections.peek().findIndex(each => each.fields.includes(key));
  return section < 0 ? endSpot() : { section, index: sections.peek()[section]!.fields.indexOf(key) + 1 };
}

/** What a new field of this type begins with; nobody has to know what a key is. */
export function freshField(type: string, taken: readonly string[], schema = kinds[type]): Thing {
  const label = kindName(type);
  const key = freeKey(type, taken);
  const begun: Thing = { type, key, label, ...(schema ? Object.fromEntries(Object.entries(requiredOf(schema)).filter(([name]) => !['key', 'label', 'type'].includes(name))) : {}) };
  if (schema?.properties.options && (schema.required ?? []).includes('options')) begun.options = [1, 2, 3].map(n => ({ key: `option_${n}`, label: t('option_n', { n }) }));
  if (type === 'subform') begun.fields = [{ type: 'text', key: 'text', label: kindName('text') }];
  return begun;
}

export function insertField(type: string, spot: Spot = nextSpot()): string {
  const form = now();
  const list = things(form.fields);
  const field = freshField(type, list.map(keyOf));
  return insertFields([field], spot)[0]!;
}

/** Puts fields in at a spot of the page, and in the list of fields after the one that stands before them. */
export function insertFields(fresh: Thing[], spot: Spot): string[] {
  const form = now();
  const found = copyOf(sectionsOf(form));
  const section = found[spot.section] ?? found.at(-1)!;
  const keys = fresh.map(keyOf);
  const before = section.fields[spot.index - 1];
  section.fields.splice(spot.index, 0, ...keys);
  const list = things(form.fields);
  const place = before === undefined ? -1 : list.findIndex(each => keyOf(each) === before);
  list.splice(place < 0 ? list.length : place + 1, 0, ...fresh);
  batch(() => {
    write(found, { fields: list, ...(typeof form.title === 'string' && list.some(each => keyOf(each) === form.title) ? {} : { title: keyOf(list[0]) }) });
    selected.value = keys.map(key => `f:${key}`);
  });
  return keys;
}

export function moveFields(keys: readonly string[], spot: Spot, sameStep = false): void {
  const found = copyOf(sectionsOf(now()));
  const target = found[spot.section];
  if (!target) return;
  const before = target.fields.slice(0, spot.index).filter(key => keys.includes(key)).length;
  const wide = new Set(found.flatMap(each => each.wide));
  for (const each of found) { each.fields = each.fields.filter(key => !keys.includes(key)); each.wide = each.wide.filter(key => !keys.includes(key)); }
  target.fields.splice(spot.index - before, 0, ...keys);
  target.wide.push(...keys.filter(key => wide.has(key)));
  if (JSON.stringify(layoutOf(found)) !== JSON.stringify(layoutOf(sectionsOf(now())))) write(found, {}, sameStep);
}

export function spotOf(key: string): Spot | null {
  const section = sections.peek().findIndex(each => each.fields.includes(key));
  return section < 0 ? null : { section, index: sections.peek()[section]!.fields.indexOf(key) };
}

/** Several fields one place on or back together, as one block; false where there is none. */
export function stepAll(keys: readonly string[], by: 1 | -1, sameStep = false): boolean {
  if (keys.length < 2) return keys.length === 1 && step(keys[0]!, by, sameStep);
  const order = sections.peek().flatMap(each => each.fields).filter(each => keys.includes(each));
  const spot = spotOf(by < 0 ? order[0]! : order.at(-1)!);
  if (!spot) return false;
  const count = sections.peek()[spot.section]!.fields.length;
  const next = by < 0 ? spot.index - 1 : spot.index + 2;
  if (next >= 0 && next <= count) moveFields(order, { section: spot.section, index: next }, sameStep);
  else if (by < 0 && spot.section > 0) moveFields(order, { section: spot.section - 1, index: sections.peek()[spot.section - 1]!.fields.length }, sameStep);
  else if (by > 0 && spot.section < sections.peek().length - 1) moveFields(order, { section: spot.section + 1, index: 0 }, sameStep);
  else return false;
  return true;
}

/** One place on or back, also into the next section; false where there is none. */
export function step(key: string, by: 1 | -1, sameStep = false): boolean {
  const spot = spotOf(key);
  if (!spot) return false;
  const { section, index } = spot;
  const count = sections.peek()[section]!.fields.length;
  if (by < 0 && index > 0) moveFields([key], { section, index: index - 1 }, sameStep);
  else if (by > 0 && index < count - 1) moveFields([key], { section, index: index + 2 }, sameStep);
  else if (by < 0 && section > 0) moveFields([key], { section: section - 1, index: sections.peek()[section - 1]!.fields.length }, sameStep);
  else if (by > 0 && section < sections.peek().length - 1) moveFields([key], { section: section + 1, index: 0 }, sameStep);
  else return false;
  return true;
}

export function duplicateFields(keys: readonly string[]): string[] {
  const list = things(now().fields);
  const taken = list.map(keyOf);
  const copies = keys.flatMap(key => {
    const field = list.find(each => keyOf(each) === key);
    if (!field) return [];
    const { many_name: _, ...rest } = field;
    const base = key.replace(/_\d+$/, '');
    for (let n = 2; ; n += 1) {
      const fresh = `${base}_${n}`;
      if (taken.includes(fresh)) continue;
      taken.push(fresh);
      return [{ ...rest, key: fresh, label: numbered(field.label ?? key, n) }];
    }
  });
  const last = spotOf(keys.at(-1) ?? '');
  return copies.length ? insertFields(copies, last ? { section: last.section, index: last.index + 1 } : endSpot()) : [];
}
/** The copy of "Line 1" is "Line 2", and that of "Line 2" is "Line 3". */
const numbered = (label: Json, n: number): Json => isObject(label) ? Object.fromEntries(Object.entries(label).map(([name, text]) => [name, text ? numbered(text, n) : text])) : `${String(label).replace(/ \d+$/, '')} ${n}`;

/** Where rules name fields. */
export const RULE_LISTS = ['show', 'require', 'read_only', 'limit', 'fields'] as const;
/** Such a rule names columns of its sub-form, not fields of the form. */
export const isForRows = (rule: Thing): boolean => typeof rule.subform === 'string';

/** Takes fields out, with every place of the form's own settings that names them; formulas are left to people. */
export function removeFields(keys: readonly string[]): void {
  const form = now();
  const found = copyOf(sectionsOf(form)).map(each => ({ ...each, fields: each.fields.filter(key => !keys.includes(key)) }));
  const without = (value: Json | undefined): string[] => texts(value).filter(key => !keys.includes(key));
  const list = things(form.fields).filter(each => !keys.includes(keyOf(each)));
  const kept = things(form.rules).flatMap(rule => {
    if (isForRows(rule)) return keys.includes(String(rule.subform)) ? [] : [rule];
    const next: Thing = { ...rule };
    for (const list of RULE_LISTS) if (Array.isArray(rule[list])) next[list] = without(rule[list]);
    if (Array.isArray(rule.fill)) next.fill = things(rule.fill).filter(each => !keys.includes(String(each.field)));
    const empty = [...RULE_LISTS, 'fill'].some(list => list !== 'fields' && Array.isArray(next[list]) && !(next[list] as Json[]).length);
    return empty || keys.includes(String(rule.chosen ?? '')) ? [] : [next];
  });
  const checks = things(form.duplicates).map(each => ({ ...each, match: things(each.match).filter(one => !keys.includes(String(one.field))) })).filter(each => each.match.length);
  const rest: Thing = { fields: list };
  if (Array.isArray(form.rules)) rest.rules = kept;
  if (Array.isArray(form.duplicates)) rest.duplicates = checks;
  if (Array.isArray(form.limits)) rest.limits = things(form.limits).filter(each => !keys.includes(String(each.through))).map(each => (Array.isArray(each.meanwhile) ? { ...each, meanwhile: things(each.meanwhile).filter(one => !keys.includes(String(one.field))) } : each));
  if (Array.isArray(form.quality)) rest.quality = without(form.quality);
  if (keys.includes(String(form.title))) rest.title = keyOf(list.find(each => each.type === 'text') ?? list[0]);
  batch(() => { write(found.filter(each => each.written || each.fields.length), rest); selected.value = []; });
}

// -- sections -------------------------------------------------------------------------------------------------------------------------
export function addSection(after: number, look: 'section' | 'divider' | 'tab'): void {
  const found = copyOf(sectionsOf(now()));
  const label = t(look === 'divider' ? 'divider' : look === 'tab' ? 'tab' : 'section');
  if (look === 'tab' && found[0] && found[0].tab === undefined && !found.some(each => each.tab !== undefined)) found[0].tab = found[0].label || t('tab');
  found.splice(after + 1, 0, { label, columns: found[after]?.columns ?? 2, fields: [], wide: [], tab: look === 'tab' ? label : undefined, divider: look === 'divider', written: true });
  batch(() => { write(found); select(`s:${after + 1}`); });
  focusOn(`s:${after + 1}`);
}

export function changeSection(n: number, what: Partial<Section>, sameStep = false): void {
  const found = copyOf(sectionsOf(now()));
  if (!found[n]) return;
  found[n] = { ...found[n]!, ...what };
  write(found, {}, sameStep);
}

/** Its fields go to the section before it, or after it where it was the first. */
export function removeSection(n: number): void {
  const found = copyOf(sectionsOf(now()));
  const [gone] = found.splice(n, 1);
  if (!gone || !found.length) return;
  const heir = found[Math.max(0, n - 1)]!;
  heir.fields = n > 0 ? [...heir.fields, ...gone.fields] : [...gone.fields, ...heir.fields];
  heir.wide.push(...gone.wide);
  batch(() => { write(found); selected.value = []; });
}

export function moveSection(n: number, to: number, sameStep = false): boolean {
  const found = copyOf(sectionsOf(now()));
  if (to < 0 || to >= found.length || n === to) return false;
  found.splice(to, 0, ...found.splice(n, 1));
  batch(() => { write(found, {}, sameStep); select(`s:${to}`); });
  return true;
}

export function setWide(keys: readonly string[], wide: boolean): void {
  const found = copyOf(sectionsOf(now()));
  for (const each of found) each.wide = [...each.wide.filter(key => !keys.includes(key)), ...(wide ? each.fields.filter(key => keys.includes(key)) : [])];
  write(found);
}
export const isWide = (key: string): boolean => sections.value.some(each => each.wide.includes(key));

// -- columns of a sub-form ----------------------------------------------------------------------------------------------------------------
export function changeColumns(subform: string, act: (columns: Thing[]) => Thing[], sameStep = false): void {
  const form = now();
  replace({ ...form, fields: things(form.fields).map(each => keyOf(each) === subform ? { ...each, fields: act(columnsOf(each)) } : each) }, sameStep);
}

export function insertColumn(subform: string, type: string, index: number): string {
  const columns = columnsOf(things(now().fields).find(each => keyOf(each) === subform));
  const fresh = freshField(type, columns.map(keyOf), columnKinds[type]);
  batch(() => { changeColumns(subform, list => [...list.slice(0, index), fresh, ...list.slice(index)]); select(`c:${subform}.${keyOf(fresh)}`); });
  return keyOf(fresh);
}

export function moveColumn(subform: string, key: string, to: number, sameStep = false): boolean {
  const columns = columnsOf(things(now().fields).find(each => keyOf(each) === subform));
  const from = columns.findIndex(each => keyOf(each) === key);
  if (from < 0 || to < 0 || to >= columns.length || from === to) return false;
  changeColumns(subform, list => { const copy = [...list]; copy.splice(to, 0, ...copy.splice(from, 1)); return copy; }, sameStep);
  return true;
}

/** A field goes into a sub-form as a column, where its type may stand there. */
export function fieldToColumn(key: string, subform: string, index: number): boolean {
  const form = now();
  const field = things(form.fields).find(each => keyOf(each) === key);
  if (!field || key === subform || !columnKinds[String(field.type)]) return false;
  const columns = columnsOf(things(form.fields).find(each => keyOf(each) === subform));
  const fresh = { ...field, key: freeKey(key, columns.map(keyOf)) };
  batch(() => {
    removeFields([key]);
    changeColumns(subform, list => [...list.slice(0, index), fresh, ...list.slice(index)], true);
    select(`c:${subform}.${keyOf(fresh)}`);
  });
  return true;
}

export const turnKind = (field: Thing, type: string, schema: Schema): Thing => {
  const published = fields.peek().includes(field) ? publishedFields().find(each => keyOf(each) === liveKey(field, publishedFields())) : undefined;
  const before = published?.type === type ? published : {}; // back to the type that is live: with the settings it has there
  const next = { ...before, ...turned(field, 'type', type, schema) as Thing } as Thing;
  const needsOptions = schema.properties.options && (schema.required ?? []).includes('options') && !optionsOf(next).length;
  return { ...next, ...(needsOptions ? { options: freshField(type, [], schema).options! } : {}), ...(type === 'subform' && !columnsOf(next).length ? { fields: freshField('subform', []).fields! } : {}) };
};
