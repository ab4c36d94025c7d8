"""Branch: some steps if a condition holds, others if not."""

from __future__ import annotations

from collections.abc import Iterator
from typing import TYPE_CHECKING, Annotated, Any, Literal

from pydantic import Field

from runtime.automation.steps._base import Inside
from runtime.automation.words import said
from runtime.definitions.model import FormulaText, FormulaUse
from runtime.definitions.shelf import STEPS, OneOf
from runtime.definitions.step import Step
from runtime.definitions.types import Type
from runtime.errors import Problem
from runtime.texts import _

if TYPE_CHECKING:
    from runtime.automation.doing import Doing
    from runtime.definitions.catalogue import Catalogue

AnyStep = Annotated[Step, OneOf(STEPS)]
ARMS = ("then", "otherwise")


@STEPS.register
class Branch(Inside):
    """Both arms lead on to the next step."""

    type: Literal["branch"] = "branch"
    when: FormulaText = Field(title="If")
    then: tuple[AnyStep, ...] = Field((), max_length=50, title="Then")
    otherwise: tuple[AnyStep, ...] = Field((), max_length=50, title="Otherwise")

    def problems(self, form: str | None, catalogue: Catalogue) -> Iterator[Problem]:
        for arm, number, step in self.inner():
            yield from (each.under(f"{arm}/{number}") for each in step.problems(form, catalogue))

    def formulas(self, form: str | None, names: dict[str, Type], catalogue: Catalogue) -> Iterator[FormulaUse]:
        yield FormulaUse("when", self.when, form, None, ("boolean",), names, frozenset({"person"}))
        for arm, number, step in self.inner():
            yield from (use.under(f"{arm}/{number}") for use in step.formulas(form, names, catalogue))

    def inner(self) -> Iterator[tuple[str, int, Any]]:
        """The steps in its arms: arm, number, step."""
        for arm in ARMS:
            yield from ((arm, number, step) for number, step in enumerate(getattr(self, arm)))

    def sentence(self, language: str, catalogue: Catalogue, form: str | None = None) -> str:
        then, otherwise = (said(getattr(self, arm), language, catalogue, form) for arm in ARMS)
        if then and otherwise:
            return _("if {condition} ({then}), otherwise ({otherwise})", condition=self.when, then=then, otherwise=otherwise).in_language(
                language
            )
        if otherwise:
            return _("unless {condition} ({otherwise})", condition=self.when, otherwise=otherwise).in_language(language)
        return _("if {condition} ({then})", condition=self.when, then=then).in_language(language)

    def run(self, doing: Doing) -> dict[str, Any] | None:
        return {"arm": "then" if doing.holds(self.when) else "otherwise"}
