"""Add row: adds a row to a sub-form of the record."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, Literal

from runtime.automation.steps._rows import WritesRows
from runtime.definitions.shelf import STEPS
from runtime.texts import _

if TYPE_CHECKING:
    from runtime.automation.doing import Doing
    from runtime.definitions.catalogue import Catalogue


@STEPS.register
class AddRow(WritesRows):
    """The formulas read the record."""

    type: Literal["add_row"] = "add_row"
    read_a_row = False

    def sentence(self, language: str, catalogue: Catalogue, form: str | None = None) -> str:
        return _("add a row to {subform}", subform=self.label(language, catalogue, form)).in_language(language)

    def run(self, doing: Doing) -> dict[str, Any] | None:
        _record, rows = self.rows(doing)
        return self.write(doing, [*rows, {key: doing.value(text) for key, text in self.values.items()}])
