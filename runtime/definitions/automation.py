"""Automation: a trigger, a condition, and steps."""
from __future__ import annotations

from collections.abc import Iterator
from typing import TYPE_CHECKING, Annotated, Literal

from pydantic import Field

from runtime.definitions.effect import HoldOut
from runtime.definitions.model import Definition, FormulaText, FormulaUse, Model, Who
from runtime.definitions.shelf import STEPS, TRIGGERS, OneOf
from runtime.definitions.step import Step
from runtime.definitions.trigger import Trigger
from runtime.errors import Problem
from runtime.texts import _

if TYPE_CHECKING:
    from runtime.definitions.catalogue import Catalogue

Source = Literal["form", "public_form", "api", "import", "automation", "workflow", "schedule", "merge", "publish", "undo"]
AnyTrigger = Annotated[Trigger, OneOf(TRIGGERS)]
AnyStep = Annotated[Step, OneOf(STEPS)]


class Retry(Model):
    times: int = Field(5, ge=1, le=20)
    """All tries, the first included."""
    wait: Literal["exponential", "fixed"] = "exponential"


class Limit(Model):
    runs_per_minute: int = Field(600, ge=1, le=100_000)


class Automation(Definition):
    kind: Literal["automation"] = "automation"
    enabled: bool = True
    trigger: AnyTrigger
    sources: tuple[Source, ...] = ("form", "public_form", "api", "automation", "workflow", "schedule", "merge")
    when: FormulaText | None = None
    steps: tuple[AnyStep, ...] = Field(min_length=1, max_length=50)
    retry: Retry = Retry()
    limit: Limit = Limit()
    owner: Who | None = None
    """With whose rights it reads and writes; left out: with those of whoever published it."""
    provisional: bool = False
    """Whether a tier that is still provisional starts it too."""
    hold_out: HoldOut | None = Field(None, title="Experiment")
    """A group for which it does nothing, and the goal by which its effect is told."""

    def problems(self, catalogue: Catalogue) -> Iterator[Problem]:
        yield from super().problems(catalogue)
        if self.owner is not None and not self.owner.startswith("user:"):
            yield Problem("owner", _("An automation runs with the rights of one person. Name a person."))
        yield from (each.under("trigger") for each in self.trigger.problems(catalogue))
        form = self.trigger.form_key(catalogue)
        for number, step in enumerate(self.steps):
            yield from (each.under(f"steps/{number}") for each in step.problems(form, catalogue))
        if self.hold_out is not None:
            yield from (each.under("hold_out") for each in self.hold_out.problems(form, catalogue))

    def form_around(self, catalogue: Catalogue) -> str | None:
        return self.trigger.form_key(catalogue)

    def formulas(self, catalogue: Catalogue) -> Iterator[FormulaUse]:
        yield from (use.under("trigger") for use in self.trigger.formulas(catalogue))
        form, names = self.trigger.form_key(catalogue), self.trigger.names(catalogue)
        if self.when is not None:
            yield FormulaUse("when", self.when, form, None, ("boolean",), names, frozenset({"person"}))
        for number, step in enumerate(self.steps):
            yield from (use.under(f"steps/{number}") for use in step.formulas(form, names, catalogue))
        if self.hold_out is not None:
            yield from (use.under("hold_out") for use in self.hold_out.formulas(catalogue))
