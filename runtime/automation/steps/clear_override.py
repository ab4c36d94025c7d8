"""Clear override: ends a tier that was set by hand; the computed one returns."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, Literal

from runtime.automation.steps._overriding import Overriding
from runtime.definitions.shelf import STEPS
from runtime.texts import _
from runtime.tiers import overriding

if TYPE_CHECKING:
    from runtime.automation.doing import Doing
    from runtime.definitions.catalogue import Catalogue


@STEPS.register
class ClearOverride(Overriding):
    type: Literal["clear_override"] = "clear_override"

    def sentence(self, language: str, catalogue: Catalogue, form: str | None = None) -> str:
        return self.of_target(language, catalogue, form, _("lift the tier that was set by hand"))

    def run(self, doing: Doing) -> dict[str, Any] | None:
        aim = self.aimed(doing)
        if aim is None:
            return None
        if not overriding.lift_override(doing.act, self.tier_model, aim.record):
            return doing.skip(_("The tier was not set by hand."))
        return {"record": aim.record, "lifted": True}
