"""Record created: a record was added to a form."""

from __future__ import annotations

from typing import ClassVar, Literal

from runtime.automation.triggers._base import RecordTrigger
from runtime.definitions.shelf import TRIGGERS
from runtime.texts import Message, _


@TRIGGERS.register
class RecordCreated(RecordTrigger):
    type: Literal["record_created"] = "record_created"

    events: ClassVar[tuple[str, ...]] = ("record_created",)

    @staticmethod
    def happens(form: str) -> Message:
        return _("when a record is added to {form}", form=form)
