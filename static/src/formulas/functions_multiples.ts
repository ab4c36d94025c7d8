// Multiples of a step, even and odd, signs, whole quotients, roots.
import { LARGEST, floorDiv, halfAway, limiting, tens, tooLarge } from './arithmetic';
import type { Builder, Shelf } from './functions_base';
import { figure, filled, inScale, made, widest } from './parts';

const SIX = 6;
const absolute = (units: bigint): bigint => (units < 0n ? -units : units);

/** A multiple of a step that is written out; `steps` says how many, from whole numbers of one scale. */
const multiple = (steps: (number: bigint, step: bigint) => bigint): Builder => (call, [number, step]) => {
  const scale = widest([number, step]), size = step.constant as bigint, limited = limiting(step.scale);
  const unit = size * tens(scale - step.scale);
  const part = { ...number, code: inScale(number, scale) };
  return figure(call, filled([part], (units: bigint) => limited(steps(units, unit) * size)), step.scale, LARGEST);
};

/** The next even (0) or odd (1) number, away from zero. */
const parity = (odd: bigint): Builder => (call, [number]) => {
  const one = tens(number.scale);
  return figure(call, filled([number], (units: bigint) => {
    const halves = -floorDiv(odd * one - absolute(units), 2n * one);
    const size = (halves > 0n ? halves : 0n) * 2n + odd;
    return units < 0n ? -size : size;
  }), 0, number.most + 2);
};

const isParity = (odd: bigint): Builder => (call, [number]) => {
  const one = tens(number.scale);
  return made(call, place => {
    const units = number.code(place) as bigint | null;
    return units !== null && absolute(units / one % 2n) === odd;
  });
};

/** The greatest whole number whose square is not greater. */
function wholeRoot(square: bigint): bigint {
  let root = BigInt(Math.floor(Math.sqrt(Number(square))));
  for (;;) {
    const next = root === 0n ? 1n : (root + square / root) / 2n;
    if (absolute(next - root) <= 1n) { root = next; break; }
    root = next;
  }
  while (root * root > square) root -= 1n;
  while ((root + 1n) * (root + 1n) <= square) root += 1n;
  return root;
}

/** Six places, half away from zero: the root of four times the square is odd where it lies past the half. */
function root(units: bigint, scale: number): bigint | null {
  if (units < 0n) return null;
  const even = scale + scale % 2, square = units * tens(even - scale);
  const shift = 2 * SIX - even;
  const twice = shift >= 0 ? wholeRoot(4n * square * tens(shift)) : wholeRoot(4n * square / tens(-shift));
  const found = (twice + 1n) / 2n;
  if (found > tens(12 + SIX)) throw tooLarge();
  return found;
}

export const MULTIPLES: Shelf = {
  FLOOR: multiple(floorDiv),
  CEILING: multiple((number, step) => -floorDiv(-number, step)),
  MROUND: multiple(halfAway),
  EVEN: parity(0n),
  ODD: parity(1n),
  ISEVEN: isParity(0n),
  ISODD: isParity(1n),
  SIGN: (call, [number]) => figure(call, filled([number], (units: bigint) => (units > 0n ? 1n : units < 0n ? -1n : 0n)), 0, 1),
  QUOTIENT: (call, given) => {
    const scale = widest(given);
    const parts = given.map(each => ({ ...each, code: inScale(each, scale) }));
    return figure(call, filled(parts, (a: bigint, b: bigint) => (b === 0n ? null : a / b)), 0);
  },
  SQRT: (call, [number]) => figure(call, filled([number], (units: bigint) => root(units, number.scale)), SIX, 1e12),
};
