"""Automation: a trigger, a condition, and steps."""

from __future__ import annotations

from collections.abc import Iterator
from typing import TYPE_CHECKING, Annotated, Literal

from pydantic import Field

from runtime.definitions.effect import HoldOut
from runtime.definitions.model import Definition, FormulaText, FormulaUse, Model, Who
from runtime.definitions.shelf import STEPS, TRIGGERS, OneOf
from runtime.definitions.step import Step, every, formulas_of, name_problems_of, problems_of
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
    """How many begin in any minute, and how many may wait to begin before the automation pauses by itself."""

    runs_per_minute: int = Field(600, ge=1, le=100_000)
    waiting: int = Field(250_000, ge=1, le=10_000_000)


class Automation(Definition):
    kind: Literal["automation"] = "automation"
    enabled: bool = True
    trigger: AnyTrigger
    sources: tuple[Source, ...] = ("form", "public_form", "api", "automation", "workflow", "schedule", "merge")
    when: FormulaText | None = None
    steps: tuple[AnyStep, ...] = Field(min_length=1, max_length=50)
    retry: Retry = Retry()
    limit: Limit = Limit()
    mode: Literal["parallel", "single", "restart", "queued"] = "parallel"
    """When it is running for the record already: both run, the second is skipped, the first is stopped, or the second waits for the first to end."""
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
        yield from (each.under("steps") for each in problems_of(self.steps, form, catalogue))
        names = self.trigger.names(catalogue)
        yield from (each.under("steps") for each in name_problems_of(self.steps, form, names, catalogue))
        yield from (each.under("steps") for each in self._key_problems(form, catalogue))
        if self.hold_out is not None:
            yield from (each.under("hold_out") for each in self.hold_out.problems(form, catalogue))

    def _key_problems(self, form: str | None, catalogue: Catalogue) -> Iterator[Problem]:
        """Names of steps that stand for something else already."""
        fields = catalogue.forms[form].by_key if form in catalogue.forms else {}
        taken = {"this", "previous", *(name.partition(".")[0] for name in self.trigger.names(catalogue))}
        for path, step in every(self.steps):
            if step.key is None:
                continue
            if step.key in taken:
                yield Problem(f"{path}/key", _("The name {name} stands for something else here. Choose another.", name=step.key))
            elif step.key in fields:
                yield Problem(
                    f"{path}/key",
                    _("The form has a field with the key {key}, so a step cannot have this name. Choose another.", key=step.key),
                )
            taken.add(step.key)

    def form_around(self, catalogue: Catalogue) -> str | None:
        return self.trigger.form_key(catalogue)

    def formulas(self, catalogue: Catalogue) -> Iterator[FormulaUse]:
        yield from (use.under("trigger") for use in self.trigger.formulas(catalogue))
        form, names = self.trigger.form_key(catalogue), self.trigger.names(catalogue)
        if self.when is not None:
            yield FormulaUse("when", self.when, form, None, ("boolean",), names, frozenset({"person"}))
        yield from (use.under("steps") for use in formulas_of(self.steps, form, names, catalogue))
        if self.hold_out is not None:
            yield from (use.under("hold_out") for use in self.hold_out.formulas(catalogue))
