"""Update rows: writes fields of the rows of a sub-form."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, Literal

from runtime.automation.steps._rows import OnSomeRows, WritesRows
from runtime.automation.words import quoted
from runtime.definitions.shelf import STEPS
from runtime.texts import _

if TYPE_CHECKING:
    from runtime.automation.doing import Doing
    from runtime.definitions.catalogue import Catalogue


@STEPS.register
class UpdateRows(WritesRows, OnSomeRows):
    """The formulas read the row, and the record's fields where the row has none of that name."""

    type: Literal["update_rows"] = "update_rows"
    read_a_row = True

    def sentence(self, language: str, catalogue: Catalogue, form: str | None = None) -> str:
        lines, label = self.lines(form, catalogue), self.label(language, catalogue, form)
        fields = quoted([lines[key].label if key in lines else key for key in self.values], language)
        if self.where is None:
            return _("set {fields} in all rows of {subform}", fields=fields, subform=label).in_language(language)
        return _("set {fields} in the rows of {subform} with {condition}", fields=fields, subform=label, condition=self.where).in_language(
            language
        )

    def run(self, doing: Doing) -> dict[str, Any] | None:
        record, rows = self.rows(doing)
        chosen = self.chosen(doing, record, rows)
        if not any(chosen):
            return doing.skip(_("There are no such rows."))
        changed = [
            {**row, **{key: self.evaluated(doing, record, row, text) for key, text in self.values.items()}} if this else row
            for row, this in zip(rows, chosen, strict=True)
        ]
        return self.write(doing, changed)
