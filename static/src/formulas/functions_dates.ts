// Days, times and periods. A day is a calendar day of the workspace's zone; today is the day of the run.
import { civil, dayNumber, dayOfInstant, daysInMonth, fromIso, inCalendar, monthsLater, realDay, sinceMonday } from './dates';
import type { Builder, Shelf } from './functions_base';
import { spanOf } from './operators';
import { constantNumber, counted, figure, filled, filledHere, made } from './parts';
import { stripped, slice } from './texts';
import { type Code, type Part, type Place, type Value, isFigure } from './values';

/** The day of a part that gives a day or an instant. */
export function dayIn(part: Part): Code {
  if (part.type.kind !== 'datetime') return part.code;
  return filledHere([part], (place, micros: bigint) => dayOfInstant(micros, place.run.zone));
}

const ofDay = (part: Part, run: (day: number) => Value): Code => filled([{ ...part, code: dayIn(part) }], run);
export const number = (of: (day: number) => number): Builder => (call, [day]) => counted(call, ofDay(day, of) as (place: Place) => number | null);
const day = (of: (day: number) => number): Builder => (call, [given]) => made(call, ofDay(given, of));
export const span = (unit: bigint): Builder => (call, [count]) => made(call, filled([count], (units: bigint) => spanOf(units, count.scale, unit)));

/** First or last day of a period of some months, or of a week where there are none. */
function border(months: number, end: boolean): Builder {
  return day(given => {
    if (!months) return inCalendar(given - sinceMonday(given) + (end ? 6 : 0));
    const { year, month } = civil(given);
    const first = dayNumber(year, month - ((month - 1) % months), 1);
    if (!end) return first;
    const last = civil(monthsLater(first, months - 1));
    return dayNumber(last.year, last.month, daysInMonth(last.year, last.month));
  });
}

const date: Builder = (call, given) => {
  const [first] = given;
  if (first.type.kind === 'text') return made(call, filled([first], (text: string) => fromIso(slice(stripped(text), 0, 10))));
  if (!isFigure(first.type)) return made(call, dayIn(first));
  const parts = given.map(each => ({ ...each, code: filled([each], (units: bigint) => Number(units) / 10 ** each.scale) }));
  return made(call, filled(parts, (year: number, month: number, dayOfMonth: number) =>
    realDay(Math.trunc(year), Math.trunc(month), Math.trunc(dayOfMonth))));
};

/** The most months that can be added to `start` without passing `end`. */
export function fullMonths(start: number, end: number): number {
  const a = civil(start), b = civil(end);
  const months = (b.year - a.year) * 12 + b.month - a.month;
  return monthsLater(start, months) > end ? months - 1 : months;
}

const between: Builder = (call, [start, end, unit]) => {
  const letter = (unit.constant as string).toLowerCase()[0];
  return figure(call, filled([start, end], (from: number, to: number) => {
    if (letter === 'd') return BigInt(to - from);
    const months = to < from ? -fullMonths(to, from) : fullMonths(from, to);
    return BigInt(letter === 'm' ? months : Math.trunc(months / 12));
  }), 0, 4e6);
};

export const DATES: Shelf = {
  TODAY: call => made(call, ({ run }) => run.today),
  NOW: call => made(call, ({ run }) => run.now),
  DATE: date,
  YEAR: number(each => civil(each).year),
  MONTH: number(each => civil(each).month),
  DAY: number(each => civil(each).day),
  WEEKDAY: number(each => sinceMonday(each) + 1),
  EDATE: (call, [given, months]) => made(call, filled([given], (each: number) => monthsLater(each, constantNumber(months)))),
  EOMONTH: (call, [given, months]) => made(call, filled([given], (each: number) => {
    const { year, month } = civil(monthsLater(each, constantNumber(months)));
    return dayNumber(year, month, daysInMonth(year, month));
  })),
  DAYS: (call, given) => (given.length === 2
    ? figure(call, filled(given, (end: number, start: number) => BigInt(end - start)), 0, 4e6) : span(86_400_000_000n)(call, given)),
  HOURS: span(3_600_000_000n),
  MINUTES: span(60_000_000n),
  DAYS_SINCE: (call, [given]) => {
    const day = dayIn(given);
    return counted(call, place => { const each = day(place); return each === null ? null : place.run.today - (each as number); });
  },
  DATEDIF: between,
  START_OF_WEEK: border(0, false), END_OF_WEEK: border(0, true),
  START_OF_MONTH: border(1, false), END_OF_MONTH: border(1, true),
  START_OF_QUARTER: border(3, false), END_OF_QUARTER: border(3, true),
  START_OF_YEAR: border(12, false), END_OF_YEAR: border(12, true),
};

