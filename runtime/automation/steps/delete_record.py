"""Delete record: puts it into the trash."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, Literal

from runtime.automation.steps._target import OnRecord
from runtime.definitions.shelf import STEPS
from runtime.records import gateway
from runtime.texts import _

if TYPE_CHECKING:
    from runtime.automation.doing import Doing
    from runtime.definitions.catalogue import Catalogue


@STEPS.register
class DeleteRecord(OnRecord):
    """What points at it forbids that, is freed or follows, as its reference says. It can be restored from the trash."""

    type: Literal["delete_record"] = "delete_record"

    def sentence(self, language: str, catalogue: Catalogue, form: str | None = None) -> str:
        return self.of_target(language, catalogue, form, _("put the record into the trash"))

    def run(self, doing: Doing) -> dict[str, Any] | None:
        aim = self.aimed(doing)
        if aim is None:
            return None
        gateway.delete(doing.act, aim.form, aim.record)
        return {"form": aim.form, "record": aim.record}
