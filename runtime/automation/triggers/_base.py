"""What triggers have in common beyond the shelf: those that listen to events, and those the clock fires."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import datetime, timedelta
from typing import TYPE_CHECKING, Any, ClassVar
from zoneinfo import ZoneInfo

from pydantic import Field

from runtime.automation.clock import Works
from runtime.automation.words import form_label, quoted
from runtime.definitions.model import Key
from runtime.definitions.trigger import Trigger
from runtime.errors import Problem
from runtime.texts import Message, _

if TYPE_CHECKING:
    from runtime.automation.doing import Doing
    from runtime.definitions.catalogue import Catalogue


class EventTrigger(Trigger):
    """Listens to events. What it needs to remember of one is kept with the run, so that events may be cleaned up."""

    grouped: ClassVar[bool] = True
    """Whether many records of one event may be dealt with by one run, if the steps allow it too."""
    of_deleted: ClassVar[bool] = False
    """Whether its runs are about records that are in the trash."""
    own_sources: ClassVar[tuple[str, ...]] = ()
    """Sources it answers to without the automation listing them, because it is about nothing else."""

    def listens(self, catalogue: Catalogue) -> Iterator[tuple[str | None, str]]:
        """What an event must be about to concern it: (form, topic), as `matching.topics` names them; a topic of "" is any."""
        yield self.form_key(catalogue), ""

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


class SegmentTrigger(EventTrigger):
    """Listens to records that enter a segment or leave it."""

    segment: Key = Field(title="Segment")

    def listens(self, catalogue: Catalogue) -> Iterator[tuple[str | None, str]]:
        yield self.form_key(catalogue), f"segment:{self.segment}"

    def form_key(self, catalogue: Catalogue) -> str | None:
        segment = catalogue.segments.get(self.segment)
        return segment.form if segment is not None else None

    def problems(self, catalogue: Catalogue) -> Iterator[Problem]:
        if self.segment not in catalogue.segments:
            yield Problem("segment", _("There is no segment with the key {key}.", key=self.segment))

    def sentence(self, language: str, catalogue: Catalogue) -> str:
        segment = catalogue.segments.get(self.segment)
        return self.moves(quoted([segment.label if segment is not None else self.segment], language)).in_language(language)

    @staticmethod
    def moves(segment: str) -> Message:
        """The sentence that says it, of the segment's quoted name."""
        raise NotImplementedError

    def matches(self, event: Any, record: int | None, item: dict[str, Any], catalogue: Catalogue) -> bool:
        return item.get("segment") == self.segment and record is not None


class RecordTrigger(EventTrigger):
    """Listens to what happens to the records of a form."""

    form: Key = Field(title="Form")

    def form_key(self, catalogue: Catalogue) -> str | None:
        return self.form

    def problems(self, catalogue: Catalogue) -> Iterator[Problem]:
        yield from no_form(self.form, catalogue)

    def sentence(self, language: str, catalogue: Catalogue) -> str:
        return self.happens(quoted([form_label(self.form, catalogue)], language)).in_language(language)

    @staticmethod
    def happens(form: str) -> Message:
        """The sentence that says it, of the form's quoted name."""
        raise NotImplementedError

    def matches(self, event: Any, record: int | None, item: dict[str, Any], catalogue: Catalogue) -> bool:
        return event.form == self.form and record is not None


class ClockTrigger(Trigger):
    """Fired by the clock: automation/due.py asks the kind which times have come, and whom they concern."""

    grouped: ClassVar[bool] = False
    of_deleted: ClassVar[bool] = False

    @property
    def coalesce(self) -> bool:
        """Whether of several times that came while nobody was there only the last may fire."""
        return False

    @property
    def grace(self) -> timedelta:
        """How late it may still fire."""
        raise NotImplementedError

    def times(self, since: datetime, now: datetime, zone: ZoneInfo, works: Works) -> Iterator[datetime]:
        """Instants after `since` up to `now` at which it was due, in order."""
        raise NotImplementedError

    def values(self, doing: Doing) -> dict[str, Any]:
        return {}

    def seen(self, doing: Doing) -> dict[str, Any]:
        return {}

    def begins(self, doing: Doing) -> bool:
        return True


def no_form(form: str, catalogue: Catalogue) -> Iterator[Problem]:
    if form not in catalogue.forms:
        yield Problem("form", _("There is no form with the key {key}.", key=form))
