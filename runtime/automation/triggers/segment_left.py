"""Segment left: a record belongs to a segment no longer."""

from __future__ import annotations

from typing import ClassVar, Literal

from runtime.automation.triggers._base import SegmentTrigger
from runtime.definitions.shelf import TRIGGERS
from runtime.texts import Message, _


@TRIGGERS.register
class SegmentLeft(SegmentTrigger):
    """A record that is deleted leaves its segments too; its run is skipped, since there is nothing to act on."""

    type: Literal["segment_left"] = "segment_left"

    events: ClassVar[tuple[str, ...]] = ("segment_left",)

    @staticmethod
    def moves(segment: str) -> Message:
        return _("when a record leaves the segment {segment}", segment=segment)
