"""Wait: for a time, until a day or an instant, or until something becomes true."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import date, datetime, time, timedelta
from typing import TYPE_CHECKING, Any, ClassVar, Literal

from pydantic import Field

from runtime.automation.clock import instant_of
from runtime.automation.steps._base import Inside
from runtime.definitions.model import FormulaText, FormulaUse
from runtime.definitions.shelf import STEPS
from runtime.definitions.types import BOOLEAN, Type
from runtime.errors import Problem
from runtime.texts import Message, _

if TYPE_CHECKING:
    from runtime.automation.doing import Doing
    from runtime.definitions.catalogue import Catalogue

LOOK_AGAIN = timedelta(hours=1)
"""A condition may come true by the clock alone, or through another record."""


@STEPS.register
class Wait(Inside):
    """The run is a row that waits: it survives every restart, goes on in the version it began with, and can be cancelled.

    `days`, `hours`, `minutes`: for so long. `until`: until the day or instant that a formula gives; where it changes meanwhile, the run waits
    for the new one. `becomes`: until this is true, at most so long. `at`: at this time of the day, where days are meant.
    """

    type: Literal["wait"] = "wait"
    days: int = Field(0, ge=0, le=3650, title="Days")
    hours: int = Field(0, ge=0, le=10_000, title="Hours")
    minutes: int = Field(0, ge=0, le=10_000, title="Minutes")
    until: FormulaText | None = Field(None, title="Until")
    becomes: FormulaText | None = Field(None, title="Until this becomes true")
    at: str | None = Field(None, pattern=r"^([01]\d|2[0-3]):[0-5]\d$", title="Time of day")

    grouped: ClassVar[bool] = False

    @property
    def _is_for_a_time(self) -> bool:
        return bool(self.days or self.hours or self.minutes)

    def problems(self, form: str | None, catalogue: Catalogue) -> Iterator[Problem]:
        if self.until is not None and (self._is_for_a_time or self.becomes is not None):
            yield Problem("until", _("Wait either until a day, or for a time, not both."))
        elif self.becomes is not None and not self._is_for_a_time:
            yield Problem("days", _("Say how long it waits at most for this to become true."))
        elif self.until is None and not self._is_for_a_time:
            yield Problem("days", _("Say how long it waits, or until when."))

    def formulas(self, form: str | None, names: dict[str, Type], catalogue: Catalogue) -> Iterator[FormulaUse]:
        if self.until is not None:
            yield FormulaUse("until", self.until, form, None, ("date", "datetime"), names, frozenset({"person"}))
        if self.becomes is not None:
            yield FormulaUse("becomes", self.becomes, form, None, ("boolean",), names, frozenset({"person"}))

    def gives(self, form: str | None, names: dict[str, Type], catalogue: Catalogue) -> dict[str, Type]:
        """Whether what it waited for became true."""
        return {self.key: BOOLEAN} if self.key is not None and self.becomes is not None else {}

    def sentence(self, language: str, catalogue: Catalogue, form: str | None = None) -> str:
        if self.until is not None:
            return _("wait until {moment}", moment=self.until).in_language(language)
        span = self._span_in_words()
        if self.becomes is not None:
            return _("wait until {condition}, at most {span}", condition=self.becomes, span=span).in_language(language)
        return _("wait {span}", span=span).in_language(language)

    def _span_in_words(self) -> Message:
        parts = [
            (self.days, _("{n} days", n=self.days)),
            (self.hours, _("{n} hours", n=self.hours)),
            (self.minutes, _("{n} minutes", n=self.minutes)),
        ]
        used = [words for number, words in parts if number]
        whole = used[0] if used else _("{n} days", n="…")
        for each in used[1:]:
            whole = _("{span} {more}", span=whole, more=each)
        return _("{span}, at {time}", span=whole, time=self.at) if self.at is not None else whole

    def run(self, doing: Doing) -> dict[str, Any] | None:
        if self.until is not None:
            return self._until(doing)
        now = doing.act.now
        end = datetime.fromisoformat(doing.kept["until"]) if "until" in doing.kept else self._end(doing)
        if self.becomes is not None:
            return self._becomes(doing, end)
        if now < end:
            doing.wait_until(end, _("It waits until {moment}.", moment=_shown(end, doing)), until=end.isoformat())
        return {"until": end.isoformat()}

    def _end(self, doing: Doing) -> datetime:
        """So long from now: days on the calendar, so that a day stays a day when clocks change."""
        act = doing.act
        if not self.days and self.at is None:
            return act.now + timedelta(hours=self.hours, minutes=self.minutes)
        wall = act.now.astimezone(act.zone).replace(tzinfo=None) + timedelta(days=self.days, hours=self.hours, minutes=self.minutes)
        if self.at is not None:
            wall = datetime.combine(wall.date(), time.fromisoformat(self.at))
        return instant_of(wall, act.zone)

    def _until(self, doing: Doing) -> dict[str, Any] | None:
        moment = doing.value(self.until or "")
        if moment is None:
            return doing.skip(_("“{formula}” is blank, so there is nothing to wait for.", formula=self.until or ""))
        if not isinstance(moment, datetime):
            assert isinstance(moment, date)
            moment = instant_of(datetime.combine(moment, time.fromisoformat(self.at or "09:00")), doing.act.zone)
        if doing.act.now < moment:
            doing.wait_until(moment, _("It waits until {moment}.", moment=_shown(moment, doing)), wakes=True, until=moment.isoformat())
        return {"until": moment.isoformat()}

    def _becomes(self, doing: Doing, end: datetime) -> dict[str, Any] | None:
        came_true = bool(doing.value(self.becomes or ""))
        if not came_true and doing.act.now < end:
            why = _("It waits until {condition}, at most until {moment}.", condition=self.becomes or "", moment=_shown(end, doing))
            doing.wait_until(min(end, doing.act.now + LOOK_AGAIN), why, wakes=True, until=end.isoformat())
        return {"until": end.isoformat(), "came_true": came_true, **({"gives": {self.key: came_true}} if self.key is not None else {})}


def _shown(moment: datetime, doing: Doing) -> str:
    return f"{moment.astimezone(doing.act.zone):%Y-%m-%d %H:%M}"
