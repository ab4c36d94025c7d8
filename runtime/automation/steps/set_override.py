"""Set override: sets the tier by hand, with a reason and a last day."""

from __future__ import annotations

from collections.abc import Iterator
from typing import TYPE_CHECKING, Any, Literal

from pydantic import Field

from runtime.automation.places import formulas_in
from runtime.automation.steps._overriding import Overriding
from runtime.automation.words import quoted
from runtime.definitions.model import FormulaText, FormulaUse, Key, Text
from runtime.definitions.shelf import STEPS
from runtime.definitions.types import DATE, Type
from runtime.errors import Problem
from runtime.texts import _
from runtime.tiers import overriding

if TYPE_CHECKING:
    from runtime.automation.doing import Doing
    from runtime.definitions.catalogue import Catalogue


@STEPS.register
class SetOverride(Overriding):
    """The computed tier returns by itself after the last day. The owner of the automation must be one who decides about tiers."""

    type: Literal["set_override"] = "set_override"
    tier: Key = Field(title="Tier")
    reason: Text = Field(title="Reason")
    until: FormulaText | None = Field(None, title="Last day")

    def problems(self, form: str | None, catalogue: Catalogue) -> Iterator[Problem]:
        yield from super().problems(form, catalogue)
        model = catalogue.tier_models.get(self.tier_model)
        if model is not None and self.tier not in model.by_key:
            yield Problem("tier", _("This model has no tier with the key {key}.", key=self.tier))

    def formulas(self, form: str | None, names: dict[str, Type], catalogue: Catalogue) -> Iterator[FormulaUse]:
        yield from formulas_in("reason", self.reason, form, names)
        if self.until is not None:
            yield FormulaUse("until", self.until, form, None, DATE, names, frozenset({"person"}))

    def sentence(self, language: str, catalogue: Catalogue, form: str | None = None) -> str:
        model = catalogue.tier_models.get(self.tier_model)
        tier = quoted([model.by_key[self.tier].label if model is not None and self.tier in model.by_key else self.tier], language)
        message = _("set the tier to {tier} by hand", tier=tier)
        if self.until is not None:
            message = _("set the tier to {tier} by hand until {day}", tier=tier, day=self.until)
        return self.of_target(language, catalogue, form, message)

    def run(self, doing: Doing) -> dict[str, Any] | None:
        aim = self.aimed(doing)
        if aim is None:
            return None
        until = None if self.until is None else doing.value(self.until)
        if self.until is not None and until is None:
            return doing.skip(_("The last day is blank, so the tier was left as it is."))
        reason = doing.filled(self.reason, None)
        number = overriding.override(doing.act, self.tier_model, aim.record, self.tier, reason, until)
        return {"record": aim.record, "tier": self.tier, "override": number, "until": None if until is None else until.isoformat()}
