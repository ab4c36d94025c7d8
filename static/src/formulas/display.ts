// A computed value as the page shows it: the same as `display` of its field and runtime/pages/reader.py.
import { fixed, rescaled } from './arithmetic';
import { DAY, civil, dayOfInstant, isoDay, offsetAt } from './dates';
import type { Run, Value } from './values';

/** How a computed field is shown, as runtime/pages/entry_rules.py says it. `scale`: its decimals. */
export interface Shown { result: string; scale?: number; symbol?: string; unit?: string; options?: Record<string, string>; yes?: string; no?: string }

/** 12,486.50 */
function grouped(units: bigint, scale: number): string {
  const [whole, fraction] = fixed(units, scale).split('.');
  const spaced = whole.replace(/\B(?=(\d{3})+$)/g, ',');
  return fraction === undefined ? spaced : `${spaced}.${fraction}`;
}

/** 11-21, with the year if it is another one. */
function day(value: number, run: Run): string {
  const iso = isoDay(value);
  return civil(value).year === civil(run.today).year ? iso.slice(5) : iso;
}

function instant(value: bigint, run: Run): string {
  const ofDay = value + offsetAt(value, run.zone);
  const minutes = Number((((ofDay % DAY) + DAY) % DAY) / 60_000_000n);
  const clock = `${String(Math.floor(minutes / 60)).padStart(2, '0')}:${String(minutes % 60).padStart(2, '0')}`;
  return `${day(dayOfInstant(value, run.zone), run)} ${clock}`;
}

function money(units: bigint, scale: number, symbol: string): string {
  const amount = grouped(units < 0n ? -units : units, scale);
  return `${units < 0n ? '-' : ''}${symbol}${amount}`;
}

function figure(value: Value, shown: Shown, run: Run): string {
  const scale = shown.scale ?? 0;
  switch (shown.result) {
    case 'number': return grouped(value as bigint, scale);
    case 'money': return money(value as bigint, scale, shown.symbol ?? '');
    case 'boolean': return (value ? shown.yes : shown.no) ?? '';
    case 'date': return day(value as number, run);
    case 'datetime': return instant(value as bigint, run);
    case 'choice': return shown.options?.[value as string] ?? String(value);
    default: return String(value);
  }
}

/** The text of a value; a number comes in the scale `scale` and is rounded to that of the field. */
export function displayed(shown: Shown, value: Value, scale: number, run: Run): string {
  if (value === null) return '';
  const stored = typeof value === 'bigint' && (shown.result === 'number' || shown.result === 'money') ? rescaled(value, scale, shown.scale ?? 0) : value;
  const text = figure(stored, shown, run);
  if (!text || !shown.unit) return text;
  return shown.unit === '%' ? `${text}%` : `${text} ${shown.unit}`;
}
