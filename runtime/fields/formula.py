"""Formula: a value worked out from others, always up to date."""
from __future__ import annotations

from collections.abc import Iterator
from typing import TYPE_CHECKING, Literal

from pydantic import Field

from runtime.definitions.model import FormulaText, FormulaUse
from runtime.definitions.shelf import FIELD_TYPES
from runtime.fields._computed import Computed
from runtime.texts import _

if TYPE_CHECKING:
    from runtime.definitions.catalogue import Catalogue
    from runtime.definitions.form import Form


@FIELD_TYPES.register
class Formula(Computed):
    type: Literal["formula"] = "formula"
    formula: FormulaText = Field(title="Formula")

    icon = "math-function"
    title, about = _("Formula"), _("Worked out from other fields, always up to date.")

    def formulas(self, form: Form, catalogue: Catalogue, subform: str | None = None) -> Iterator[FormulaUse]:
        yield FormulaUse("formula", self.formula, form.key, subform, self.formula_type())
