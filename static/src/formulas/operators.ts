// Arithmetic and comparison of typed parts.
import { DIVISION_SCALE, LARGEST, limiting, modulo, quotient, rescaled } from './arithmetic';
import { DAY, inCalendar, instantInCalendar, spanInBounds } from './dates';
import { counted, figure, filled, inScale, made, textOf, widest } from './parts';
import { compareTexts, shortEnough } from './texts';
import { type Code, type Pair, type Part, type Place, type Type, type Value, isFigure } from './values';

const TIMES = ['date', 'datetime', 'duration'];
const isTime = (type: Type) => TIMES.includes(type.kind);

export function operation(tree: Pair, left: Part, right: Part): Part {
  const part = madeOf(tree, left, right);
  return left.constant === undefined || right.constant === undefined ? part : folded(part);
}

/** What is made of constants only is computed once. Where it has no result it says so when it is asked. */
function folded(part: Part): Part {
  try {
    const constant = part.code(NOWHERE);
    return { ...part, code: () => constant, constant };
  } catch { return part; }
}

function madeOf(tree: Pair, left: Part, right: Part): Part {
  if (tree.operator === '&') return joined(tree, left, right);
  if (isTime(left.type) || isTime(right.type)) return ofTimes(tree, left, right);
  return ofNumbers(tree, left, right);
}

function joined(tree: Pair, left: Part, right: Part): Part {
  const a = textOf(left.type, left.scale), b = textOf(right.type, right.scale);
  return made(tree, place => shortEnough(a(left.code(place)) + b(right.code(place))));
}

// -- numbers --------------------------------------------------------------------------------------------------------------------
function ofNumbers(tree: Pair, left: Part, right: Part): Part {
  const { operator } = tree;
  if (operator === '/') return figure(tree, divided(left, right), DIVISION_SCALE, 1e12);
  if (operator === '*') return product(tree, left, right);
  const scale = Math.max(left.scale, right.scale);
  const a = inScale(left, scale), b = inScale(right, scale);
  if (operator === '%') {
    return figure(tree, filled([{ ...left, code: a }, { ...right, code: b }], (one: bigint, other: bigint) => modulo(one, other)), scale, right.most);
  }
  const most = left.most + right.most;
  const limited = most < LARGEST ? null : limiting(scale);
  const ownA = a === left.code ? left.own : undefined, ownB = b === right.code ? right.own : undefined;
  const code = isWritten(right) && ownA !== undefined ? ownWith(ownA, b(NOWHERE) as bigint, operator as '+' | '-')
    : isWritten(left) && ownB !== undefined ? ownWith(ownB, a(NOWHERE) as bigint, operator === '+' ? '+' : 'from')
    : isWritten(right) ? sumWith(a, b(NOWHERE) as bigint, operator as '+' | '-')
    : isWritten(left) ? sumWith(b, a(NOWHERE) as bigint, operator === '+' ? '+' : 'from') : null;
  if (code) return figure(tree, limited ? checked(code, limited) : code, scale, Math.min(most, LARGEST));
  return figure(tree, sum(a, b, operator === '-', limited), scale, Math.min(most, LARGEST));
}

/** One side is written out and never blank. */
function sumWith(code: Code, constant: bigint, form: '+' | '-' | 'from'): Code {
  if (form === '+') return place => { const one = code(place); return one === null ? null : (one as bigint) + constant; };
  if (form === '-') return place => { const one = code(place); return one === null ? null : (one as bigint) - constant; };
  return place => { const one = code(place); return one === null ? null : constant - (one as bigint); };
}

/** The same, of a field of the record. */
function ownWith(key: string, constant: bigint, form: '+' | '-' | 'from'): Code {
  if (form === '+') return place => { const one = place.record.field(key); return one === null ? null : (one as bigint) + constant; };
  if (form === '-') return place => { const one = place.record.field(key); return one === null ? null : (one as bigint) - constant; };
  return place => { const one = place.record.field(key); return one === null ? null : constant - (one as bigint); };
}

function sum(a: Code, b: Code, minus: boolean, limited: ((units: bigint) => bigint) | null): Code {
  const add: Code = minus
    ? place => { const one = a(place), other = b(place); return one === null || other === null ? null : (one as bigint) - (other as bigint); }
    : place => { const one = a(place), other = b(place); return one === null || other === null ? null : (one as bigint) + (other as bigint); };
  return limited ? checked(add, limited) : add;
}

