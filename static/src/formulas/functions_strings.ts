// Texts: comparing, repeating, finding and replacing parts of them; lists from texts and back; what a value is.
import { fromIso } from './dates';
import type { Builder, Shelf } from './functions_base';
import { numberIn } from './functions_texts';
import { listOf } from './operators';
import { constantNumber, figure, filled, made, textOf } from './parts';
import { length, lower, shortEnough, slice, stripped } from './texts';
import { type Part, type Value, CannotCompute, isFigure } from './values';

/** The place where a part stands, from 1; `start` is a constant. */
const finding = (compared: (text: string) => string): Builder => (call, [part, text, start]) => {
  const skipped = start ? constantNumber(start) - 1 : 0;
  return figure(call, filled([part, text], (wanted: string, given: string) => {
    const rest = slice(compared(given), skipped);
    const found = rest.indexOf(compared(wanted));
    return found < 0 ? null : BigInt(length(rest.slice(0, found)) + 1 + skipped);
  }), 0, 1e9);
};

function before(text: string, part: string): string | null {
  const found = text.indexOf(part);
  return found < 0 ? null : text.slice(0, found);
}
function after(text: string, part: string): string | null {
  const found = text.indexOf(part);
  return found < 0 ? null : text.slice(found + part.length);
}

const joined: Builder = (call, [separator, ignore, ...values]) => {
  const texts = values.map(each => textOf(each.type, each.scale));
  return made(call, place => {
    const written = values.map((each, number) => texts[number](each.code(place)));
    return shortEnough(written.filter(each => each || !ignore.constant).join(separator.constant as string));
  });
};

const replaced: Builder = (call, [text, start, count, by]) => {
  const from = constantNumber(start) - 1, to = from + constantNumber(count);
  return made(call, filled([text, by], (given: string, other: string) => shortEnough(slice(given, 0, from) + other + slice(given, to))));
};

const repeated: Builder = (call, [text, times]) => {
  const count = constantNumber(times);
  return made(call, filled([text], (given: string) => {
    if (length(given) * count > 100_000) throw new CannotCompute('too long');
    return given.repeat(count);
  }));
};

const proper = (text: string) => text.replace(/[A-Za-z]+/g, word => word[0].toUpperCase() + word.slice(1).toLowerCase());

/** Whether a value is of some kinds, or a text that can be read as one. */
function ofKind(kinds: string[], reads: (text: string) => boolean): Builder {
  return (call, [value]) => {
    const textual = value.type.kind === 'text' || value.type.kind === 'choice', right = kinds.includes(value.type.kind);
    return made(call, place => {
      const found = value.code(place);
      return found !== null && (textual ? reads(found as string) : right);
    });
  };
}

const isDay = (text: string) => fromIso(slice(stripped(text), 0, 10)) !== null;

const odd = (given: Part[]): Part['code'] => place => given.filter(each => each.code(place) === true).length % 2 === 1;

const entry: Builder = (call, [list, number]) => {
  const place = constantNumber(number) - 1;
  return figure(call, filled([list], (values: readonly Value[]) => values[place] ?? null), isFigure(call.type) ? call.type.scale ?? 0 : 0);
};

export const STRINGS: Shelf = {
  FIND: finding(text => text),
  SEARCH: finding(lower),
  TEXTBEFORE: (call, given) => made(call, filled(given, before)),
  TEXTAFTER: (call, given) => made(call, filled(given, after)),
  TEXTJOIN: joined,
  REPLACE: replaced,
  REPT: repeated,
  CODE: (call, [text]) => figure(call, filled([text], (given: string) => (given ? BigInt(given.codePointAt(0)!) : null)), 0, 0x10ffff),
  PROPER: (call, [text]) => made(call, filled([text], proper)),
  CLEAN: (call, [text]) => made(call, filled([text], (given: string) => given.replace(/[\x00-\x1f\x7f]/g, ''))),
  SPLIT: (call, given) => made(call, filled(given, (text: string, between: string) => (between ? text.split(between) : [text]))),
  INDEX: entry,
  UNION: (call, given) => made(call, place => [...new Set(given.flatMap(each => [...listOf(each.code(place))]))] as Value),
  XOR: (call, given) => made(call, odd(given)),
  ISNUMBER: ofKind(['number', 'money'], text => numberIn(text) !== null),
  ISTEXT: ofKind([], text => text !== ''),
  ISDATE: ofKind(['date', 'datetime'], isDay),
};
