// Aggregates: one value over many, blanks left out. Over rows, and over a list of plain values.
import { DIVISION_SCALE, limiting, quotient, rescaled, tens } from './arithmetic';
import type { Aggregating, Builder, Shelf } from './functions_base';
import { compareValues, listOf } from './operators';
import { constantNumber, figure, inScale, made, textOf, widest } from './parts';
import { shortEnough } from './texts';
import { type Part, type Value, isFigure } from './values';

const scaleOf = (value: Part | null): number => value?.scale ?? 0;

function total(values: Value[], scale: number): bigint {
  let found = 0n;
  for (const each of values) found += each as bigint;
  return limiting(scale)(found);
}

function average(values: Value[], value: Part | null): bigint | null {
  return quotient(total(values, scaleOf(value)), scaleOf(value), BigInt(values.length), 0);
}

function median(values: Value[], value: Part | null): bigint | null {
  const sorted = [...values].sort(compareValues), half = Math.floor(values.length / 2);
  return average(values.length % 2 ? [sorted[half]] : [sorted[half - 1], sorted[half]], value);
}

/** In between twenty decimals are kept: past a few factors they would grow without end. */
function product(values: Value[], value: Part | null): bigint {
  const kept = 20, limited = limiting(kept), scale = scaleOf(value);
  let found = tens(kept);
  for (const each of values) found = limited(rescaled(found * (each as bigint), kept + scale, kept));
  return rescaled(found, kept, DIVISION_SCALE);
}

/** The value at a place when all are in order. */
function position(sign: number): Aggregating {
  return {
    scale: scaleOf, nothing: null, argument: true,
    over: (values, _value, place) => [...values].sort((a, b) => compareValues(a, b) * sign)[constantNumber(place!) - 1] ?? null,
  };
}

const joined = (values: readonly Value[], text: (value: Value) => string, between: Part): string =>
  shortEnough(values.map(text).join(between.constant as string));

function extreme(sign: number): Aggregating {
  return {
    scale: scaleOf, nothing: null,
    over: values => values.reduce((best, each) => (compareValues(each, best) * sign > 0 ? each : best)),
  };
}

export const AGGREGATES: Record<string, Aggregating> = {
  SUM: { scale: scaleOf, over: (values, value) => total(values, scaleOf(value)), nothing: 0n, add: (sum, each) => sum + (each as bigint) },
  COUNT: { scale: () => 0, over: values => BigInt(values.length), nothing: 0n, add: sum => sum + 1n },
  AVG: { scale: () => DIVISION_SCALE, over: average, nothing: null },
  MEDIAN: { scale: () => DIVISION_SCALE, over: median, nothing: null },
  PRODUCT: { scale: () => DIVISION_SCALE, over: product, nothing: null },
  MIN: extreme(-1),
  MAX: extreme(1),
  FIRST: { scale: scaleOf, over: values => values[0], nothing: null, ordered: 'first' },
  LAST: { scale: scaleOf, over: values => values[0], nothing: null, ordered: 'last' },
  LARGE: position(-1),
  SMALL: position(1),
  JOIN: {
    scale: () => 0, nothing: null, ordered: 'first', argument: true,
    over: (values, value, between) => joined(values, textOf(value!.type, value!.scale), between!),
  },
  DISTINCT: { scale: () => 0, over: values => BigInt(new Set(values).size), nothing: 0n },
};

/** SUM(a, b, c) and its like: the aggregate of what is written there. */
function overPlain(name: string): Builder {
  const aggregate = AGGREGATES[name];
  return (call, given) => {
    const scale = widest(given);
    const codes = given.map(each => inScale(each, scale));
    const shape: Part = { ...given[0], scale };
    return figure(call, place => {
      const values = codes.map(each => each(place)).filter(each => each !== null);
      return values.length ? aggregate.over(values, shape) : aggregate.nothing;
    }, isFigure(call.type) ? aggregate.scale(shape) : 0);
  };
}

const joinedList: Builder = (call, [list, between]) => {
  const text = textOf(list.type.item ?? list.type, 0);
  return made(call, place => { const values = listOf(list.code(place)); return values.length ? joined(values, text, between) : null; });
};

const PLAIN = ['SUM', 'COUNT', 'AVG', 'MIN', 'MAX', 'MEDIAN', 'PRODUCT'];
export const PLAIN_AGGREGATES: Shelf = { ...Object.fromEntries(PLAIN.map(name => [name, overPlain(name)])), JOIN: joinedList };

