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

/** Whether two people changed the same place, or one of them something within what the other changed. */
export function overlap(mine: readonly Patch[], theirs: readonly Patch[]): boolean {
  const within = (one: Path, other: Path): boolean => one.every((part, n) => String(other[n]) === String(part));
  return mine.some(each => theirs.some(one => within(each.path, one.path) || within(one.path, each.path)));
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
