"""Branch: the steps of the first arm whose condition holds, or others if none does."""

from __future__ import annotations

from collections.abc import Iterator
from typing import TYPE_CHECKING, Annotated, Any, Literal

from pydantic import Field

from runtime.automation.steps._base import Inside
from runtime.automation.words import said
from runtime.definitions.model import FormulaText, FormulaUse, Model
from runtime.definitions.shelf import STEPS, OneOf
from runtime.definitions.step import Step, formulas_of, in_definition, problems_of
from runtime.definitions.types import Type
from runtime.errors import Problem
from runtime.texts import _

if TYPE_CHECKING:
    from runtime.automation.doing import Doing
    from runtime.definitions.catalogue import Catalogue

AnyStep = Annotated[Step, OneOf(STEPS)]
PERSON = frozenset({"person"})


class Arm(Model):
    """Another condition, tried when those before it do not hold, and its steps."""

    when: FormulaText = Field(title="Or else if")
    then: tuple[AnyStep, ...] = Field((), max_length=50, title="Then")


@STEPS.register
class Branch(Inside):
    """All arms lead on to the next step."""

    type: Literal["branch"] = "branch"
    when: FormulaText = Field(title="If")
    then: tuple[AnyStep, ...] = Field((), max_length=50, title="Then")
    else_if: tuple[Arm, ...] = Field((), max_length=20, title="Or else if")
    otherwise: tuple[AnyStep, ...] = Field((), max_length=50, title="Otherwise")

    def problems(self, form: str | None, catalogue: Catalogue) -> Iterator[Problem]:
        for arm, steps in self.arms().items():
            yield from (each.under(in_definition(arm)) for each in problems_of(steps, form, catalogue))

    def formulas(self, form: str | None, names: dict[str, Type], catalogue: Catalogue) -> Iterator[FormulaUse]:
        yield FormulaUse("when", self.when, form, None, ("boolean",), names, PERSON)
        for number, arm in enumerate(self.else_if):
            yield FormulaUse(f"else_if/{number}/when", arm.when, form, None, ("boolean",), names, PERSON)
        for name, steps in self.arms().items():
            yield from (use.under(in_definition(name)) for use in formulas_of(steps, form, names, catalogue))

    def arms(self) -> dict[str, tuple[Step, ...]]:
        between = {f"else_if.{number}.then": arm.then for number, arm in enumerate(self.else_if)}
        return {"then": self.then, **between, "otherwise": self.otherwise}

    def inner(self) -> Iterator[tuple[str, int, Any]]:
        """The steps in its arms: arm, number, step."""
        for arm, steps in self.arms().items():
            yield from ((arm, number, step) for number, step in enumerate(steps))

    @property
    def grouped(self) -> bool:  # type: ignore[override]
        """The arm is chosen for each record."""
        return True

    def sentence(self, language: str, catalogue: Catalogue, form: str | None = None) -> str:
        then, otherwise = said(self.then, language, catalogue, form), said(self.otherwise, language, catalogue, form)
        if self.else_if:
            return self._several(language, catalogue, form)
        if then and otherwise:
            return _("if {condition} ({then}), otherwise ({otherwise})", condition=self.when, then=then, otherwise=otherwise).in_language(
                language
            )
        if otherwise:
            return _("unless {condition} ({otherwise})", condition=self.when, otherwise=otherwise).in_language(language)
        return _("if {condition} ({then})", condition=self.when, then=then).in_language(language)

    def _several(self, language: str, catalogue: Catalogue, form: str | None) -> str:
        arms = [(self.when, self.then), *((each.when, each.then) for each in self.else_if)]
        parts = [
            _("if {condition} ({then})", condition=when, then=said(steps, language, catalogue, form) or _("nothing")).in_language(language)
            for when, steps in arms
        ]
        if self.otherwise:
            parts.append(_("otherwise ({otherwise})", otherwise=said(self.otherwise, language, catalogue, form)).in_language(language))
        return ("，" if language == "zh" else ", ").join(parts)

    def run(self, doing: Doing) -> dict[str, Any] | None:
        if doing.holds(self.when):
            return {"arm": "then"}
        for number, arm in enumerate(self.else_if):
            if doing.holds(arm.when):
                return {"arm": f"else_if.{number}.then"}
        return {"arm": "otherwise"}
