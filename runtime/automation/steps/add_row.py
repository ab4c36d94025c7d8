"""Add row: adds a row to a sub-form of the record."""

from __future__ import annotations

from collections.abc import Iterator
from typing import TYPE_CHECKING, Annotated, Any, Literal

from pydantic import Field

from runtime.automation.steps._rows import OnRows, row_problems, row_use
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
class AddRow(OnRows):
    """The formulas read the record."""

    type: Literal["add_row"] = "add_row"
    values: dict[Annotated[str, Names("subform")], FormulaText] = Field(min_length=1, title="Values")

    def problems(self, form: str | None, catalogue: Catalogue) -> Iterator[Problem]:
        yield from super().problems(form, catalogue)
        lines = self.lines(form, catalogue)
        yield from row_problems("values", lines, self.values) if lines else ()

    def formulas(self, form: str | None, names: dict[str, Type], catalogue: Catalogue) -> Iterator[FormulaUse]:
        lines = self.lines(form, catalogue)
        for key, text in self.values.items():
            yield row_use(f"values/{key}", text, form, None, names, lines[key].formula_type() if key in lines else None)

    def sentence(self, language: str, catalogue: Catalogue, form: str | None = None) -> str:
        return _("add a row to {subform}", subform=self.label(language, catalogue, form)).in_language(language)

    def run(self, doing: Doing) -> dict[str, Any] | None:
        _record, rows = self.rows(doing)
        return self.write(doing, [*rows, {key: doing.value(text) for key, text in self.values.items()}])
