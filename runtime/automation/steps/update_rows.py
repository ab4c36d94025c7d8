"""Update rows: writes fields of the rows of a sub-form."""

from __future__ import annotations

from collections.abc import Iterator
from typing import TYPE_CHECKING, Annotated, Any, Literal

from pydantic import Field

from runtime.automation.steps._rows import OnSomeRows, row_problems, row_use
from runtime.automation.words import quoted
from runtime.definitions.model import FormulaText, FormulaUse
from runtime.definitions.naming import Names
from runtime.definitions.shelf import STEPS
from runtime.definitions.types import Type
from runtime.errors import Problem
from runtime.texts import _

if TYPE_CHECKING:
    from runtime.automation.doing import Doing
    from runtime.definitions.catalogue import Catalogue


@STEPS.register
class UpdateRows(OnSomeRows):
    """The formulas read the row, and the record's fields where the row has none of that name."""

    type: Literal["update_rows"] = "update_rows"
    values: dict[Annotated[str, Names("subform")], FormulaText] = Field(min_length=1, title="Values")

    def problems(self, form: str | None, catalogue: Catalogue) -> Iterator[Problem]:
        yield from super().problems(form, catalogue)
        lines = self.lines(form, catalogue)
        yield from row_problems("values", lines, self.values) if lines else ()

    def formulas(self, form: str | None, names: dict[str, Type], catalogue: Catalogue) -> Iterator[FormulaUse]:
        yield from super().formulas(form, names, catalogue)
        lines = self.lines(form, catalogue)
        for key, text in self.values.items() if lines else ():
            yield row_use(f"values/{key}", text, form, self.subform, names, lines[key].formula_type() if key in lines else None)

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
