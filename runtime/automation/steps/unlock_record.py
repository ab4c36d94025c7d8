"""Unlock record: lets people change the record again."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, Literal

from runtime.automation.steps._target import OnRecord
from runtime.definitions.shelf import STEPS
from runtime.people.may import require
from runtime.records import locking
from runtime.texts import _

if TYPE_CHECKING:
    from runtime.automation.doing import Doing
    from runtime.definitions.catalogue import Catalogue


@STEPS.register
class UnlockRecord(OnRecord):
    type: Literal["unlock_record"] = "unlock_record"

    def sentence(self, language: str, catalogue: Catalogue, form: str | None = None) -> str:
        return self.of_target(language, catalogue, form, _("unlock the record"))

    def run(self, doing: Doing) -> dict[str, Any] | None:
        aim = self.aimed(doing)
        if aim is None:
            return None
        require(doing.act.person, "edit", aim.form, aim.record)
        if not locking.unlock(doing.act, aim.form, aim.record):
            return doing.skip(_("The record is not locked."))
        return {"form": aim.form, "record": aim.record}
