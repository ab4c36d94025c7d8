"""Schedule: at times of the clock, every so often or as in crontab."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import UTC, date, datetime, time, timedelta
from typing import TYPE_CHECKING, Literal
from zoneinfo import ZoneInfo, available_timezones

from pydantic import Field

from runtime.automation.clock import WEEKDAYS, Works, cron
from runtime.automation.repeating import DaysOff, Every, Unit
from runtime.automation.triggers._base import ClockTrigger
from runtime.definitions.shelf import TRIGGERS
from runtime.errors import Problem
from runtime.texts import Message, _

if TYPE_CHECKING:
    from runtime.definitions.catalogue import Catalogue

MOST = 1000
"""More times than this in one look back are not listed one by one."""
Weekday = Literal["mon", "tue", "wed", "thu", "fri", "sat", "sun"]
FROM_MONDAY = ("mon", "tue", "wed", "thu", "fri", "sat", "sun")


@TRIGGERS.register
class Schedule(ClockTrigger):
    """About no record. Either `cron` (minute hour day month weekday) or `every` so many of a `unit`.

    `missed`: of times that came while nothing was running the last one is made up (`once`), all (`each`) or none (`skip`); one missed for
    longer than `grace_hours` is never made up.
    """

    type: Literal["schedule"] = "schedule"
    cron: str | None = Field(None, min_length=9, max_length=100, title="Times, as in crontab")
    every: int | None = Field(None, ge=1, le=1000, title="Every")
    unit: Unit | None = Field(None, title="Unit")
    at: str = Field("09:00", pattern=r"^([01]\d|2[0-3]):[0-5]\d$", title="At")
    starting: date | None = Field(None, title="Counted from")
    weekdays: tuple[Weekday, ...] = Field((), title="On these weekdays")
    day: str = Field("1", pattern=r"^([1-9]|[12]\d|3[01]|last|first_workday|last_workday)$", title="Day of the month")
    days_off: DaysOff = Field("run", title="When nobody works on that day")
    timezone: str | None = Field(None, title="Time zone, if not the workspace's")
    grace_hours: int = Field(6, ge=0, le=8760, title="May start late by (hours)")
    missed: Literal["once", "skip", "each"] = Field("once", title="Times that were missed")

    @property
    def coalesce(self) -> bool:
        return self.missed == "once"

    @property
    def grace(self) -> timedelta:
        return timedelta(hours=0 if self.missed == "skip" else self.grace_hours)

    def times(self, since: datetime, now: datetime, zone: ZoneInfo, works: Works) -> Iterator[datetime]:
        here = ZoneInfo(self.timezone) if self.timezone else zone
        moment: datetime | None = since
        for number in range(MOST):
            moment = self.after(moment, here, works) if moment is not None else None
            if moment is None or moment > now:
                return
            yield moment
            if number == MOST - 2:
                # away for very long: what lies between is not listed, what can still be made up is
                moment = max(moment, now - self.grace)

    def after(self, instant: datetime, zone: ZoneInfo, works: Works) -> datetime | None:
        """The first time after an instant; None if it never comes."""
        if self.cron is None:
            return self._every().after(instant, zone, works)
        found = cron(self.cron).after(instant, zone)
        for _turn in range(MOST):
            if found is None or self.days_off != "skip" or works(found.astimezone(zone).date()):
                return found
            found = cron(self.cron).after(found, zone)
        return None

    def _every(self) -> Every:
        weekdays = tuple(sorted(FROM_MONDAY.index(each) for each in set(self.weekdays)))
        return Every(self.every or 1, self.unit or "days", time.fromisoformat(self.at), self.starting, weekdays, self.day, self.days_off)

    # -- what is wrong ----------------------------------------------------------------------------------------------------------
    def problems(self, catalogue: Catalogue) -> Iterator[Problem]:
        if self.timezone is not None and self.timezone not in available_timezones():
            yield Problem("timezone", _("There is no time zone {name}. Write one like Asia/Shanghai.", name=self.timezone))
        if (self.cron is None) == (self.every is None):
            yield Problem("every", _("Say how often: either every so many minutes, hours, days, weeks or months, or a line as in crontab."))
        elif self.cron is not None:
            yield from self._problems_of_cron(self.cron)
        elif self.unit is None:
            yield Problem("unit", _("Choose minutes, hours, days, weeks or months."))
        elif self.days_off in ("before", "after") and self.unit in ("minutes", "hours"):
            yield Problem("days_off", _("Minutes and hours cannot be moved to another day; let them be left out instead."))

    def _problems_of_cron(self, line: str) -> Iterator[Problem]:
        if self.days_off in ("before", "after"):
            yield Problem("days_off", _("The times of a crontab line cannot be moved to another day; let them be left out instead."))
        try:
            if cron(line).after(datetime(2024, 1, 1, tzinfo=UTC), ZoneInfo("UTC")) is None:
                yield Problem("cron", _("This time never comes."))
        except ValueError as error:
            yield Problem(
                "cron",
                _("Write five fields: minute, hour, day, month, weekday, like 0 9 * * 1 for Mondays at 9. ({reason})", reason=str(error)),
            )

    # -- in words ---------------------------------------------------------------------------------------------------------------
    def sentence(self, language: str, catalogue: Catalogue) -> str:
        when = _in_words(self.cron) if self.cron is not None else self._said(language)
        if self.days_off != "run":
            when = Message(_OFF[self.days_off].text, {"when": when})
        if self.timezone is not None:
            when = _("{when} ({zone})", when=when, zone=self.timezone)
        return when.in_language(language)

    def _said(self, language: str) -> Message:
        count, unit = self.every or 1, self.unit or "days"
        if unit in ("minutes", "hours"):
            return _("every {count} minutes", count=count) if unit == "minutes" else _("every {count} hours", count=count)
        if unit == "days":
            return _("every day at {at}", at=self.at) if count == 1 else _("every {count} days at {at}", count=count, at=self.at)
        if unit == "weeks":
            names = [_DAYS[each].in_language(language) for each in FROM_MONDAY if each in self.weekdays]
            days = ("、" if language == "zh" else ", ").join(names)
            if not days:
                return _("every week at {at}", at=self.at) if count == 1 else _("every {count} weeks at {at}", count=count, at=self.at)
            if count == 1:
                return _("every week on {days} at {at}", days=days, at=self.at)
            return _("every {count} weeks on {days} at {at}", count=count, days=days, at=self.at)
        day = _MONTH_DAYS[self.day] if self.day in _MONTH_DAYS else _("day {day}", day=int(self.day))
        if count == 1:
            return _("on {day} of every month at {at}", day=day, at=self.at)
        return _("every {count} months on {day} at {at}", count=count, day=day, at=self.at)


_DAYS = dict(
    zip(WEEKDAYS, (_("Sunday"), _("Monday"), _("Tuesday"), _("Wednesday"), _("Thursday"), _("Friday"), _("Saturday")), strict=True)
)
_MONTH_DAYS = {"last": _("the last day"), "first_workday": _("the first working day"), "last_workday": _("the last working day")}
_OFF = {
    "skip": _("{when}, not on days off"),
    "before": _("{when}, on a day off the working day before"),
    "after": _("{when}, on a day off the next working day"),
}


def _in_words(line: str) -> Message:
    """The usual lines as a sentence, the others as they are."""
    fields = line.lower().split()
    if len(fields) != 5 or not fields[0].isdecimal() or not fields[1].isdecimal() or fields[3] != "*":
        return _("at the times {cron}", cron=line)
    at, day, weekday = f"{int(fields[1]):02}:{int(fields[0]):02}", fields[2], fields[4]
    if day == "*" and weekday == "*":
        return _("every day at {at}", at=at)
    if day == "*" and _day_name(weekday) is not None:
        return _("every {day} at {at}", day=_day_name(weekday), at=at)
    if weekday == "*" and day.isdecimal():
        return _("on day {day} of every month at {at}", day=int(day), at=at)
    if weekday == "*" and day == "l":
        return _("on the last day of every month at {at}", at=at)
    return _("at the times {cron}", cron=line)


def _day_name(weekday: str) -> Message | None:
    if weekday.isdecimal() and int(weekday) <= 7:
        return _DAYS[WEEKDAYS[int(weekday) % 7]]
    return _DAYS.get(weekday)
