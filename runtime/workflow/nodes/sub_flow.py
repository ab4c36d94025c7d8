"""Another workflow is started, for the same record, one that a field points at, or a new one; how it ends decides where it goes on."""

from __future__ import annotations

from collections.abc import Iterator
from typing import TYPE_CHECKING, Annotated, Any, ClassVar, Literal

from pydantic import Field

from runtime.automation.steps._base import needed_values, value_formulas, value_problems
from runtime.definitions.model import FormulaText, FormulaUse, Key
from runtime.definitions.naming import Names
from runtime.definitions.node import OutsideNode
from runtime.definitions.shelf import NODES
from runtime.errors import Problem
from runtime.texts import _

if TYPE_CHECKING:
    from runtime.definitions.catalogue import Catalogue


@NODES.register
class SubFlow(OutsideNode):
    """`values` are written into the record that `target` names, `new_values` into the new one, before the workflow is started there."""

    type: Literal["sub_flow"] = "sub_flow"
    workflow: Key = Field(title="Workflow")
    values: dict[Annotated[str, Names("target")], FormulaText] = Field({}, title="Values of that record")
    create: Key | None = Field(None, title="For a new record of")
    new_values: dict[Annotated[str, Names("create")], FormulaText] = Field({}, title="Values of the new record")
    if_rejected: Literal["reject", "go_on"] = Field("reject", title="If it is rejected or ended")
    """Where no line is for that end."""
    ends_with: bool = Field(True, title="Ends when this one ends")

    sets_off: ClassVar[Literal["workflow", "automation"]] = "workflow"
    results: ClassVar[tuple[str, ...]] = ("approved", "rejected", "ended")

    def problems(self, form: str, catalogue: Catalogue) -> Iterator[Problem]:
        other = catalogue.workflows.get(self.workflow)
        if other is None:
            yield Problem("workflow", _("There is no workflow with the key {key}.", key=self.workflow))
            return
        if self.create is not None and self.target is not None:
            yield Problem("target", _("Choose either a new record or one that a field points at."))
        given = self.create or self.form_of(form, catalogue)
        if given is None:
            yield Problem("target", _("The field {key} points at no record.", key=self.target))
        elif given != other.form:
            yield Problem(
                "workflow", _("It is about records of another form. Choose a field that points at one, or let a new record be made.")
            )
        if self.target is None and self.values:
            yield Problem("values", _("These values are for the record that a field points at. Choose that field."))
        if self.create is None and self.new_values:
            yield Problem("new_values", _("These values are for a new record. Choose of which form."))
        if given is None or given not in catalogue.forms:
            return
        yield from value_problems("values", given, self.values, catalogue)
        yield from value_problems("new_values", given, self.new_values, catalogue)
        if self.create is not None:
            yield from needed_values("new_values", self.create, self.new_values, catalogue)

    def formulas(self, form: str, catalogue: Catalogue) -> Iterator[FormulaUse]:
        target = self.form_of(form, catalogue) if self.target is not None else None
        uses = (("values", target, self.values), ("new_values", self.create, self.new_values))
        for path, other, values in uses:
            for use in value_formulas(path, other, values, form, {}, catalogue):
                yield FormulaUse(use.path, use.text, form, None, use.expect, allow=frozenset({"person"}))

    def set_off(self, outside: Any) -> Any:
        if self.create is not None:
            record = outside.made(self.create, {key: outside.value(text) for key, text in self.new_values.items()})
        else:
            record = outside.meant(self.target)
        if record is None:
            return None
        if self.values:
            outside.changed(self.target, record, {key: outside.value(text) for key, text in self.values.items()})
        return outside.started(self.workflow, record)

    def lines_missing(self, outcome: str) -> Literal["hold", "go_on", "reject"]:
        return "go_on" if outcome == "approved" else self.if_rejected
