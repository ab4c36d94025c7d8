"""Segment entered: a record has come to belong to a segment."""

from __future__ import annotations

from typing import ClassVar, Literal

from runtime.automation.triggers._base import SegmentTrigger
from runtime.definitions.shelf import TRIGGERS
from runtime.texts import Message, _


@TRIGGERS.register
class SegmentEntered(SegmentTrigger):
    """Those who belonged to a segment when its members began to be kept have not entered it."""

    type: Literal["segment_entered"] = "segment_entered"

    events: ClassVar[tuple[str, ...]] = ("segment_entered",)

    @staticmethod
    def moves(segment: str) -> Message:
        return _("when a record enters the segment {segment}", segment=segment)
