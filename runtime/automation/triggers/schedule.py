"""Schedule: at times of the clock, written as in crontab."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from typing import TYPE_CHECKING, ClassVar, Literal
from zoneinfo import ZoneInfo, available_timezones

from pydantic import Field

from runtime.automation.clock import WEEKDAYS, cron
from runtime.automation.triggers._base import ClockTrigger
from runtime.definitions.shelf import TRIGGERS
from runtime.errors import Problem
from runtime.texts import Message, _

if TYPE_CHECKING:
    from runtime.definitions.catalogue import Catalogue

MOST = 1000
"""More times than this in one look back are not listed one by one."""


@TRIGGERS.register
class Schedule(ClockTrigger):
    """About no record. `cron`: minute hour day month weekday. A time missed for longer than `grace_hours` is not made up."""

    type: Literal["schedule"] = "schedule"
    cron: str = Field(min_length=9, max_length=100, title="Times, as in crontab")
    timezone: str | None = Field(None, title="Time zone, if not the workspace's")
    grace_hours: int = Field(6, ge=0, le=8760, title="May start late by (hours)")

    coalesce: ClassVar[bool] = True

    @property
    def grace(self) -> timedelta:
        return timedelta(hours=self.grace_hours)

    def times(self, since: datetime, now: datetime, zone: ZoneInfo) -> Iterator[datetime]:
        line, here = cron(self.cron), ZoneInfo(self.timezone) if self.timezone else zone
        moment: datetime | None = since
        for number in range(MOST):
            moment = line.after(moment, here) if moment is not None else None
            if moment is None or moment > now:
                return
            yield moment
            if number == MOST - 2:
                # away for very long: what lies between is not listed, what can still be made up is
                moment = max(moment, now - self.grace)

    def problems(self, catalogue: Catalogue) -> Iterator[Problem]:
        if self.timezone is not None and self.timezone not in available_timezones():
            yield Problem("timezone", _("There is no time zone {name}. Write one like Asia/Shanghai.", name=self.timezone))
        try:
            if cron(self.cron).after(datetime(2024, 1, 1, tzinfo=UTC), ZoneInfo("UTC")) is None:
                yield Problem("cron", _("This time never comes."))
        except ValueError as error:
            yield Problem(
                "cron",
                _("Write five fields: minute, hour, day, month, weekday, like 0 9 * * 1 for Mondays at 9. ({reason})", reason=str(error)),
            )

    def sentence(self, language: str, catalogue: Catalogue) -> str:
        when = _in_words(self.cron)
        if self.timezone is not None:
            when = _("{when} ({zone})", when=when, zone=self.timezone)
        return when.in_language(language)


_DAYS = dict(
    zip(WEEKDAYS, (_("Sunday"), _("Monday"), _("Tuesday"), _("Wednesday"), _("Thursday"), _("Friday"), _("Saturday")), strict=True)
)


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
