"""Times that come again and again: every so many minutes, hours, days, weeks or months, with regard to days on which nobody works.

Minutes and hours are counted in real time from the first one. Days, weeks and months are worked out on the wall clock of a zone: a time that is
left out by a change of clocks comes at the next instant there is, a repeated one comes once.
"""

from __future__ import annotations

import calendar
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import date, datetime, time, timedelta
from typing import Literal
from zoneinfo import ZoneInfo

from runtime.automation.clock import Works, instant_of

Unit = Literal["minutes", "hours", "days", "weeks", "months"]
DaysOff = Literal["run", "skip", "before", "after"]

BEGINNING = date(2024, 1, 1)
"""A Monday: from here it is counted where nobody says from where."""
FARTHEST = timedelta(days=3660)
LONGEST_HOLIDAY = timedelta(days=40)


@dataclass(frozen=True)
class Every:
    """`weekdays`: 0 is Monday. `day`: of the month, `last`, `first_workday` or `last_workday`; a month without that day is passed over."""

    count: int
    unit: Unit
    at: time
    starting: date | None = None
    weekdays: tuple[int, ...] = ()
    day: str = "1"
    days_off: DaysOff = "run"

    def after(self, instant: datetime, zone: ZoneInfo, works: Works) -> datetime | None:
        """The first time after `instant`; None if none comes within ten years."""
        times = self._counted(instant, zone) if self.unit in ("minutes", "hours") else self._by_days(instant, zone, works)
        for found in times:
            if found - instant > FARTHEST:
                return None
            if found > instant and (self.days_off != "skip" or works(found.astimezone(zone).date())):
                return found
        return None

    def _counted(self, instant: datetime, zone: ZoneInfo) -> Iterator[datetime]:
        first = instant_of(datetime.combine(self.starting or BEGINNING, self.at), zone)
        step = timedelta(**{self.unit: self.count})
        found = max(first, first + ((instant - first) // step) * step)
        while True:
            yield found
            found += step

    def _by_days(self, instant: datetime, zone: ZoneInfo, works: Works) -> Iterator[datetime]:
        start = instant.astimezone(zone).date() - (LONGEST_HOLIDAY if self.days_off in ("before", "after") else timedelta(days=1))
        for day in self._days(max(start, self.starting or date.min), works):
            moved = self._moved(day, works)
            yield instant_of(datetime.combine(moved, self.at), zone)

    def _moved(self, day: date, works: Works) -> date:
        step = {"before": -1, "after": 1}.get(self.days_off)
        last = day + LONGEST_HOLIDAY * (step or 0)
        while step is not None and day != last and not works(day):
            day += timedelta(days=step)
        return day

    def _days(self, start: date, works: Works) -> Iterator[date]:
        """The days from `start` on that are named, without end."""
        first = self.starting or BEGINNING
        if self.unit == "months":
            yield from self._days_of_months(start, first, works)
            return
        monday = first - timedelta(days=first.weekday())
        weekdays = self.weekdays or (first.weekday(),)
        day = start
        while True:
            if self.unit == "days":
                named = (day - first).days % self.count == 0
            else:
                named = (day - monday).days // 7 % self.count == 0 and day.weekday() in weekdays
            if named:
                yield day
            day += timedelta(days=1)

    def _days_of_months(self, start: date, first: date, works: Works) -> Iterator[date]:
        month = start.year * 12 + start.month - 1
        while True:
            if (month - (first.year * 12 + first.month - 1)) % self.count == 0:
                day = self._day_of(month // 12, month % 12 + 1, works)
                if day is not None and day >= start:
                    yield day
            month += 1

    def _day_of(self, year: int, month: int, works: Works) -> date | None:
        length = calendar.monthrange(year, month)[1]
        if self.day == "last":
            return date(year, month, length)
        if self.day in ("first_workday", "last_workday"):
            days = [date(year, month, number) for number in range(1, length + 1)]
            return next((day for day in (days if self.day == "first_workday" else reversed(days)) if works(day)), None)
        return date(year, month, int(self.day)) if int(self.day) <= length else None


def always(_day: date) -> bool:
    """A calendar without days off."""
    return True
