"""What tiers cost in follow-ups: for each owner how many a month the service plans ask for."""

from __future__ import annotations

from collections import Counter
from dataclasses import dataclass
from fractions import Fraction
from typing import Any

from runtime.definitions.tier_model import TierModel
from runtime.tiers.tally import Tally

MONTH = 30
"""Days of a month: a plan of every 30 days is one follow-up a month."""


@dataclass(frozen=True)
class Load:
    """Follow-ups a month of one owner, who has the number of a person; None: of records that nobody looks after."""

    owner: int | None
    now: int
    then: int


def has_plans(*models: TierModel | None) -> bool:
    """Whether any plan asks for follow-ups."""
    return any(plan.contact_every_days for model in models if model is not None for plan in model.plans.values())


def loads(tally: Tally, live: TierModel | None, draft: TierModel, grown: Fraction) -> list[Load]:
    """The busiest owners first; `grown` is population ÷ sample."""
    found = [Load(owner, _follow_ups(live, now, grown), _follow_ups(draft, then, grown)) for owner, (now, then) in tally.by_owner().items()]
    busy = [each for each in found if each.now or each.then]
    return sorted(busy, key=lambda each: (each.owner is None, -each.then, -each.now, each.owner or 0))


def _follow_ups(model: TierModel | None, counts: Counter[Any], grown: Fraction) -> int:
    if model is None:
        return 0
    asked = sum(
        (Fraction(MONTH * count, days_between(model, tier)) for tier, count in counts.items() if days_between(model, tier)), Fraction()
    )
    return int(asked * grown + Fraction(1, 2))


def days_between(model: TierModel, tier: str | None) -> int:
    """Days between two follow-ups of a tier's plan; 0 where it asks for none."""
    plan = model.plans.get(tier or "")
    return (plan.contact_every_days or 0) if plan is not None else 0
