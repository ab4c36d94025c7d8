// A value as somebody would type it into its control: the way back from reading.ts.
import { fixed } from './arithmetic';
import { DAY, dayOfInstant, isoDay, offsetAt } from './dates';
import type { Typed } from './reading';
import type { Value } from './values';

const two = (figure: number) => String(figure).padStart(2, '0');
const clock = (minutes: number) => `${two(Math.floor(minutes / 60))}:${two(minutes % 60)}`;

function instant(value: bigint, zone: string): string {
  const ofDay = value + offsetAt(value, zone);
  return `${isoDay(dayOfInstant(value, zone))}T${clock(Number((((ofDay % DAY) + DAY) % DAY) / 60_000_000n))}`;
}

/** A figure without zeros that say nothing. */
function figure(units: bigint, scale: number): string {
  const text = fixed(units, scale);
  return text.includes('.') ? text.replace(/\.?0+$/, '') : text;
}

const WRITERS: Record<string, (value: Value, scale: number, zone: string) => string> = {
  text: String, long_text: String, email: String, document: String, region: String, choice: String,
  number: (value, scale) => figure(value as bigint, scale),
  money: (value, scale) => fixed(value as bigint, scale),
  percent: (value, scale) => figure((value as bigint) * 100n, scale),
  time: value => clock(Number(value)),
  date: value => isoDay(value as number),
  datetime: (value, _scale, zone) => instant(value as bigint, zone),
};

/** The texts for the controls of a field, or null for one whose controls only the server can fill. */
export function typedAs(field: Typed, value: Value, scale: number, zone: string): string[] | null {
  if (typeof value === 'boolean') return value ? ['true'] : [];
  if (Array.isArray(value)) return field.value.kind === 'list' ? value.map(String) : null;
  const writer = WRITERS[field.type];
  if (!writer || (field.type === 'time' && value !== null && (Number(value) < 0 || Number(value) > 1439))) return null;
  return [value === null ? '' : writer(value, scale, zone)];
}
