// Calendar days as days since 1970-01-01, instants as microseconds since then, and the offset of a time zone at an instant.
import { tooLarge } from './arithmetic';

export const DAY = 86_400_000_000n;
const FIRST_DAY = -719_162, LAST_DAY = 2_932_896;
const FIRST_INSTANT = BigInt(FIRST_DAY) * DAY, LAST_INSTANT = BigInt(LAST_DAY + 1) * DAY - 1n;
const LEAST_SPAN = -999_999_999n * DAY, MOST_SPAN = 1_000_000_000n * DAY - 1n;

export interface Civil { year: number; month: number; day: number }

/** Year, month and day of a day number (Hinnant's civil_from_days). */
export function civil(days: number): Civil {
  const shifted = days + 719_468;
  const era = Math.floor(shifted / 146_097);
  const ofEra = shifted - era * 146_097;
  const yearOfEra = Math.floor((ofEra - Math.floor(ofEra / 1460) + Math.floor(ofEra / 36_524) - Math.floor(ofEra / 146_096)) / 365);
  const ofYear = ofEra - (365 * yearOfEra + Math.floor(yearOfEra / 4) - Math.floor(yearOfEra / 100));
  const shiftedMonth = Math.floor((5 * ofYear + 2) / 153);
  const month = shiftedMonth < 10 ? shiftedMonth + 3 : shiftedMonth - 9;
  return { year: yearOfEra + era * 400 + (month <= 2 ? 1 : 0), month, day: ofYear - Math.floor((153 * shiftedMonth + 2) / 5) + 1 };
}

export function dayNumber(year: number, month: number, day: number): number {
  const shifted = month <= 2 ? year - 1 : year;
  const era = Math.floor(shifted / 400);
  const ofEra = shifted - era * 400;
  const ofYear = Math.floor((153 * (month + (month > 2 ? -3 : 9)) + 2) / 5) + day - 1;
  return era * 146_097 + ofEra * 365 + Math.floor(ofEra / 4) - Math.floor(ofEra / 100) + ofYear - 719_468;
}

export function daysInMonth(year: number, month: number): number {
  if (month === 2) return year % 4 === 0 && (year % 100 !== 0 || year % 400 === 0) ? 29 : 28;
  return month === 4 || month === 6 || month === 9 || month === 11 ? 30 : 31;
}

/** The day, or blank where there is no such day. */
export function realDay(year: number, month: number, day: number): number | null {
  if (!(year >= 1 && year <= 9999 && month >= 1 && month <= 12 && day >= 1 && day <= daysInMonth(year, month))) return null;
  return dayNumber(year, month, day);
}

export function inCalendar(days: number): number {
  if (!(days >= FIRST_DAY && days <= LAST_DAY)) throw tooLarge();
  return days;
}
export function instantInCalendar(micros: bigint): bigint {
  if (micros < FIRST_INSTANT || micros > LAST_INSTANT) throw tooLarge();
  return micros;
}
export function spanInBounds(micros: bigint): bigint {
  if (micros < LEAST_SPAN || micros > MOST_SPAN) throw tooLarge();
  return micros;
}

/** The same day of a later month, or its last day where it is shorter. */
export function monthsLater(days: number, months: number): number {
  const { year, month, day } = civil(days);
  const number = year * 12 + month - 1 + months;
  const newYear = Math.floor(number / 12), newMonth = number - newYear * 12 + 1;
  if (newYear < 1 || newYear > 9999) throw tooLarge();
  return dayNumber(newYear, newMonth, Math.min(day, daysInMonth(newYear, newMonth)));
}

/** Monday is 0. */
export const sinceMonday = (days: number): number => (((days + 3) % 7) + 7) % 7;

export function isoDay(days: number): string {
  const { year, month, day } = civil(days);
  return `${String(year).padStart(4, '0')}-${String(month).padStart(2, '0')}-${String(day).padStart(2, '0')}`;
}

/** What Python's date.fromisoformat reads: 2026-11-21, 20261121, 2026-W47-6, 2026W476 and weeks without a day. */
export function fromIso(text: string): number | null {
  const date = /^(\d{4})(-?)(\d\d)\2(\d\d)$/.exec(text);
  if (date) return realDay(Number(date[1]), Number(date[3]), Number(date[4]));
  const week = /^(\d{4})(-?)W(\d\d)(?:\2(\d))?$/.exec(text);
  return week ? dayOfWeek(Number(week[1]), Number(week[3]), Number(week[4] ?? '1')) : null;
}

function dayOfWeek(year: number, week: number, day: number): number | null {
  if (year < 1 || week < 1 || week > 53 || day < 1 || day > 7) return null;
  const first = dayNumber(year, 1, 1);
  const weekday = sinceMonday(first);
  if (week === 53 && !(weekday === 3 || (weekday === 2 && daysInMonth(year, 2) === 29))) return null;
  const monday = first - weekday + (weekday > 3 ? 7 : 0);
  const found = monday + (week - 1) * 7 + day - 1;
  return found >= FIRST_DAY && found <= LAST_DAY ? found : null;
}

// -- time zones -----------------------------------------------------------------------------------------------------------------
const formats = new Map<string, Intl.DateTimeFormat>();
const offsets = new Map<string, bigint>();
const QUARTER = 900_000_000n;

/** Microseconds by which clocks of a zone are ahead of UTC at an instant. */
export function offsetAt(micros: bigint, zone: string): bigint {
  const quarter = micros / QUARTER - (micros % QUARTER < 0n ? 1n : 0n);
  const key = `${zone} ${quarter}`;
  let found = offsets.get(key);
  if (found === undefined) {
    found = computedOffset(quarter * QUARTER, zone);
    if (offsets.size > 5_000) offsets.clear();
    offsets.set(key, found);
  }
  return found;
}

function computedOffset(micros: bigint, zone: string): bigint {
  let format = formats.get(zone);
  if (!format) {
    format = new Intl.DateTimeFormat('en-US', {
      timeZone: zone, calendar: 'gregory', numberingSystem: 'latn', hourCycle: 'h23', era: 'short',
      year: 'numeric', month: 'numeric', day: 'numeric', hour: 'numeric', minute: 'numeric', second: 'numeric',
    });
    formats.set(zone, format);
  }
  const parts = Object.create(null) as Record<string, string>;
  for (const { type, value } of format.formatToParts(Number(micros / 1000n))) parts[type] = value;
  const year = parts.era.startsWith('B') ? 1 - Number(parts.year) : Number(parts.year);
  const days = dayNumber(year, Number(parts.month), Number(parts.day));
  const seconds = Number(parts.hour) * 3600 + Number(parts.minute) * 60 + Number(parts.second);
  return BigInt(days) * DAY + BigInt(seconds) * 1_000_000n - micros;
}

/** The calendar day of an instant in a zone. */
export function dayOfInstant(micros: bigint, zone: string): number {
  const here = micros + offsetAt(micros, zone);
  return Number(here / DAY) - (here % DAY < 0n ? 1 : 0);
}

/** The instant at which clocks of a zone show a time; the first one where they show it twice, as if nothing had changed where never. */
export function instantAt(local: bigint, zone: string): bigint {
  const before = offsetAt(local - DAY, zone), after = offsetAt(local + DAY, zone);
  if (before === after || offsetAt(local - before, zone) === before) return local - before;
  return offsetAt(local - after, zone) === after ? local - after : local - before;
}
