"""Delete rows: takes rows out of a sub-form."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, Literal

from runtime.automation.steps._rows import OnSomeRows
from runtime.definitions.shelf import STEPS
from runtime.texts import _

if TYPE_CHECKING:
    from runtime.automation.doing import Doing
    from runtime.definitions.catalogue import Catalogue


@STEPS.register
class DeleteRows(OnSomeRows):
    type: Literal["delete_rows"] = "delete_rows"

    def sentence(self, language: str, catalogue: Catalogue, form: str | None = None) -> str:
        label = self.label(language, catalogue, form)
        if self.where is None:
            return _("take all rows out of {subform}", subform=label).in_language(language)
        return _("take the rows with {condition} out of {subform}", subform=label, condition=self.where).in_language(language)

    def run(self, doing: Doing) -> dict[str, Any] | None:
        record, rows = self.rows(doing)
        chosen = self.chosen(doing, record, rows)
        if not any(chosen):
            return doing.skip(_("There are no such rows."))
        return self.write(doing, [row for row, this in zip(rows, chosen, strict=True) if not this])
