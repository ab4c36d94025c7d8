"""Date field: on the day that a record's date names, or some days before or after it."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import date, datetime, time, timedelta
from typing import TYPE_CHECKING, Annotated, Any, ClassVar, Literal
from zoneinfo import ZoneInfo

import sqlalchemy as sa
from pydantic import Field

from runtime.automation.clock import instant_of
from runtime.automation.triggers._base import ClockTrigger, no_form
from runtime.automation.words import field_label, form_label, quoted
from runtime.definitions.model import Key
from runtime.definitions.naming import Names
from runtime.definitions.shelf import TRIGGERS
from runtime.errors import Problem
from runtime.records.sources import Rows
from runtime.system import clock
from runtime.system.sets import among
from runtime.system.tables import due_time
from runtime.texts import _

if TYPE_CHECKING:
    from runtime.definitions.catalogue import Catalogue
    from runtime.system.workspace import Act

LONGEST_LATE = timedelta(days=366)
FIRST_YEAR = 1800


@TRIGGERS.register
class DateField(ClockTrigger):
    """`days` is negative for days before the date. `every` year: on 28 February in common years for a 29th.

    With `catch_up` a record whose day had passed already when its date was entered fires at once, else never.
    """

    type: Literal["date_field"] = "date_field"
    form: Key = Field(title="Form")
    field: Annotated[str, Names("form")] = Field(title="Date")
    days: int = Field(0, ge=-3660, le=3660, title="Days after the date (negative: before)")
    at: str = Field("09:00", pattern=r"^([01]\d|2[0-3]):[0-5]\d$", title="At")
    every: Literal["once", "year"] = Field("once", title="How often")
    catch_up: bool = Field(False, title="Make up for days that had passed already")

    coalesce: ClassVar[bool] = False

    @property
    def grace(self) -> timedelta:
        return timedelta(hours=24)

    def form_key(self, catalogue: Catalogue) -> str | None:
        return self.form

    def problems(self, catalogue: Catalogue) -> Iterator[Problem]:
        yield from no_form(self.form, catalogue)
        form = catalogue.forms.get(self.form)
        if form is None:
            return
        field = form.field(self.field)
        if field is None:
            yield Problem("field", _("This form has no field with the key {key}.", key=self.field))
        elif field.formula_type().kind not in ("date", "datetime"):
            yield Problem("field", _("The field {key} is not a date.", key=self.field))
        elif self.every == "year" and field.formula_type().kind != "date":
            yield Problem("every", _("A date with a time comes once; choose a date without a time for every year."))

    def sentence(self, language: str, catalogue: Catalogue) -> str:
        named = {
            "field": quoted([field_label(self.form, self.field, catalogue)], language),
            "form": quoted([form_label(self.form, catalogue)], language),
            "at": self.at,
            "n": abs(self.days),
        }
        if self.days == 0:
            message = _("on the day of {field} of {form} at {at}", **named)
        elif self.days < 0:
            message = _("{n} days before {field} of {form} at {at}", **named)
        else:
            message = _("{n} days after {field} of {form} at {at}", **named)
        return (_("every year {when}", when=message) if self.every == "year" else message).in_language(language)

    # -- when and for whom ----------------------------------------------------------------------------------------------------
    def times(self, since: datetime, now: datetime, zone: ZoneInfo) -> Iterator[datetime]:
        """Every day has its time; whether a record's date falls on it is asked of the records."""
        day = max(since, now - LONGEST_LATE).astimezone(zone).date()
        while day <= now.astimezone(zone).date():
            due = self._due(day, zone)
            if since < due <= now:
                yield due
            day += timedelta(days=1)

    def records(self, act: Act, due: datetime) -> list[int | None]:
        rows, stored, of_time = self._stored(act)
        day = due.astimezone(act.zone).date() - timedelta(days=self.days)
        if of_time:
            wanted = sa.and_(stored >= _midnight(day, act.zone), stored < _midnight(day + timedelta(days=1), act.zone))
        elif self.every == "year":
            wanted = among(stored, [clock.to_day(each) for each in _same_days(day)])
        else:
            wanted = stored == clock.to_day(day)
        return list(act.connection.execute(rows.select(rows.id).where(wanted).order_by(rows.id)).scalars())

    def late(self, act: Act, automation: str, changed: int) -> Iterator[tuple[datetime, int]]:
        if not self.catch_up or self.every == "year":
            return
        rows, stored, of_time = self._stored(act)
        least = act.today - LONGEST_LATE - timedelta(days=self.days)
        most = act.today - timedelta(days=self.days)
        bounds = (
            (_midnight(least, act.zone), _midnight(most + timedelta(days=1), act.zone))
            if of_time
            else (clock.to_day(least), clock.to_day(most) + 1)
        )
        fired = sa.select(due_time.c.record).where(due_time.c.automation == automation, due_time.c.record == rows.id)
        query = (
            rows.select(rows.id, stored.label("stored"))
            .where(stored >= bounds[0], stored < bounds[1], rows.table.c.updated_at >= changed, sa.not_(fired.exists()))
            .order_by(rows.id)
        )
        for record, value in act.connection.execute(query):
            day = _day_of(value, act.zone) if of_time else clock.from_day(value)
            assert day is not None
            due = self._due(day + timedelta(days=self.days), act.zone)
            if due <= act.now:
                yield due, record

    def _due(self, day: date, zone: ZoneInfo) -> datetime:
        return instant_of(datetime.combine(day, time.fromisoformat(self.at)), zone)

    def _stored(self, act: Act) -> tuple[Rows, Any, bool]:
        """The rows of the form, the date as it is stored, and whether it has a time."""
        rows = Rows(act, self.form)
        return rows, rows.source.field(self.field), act.catalogue.forms[self.form].by_key[self.field].formula_type().kind == "datetime"


def _midnight(day: date, zone: ZoneInfo) -> int:
    return clock.to_micros(instant_of(datetime.combine(day, time()), zone))


def _day_of(stored: int, zone: ZoneInfo) -> date | None:
    instant = clock.from_micros(stored)
    return None if instant is None else instant.astimezone(zone).date()


def _same_days(day: date) -> Iterator[date]:
    """The days of all years up to this one that have their anniversary on `day`."""
    for year in range(FIRST_YEAR, day.year + 1):
        leap = year % 4 == 0 and (year % 100 != 0 or year % 400 == 0)
        if (day.month, day.day) != (2, 29) or leap:
            yield day.replace(year=year)
        common = day.year % 4 != 0 or (day.year % 100 == 0 and day.year % 400 != 0)
        if (day.month, day.day) == (2, 28) and common and leap:
            yield date(year, 2, 29)
