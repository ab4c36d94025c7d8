"""Start workflow: submits the record for approval."""

from __future__ import annotations

from collections.abc import Iterator
from typing import TYPE_CHECKING, Any, Literal

from pydantic import Field

from runtime.automation.listening import author_of
from runtime.automation.steps._base import STEP_FORMULAS
from runtime.automation.steps._workflow import WithWorkflow
from runtime.collaboration import telling
from runtime.definitions.model import FormulaText, FormulaUse
from runtime.definitions.shelf import STEPS
from runtime.definitions.types import MEMBER, Type
from runtime.errors import Problem, Refused
from runtime.people.person import SYSTEM, Person
from runtime.texts import _
from runtime.workflow import boxes, running

if TYPE_CHECKING:
    from runtime.automation.doing import Doing
    from runtime.definitions.catalogue import Catalogue


@STEPS.register
class StartWorkflow(WithWorkflow):
    """Whoever it is started in the name of must be one who may start it: to them it is returned. Where it is under way already, nothing is done."""

    type: Literal["start_workflow"] = "start_workflow"
    starter: FormulaText | None = Field(None, title="In whose name")
    """A formula for a person. Left out: the automation's owner, or whoever published it."""

    def formulas(self, form: str | None, names: dict[str, Type], catalogue: Catalogue) -> Iterator[FormulaUse]:
        if self.starter is not None:
            yield FormulaUse("starter", self.starter, form, None, MEMBER, names, STEP_FORMULAS)

    def sentence(self, language: str, catalogue: Catalogue, form: str | None = None) -> str:
        message = _("submit the record for {workflow}", workflow=self.flow_label(language, catalogue))
        return self.of_target(language, catalogue, form, message)

    def run(self, doing: Doing) -> dict[str, Any] | None:
        aim = self.aimed(doing)
        if aim is None:
            return None
        act = doing.act
        if boxes.under_way(act, self.workflow, aim.record) is not None:
            return doing.skip(_("This workflow is under way for this record already."))
        owner = act.person
        act.act_for(self._starter(doing))
        try:
            return {"run": running.start(act, self.workflow, aim.record)}
        finally:
            act.act_for(owner)

    def _starter(self, doing: Doing) -> Person:
        act = doing.act
        number = (
            doing.value(self.starter)
            if self.starter is not None
            else act.person.id or author_of(act, doing.automation.key, doing.run.version)
        )
        if not number:
            return SYSTEM
        found = telling.person_in(act, number)
        if found is None:
            raise Refused([Problem("", _("The person in whose name it would be started is not here any more."))])
        return found
