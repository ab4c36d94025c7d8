// Rounding, remainders and bands.
import { floorDiv, halfAway, modulo, tens } from './arithmetic';
import type { Builder, Shelf } from './functions_base';
import { constantNumber, figure, filled, inScale, widest } from './parts';
import type { Part } from './values';

type Drop = (units: bigint, factor: bigint) => bigint;

const awayFromZero: Drop = (units, factor) => {
  const whole = units / factor;
  return whole * factor === units ? whole : whole + (units < 0n ? -1n : 1n);
};

/** Digits left out are 0. */
export function rounding(drop: Drop): Builder {
  return (call, given) => {
    const [number] = given;
    const scale = Math.min(number.scale, given.length > 1 ? constantNumber(given[1]) : 0);
    if (scale === number.scale) return figure(call, number.code, scale, number.most);
    const factor = tens(number.scale - scale);
    return figure(call, filled([number], (units: bigint) => drop(units, factor)), scale, number.most + 1);
  };
}

const whole = (drop: Drop): Builder => (call, given) => rounding(drop)(call, [given[0]]);

function absolute(number: Part): Part['code'] {
  return filled([number], (units: bigint) => (units < 0n ? -units : units));
}

export const NUMBERS: Shelf = {
  ROUND: rounding(halfAway),
  ROUNDUP: rounding(awayFromZero),
  ROUNDDOWN: rounding((units, factor) => units / factor),
  INT: whole(floorDiv),
  ABS: (call, [number]) => figure(call, absolute(number), number.scale, number.most),
  MOD: (call, given) => {
    const scale = widest(given);
    const [a, b] = given.map(each => ({ ...each, code: inScale(each, scale) }));
    return figure(call, filled([a, b], (one: bigint, other: bigint) => modulo(one, other)), scale, given[1].most);
  },
  BAND: (call, given) => {
    const scale = widest(given);
    const [number, ...cuts] = given.map(each => inScale(each, scale));
    return figure(call, place => {
      const value = number(place) as bigint | null;
      return value === null ? null : BigInt(1 + cuts.filter(cut => value >= (cut(place) as bigint)).length);
    }, 0, 300);
  },
};
