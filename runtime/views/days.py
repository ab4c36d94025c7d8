"""Stretches of days: which a calendar or a timeline shows, and which records lie in one."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import date, datetime, timedelta
from zoneinfo import ZoneInfo

WEEK = timedelta(days=7)


@dataclass(frozen=True)
class Span:
    """The days from `first` up to, not with, `end`. `name`: month, week or quarter."""

    name: str
    first: date
    end: date

    @property
    def days(self) -> list[date]:
        return [self.first + timedelta(days=number) for number in range((self.end - self.first).days)]

    def before(self) -> date:
        """A day of the span before."""
        return self.first - timedelta(days=1)

    def formula(self, on: str, until: str | None) -> str:
        """What holds for records that touch the span: their day lies in it, or what begins before reaches into it. `on`, `until`: formulas of
        days."""
        first, end = _written(self.first), _written(self.end)
        inside = f"{on} >= {first} and {on} < {end}"
        return inside if until is None else f"{on} < {end} and ({on} >= {first} or (not ISEMPTY({until}) and {until} >= {first}))"


def _written(day: date) -> str:
    return f"DATE({day.year}, {day.month}, {day.day})"


def month_of(day: date) -> Span:
    """The whole weeks, from Monday on, in which the month of a day lies."""
    first = day.replace(day=1)
    last = _next_month(first) - timedelta(days=1)
    return Span("month", first - timedelta(days=first.weekday()), last + timedelta(days=7 - last.weekday()))


def week_of(day: date) -> Span:
    first = day - timedelta(days=day.weekday())
    return Span("week", first, first + WEEK)


def quarter_of(day: date) -> Span:
    """Three months, the day's own first."""
    first = day.replace(day=1)
    return Span("quarter", first, _next_month(_next_month(_next_month(first))))


def only_month_of(day: date) -> Span:
    first = day.replace(day=1)
    return Span("month", first, _next_month(first))


def _next_month(first: date) -> date:
    return (first.replace(day=28) + timedelta(days=7)).replace(day=1)


def day_of(value: date | datetime | None, zone: ZoneInfo) -> date | None:
    """The day of a value where people are."""
    return value.astimezone(zone).date() if isinstance(value, datetime) else value


def days_of(begin: date, until: date | None, span: Span) -> Iterable[date]:
    """The days of a span on which something is that begins on one day and ends on another; what ends before it begins has one day."""
    last = max(begin, until or begin)
    day = max(begin, span.first)
    while day <= last and day < span.end:
        yield day
        day += timedelta(days=1)
