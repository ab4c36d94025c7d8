// Small ways of making parts of a formula: what functions and operators are built of.
import { plain, rescaled, tens } from './arithmetic';
import { isoDay } from './dates';
import { type Code, type Part, type Place, type Type, type Value, isFigure } from './values';

export type Run = (...given: never[]) => Value;

/** A part that gives no number. */
export const made = (tree: Part['tree'], code: Code): Part => ({ code, tree, type: tree.type, scale: 0, most: Infinity });
export const figure = (tree: Part['tree'], code: Code, scale: number, most = Infinity): Part => ({ code, tree, type: tree.type, scale, most });

/** A whole number that is always small. */
export function counted(tree: Part['tree'], small: (place: Place) => number | null, most = 4e6): Part {
  return { ...figure(tree, place => { const found = small(place); return found === null ? null : BigInt(found); }, 0, most), small };
}

/** Runs with the values of the parts; a blank one makes the result blank. */
export function filled(parts: Part[], run: Run): Code {
  const call = run as (...given: Value[]) => Value;
  const codes = parts.map(each => each.code);
  if (codes.length === 1) {
    const [first] = codes;
    return place => { const a = first(place); return a === null ? null : call(a); };
  }
  if (codes.length === 2) {
    const [first, second] = codes;
    return place => {
      const a = first(place), b = second(place);
      return a === null || b === null ? null : call(a, b);
    };
  }
  return place => {
    const given = codes.map(each => each(place));
    return given.includes(null) ? null : call(...given);
  };
}

/** The same, with the place first. */
export function filledHere(parts: Part[], run: (place: Place, ...given: never[]) => Value): Code {
  const call = run as (place: Place, ...given: Value[]) => Value;
  const codes = parts.map(each => each.code);
  return place => {
    const given = codes.map(each => each(place));
    return given.includes(null) ? null : call(place, ...given);
  };
}

/** A number in another scale; blanks stay blank. */
export function inScale(part: Part, scale: number): Code {
  if (part.scale === scale || !isFigure(part.type)) return part.code;
  const { code } = part;
  if (scale > part.scale) {
    const factor = tens(scale - part.scale);
    if (part.constant !== undefined) { const units = part.constant === null ? null : (part.constant as bigint) * factor; return () => units; }
    return place => { const units = code(place) as bigint | null; return units === null ? null : units * factor; };
  }
  return place => { const units = code(place) as bigint | null; return units === null ? null : rescaled(units, part.scale, scale); };
}

/** The scale in which numbers of all these parts are written without loss. */
export const widest = (parts: Part[]): number => parts.reduce((most, each) => (isFigure(each.type) ? Math.max(most, each.scale) : most), 0);

/** A value for joining: blank is empty, a number has no superfluous zeros, a day is 2026-11-21. */
export function textOf(type: Type, scale: number): (value: Value) => string {
  if (isFigure(type)) return value => (value === null ? '' : plain(value as bigint, scale));
  if (type.kind === 'date') return value => (value === null ? '' : isoDay(value as number));
  return value => (value === null ? '' : String(value));
}

/** The number a part is written as, where it is written out. */
export const constantNumber = (part: Part): number => Number(part.constant as bigint) / 10 ** part.scale;
