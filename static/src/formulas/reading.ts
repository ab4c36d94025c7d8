// What stands in a control as the value its field means: runtime/fields/*.py reads the same. What only the server can read
// (telephone numbers, web addresses, names still to be looked up) or what is typed wrong is NotInBrowser.
import { parseDecimal, tens } from './arithmetic';
import { dayNumber, instantAt, realDay } from './dates';
import { stripped } from './texts';
import { type Type, type Value, NotInBrowser } from './values';

/** A field as runtime/pages/entry_rules.py describes it. */
export interface Typed { type: string; value: Type; percent?: boolean; signs?: string[]; format?: string; region?: string; options?: string[] }
/** A list comes from several boxes, a boolean from one, null where nothing is chosen. */
export type Raw = string | boolean | string[] | null;

/** Fields whose one value stands in several controls. */
const IN_PARTS: Record<string, (texts: string[]) => Value> = {
  duration: ([hours = '', minutes = '']) => (hours || minutes ? BigInt(wholeIn(hours)) * 60n + BigInt(wholeIn(minutes)) : null),
  address: ([region = '', detail = '']) => {
    if (!region && detail) wrong();  // a region may stand at its beginning, which only the server finds
    return [region, detail.split(/\s+/).filter(Boolean).join(' ')].filter(Boolean).join(' ') || null;
  },
  choice: texts => texts.findLast(each => each) ?? null,
  location: texts => (texts.some(Boolean) ? wrong() : null),
};

const INVISIBLE = /^[\u200b\u200e\u200f\u202a-\u202e\u2060\ufeff]+|[\u200b\u200e\u200f\u202a-\u202e\u2060\ufeff]+$/g;
const LARGEST = 9n * 10n ** 15n - 1n;
const LONGEST = 60;
const PLAIN = /^[+-]?(?:[0-9]+(?:\.[0-9]*)?|\.[0-9]+)$/;
const GROUPED = /^[+-]?[0-9]{1,3}(?:[, ][0-9]{3})+(?:\.[0-9]*)?$/;
const WITH_SIGN = /^([+-]?)\s*([^0-9+\-.,\s]*)\s*([+-]?[0-9., ]*?)\s*([^0-9+\-.,\s]*)$/u;
const DAY = '([0-9]{4})(?:\\s*[-/.年]\\s*([0-9]{1,2})\\s*[-/.月]\\s*([0-9]{1,2})\\s*[日号]?|([0-9]{2})([0-9]{2}))';
const TIME = '([0-9]{1,2})[:时点]([0-9]{1,2})分?(?::?([0-9]{1,2})(?:[.,]([0-9]{1,9}))?秒?)?';
const WRITTEN = new RegExp(`^${DAY}(?:(?:\\s*[Tt]|\\s+|(?<=[日号]))\\s*${TIME})?$`);

const wrong = (): never => { throw new NotInBrowser('typed'); };
const ascii = (text: string) => /^[\x00-\x7f]*$/.test(text);

/** A text without blanks around it, in one form of its characters; blank is null. */
export function textIn(raw: string): string | null {
  if (raw.includes('\0')) wrong();
  if (ascii(raw)) return stripped(raw) || null;
  return stripped(stripped(raw.normalize('NFC')).replace(INVISIBLE, '')) || null;
}

function halfWidth(text: string): string {
  if (ascii(text)) return stripped(text);
  return stripped(text.normalize('NFKC').replaceAll('−', '-').replaceAll('–', '-')).replace(INVISIBLE, '');
}

// -- numbers --------------------------------------------------------------------------------------------------------------------
function numberIn(text: string, { value, percent }: Typed): bigint {
  const written = halfWidth(text);
  if (written.length > LONGEST) wrong();
  const share = written.endsWith('%');
  const found = parsePlain(share ? written.slice(0, -1).trimEnd() : written);
  return stored(found.units, found.scale + (share && !percent ? 2 : 0), value.scale ?? 0);
}

function parsePlain(text: string): { units: bigint; scale: number } {
  if (!PLAIN.test(text) && !GROUPED.test(text)) wrong();
  return parseDecimal(text.replace(/[, ]/g, ''));
}

/** A number with more decimals or digits than its field keeps is refused. */
function stored(units: bigint, from: number, scale: number): bigint {
  if (from > scale) {
    const factor = tens(from - scale);
    if (units % factor !== 0n) wrong();
    units /= factor;
  } else units *= tens(scale - from);
  if (units > LARGEST || units < -LARGEST) wrong();
  return units;
}

/** An amount; its currency may stand before or after it. */
function amountIn(text: string, field: Typed): bigint {
  const found = text.length <= LONGEST ? WITH_SIGN.exec(halfWidth(text)) : null;
  if (!found || !(found[2] || found[4]) || found[4] === '%') return numberIn(text, field);
  const [, minus, before, figure, after] = found;
  const sign = halfWidth(before || after).toLowerCase();
  if ((before && after) || !figure || !field.signs?.includes(sign)) wrong();
  return numberIn(minus + figure, field);
}