function product(tree: Pair, left: Part, right: Part): Part {
  const scale = left.scale + right.scale, most = left.most * right.most;
  const a = left.code, b = right.code, key = left.own;
  const times: Code = key !== undefined ? place => {
    const one = place.record.field(key), other = b(place);
    return one === null || other === null ? null : (one as bigint) * (other as bigint);
  } : place => {
    const one = a(place), other = b(place);
    return one === null || other === null ? null : (one as bigint) * (other as bigint);
  };
  return figure(tree, most < LARGEST ? times : checked(times, limiting(scale)), scale, Math.min(most || 0, LARGEST) || LARGEST);
}

function checked(code: Code, limited: (units: bigint) => bigint): Code {
  return place => { const found = code(place); return found === null ? null : limited(found as bigint); };
}

const divided = (left: Part, right: Part): Code =>
  filled([left, right], (a: bigint, b: bigint) => quotient(a, left.scale, b, right.scale));

export function negative(tree: Part['tree'], operand: Part): Part {
  const { code } = operand;
  const part = figure(tree, place => { const value = code(place); return value === null ? null : -(value as bigint); }, operand.scale, operand.most);
  if (operand.constant !== undefined && operand.constant !== null) part.constant = -(operand.constant as bigint);
  return part;
}

// -- times ----------------------------------------------------------------------------------------------------------------------
function ofTimes(tree: Pair, left: Part, right: Part): Part {
  const { operator } = tree;
  const kinds = `${left.type.kind} ${right.type.kind}`;
  if (operator === '/') return figure(tree, filled([left, right], (a: bigint, b: bigint) => quotient(a, 0, b, 0)), DIVISION_SCALE, 1e12);
  if (operator === '*') return left.type.kind === 'duration' ? stretched(tree, left, right) : stretched(tree, right, left);
  if (kinds === 'date date') return counted(tree, apart(left.code, right.code));
  if (operator === '+' && left.type.kind === 'duration') return later(tree, right, left, 1n);
  return later(tree, left, right, operator === '+' ? 1n : -1n);
}

const apart = (left: Code, right: Code) => (place: Place): number | null => {
  const a = left(place), b = right(place);
  return a === null || b === null ? null : (a as number) - (b as number);
};

function later(tree: Pair, moment: Part, span: Part, sign: bigint): Part {
  const { kind } = moment.type;
  if (kind === 'date') return made(tree, filled([moment, span], (day: number, micros: bigint) => inCalendar(day + Number(sign * micros / DAY))));
  const bounded = kind === 'datetime' && span.type.kind === 'duration' ? instantInCalendar : spanInBounds;
  return made(tree, filled([moment, span], (a: bigint, b: bigint) => bounded(a + sign * b)));
}

function stretched(tree: Pair, span: Part, number: Part): Part {
  return made(tree, filled([number, span], (units: bigint, micros: bigint) => spanOf(units, number.scale, micros)));
}

/** `units` of a scale times a duration, to the microsecond. */
export function spanOf(units: bigint, scale: number, unit: bigint): bigint {
  return spanInBounds(rescaled(limiting(scale)(units * unit), scale, 0));
}

// -- comparison: two-valued -----------------------------------------------------------------------------------------------------
type Test = (sign: number) => boolean;
const TESTS: Record<string, Test> = { '<': n => n < 0, '<=': n => n <= 0, '>': n => n > 0, '>=': n => n >= 0 };

export function comparison(operator: string, left: Part, right: Part): Code {
  if (operator === '==' || operator === '!=') return equality(operator === '==', left, right);
  const scale = widest([left, right]);
  const a = inScale(left, scale), b = inScale(right, scale);
  if (left.type.kind === 'text' || right.type.kind === 'text') {
    const test = TESTS[operator];
    return place => {
      const one = a(place), other = b(place);
      return one !== null && other !== null && test(compareTexts(one as string, other as string));
    };
  }
  if (smallOf(left) && smallOf(right)) return SMALL[operator](smallOf(left)!, smallOf(right)!);
  if (left.type.kind === 'date') return SMALL[operator](a as Small, b as Small);
  if (isWritten(right)) {
    const limit = b(NOWHERE) as bigint;
    return left.own !== undefined && a === left.code ? OWN_AGAINST[operator](left.own, limit) : AGAINST[operator](a as Big, limit);
  }
  return BIG[operator](a as Big, b as Big);
}

