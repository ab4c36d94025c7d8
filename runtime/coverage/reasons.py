"""A tier that nothing uses is published only with a written reason, which is kept with the version.

Asked is whoever changes a tier model that is in force already, or adds one to an app in which automations are at work: by then a tier that
changes nothing is an oversight, or a decision that others should be able to read. A first model of a new app, as a template brings it, is not
asked: what will use its tiers is made afterwards. A reason given once holds for later versions while the tier stays unused.
"""

from __future__ import annotations

from collections.abc import Iterator
from typing import TYPE_CHECKING, Any

from runtime.automation.listening import at_work
from runtime.coverage.consumers import is_used, tier_consumers
from runtime.definitions.reasons import Need
from runtime.texts import _

if TYPE_CHECKING:
    from runtime.definitions.catalogue import Catalogue
    from runtime.definitions.model import Definition
    from runtime.definitions.tier_model import TierModel
    from runtime.system.workspace import Act


def unused_tiers(catalogue: Catalogue, model: TierModel) -> list[str]:
    """From the best down."""
    found = tier_consumers(catalogue, model)
    return [tier.key for tier in reversed(model.ranked) if not is_used(found[tier.key])]


def needs(act: Act, wanted: Catalogue, definitions: list[Definition]) -> Iterator[Need]:
    """The reasons that publishing a set asks for. `wanted`: the catalogue as it will be."""
    lanes = {lane.tier_model for model in wanted.tier_models.values() for lane in model.lanes}
    for each in definitions:
        model: Any = each
        if model.kind != "tier_model" or model.key in lanes or not _is_asked(act, model):
            continue
        for tier in unused_tiers(wanted, model):
            label = model.by_key[tier].label
            sentence = _(
                "Nothing uses the tier “{tier}” of “{model}”: no plan, automation, permission, list, or report.",
                tier=label,
                model=model.label,
            )
            yield Need("tier_model", model.key, f"tier:{tier}", sentence)


def _is_asked(act: Act, model: TierModel) -> bool:
    before = act.catalogue
    live = before.tier_models.get(model.key)
    if live is not None:
        return live.model_dump() != model.model_dump()
    return any(each.app == model.app and model.app is not None for each in at_work(before))
