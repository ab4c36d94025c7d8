"""Stop cadence: ends the follow-up plan of the record."""

from __future__ import annotations

from collections.abc import Iterator
from typing import TYPE_CHECKING, Any, Literal

from pydantic import Field

from runtime import cadence
from runtime.automation.places import formulas_in
from runtime.automation.steps._cadence import WithPlan
from runtime.definitions.model import FormulaUse, Text
from runtime.definitions.shelf import STEPS
from runtime.definitions.types import Type
from runtime.texts import _

if TYPE_CHECKING:
    from runtime.automation.doing import Doing
    from runtime.definitions.catalogue import Catalogue


@STEPS.register
class StopCadence(WithPlan):
    """To-dos of the plan that are still open are taken away."""

    type: Literal["stop_cadence"] = "stop_cadence"
    why: Text | None = Field(None, title="Reason")

    def formulas(self, form: str | None, names: dict[str, Type], catalogue: Catalogue) -> Iterator[FormulaUse]:
        yield from formulas_in("why", self.why, form, names)

    def sentence(self, language: str, catalogue: Catalogue, form: str | None = None) -> str:
        message = _("stop the follow-up plan {plan}", plan=self.plan_label(language, catalogue))
        return self.of_target(language, catalogue, form, message)

    def run(self, doing: Doing) -> dict[str, Any] | None:
        aim = self.aimed(doing)
        if aim is None:
            return None
        why = doing.filled(self.why, None) if self.why is not None else None
        stopped = cadence.stop(doing.act, aim.record, self.plan, why)
        return {"stopped": stopped} if stopped else doing.skip(_("No such plan is running for this record."))
