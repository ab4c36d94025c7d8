"""Tier changed: a tier model gave a record another tier."""

from __future__ import annotations

from collections.abc import Iterator
from typing import TYPE_CHECKING, Any, ClassVar, Literal

from pydantic import Field

from runtime.automation.triggers._base import EventTrigger
from runtime.automation.words import quoted
from runtime.definitions.model import Key
from runtime.definitions.shelf import TRIGGERS
from runtime.definitions.types import CHOICE, Type
from runtime.errors import Problem
from runtime.texts import Message, _

if TYPE_CHECKING:
    from runtime.automation.doing import Doing
    from runtime.definitions.catalogue import Catalogue
    from runtime.definitions.tier_model import TierModel


@TRIGGERS.register
class TierChanged(EventTrigger):
    """`direction` up and down are moves between tiers; a first tier is neither. Formulas may use `tier_before` and `tier_after`."""

    type: Literal["tier_changed"] = "tier_changed"
    tier_model: Key = Field(title="Tier model")
    to: tuple[str, ...] = Field((), title="To one of these tiers")
    from_: tuple[str, ...] = Field((), alias="from", title="From one of these tiers")
    direction: Literal["up", "down", "any"] = Field("any", title="Direction")

    events: ClassVar[tuple[str, ...]] = ("tier_changed",)

    def form_key(self, catalogue: Catalogue) -> str | None:
        model = catalogue.tier_models.get(self.tier_model)
        return model.form if model is not None else None

    def listens(self, catalogue: Catalogue) -> Iterator[tuple[str | None, str]]:
        yield self.form_key(catalogue), f"model:{self.tier_model}"

    def names(self, catalogue: Catalogue) -> dict[str, Type]:
        model = catalogue.tier_models.get(self.tier_model)
        tiers = CHOICE(tuple(tier.key for tier in model.ranked) if model is not None else ())
        return {"tier_before": tiers, "tier_after": tiers}

    def problems(self, catalogue: Catalogue) -> Iterator[Problem]:
        model = catalogue.tier_models.get(self.tier_model)
        if model is None:
            yield Problem("tier_model", _("There is no tier model with the key {key}.", key=self.tier_model))
            return
        for name, keys in (("to", self.to), ("from", self.from_)):
            for number, key in enumerate(keys):
                if key not in model.by_key:
                    yield Problem(f"{name}/{number}", _("This model has no tier with the key {key}.", key=key))

    def sentence(self, language: str, catalogue: Catalogue) -> str:
        model = catalogue.tier_models.get(self.tier_model)
        label = quoted([model.label if model is not None else self.tier_model], language)
        to, since = (self._tiers(keys, model, language) for keys in (self.to, self.from_))
        part = "both" if to and since else "to" if to else "since" if since else "whole"
        return Message(_MOVED[self.direction][part].text, {"model": label, "to": to, "since": since}).in_language(language)

    def _tiers(self, keys: tuple[str, ...], model: TierModel | None, language: str) -> str:
        return quoted([model.by_key[key].label if model is not None and key in model.by_key else key for key in keys], language)

    def matches(self, event: Any, record: int | None, item: dict[str, Any], catalogue: Catalogue) -> bool:
        if item.get("model") != self.tier_model or record is None:
            return False
        if self.direction != "any" and item.get("direction") != self.direction:
            return False
        return (not self.to or item.get("to") in self.to) and (not self.from_ or item.get("from") in self.from_)

    def facts(self, item: dict[str, Any]) -> dict[str, Any] | None:
        return {"tier_before": item.get("from"), "tier_after": item.get("to")}

    def values(self, doing: Doing) -> dict[str, Any]:
        return {name: doing.facts.get(name) for name in ("tier_before", "tier_after")}

    def is_promotion_only_provisional(self, item: dict[str, Any]) -> bool:
        return bool(item.get("provisional")) and item.get("direction") == "up"


_MOVED = {
    "up": {
        "whole": _("when the tier by {model} rises"),
        "to": _("when the tier by {model} rises to {to}"),
        "since": _("when the tier by {model} rises from {since}"),
        "both": _("when the tier by {model} rises from {since} to {to}"),
    },
    "down": {
        "whole": _("when the tier by {model} falls"),
        "to": _("when the tier by {model} falls to {to}"),
        "since": _("when the tier by {model} falls from {since}"),
        "both": _("when the tier by {model} falls from {since} to {to}"),
    },
    "any": {
        "whole": _("when the tier by {model} changes"),
        "to": _("when the tier by {model} becomes {to}"),
        "since": _("when the tier by {model} is no longer {since}"),
        "both": _("when the tier by {model} changes from {since} to {to}"),
    },
}
