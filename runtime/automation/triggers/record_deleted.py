"""Record deleted: a record was put into the trash."""

from __future__ import annotations

from typing import Any, ClassVar, Literal

from runtime.automation.triggers._base import RecordTrigger
from runtime.definitions.shelf import TRIGGERS
from runtime.texts import Message, _


@TRIGGERS.register
class RecordDeleted(RecordTrigger):
    """Its formulas read the record as it was. One that went because it was merged into another has not been deleted."""

    type: Literal["record_deleted"] = "record_deleted"

    events: ClassVar[tuple[str, ...]] = ("record_deleted",)
    of_deleted: ClassVar[bool] = True

    @staticmethod
    def happens(form: str) -> Message:
        return _("when a record of {form} is deleted", form=form)

    def matches(self, event: Any, record: int | None, item: dict[str, Any], catalogue: Any) -> bool:
        return super().matches(event, record, item, catalogue) and "merged_into" not in item
