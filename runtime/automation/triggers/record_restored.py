"""Record restored: a record was taken out of the trash."""

from __future__ import annotations

from typing import ClassVar, Literal

from runtime.automation.triggers._base import RecordTrigger
from runtime.definitions.shelf import TRIGGERS
from runtime.texts import Message, _


@TRIGGERS.register
class RecordRestored(RecordTrigger):
    type: Literal["record_restored"] = "record_restored"

    events: ClassVar[tuple[str, ...]] = ("record_restored",)

    @staticmethod
    def happens(form: str) -> Message:
        return _("when a record of {form} is restored from the trash", form=form)
