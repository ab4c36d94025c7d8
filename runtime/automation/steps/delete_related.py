"""Delete related: puts the records that point at this one into the trash."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, Literal

from runtime.automation.steps._related import Related
from runtime.definitions.shelf import STEPS
from runtime.records import gateway
from runtime.texts import _

if TYPE_CHECKING:
    from runtime.automation.doing import Doing
    from runtime.definitions.catalogue import Catalogue


@STEPS.register
class DeleteRelated(Related):
    type: Literal["delete_related"] = "delete_related"

    def sentence(self, language: str, catalogue: Catalogue, form: str | None = None) -> str:
        label = self.label(language, catalogue, form)
        if self.where is None:
            return _("put all its {form} into the trash", form=label).in_language(language)
        return _("put its {form} with {condition} into the trash", form=label, condition=self.where).in_language(language)

    def run(self, doing: Doing) -> dict[str, Any] | None:
        form, records = self.records(doing)
        if not records:
            return self.nothing(doing)
        for record in records:
            gateway.delete(doing.act, form, record)
        return {"form": form, "records": records}
