"""Segment left: a record belongs to a segment no longer."""

from __future__ import annotations

from collections.abc import Iterator
from typing import TYPE_CHECKING, Any, ClassVar, Literal

from pydantic import Field

from runtime.automation.triggers._base import EventTrigger, no_segment
from runtime.automation.words import quoted
from runtime.definitions.model import Key
from runtime.definitions.shelf import TRIGGERS
from runtime.errors import Problem
from runtime.texts import _

if TYPE_CHECKING:
    from runtime.definitions.catalogue import Catalogue


@TRIGGERS.register
class SegmentLeft(EventTrigger):
    """A record that is deleted leaves its segments too; its run is skipped, since there is nothing to act on."""

    type: Literal["segment_left"] = "segment_left"
    segment: Key = Field(title="Segment")

    events: ClassVar[tuple[str, ...]] = ("segment_left",)

    def form_key(self, catalogue: Catalogue) -> str | None:
        segment = catalogue.segments.get(self.segment)
        return segment.form if segment is not None else None

    def problems(self, catalogue: Catalogue) -> Iterator[Problem]:
        yield from no_segment(self.segment, catalogue)

    def sentence(self, language: str, catalogue: Catalogue) -> str:
        segment = catalogue.segments.get(self.segment)
        name = quoted([segment.label if segment is not None else self.segment], language)
        return _("when a record leaves the segment {segment}", segment=name).in_language(language)

    def matches(self, event: Any, record: int | None, item: dict[str, Any], catalogue: Catalogue) -> bool:
        return item.get("segment") == self.segment and record is not None
