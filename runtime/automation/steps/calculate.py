"""Calculate: works out a value once and gives it to the steps behind."""

from __future__ import annotations

from collections.abc import Iterator
from typing import TYPE_CHECKING, Any, Literal

from pydantic import Field

from runtime.automation.given import kept
from runtime.automation.steps._base import STEP_FORMULAS, Inside
from runtime.definitions.model import FieldKey, FormulaText, FormulaUse
from runtime.definitions.shelf import STEPS
from runtime.definitions.types import Type
from runtime.errors import FormulaProblems
from runtime.formulas.definitions import formula
from runtime.texts import _

if TYPE_CHECKING:
    from runtime.automation.doing import Doing
    from runtime.definitions.catalogue import Catalogue


@STEPS.register
class Calculate(Inside):
    """The value is kept with the run: later steps use what it was then, also after a wait."""

    type: Literal["calculate"] = "calculate"
    key: FieldKey = Field(title="Name")
    value: FormulaText = Field(title="Value")

    def formulas(self, form: str | None, names: dict[str, Type], catalogue: Catalogue) -> Iterator[FormulaUse]:
        yield FormulaUse("value", self.value, form, names=names, allow=STEP_FORMULAS)

    def gives(self, form: str | None, names: dict[str, Type], catalogue: Catalogue) -> dict[str, Type]:
        try:
            return {self.key: formula(catalogue, form, self.value, names, STEP_FORMULAS).type}
        except FormulaProblems:
            return {}  # said where the formula stands

    def sentence(self, language: str, catalogue: Catalogue, form: str | None = None) -> str:
        return _("work out {name} as {formula}", name=self.key, formula=self.value).in_language(language)

    def run(self, doing: Doing) -> dict[str, Any] | None:
        return {"gives": {self.key: kept(doing.value(self.value))}}
