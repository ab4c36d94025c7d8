"""Tier grace: a record would fall to a lower tier and has some days left to keep its own."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import date
from typing import TYPE_CHECKING, Any, ClassVar, Literal

from pydantic import Field

from runtime.automation.triggers._base import EventTrigger
from runtime.automation.words import quoted
from runtime.definitions.model import Key
from runtime.definitions.shelf import TRIGGERS
from runtime.definitions.types import DATE, Type
from runtime.errors import Problem
from runtime.texts import _

if TYPE_CHECKING:
    from runtime.automation.doing import Doing
    from runtime.definitions.catalogue import Catalogue


@TRIGGERS.register
class TierGrace(EventTrigger):
    """Formulas may use `grace_until`, the last day of grace."""

    type: Literal["tier_grace"] = "tier_grace"
    tier_model: Key = Field(title="Tier model")

    events: ClassVar[tuple[str, ...]] = ("tier_grace",)

    def form_key(self, catalogue: Catalogue) -> str | None:
        model = catalogue.tier_models.get(self.tier_model)
        return model.form if model is not None else None

    def listens(self, catalogue: Catalogue) -> Iterator[tuple[str | None, str]]:
        yield self.form_key(catalogue), f"model:{self.tier_model}"

    def names(self, catalogue: Catalogue) -> dict[str, Type]:
        return {"grace_until": DATE}

    def problems(self, catalogue: Catalogue) -> Iterator[Problem]:
        if self.tier_model not in catalogue.tier_models:
            yield Problem("tier_model", _("There is no tier model with the key {key}.", key=self.tier_model))

    def sentence(self, language: str, catalogue: Catalogue) -> str:
        model = catalogue.tier_models.get(self.tier_model)
        return _("when a grace period by {model} begins", model=quoted([model.label if model else self.tier_model], language)).in_language(
            language
        )

    def matches(self, event: Any, record: int | None, item: dict[str, Any], catalogue: Catalogue) -> bool:
        return item.get("model") == self.tier_model and record is not None

    def facts(self, item: dict[str, Any]) -> dict[str, Any] | None:
        return {"until": item.get("until")}

    def values(self, doing: Doing) -> dict[str, Any]:
        until = doing.facts.get("until")
        return {"grace_until": date.fromisoformat(until) if until else None}
