// Texts as Python sees them: counted, cut and put in order by code points.
import { CannotCompute } from './values';

const BEYOND = /[\ud800-\udbff]/;
const LONGEST = 100_000;

export const length = (text: string): number => (BEYOND.test(text) ? [...text].length : text.length);

export function slice(text: string, start: number, end?: number): string {
  return BEYOND.test(text) ? [...text].slice(start, end).join('') : text.slice(start, end);
}

/** Negative, zero or positive; by code point, not by the halves of which UTF-16 makes the rarer ones. */
export function compareTexts(a: string, b: string): number {
  if (a === b) return 0;
  const shorter = Math.min(a.length, b.length);
  for (let place = 0; place < shorter; place++) {
    const one = a.charCodeAt(place), other = b.charCodeAt(place);
    if (one !== other) return weight(one) - weight(other);
  }
  return a.length - b.length;
}

/** Halves of rare characters come after everything else. */
const weight = (unit: number): number => (unit >= 0xe000 ? unit - 0x800 : unit >= 0xd800 ? unit + 0x2000 : unit);

export function shortEnough(text: string): string {
  if (text.length > LONGEST && length(text) > LONGEST) throw new CannotCompute('too long');
  return text;
}

const WHITE = ' \t\n\r\u3000\u00a0';

/** Without the white space at both ends, full-width spaces included. */
export function trimmed(text: string): string {
  let start = 0, end = text.length;
  while (start < end && WHITE.includes(text[start])) start++;
  while (end > start && WHITE.includes(text[end - 1])) end--;
  return text.slice(start, end);
}

export const upper = (text: string): string => text.replace(/[a-z]+/g, part => part.toUpperCase());
export const lower = (text: string): string => text.replace(/[A-Z]+/g, part => part.toLowerCase());

const SPACE = '\\t-\\r\\x1c-\\x1f \\x85\\xa0\\u1680\\u2000-\\u200a\\u2028\\u2029\\u202f\\u205f\\u3000';
const ENDS = new RegExp(`^[${SPACE}]+|[${SPACE}]+$`, 'g');
/** Without what Unicode calls white space at both ends, as Python's strip() does it. */
export const stripped = (text: string): string => text.replace(ENDS, '');
