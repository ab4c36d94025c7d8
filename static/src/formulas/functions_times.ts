// Parts of a time on the workspace's clock, times made of parts, and days seen from the year or from today.
import { DAY, civil, dayNumber, daysInMonth, instantAt, instantInCalendar, offsetAt, sinceMonday } from './dates';
import type { Builder, Shelf } from './functions_base';
import { dayIn, fullMonths, number, span } from './functions_dates';
import { constantNumber, figure, filled, filledHere, made } from './parts';
import type { Part } from './values';

/** Seconds since midnight on the clock of the workspace, to the microsecond. */
const clock = (of: (micros: bigint) => bigint): Builder => (call, [time]) => figure(call, filledHere([time], ({ run }, micros: bigint) => {
  const here = micros + offsetAt(micros, run.zone);
  return of(((here % DAY) + DAY) % DAY);
}), 0, 60);

const wholeOf = (part: Part): Part => ({ ...part, code: filled([part], (units: bigint) => Math.trunc(Number(units) / 10 ** part.scale)) });

const timeOf: Builder = (call, [day, ...clockParts]) => made(call, filledHere([day, ...clockParts.map(wholeOf)],
  ({ run }, date: number, hour = 0, minute = 0, second = 0) => {
    if (!(hour >= 0 && hour < 24 && minute >= 0 && minute < 60 && second >= 0 && second < 60)) return null;
    const local = BigInt(date) * DAY + BigInt(hour * 3600 + minute * 60 + second) * 1_000_000n;
    return instantInCalendar(instantAt(local, run.zone));
  }));

const floored = (micros: bigint): bigint => micros / 1000n - (micros % 1000n < 0n ? 1n : 0n);

const timestamp: Builder = (call, [moment]) => figure(call, filledHere([moment], ({ run }, value: bigint | number) =>
  floored(typeof value === 'bigint' ? value : instantAt(BigInt(value) * DAY, run.zone))), 0, 3e14);

// -- days -----------------------------------------------------------------------------------------------------------------------
const firstOfYear = (day: number): number => dayNumber(civil(day).year, 1, 1);

function isoWeek(day: number): number {
  const thursday = day - sinceMonday(day) + 3;
  return Math.floor((thursday - firstOfYear(thursday)) / 7) + 1;
}

const week: Builder = (call, [day, first]) => {
  const onSunday = !first || constantNumber(first) === 1;
  return number(each => {
    const start = firstOfYear(each), weekday = sinceMonday(start);
    return Math.floor((each - start + (onSunday ? (weekday + 1) % 7 : weekday)) / 7) + 1;
  })(call, [day]);
};

const fromToday = (of: (day: number, today: number) => number | null): Builder => (call, [day]) =>
  figure(call, filledHere([{ ...day, code: dayIn(day) }], ({ run }, each: number) => {
    const found = of(each, run.today);
    return found === null ? null : BigInt(found);
  }), 0, 4e6);

const monthsAgo: Builder = (call, [day, months]) => {
  const most = constantNumber(months);
  return fromToday((each, today) => {
    const a = civil(each), b = civil(today);
    const ago = (b.year - a.year) * 12 + b.month - a.month - (a.day > b.day ? 1 : 0);
    return ago >= 0 && ago < most ? ago : null;
  })(call, [day]);
};

function days360(start: number, end: number): bigint {
  const a = civil(start), b = civil(end);
  const from = a.day === daysInMonth(a.year, a.month) ? 30 : a.day;
  const to = b.day === 31 && from === 30 ? 30 : b.day;
  return BigInt((b.year - a.year) * 360 + (b.month - a.month) * 30 + to - from);
}

export const TIMES: Shelf = {
  HOUR: clock(micros => micros / 3_600_000_000n),
  MINUTE: clock(micros => micros / 60_000_000n % 60n),
  SECOND: clock(micros => micros / 1_000_000n % 60n),
  SECONDS: span(1_000_000n),
  DATETIME: timeOf,
  TIMESTAMP: timestamp,
  QUARTER: number(each => Math.floor((civil(each).month - 1) / 3) + 1),
  ISOWEEKNUM: number(isoWeek),
  WEEKNUM: week,
  DAYS360: (call, given) => figure(call, filled(given, days360), 0, 4e6),
  AGE: fromToday((day, today) => (day > today ? null : Math.floor(fullMonths(day, today) / 12))),
  MONTHS_AGO: monthsAgo,
};
