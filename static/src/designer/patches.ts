// What differs between two drafts, as small changes by path: for a history that survives a reload, and for merging what two people did.
export type Json = null | boolean | number | string | Json[] | { [name: string]: Json };
export type Path = readonly (string | number)[];
/** What stood at a path before and after; undefined means that nothing was there. */
export interface Patch { path: Path; before?: Json; after?: Json }

export const isObject = (value: Json | undefined): value is { [name: string]: Json } => typeof value === 'object' && value !== null && !Array.isArray(value);

export function read(from: Json | undefined, path: Path): Json | undefined {
  let here: Json | undefined = from;
  for (const part of path) {
    if (Array.isArray(here)) here = here[Number(part)];
    else if (isObject(here) && Object.hasOwn(here, part)) here = here[String(part)];
    else return undefined;
  }
  return here;
}

/** A copy with this value at the path; undefined takes out what is there. */
export function placed(from: Json | undefined, path: Path, value: Json | undefined): Json {
  const [part, ...rest] = path;
  if (part === undefined) return value ?? null;
  if (Array.isArray(from)) {
    const copy = [...from];
    if (!rest.length && value === undefined) copy.splice(Number(part), 1);
    else copy[Number(part)] = placed(copy[Number(part)], rest, value);
    return copy;
  }
  const copy = { ...(isObject(from) ? from : {}) };
  if (!rest.length && value === undefined) delete copy[String(part)];
  else copy[String(part)] = placed(copy[String(part)], rest, value);
  return copy;
}

const keyOf = (value: Json): Json | undefined => isObject(value) ? value.key : undefined;
/** Lists that were reordered or have another length are one change, for an index then means something else. */
const inStep = (before: Json[], after: Json[]): boolean => before.length === after.length && before.every((each, n) => keyOf(each) === keyOf(after[n]!));

export function patches(before: Json | undefined, after: Json | undefined, path: Path = []): Patch[] {
  if (before === after) return [];
  if (isObject(before) && isObject(after)) {
    return [...new Set([...Object.keys(before), ...Object.keys(after)])].flatMap(name => patches(before[name], after[name], [...path, name]));
  }
  if (Array.isArray(before) && Array.isArray(after) && inStep(before, after)) return before.flatMap((each, n) => patches(each, after[n], [...path, n]));
  return JSON.stringify(before) === JSON.stringify(after) ? [] : [{ path, before, after }];
}

export function patched(from: Json, steps: readonly Patch[], back = false): Json {
  const ordered = back ? [...steps].reverse() : steps;
  return ordered.reduce<Json>((here, each) => placed(here, each.path, back ? each.before : each.after), from);
}

// -- two people -----------------------------------------------------------------------------------------------------------------
/** Two drafts that grew out of one, as one; `collisions` are the places that both changed, where `mine` stands in the result. */
export interface Merged { value: Json; collisions: Path[] }

const same = (one: Json | undefined, other: Json | undefined): boolean => one === other || (one !== undefined && other !== undefined && JSON.stringify(sorted(one)) === JSON.stringify(sorted(other)));
const sorted = (value: Json): Json => Array.isArray(value) ? value.map(sorted) : isObject(value) ? Object.fromEntries(Object.keys(value).sort().map(name => [name, sorted(value[name]!)])) : value;

export function merged(base: Json, mine: Json, theirs: Json): Merged {
  const collisions: Path[] = [];
  const value = meet(base, mine, theirs, [], collisions);
  return { value: value ?? null, collisions };
}

function meet(base: Json | undefined, mine: Json | undefined, theirs: Json | undefined, path: Path, collisions: Path[]): Json | undefined {
  if (same(mine, base) || same(mine, theirs)) return theirs;
  if (same(theirs, base)) return mine;
  if (isObject(mine) && isObject(theirs) && (base === undefined || isObject(base)) && !(base === undefined && mine.key !== undefined)) {
    const found = Object.create(null) as { [name: string]: Json };
    for (const name of new Set([...Object.keys(theirs), ...Object.keys(mine)])) {
      const own = (from: { [name: string]: Json } | undefined) => from && Object.hasOwn(from, name) ? from[name] : undefined;
      const each = meet(own(base), own(mine), own(theirs), [...path, name], collisions);
      if (each !== undefined) found[name] = each;
    }
    return found;
  }
  if (Array.isArray(mine) && Array.isArray(theirs) && (base === undefined || Array.isArray(base))) return meetLists(base ?? [], mine, theirs, path, collisions);
  collisions.push(path);
  return mine;
}