// -- days and instants ----------------------------------------------------------------------------------------------------------
function dayIn(text: string): RegExpExecArray & { day: number } {
  const found = text.length <= LONGEST ? WRITTEN.exec(halfWidth(text)) : null;
  if (!found) return wrong();
  const day = realDay(Number(found[1]), Number(found[2] ?? found[4]), Number(found[3] ?? found[5]));
  if (day === null || (found[6] !== undefined && (Number(found[6]) > 23 || Number(found[7]) > 59 || Number(found[8] ?? 0) > 59))) wrong();
  return Object.assign(found, { day: day! });
}

const FIRST_INSTANT = BigInt(dayNumber(1, 1, 3)) * 86_400_000_000n, LAST_INSTANT = BigInt(dayNumber(9999, 12, 29)) * 86_400_000_000n;

function instantIn(text: string, zone: string): bigint {
  const found = dayIn(text);
  const [hour, minute, second] = [found[6], found[7], found[8]].map(each => Number(each ?? 0));
  const micros = BigInt((found[9] ?? '0').padEnd(6, '0').slice(0, 6));
  const local = BigInt(found.day * 86_400 + hour * 3600 + minute * 60 + second) * 1_000_000n + micros;
  const instant = instantAt(local, zone);
  return instant < FIRST_INSTANT || instant > LAST_INSTANT ? wrong() : instant;
}

// -- the rest -------------------------------------------------------------------------------------------------------------------
const LABEL = '[a-z0-9](?:[a-z0-9-]{0,61}[a-z0-9])?';
const ADDRESS = new RegExp(`^[a-z0-9.!#$%&'*+/=?^_\`{|}~-]{1,64}@${LABEL}(?:\\.${LABEL})+$`);

function addressIn(text: string): string {
  const address = halfWidth(text).replace(/^mailto:/, '').toLowerCase();
  return address.length > 254 || !ADDRESS.test(address) ? wrong() : address;
}

/** Everything that Python calls printable stands in one line as it is. */
function lineIn(text: string, { format }: Typed): string {
  if (format && format !== 'none') return halfWidth(text).replace(/[ -]/g, '').toUpperCase();
  return /[\p{C}\p{Zl}\p{Zp}]|[^\S ]/u.test(text) ? text.split(/\r\n|[\n\r\v\f\x1c-\x1e\x85\u2028\u2029]/).join(' ') : text;
}

const numberOf = (text: string): number => (/^\d{1,15}$/.test(text) ? Number(text) : wrong());
const optionOf = (text: string, { options }: Typed): string => (!options || options.includes(text) ? text : wrong());

const CLOCK = /^(\d{1,2}):(\d{2})$/;

/** Minutes since midnight. */
function clockIn(text: string): bigint {
  const found = CLOCK.exec(halfWidth(text));
  if (!found || Number(found[1]) > 23 || Number(found[2]) > 59) return wrong();
  return BigInt(Number(found[1]) * 60 + Number(found[2]));
}

function wholeIn(text: string): number {
  const written = halfWidth(text) || '0';
  return /^\d{1,7}$/.test(written) ? Number(written) : wrong();
}

function documentIn(text: string): string {
  const number = halfWidth(text).replace(/[ -]/g, '').toUpperCase();
  return ascii(number) ? number : wrong();
}

/** A percentage: 12.5 is 0.125. */
function percentIn(text: string, field: Typed): bigint {
  const figure = halfWidth(text).replace(/%$/, '').trimEnd();
  if (figure.endsWith('%')) wrong();
  return numberIn(figure, { ...field, value: { ...field.value, scale: (field.value.scale ?? 2) - 2 } });
}

const READERS: Record<string, (text: string, field: Typed, zone: string) => Value> = {
  text: lineIn,
  long_text: text => text.replace(/\r\n?/g, '\n'),
  number: numberIn,
  money: amountIn,
  date: text => dayIn(text).day,
  datetime: (text, _field, zone) => instantIn(text, zone),
  choice: optionOf,
  time: clockIn,
  percent: percentIn,
  region: text => text,
  document: documentIn,
  email: addressIn,
  member: numberOf,
  reference: numberOf,
};

function inParts(field: Typed, raw: string[]): Value {
  const read = IN_PARTS[field.type];
  if (!read) return wrong();
  const found = read(raw.map(each => textIn(each) ?? ''));
  return field.type === 'choice' && found !== null ? optionOf(found as string, field) : found;
}

/** The value of what was typed or chosen. */
export function readTyped(field: Typed, raw: Raw, zone: string): Value {
  if (typeof raw === 'boolean') return raw;
  if (Array.isArray(raw)) return field.value.kind === 'list' ? raw : inParts(field, raw);
  if (field.value.kind === 'list') return raw ? [raw] : [];
  const text = raw === null ? null : textIn(raw);
  if (text === null) return null;
  const reader = READERS[field.type];
  return reader ? reader(text, field, zone) : wrong();
}
