"""Workflow finished: a run of a workflow is over, or came back to whoever started it."""

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

Status = Literal["approved", "rejected", "returned", "withdrawn", "ended"]


@TRIGGERS.register
class WorkflowFinished(OfWorkflow):
    """Formulas may use `workflow.status` and `workflow.starter`."""

    type: Literal["workflow_finished"] = "workflow_finished"
    workflow: Key = Field(title="Workflow")
    status: tuple[Status, ...] = Field(("approved",), min_length=1, title="How it went")

    events: ClassVar[tuple[str, ...]] = ("workflow_finished",)

    def names(self, catalogue: Catalogue) -> dict[str, Type]:
        return {"workflow.status": CHOICE(get_args(Status)), "workflow.starter": MEMBER}

    def problems(self, catalogue: Catalogue) -> Iterator[Problem]:
        if self.workflow not in catalogue.workflows:
            yield Problem("workflow", _("There is no workflow with the key {key}.", key=self.workflow))

    def sentence(self, language: str, catalogue: Catalogue) -> str:
        flow = catalogue.workflows.get(self.workflow)
        name = quoted([flow.label if flow is not None else self.workflow], language)
        ways = [_WAYS[each].in_language(language) for each in self.status]
        return _("when {workflow} is {ways}", workflow=name, ways=_OR.in_language(language).join(ways)).in_language(language)

    def matches(self, event: Any, record: int | None, item: dict[str, Any], catalogue: Catalogue) -> bool:
        return record is not None and item.get("workflow") == self.workflow and item.get("status") in self.status

    def facts(self, item: dict[str, Any]) -> dict[str, Any] | None:
        return {"status": item.get("status"), "starter": item.get("starter")}

    def values(self, doing: Doing) -> dict[str, Any]:
        return {f"workflow.{name}": doing.facts.get(name) for name in ("status", "starter")}


_OR: Message = _(" or ")
_WAYS: dict[str, Message] = {
    "approved": _("approved"),
    "rejected": _("rejected"),
    "returned": _("returned"),
    "withdrawn": _("withdrawn"),
    "ended": _("ended"),
}
