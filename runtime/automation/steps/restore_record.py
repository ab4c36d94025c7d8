"""Restore record: brings it back from the trash."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, Literal

from runtime.automation.steps._target import OnRecord
from runtime.definitions.shelf import STEPS
from runtime.records import gateway
from runtime.records.rows import read_record
from runtime.texts import _

if TYPE_CHECKING:
    from runtime.automation.doing import Doing
    from runtime.definitions.catalogue import Catalogue


@STEPS.register
class RestoreRecord(OnRecord):
    """One that is not in the trash is left as it is. Refused when a value that only one may have belongs to another by now."""

    type: Literal["restore_record"] = "restore_record"

    def sentence(self, language: str, catalogue: Catalogue, form: str | None = None) -> str:
        return self.of_target(language, catalogue, form, _("bring the record back from the trash"))

    def run(self, doing: Doing) -> dict[str, Any] | None:
        aim = self.aimed(doing)
        if aim is None:
            return None
        found = read_record(doing.act, aim.form, aim.record)
        if found is None or found.deleted_at is None:
            return doing.skip(_("The record is not in the trash."))
        gateway.restore(doing.act, aim.form, aim.record)
        return {"form": aim.form, "record": aim.record}