/** Entries of three lists by names that mean the same in all of them: their keys, words that stand there once, or else by what they hold and where. */
function meetLists(base: Json[], mine: Json[], theirs: Json[], path: Path, collisions: Path[]): Json {
  const lists = [base, mine, theirs];
  const names = lists.every(each => once(each.map(keyOf))) ? lists.map(each => each.map(one => String(keyOf(one))))
    : lists.every(each => once(each)) ? lists.map(each => each.map(String)) : [base.map((_, n) => `#${n}`), aligned(base, mine, 'm'), aligned(base, theirs, 't')];
  const [was, my, their] = names.map((each, n) => new Map(each.map((name, place) => [name, lists[n]![place]!]))) as [Map<string, Json>, Map<string, Json>, Map<string, Json>];
  const found = new Map<string, Json>();
  for (const name of new Set([...their.keys(), ...my.keys()])) {
    const fresh = !was.has(name) && my.has(name) && their.has(name);
    if (fresh) collisions.push([...path, name]); // both have begun something under one key
    const each = fresh ? my.get(name) : meet(was.get(name), my.get(name), their.get(name), [...path, name], collisions);
    if (each !== undefined) found.set(name, each);
  }
  const [a, b, c] = names as [string[], string[], string[]];
  const common = (from: string[]) => from.filter(name => was.has(name) && my.has(name) && their.has(name));
  const moved = [common(b), common(c)].map(each => each.join('\n') !== common(a).join('\n'));
  if (moved[0] && moved[1] && common(b).join('\n') !== common(c).join('\n')) collisions.push(path);
  const [first, second] = moved[0] ? [b, c] : [c, b];
  return woven(first, second).filter(name => found.has(name)).map(name => found.get(name)!);
}

/** What stands at the path of a collision, where entries of lists go by their names. */
export function standing(from: Json | undefined, path: Path): Json | undefined {
  let here: Json | undefined = from;
  for (const part of path) {
    const name = String(part);
    if (Array.isArray(here)) here = here.find(each => keyOf(each) === name || each === name) ?? (name.startsWith('#') ? here[Number(name.slice(1))] : undefined);
    else if (isObject(here) && Object.hasOwn(here, name)) here = here[name];
    else return undefined;
  }
  return here;
}

const once = (values: (Json | undefined)[]): boolean => values.every(each => typeof each === 'string') && new Set(values).size === values.length;

/** The first order, with what only the second has after what stands before it there. */
function woven(first: string[], second: string[]): string[] {
  const order = [...first];
  second.forEach((name, n) => {
    if (order.includes(name)) return;
    const before = second.slice(0, n).findLast(each => order.includes(each));
    let place = before === undefined ? 0 : order.indexOf(before) + 1;
    while (before !== undefined && place < order.length && !second.includes(order[place]!)) place += 1; // theirs came first
    order.splice(place, 0, name);
  });
  return order;
}

/** For each entry of a list without keys the entry of the base that it was: what is alike, and between those what stands at the same place. */
function aligned(base: Json[], list: Json[], mark: string): string[] {
  const names: (string | undefined)[] = list.map(() => undefined);
  const taken = new Set<number>();
  list.forEach((each, n) => {
    const place = base.findIndex((one, m) => !taken.has(m) && same(one, each));
    if (place >= 0) { taken.add(place); names[n] = `#${place}`; }
  });
  let last = -1;
  list.forEach((each, n) => {
    if (names[n] !== undefined) { last = Number(names[n]!.slice(1)); return; }
    const alike = base.findIndex((one, m) => !taken.has(m) && isObject(one) && isObject(each) && one.section !== undefined && same(one.section, each.section));
    const gap = alike >= 0 ? alike : last + 1;
    if (gap < base.length && !taken.has(gap) && (alike >= 0 || list.length <= base.length)) { taken.add(gap); names[n] = `#${gap}`; last = gap; } else names[n] = `${mark}${n}`;
  });
  return names as string[];
}

// -- a history as text ----------------------------------------------------------------------------------------------------------
export interface History { past: Json[]; body: Json; future: Json[] }
interface Kept { body: Json; past: Patch[][]; future: Patch[][] }

const steps = (states: Json[]): Patch[][] => states.slice(1).map((each, n) => patches(states[n], each));

/** `future` holds the next step last, as the page does. */
export const written = ({ past, body, future }: History): string =>
  JSON.stringify({ body, past: steps([...past, body]), future: steps([body, ...[...future].reverse()]) } satisfies Kept);

/** The history around the draft that the server has now; null where it is not among the remembered states. */
export function recalled(text: string, now: Json): History | null {
  const kept = JSON.parse(text) as Kept;
  const states: Json[] = [kept.body];
  for (const each of [...kept.past].reverse()) states.unshift(patched(states[0]!, each, true));
  for (const each of kept.future) states.push(patched(states.at(-1)!, each));
  const same = (each: Json) => patches(each, now).length === 0;
  const last = kept.past.length;
  const place = same(states[last]!) ? last : states.findLastIndex(same);
  return place < 0 ? null : { past: states.slice(0, place), body: now, future: states.slice(place + 1).reverse() };
}
