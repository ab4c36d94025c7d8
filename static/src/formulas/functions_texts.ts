// Texts. Lengths and positions count characters; UPPER and LOWER change a to z only.
import { fixed, parseDecimal, rescaled } from './arithmetic';
import type { Builder, Shelf } from './functions_base';
import { constantNumber, counted, figure, filled, made, textOf } from './parts';
import { length, lower, shortEnough, slice, trimmed, upper } from './texts';
import { type Part, type Place, type Value, CannotCompute } from './values';

const NUMBER_TEXT = /^[+-]?[0-9]{1,12}(\.[0-9]{1,30})?$/;

const changed = (change: (text: string) => string): Builder => (call, [text]) => made(call, filled([text], change));

/** A part of a text whose places are written out. */
const cut = (take: (text: string, ...places: number[]) => string): Builder => (call, [text, ...places]) => {
  const written = places.map(constantNumber);
  return made(call, filled([text], (value: string) => take(value, ...written)));
};

/** A condition on two texts, false as soon as one is blank. */
const finding = (holds: (text: string, part: string) => boolean): Builder => (call, [text, part]) => {
  const { code, own } = text, { constant } = part;
  if (own !== undefined && typeof constant === 'string') {
    return made(call, place => { const one = place.record.field(own); return one !== null && holds(one as string, constant); });
  }
  return made(call, place => {
    const a = code(place), b = part.code(place);
    return a !== null && b !== null && holds(a as string, b as string);
  });
};

function replaced(text: string, old: string, by: string): string {
  if (!old) return text;
  const parts = text.split(old);
  if (length(text) + (parts.length - 1) * Math.max(0, length(by) - length(old)) > 100_000) throw new CannotCompute('too long');
  return parts.join(by);
}

function joinedUp(given: Part[]): Part['code'] {
  const codes = given.map(each => each.code), texts = given.map(each => textOf(each.type, each.scale));
  return place => shortEnough(codes.map((code, number) => texts[number](code(place))).join(''));
}

function asText(given: Part[]): Part['code'] {
  const [value] = given;
  if (given.length === 1) return filled([value], textOf(value.type, value.scale) as (value: never) => Value);
  const digits = constantNumber(given[1]);
  return filled([value], (units: bigint) => fixed(rescaled(units, value.scale, digits), digits));
}

export function numberIn(text: string): bigint | null {
  const written = trimmed(text).replaceAll(',', '');
  if (!NUMBER_TEXT.test(written)) return null;
  const { units, scale } = parseDecimal(written);
  return rescaled(units, scale, 6);
}

export const TEXTS: Shelf = {
  LEN: (call, [text]) => counted(call, filled([text], length) as (place: Place) => number | null, 1e9),
  LEFT: cut((text, count) => slice(text, 0, count)),
  RIGHT: cut((text, count) => (count ? slice(text, -count) : '')),
  MID: cut((text, start, count) => slice(text, start - 1, start - 1 + count)),
  TRIM: changed(trimmed),
  UPPER: changed(upper),
  LOWER: changed(lower),
  CONCAT: (call, given) => made(call, joinedUp(given)),
  CONTAINS: finding((text, part) => text.includes(part)),
  STARTSWITH: finding((text, part) => text.startsWith(part)),
  ENDSWITH: finding((text, part) => text.endsWith(part)),
  SUBSTITUTE: (call, given) => made(call, filled(given, replaced)),
  TEXT: (call, given) => made(call, asText(given)),
  VALUE: (call, [text]) => figure(call, filled([text], numberIn), 6, 1e13),
};

