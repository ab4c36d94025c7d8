"""What triggers have in common beyond the shelf: those that listen to events, and those the clock fires."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import datetime, timedelta
from typing import TYPE_CHECKING, Any, ClassVar
from zoneinfo import ZoneInfo

from runtime.definitions.trigger import Trigger
from runtime.errors import Problem
from runtime.texts import _

if TYPE_CHECKING:
    from runtime.automation.doing import Doing
    from runtime.definitions.catalogue import Catalogue
    from runtime.system.workspace import Act


class EventTrigger(Trigger):
    """Listens to events. What it needs to remember of one is kept with the run, so that events may be cleaned up."""

    def facts(self, item: dict[str, Any]) -> dict[str, Any] | None:
        """What a run keeps of its part of the event's payload."""
        return None

    def values(self, doing: Doing) -> dict[str, Any]:
        """The values of its extra names."""
        return {}

    def seen(self, doing: Doing) -> dict[str, Any]:
        """Values of the record as the event told them: conditions and messages speak of these, even if they have changed again since."""
        return {}

    def begins(self, doing: Doing) -> bool:
        """Whether a condition of its own holds when the run starts."""
        return True

    def is_promotion_only_provisional(self, item: dict[str, Any]) -> bool:
        """Whether the event is a promotion to a tier that is still provisional."""
        return False


class ClockTrigger(Trigger):
    """Fired by the clock: automation/clock.py asks the kind which times have come, and whom they concern."""

    coalesce: ClassVar[bool] = True
    """Whether several times that came while nobody was there fire only once, for the last of them."""

    @property
    def grace(self) -> timedelta:
        """How late it may still fire."""
        raise NotImplementedError

    def times(self, since: datetime, now: datetime, zone: ZoneInfo) -> Iterator[datetime]:
        """Instants after `since` up to `now` at which it was due, in order."""
        raise NotImplementedError

    def records(self, act: Act, due: datetime) -> list[int | None]:
        """The records it fires for at this time; [None] for an automation about no record."""
        return [None]

    def late(self, act: Act, automation: str, changed: int) -> Iterator[tuple[datetime, int]]:
        """Records changed after `changed` (an instant in microseconds) whose time had passed already."""
        yield from ()

    def values(self, doing: Doing) -> dict[str, Any]:
        return {}

    def seen(self, doing: Doing) -> dict[str, Any]:
        return {}

    def begins(self, doing: Doing) -> bool:
        return True


def no_form(form: str, catalogue: Catalogue) -> Iterator[Problem]:
    if form not in catalogue.forms:
        yield Problem("form", _("There is no form with the key {key}.", key=form))


def no_segment(segment: str, catalogue: Catalogue) -> Iterator[Problem]:
    if segment not in catalogue.segments:
        yield Problem("segment", _("There is no segment with the key {key}.", key=segment))
