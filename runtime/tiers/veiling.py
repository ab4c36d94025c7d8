"""An explanation of a tier without what is kept from its reader."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace
from typing import TYPE_CHECKING

from runtime.definitions.tier_model import TierModel
from runtime.formulas.definitions import formula
from runtime.records.guard import reads_whole
from runtime.texts import _
from runtime.tiers.explaining import explain
from runtime.tiers.explanation import Dimension, Explanation, Figure
from runtime.tiers.seeing import sees_tiers

if TYPE_CHECKING:
    from runtime.system.workspace import Act


def explain_to(act: Act, model: TierModel, record: int) -> Explanation | None:
    """The explanation as the act's person may read it: without the values made of what is kept from them; None where they see no tier.

    The shares stay, because they add up to the score, which goes with the tier.
    """
    if not sees_tiers(act, model, record):
        return None
    found = explain(act, model.key, record)
    closed = {each.key: each.label for each in _closed(act, model, found, record)}
    if not closed:
        return found
    return replace(
        found,
        dimensions=tuple(_without_value(each) if each.key in closed else each for each in found.dimensions),
        provisional=tuple(each for each in found.provisional if each.values.get("dimension") not in closed.values()),
        next=tuple(each for each in found.next if not any(change.dimension in closed for change in each.changes)),
    )


def _closed(act: Act, model: TierModel, found: Explanation, record: int) -> Iterator[Dimension]:
    """The dimensions whose formulas read something that the person may not see."""
    if act.person.rights is None:
        return
    rated = next((each.tier_model for each in model.lanes if each.key == found.lane), model.key)
    texts = {each.key: each.value for each in act.catalogue.tier_models[rated].dimensions}
    for each in found.dimensions:
        if not reads_whole(act, model.form, formula(act.catalogue, model.form, texts[each.key]), record):
            yield each


def _without_value(given: Dimension) -> Dimension:
    why = _("This value is made of fields that you may not see.")
    return replace(given, value=None, display=Figure(None, given.display.type), band=None, missing=False, why=why, open=False)
