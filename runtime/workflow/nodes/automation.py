"""An automation that is made to be called runs at this point."""

from __future__ import annotations

from collections.abc import Iterator
from typing import TYPE_CHECKING, Any, ClassVar, Literal

from pydantic import Field

from runtime.definitions.model import FormulaText, FormulaUse, Key
from runtime.definitions.node import OutsideNode
from runtime.definitions.shelf import NODES
from runtime.errors import Problem
from runtime.texts import _

if TYPE_CHECKING:
    from runtime.definitions.catalogue import Catalogue


@NODES.register
class RunsAutomation(OutsideNode):
    """It runs as itself: with its own condition, owner, retries and log."""

    type: Literal["automation"] = "automation"
    automation: Key = Field(title="Automation")
    inputs: dict[str, FormulaText] = Field({}, title="Values to hand over")

    sets_off: ClassVar[Literal["workflow", "automation"]] = "automation"
    results: ClassVar[tuple[str, ...]] = ("done", "failed")

    def problems(self, form: str, catalogue: Catalogue) -> Iterator[Problem]:
        called = catalogue.automations.get(self.automation)
        if called is None:
            yield Problem("automation", _("There is no automation with the key {key}.", key=self.automation))
            return
        if called.trigger.type != "called":
            yield Problem("automation", _("This automation does not begin by being called by another. Change what sets it off."))
            return
        yield from (each.under("inputs") for each in called.trigger.problems_of_inputs(set(self.inputs)))  # type: ignore[attr-defined]
        wanted, given = called.trigger.form_key(catalogue), self.form_of(form, catalogue)
        if given is None:
            yield Problem("target", _("The field {key} points at no record.", key=self.target))
        elif wanted is not None and given != wanted:
            yield Problem("automation", _("It is about records of another form. Say which record it is to run for."))

    def formulas(self, form: str, catalogue: Catalogue) -> Iterator[FormulaUse]:
        for key, text in self.inputs.items():
            yield FormulaUse(f"inputs/{key}", text, form, allow=frozenset({"person"}))

    def set_off(self, outside: Any) -> Any:
        called = outside.automation(self.automation)
        record = outside.meant(self.target)
        if record is None:
            return None
        about = record if called.trigger.form_key(outside.act.catalogue) is not None else None
        return outside.called(called, about, {key: outside.value(text) for key, text in self.inputs.items()})

    def lines_missing(self, outcome: str) -> Literal["hold", "go_on", "reject"]:
        return "go_on" if outcome == "done" else self.if_failed
