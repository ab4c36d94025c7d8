"""Start cadence: begins a follow-up plan for the record."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, Literal

from runtime import cadence
from runtime.automation.steps._cadence import WithPlan
from runtime.definitions.shelf import STEPS
from runtime.texts import _

if TYPE_CHECKING:
    from runtime.automation.doing import Doing
    from runtime.definitions.catalogue import Catalogue


@STEPS.register
class StartCadence(WithPlan):
    """The clock makes its to-dos from then on. A plan of the same model that is running gives way."""

    type: Literal["start_cadence"] = "start_cadence"

    def sentence(self, language: str, catalogue: Catalogue, form: str | None = None) -> str:
        message = _("start the follow-up plan {plan}", plan=self.plan_label(language, catalogue))
        return self.of_target(language, catalogue, form, message)

    def run(self, doing: Doing) -> dict[str, Any] | None:
        aim = self.aimed(doing)
        if aim is None:
            return None
        started = cadence.start(doing.act, aim.record, self.plan)
        return dict(started) if started else doing.skip(_("This plan is running already, or the record's tier has none."))
