"""Workflow step: a run of a workflow came to one of its nodes, or is done with it."""

from __future__ import annotations

from collections.abc import Iterator
from typing import TYPE_CHECKING, Any, ClassVar, Literal, get_args

from pydantic import Field

from runtime.automation.triggers._of_workflow import OfWorkflow
from runtime.automation.words import quoted
from runtime.definitions.model import Key
from runtime.definitions.shelf import TRIGGERS
from runtime.definitions.types import CHOICE, MEMBER, Type
from runtime.errors import Problem
from runtime.texts import Message, _

if TYPE_CHECKING:
    from runtime.automation.doing import Doing
    from runtime.definitions.catalogue import Catalogue

How = Literal["done", "rejected", "returned", "cut"]
FACTS = ("how", "person", "starter")


@TRIGGERS.register
class WorkflowStep(OfWorkflow):
    """Formulas may use `workflow.how`, `workflow.person` (who decided there) and `workflow.starter`."""

    type: Literal["workflow_step"] = "workflow_step"
    workflow: Key = Field(title="Workflow")
    node: Key = Field(title="Node")
    happens: Literal["reached", "finished"] = Field("finished", title="What happens there")
    how: tuple[How, ...] = Field((), title="How it went")
    """Left out: however it went. Only of `finished`."""

    events: ClassVar[tuple[str, ...]] = ("workflow_step",)

    def names(self, catalogue: Catalogue) -> dict[str, Type]:
        return {"workflow.how": CHOICE(get_args(How)), "workflow.person": MEMBER, "workflow.starter": MEMBER}

    def problems(self, catalogue: Catalogue) -> Iterator[Problem]:
        flow = catalogue.workflows.get(self.workflow)
        if flow is None:
            yield Problem("workflow", _("There is no workflow with the key {key}.", key=self.workflow))
        elif self.node not in {each.key for each in flow.nodes}:
            yield Problem("node", _("There is no node with the key {key}.", key=self.node))
        if self.happens == "reached" and self.how:
            yield Problem("how", _("How it went is known when the node is finished, not when it is reached."))

    def sentence(self, language: str, catalogue: Catalogue) -> str:
        flow = catalogue.workflows.get(self.workflow)
        node = None if flow is None else next((each for each in flow.nodes if each.key == self.node), None)
        names = {
            "workflow": quoted([flow.label if flow is not None else self.workflow], language),
            "node": quoted([self.node if node is None or node.label is None else node.label], language),
        }
        if self.happens == "reached":
            return _("when {workflow} comes to {node}", **names).in_language(language)
        if not self.how:
            return _("when {node} of {workflow} is finished", **names).in_language(language)
        ways = _OR.in_language(language).join(_WAYS[each].in_language(language) for each in self.how)
        return _("when {node} of {workflow} {ways}", **names, ways=ways).in_language(language)

    def matches(self, event: Any, record: int | None, item: dict[str, Any], catalogue: Catalogue) -> bool:
        return record is not None and item.get("workflow") == self.workflow and self._meant(item) is not None

    def facts(self, item: dict[str, Any]) -> dict[str, Any] | None:
        found = self._meant(item) or {}
        return {"how": found.get("how"), "person": found.get("person"), "starter": item.get("starter")}

    def _meant(self, item: dict[str, Any]) -> dict[str, Any] | None:
        """The last of what one act did that this is about."""
        found = [each for each in item.get("steps", ()) if each["node"] == self.node and each["happens"] == self.happens]
        return next((each for each in reversed(found) if not self.how or each.get("how") in self.how), None)

    def values(self, doing: Doing) -> dict[str, Any]:
        return {f"workflow.{name}": doing.facts.get(name) for name in FACTS}


_OR: Message = _(" or ")
_WAYS: dict[str, Message] = {
    "done": _("went on"),
    "rejected": _("was rejected there"),
    "returned": _("was returned from there"),
    "cut": _("ended without a decision there"),
}