// One function a kind and a sign: each then sees values of one kind only, which engines make quick.
type Small = (place: Place) => number | null;
type Big = (place: Place) => bigint | null;
export const NOWHERE = {} as Place;
const isWritten = (part: Part): boolean => part.constant !== undefined && part.constant !== null;
const LARGEST_SMALL = 2 ** 52;

/** The part as small whole numbers, if it always is one. */
function smallOf(part: Part): Small | undefined {
  if (part.small || part.constant === undefined || part.scale || part.most > LARGEST_SMALL || !isFigure(part.type)) return part.small;
  const value = Number(part.constant);
  return () => value;
}

const SMALL: Record<string, (a: Small, b: Small) => Code> = {
  '<': (a, b) => place => { const one = a(place), other = b(place); return one !== null && other !== null && one < other; },
  '<=': (a, b) => place => { const one = a(place), other = b(place); return one !== null && other !== null && one <= other; },
  '>': (a, b) => place => { const one = a(place), other = b(place); return one !== null && other !== null && one > other; },
  '>=': (a, b) => place => { const one = a(place), other = b(place); return one !== null && other !== null && one >= other; },
};
const BIG: Record<string, (a: Big, b: Big) => Code> = {
  '<': (a, b) => place => { const one = a(place), other = b(place); return one !== null && other !== null && one < other; },
  '<=': (a, b) => place => { const one = a(place), other = b(place); return one !== null && other !== null && one <= other; },
  '>': (a, b) => place => { const one = a(place), other = b(place); return one !== null && other !== null && one > other; },
  '>=': (a, b) => place => { const one = a(place), other = b(place); return one !== null && other !== null && one >= other; },
};
const AGAINST: Record<string, (a: Big, limit: bigint) => Code> = {
  '<': (a, limit) => place => { const one = a(place); return one !== null && one < limit; },
  '<=': (a, limit) => place => { const one = a(place); return one !== null && one <= limit; },
  '>': (a, limit) => place => { const one = a(place); return one !== null && one > limit; },
  '>=': (a, limit) => place => { const one = a(place); return one !== null && one >= limit; },
};

const OWN_AGAINST: Record<string, (key: string, limit: bigint) => Code> = {
  '<': (key, limit) => place => { const one = place.record.field(key) as bigint | null; return one !== null && one < limit; },
  '<=': (key, limit) => place => { const one = place.record.field(key) as bigint | null; return one !== null && one <= limit; },
  '>': (key, limit) => place => { const one = place.record.field(key) as bigint | null; return one !== null && one > limit; },
  '>=': (key, limit) => place => { const one = place.record.field(key) as bigint | null; return one !== null && one >= limit; },
};

function equality(wanted: boolean, left: Part, right: Part): Code {
  if (left.type.kind === 'list' || right.type.kind === 'list') {
    return place => sameSet(left.code(place), right.code(place)) === wanted;
  }
  const scale = widest([left, right]);
  const a = inScale(left, scale), b = inScale(right, scale);
  if (left.own !== undefined && a === left.code && isWritten(right)) {
    const key = left.own, other = b(NOWHERE);
    return wanted ? place => place.record.field(key) === other : place => place.record.field(key) !== other;
  }
  return wanted ? place => a(place) === b(place) : place => a(place) !== b(place);
}

export const listOf = (value: Value): readonly Value[] => (Array.isArray(value) ? value as readonly Value[] : []);

function sameSet(a: Value, b: Value): boolean {
  const one = new Set(listOf(a)), other = new Set(listOf(b));
  return one.size === other.size && [...one].every(each => other.has(each));
}

/** For putting in order: numbers, days and instants by size, texts by code point. */
export function compareValues(a: Value, b: Value): number {
  if (typeof a === 'string') return compareTexts(a, b as string);
  return a === b ? 0 : (a as number) < (b as number) ? -1 : 1;
}

