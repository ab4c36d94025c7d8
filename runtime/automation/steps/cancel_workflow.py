"""Cancel workflow: ends what is under way for the record, because it has become pointless."""

from __future__ import annotations

from collections.abc import Iterator
from typing import TYPE_CHECKING, Any, Literal

from pydantic import Field

from runtime.automation.places import formulas_in
from runtime.automation.steps._workflow import WithWorkflow
from runtime.definitions.model import FormulaUse, Text
from runtime.definitions.shelf import STEPS
from runtime.definitions.types import Type
from runtime.texts import _
from runtime.workflow import boxes, running

if TYPE_CHECKING:
    from runtime.automation.doing import Doing
    from runtime.definitions.catalogue import Catalogue


@STEPS.register
class CancelWorkflow(WithWorkflow):
    """Whoever is asked is told that there is nothing more to do. The owner must be one who administers the workspace."""

    type: Literal["cancel_workflow"] = "cancel_workflow"
    why: Text | None = Field(None, title="Reason")

    def formulas(self, form: str | None, names: dict[str, Type], catalogue: Catalogue) -> Iterator[FormulaUse]:
        yield from formulas_in("why", self.why, form, names)

    def sentence(self, language: str, catalogue: Catalogue, form: str | None = None) -> str:
        message = _("end {workflow} where it is under way", workflow=self.flow_label(language, catalogue))
        return self.of_target(language, catalogue, form, message)

    def run(self, doing: Doing) -> dict[str, Any] | None:
        aim = self.aimed(doing)
        if aim is None:
            return None
        run = boxes.under_way(doing.act, self.workflow, aim.record)
        if run is None:
            return doing.skip(_("This workflow is not under way for this record."))
        running.end(doing.act, run, doing.filled(self.why, None) if self.why is not None else "")
        return {"run": run}
