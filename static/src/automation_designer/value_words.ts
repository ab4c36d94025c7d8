// Values that a person chooses or writes plainly, and the formula that stands for them: read and written both ways.
import { quoted } from '../formula_editor/words';

export type Way = 'option' | 'truth' | 'number' | 'day' | 'moment' | 'name' | 'text';
/** How a value of a field is given without a formula; null where only a formula will do. */
export function wayOf(field: { type: string; options: unknown[] }): Way | null {
  const { type } = field;
  if (type === 'checkbox') return 'truth';
  if (type === 'choice' && field.options.length) return 'option';
  if (['number', 'money', 'percent', 'rating', 'slider'].includes(type)) return 'number';
  if (type === 'date') return 'day';
  if (type === 'datetime') return 'moment';
  if (type === 'reference' || type === 'member') return 'name';
  return ['text', 'long_text', 'phone', 'email', 'url'].includes(type) ? 'text' : null;
}

export interface Later { n: string; unit: 'HOURS' | 'DAYS' }
const NAME = '[\\p{L}_][\\p{L}\\p{N}_]*(?:\\.[\\p{L}_][\\p{L}\\p{N}_]*)?';
const QUOTED = `'(?:[^'\\\\]|\\\\.)*'`;
const PIECE = new RegExp(`\\s*(?:(${QUOTED})|(${NAME}))\\s*(&|$)`, 'uy');
const RESERVED = new Set(['and', 'or', 'not', 'in', 'if', 'else', 'true', 'false', 'TRUE', 'FALSE']);
const bare = (text: string): string => text.slice(1, -1).replace(/\\(.)/g, '$1');

/** What was chosen or written; null where the formula says more. A blank formula is a value not given yet. */
export function readValue(way: Way, formula: string, names: string[]): string | Later | null {
  const plain = formula.trim();
  if (way === 'day' || way === 'moment') return readLater(way, plain);
  if (plain === '') return '';
  if (way === 'option') return new RegExp(`^${QUOTED}$`, 'u').test(plain) ? bare(plain) : null;
  if (way === 'truth') return /^(true|false)$/i.test(plain) ? plain.toLowerCase() : null;
  if (way === 'number') return /^-?\d+(\.\d+)?$/.test(plain) ? plain : null;
  if (way === 'name') return names.includes(plain) ? plain : null;
  return readText(plain, names);
}

function readLater(way: 'day' | 'moment', plain: string): Later | null {
  const found = /^(TODAY|NOW)\(\)(?:\s*\+\s*(HOURS|DAYS)\((-?\d+)\))?$/.exec(plain);
  if (plain === '' ) return { n: '', unit: 'DAYS' };
  if (!found || found[1] !== (way === 'day' ? 'TODAY' : 'NOW') || way === 'day' && found[2] === 'HOURS') return null;
  return { n: found[3] ?? '0', unit: (found[2] as Later['unit'] | undefined) ?? 'DAYS' };
}

/** “'Welcome, ' & name” as “Welcome, {name}”; braces that are meant as such stay a formula. */
function readText(plain: string, names: string[]): string | null {
  let text = '', at = 0;
  for (;;) {
    PIECE.lastIndex = at;
    const found = PIECE.exec(plain);
    if (!found || found[2] && (RESERVED.has(found[2]) || !names.includes(found[2]))) return null;
    const piece = found[1] ? bare(found[1]) : `{${found[2]!}}`;
    if (found[1] && /[{}]/.test(piece)) return null;
    text += piece;
    at = PIECE.lastIndex;
    if (found[3] !== '&') return at === plain.length ? text : null;
    if (at >= plain.length) return null;
  }
}

export function writeValue(way: Way, value: string | Later): string {
  if (typeof value === 'object') {
    if (!/^-?\d+$/.test(value.n.trim())) return '';
    const start = way === 'day' ? 'TODAY()' : 'NOW()';
    return Number(value.n) === 0 ? start : `${start} + ${way === 'day' ? 'DAYS' : value.unit}(${value.n.trim()})`;
  }
  if (value === '') return '';
  if (way === 'option') return quoted(value);
  if (way === 'truth') return value.toUpperCase();
  if (way !== 'text') return value;
  const pieces = value.split(/(\{[^{}]+\})/).filter(each => each !== '');
  return pieces.map(each => /^\{[^{}]+\}$/.test(each) ? each.slice(1, -1).trim() : quoted(each)).join(' & ');
}
