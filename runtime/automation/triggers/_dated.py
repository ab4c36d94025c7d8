"""What triggers share whose times stand in the records: which records are due is one question to an index, asked from where the last answer ended."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import date, datetime, time, timedelta
from typing import TYPE_CHECKING, Any
from zoneinfo import ZoneInfo

import sqlalchemy as sa
from pydantic import Field

from runtime.automation.clock import Works, instant_of
from runtime.automation.triggers._base import ClockTrigger
from runtime.definitions.model import Key
from runtime.records.sources import Rows
from runtime.system import clock
from runtime.system.sets import among
from runtime.system.tables import due_time

if TYPE_CHECKING:
    from runtime.definitions.catalogue import Catalogue
    from runtime.system.workspace import Act

LONGEST_LATE = timedelta(days=366)
MICRO = timedelta(microseconds=1)


class Dated(ClockTrigger):
    """A record is due some days after the day of its date, at a time of the day; with `exactly` some hours after the very moment."""

    form: Key = Field(title="Form")
    at: str = Field("09:00", pattern=r"^([01]\d|2[0-3]):[0-5]\d$", title="At")
    catch_up: bool = Field(False, title="Make up for days that had passed already")
    grace_hours: int = Field(24, ge=0, le=8760, title="May start late by (hours)")

    def form_key(self, catalogue: Catalogue) -> str | None:
        return self.form

    @property
    def grace(self) -> timedelta:
        return timedelta(hours=self.grace_hours)

    # -- what the kinds say of themselves -------------------------------------------------------------------------------------
    def after_days(self) -> int:
        raise NotImplementedError

    def after_hours(self) -> int:
        """Hours on top of that."""
        return 0

    def exactly(self, catalogue: Catalogue) -> bool:
        """Whether hours are counted from the moment itself rather than from a time of its day."""
        return False

    def every_year(self) -> bool:
        return False

    def stored(self, act: Act) -> tuple[Rows, Any, bool]:
        """The rows of the form, the date as it is stored, and whether it has a time."""
        raise NotImplementedError

    # -- when and for whom ----------------------------------------------------------------------------------------------------
    def moments(self, act: Act, since: datetime) -> Iterator[datetime]:
        """Ends of the stretches of time after `since` that have come, in order; what is due in each is asked of the records."""
        if not self.exactly(act.catalogue):
            yield from self.times(since, act.now, act.zone, lambda _day: True)
            return
        late = act.now - self.grace - MICRO
        if since < late:
            yield late
        yield act.now

    def times(self, since: datetime, now: datetime, zone: ZoneInfo, works: Works) -> Iterator[datetime]:
        hours = timedelta(hours=self.after_hours())
        day = (max(since, now - LONGEST_LATE) - hours).astimezone(zone).date() - timedelta(days=1)
        while day <= (now - hours).astimezone(zone).date():
            due = self.due_on(day, zone)
            if since < due <= now:
                yield due
            day += timedelta(days=1)

    def due_on(self, day: date, zone: ZoneInfo) -> datetime:
        """The moment at which those are due whose date is `after_days` before this day."""
        return instant_of(datetime.combine(day, time.fromisoformat(self.at)), zone) + timedelta(hours=self.after_hours())

    def due_rows(self, act: Act, since: datetime, moment: datetime, after: tuple[int, int] | None, most: int) -> list[tuple[int, int, int]]:
        """(stored date, record, due instant) of those due after `since` up to `moment`, behind `after`: (stored date, record)."""
        query = self.due_query(act, since, moment, after).limit(most)
        exactly, hours = self.exactly(act.catalogue), timedelta(hours=self.after_hours()) // clock.MICROSECOND
        at = clock.to_micros(moment)
        return [(value, record, value + hours if exactly else at) for record, value in act.connection.execute(query).all()]

    def due_query(self, act: Act, since: datetime, moment: datetime, after: tuple[int, int] | None = None) -> Any:
        """Their ids and dates, by the index on the date."""
        rows, stored, of_time = self.stored(act)
        query = rows.select(rows.id, stored.label("stored")).where(self._condition(act, stored, of_time, since, moment))
        if after is not None:
            query = query.where(sa.tuple_(stored, rows.id) > sa.tuple_(*after))
        return query.order_by(stored, rows.id)

    def _condition(self, act: Act, stored: Any, of_time: bool, since: datetime, moment: datetime) -> Any:
        hours = timedelta(hours=self.after_hours())
        if self.exactly(act.catalogue):
            return sa.and_(stored > clock.to_micros(since - hours), stored <= clock.to_micros(moment - hours))
        day = (moment - hours).astimezone(act.zone).date()
        # a time that fell into a gap of the clocks may have come on the wall of the next day
        day = day if self.due_on(day, act.zone) == moment else day - timedelta(days=1)
        day -= timedelta(days=self.after_days())
        if self.every_year():
            return among(stored, [clock.to_day(each) for each in same_days(day)])
        if of_time:
            return sa.and_(stored >= midnight(day, act.zone), stored < midnight(day + timedelta(days=1), act.zone))
        return stored == clock.to_day(day)

    def late(self, act: Act, automation: str, changed: int) -> Iterator[tuple[datetime, int]]:
        """Records changed after `changed` (an instant in microseconds) whose time had passed already."""
        if not self.catch_up or self.every_year():
            return
        rows, stored, of_time = self.stored(act)
        hours = timedelta(hours=self.after_hours())
        exactly = self.exactly(act.catalogue)
        bounds = self._late_bounds(act, exactly, of_time)
        fired = sa.select(due_time.c.record).where(due_time.c.automation == automation, due_time.c.record == rows.id)
        query = (
            rows.select(rows.id, stored.label("stored"))
            .where(stored >= bounds[0], stored < bounds[1], rows.table.c.updated_at >= changed, sa.not_(fired.exists()))
            .order_by(rows.id)
        )
        for record, value in act.connection.execute(query):
            if exactly:
                moment = clock.from_micros(value)
                assert moment is not None
                due = moment + hours
            else:
                day = day_of(value, act.zone) if of_time else clock.from_day(value)
                assert day is not None
                due = self.due_on(day + timedelta(days=self.after_days()), act.zone)
            if due <= act.now:
                yield due, record

    def _late_bounds(self, act: Act, exactly: bool, of_time: bool) -> tuple[int, int]:
        hours = timedelta(hours=self.after_hours())
        if exactly:
            return clock.to_micros(act.now - hours - LONGEST_LATE), clock.to_micros(act.now - hours) + 1
        last = (act.now - hours).astimezone(act.zone).date() - timedelta(days=self.after_days())
        first = last - LONGEST_LATE
        if of_time:
            return midnight(first, act.zone), midnight(last + timedelta(days=1), act.zone)
        return clock.to_day(first), clock.to_day(last) + 1


def midnight(day: date, zone: ZoneInfo) -> int:
    return clock.to_micros(instant_of(datetime.combine(day, time()), zone))


def day_of(stored: int, zone: ZoneInfo) -> date | None:
    instant = clock.from_micros(stored)
    return None if instant is None else instant.astimezone(zone).date()


FIRST_YEAR = 1800


def same_days(day: date) -> Iterator[date]:
    """The days of all years up to this one that have their anniversary on `day`."""
    common = not _is_leap(day.year)
    for year in range(FIRST_YEAR, day.year + 1):
        if (day.month, day.day) != (2, 29) or _is_leap(year):
            yield day.replace(year=year)
        if (day.month, day.day) == (2, 28) and common and _is_leap(year):
            yield date(year, 2, 29)


def _is_leap(year: int) -> bool:
    return year % 4 == 0 and (year % 100 != 0 or year % 400 == 0)
