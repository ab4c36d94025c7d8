"""How much tiers move: an index of mobility, who stays, and how long one stays in a tier."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date
from decimal import Decimal
from typing import TYPE_CHECKING

import sqlalchemy as sa

from runtime.system.tables import tier_history
from runtime.tiers.compiled import DAY_MICROS, compile
from runtime.tiers.figures import Movement
from runtime.tiers.history_at import end_of, in_force
from runtime.tiers.seeing import of_seen_records

if TYPE_CHECKING:
    from runtime.system.workspace import Act


@dataclass(frozen=True)
class Stickiness:
    """Of those who had a tier then and have one now: how many there were, and the shares that stayed, rose and fell."""

    tier: str
    count: int
    stayed: Decimal | None
    up: Decimal | None
    down: Decimal | None


def mobility_index(moved: Movement) -> Decimal | None:
    """How much of a population moves between two days, from 0 (everybody stays): (n − trace P) ÷ (n − 1).

    P is the matrix of shares of those in a tier then who are in each tier now; n the number of tiers. 1 is what happens when the later tier
    does not depend on the earlier one; more than 1 means that people rather leave their tier than not. S. J. Prais, “Measuring social
    mobility”, Journal of the Royal Statistical Society A 118 (1955), 56–66; A. F. Shorrocks, “The measurement of mobility”, Econometrica 46
    (1978), 1013–1024, where it is the index M̂(P). A tier in which nobody was has no row of shares: the mean share of leavers is then taken
    over the other tiers. Who came or left has no tier on one of the days and is left out. None where there is one tier, or nobody.
    """
    leavers = [1 - each.stayed for each in stickiness(moved) if each.stayed is not None]
    n = len(moved.tiers)
    if not leavers or n < 2:
        return None
    return _rounded(sum(leavers, Decimal(0)) / len(leavers) * n / (n - 1))


def stickiness(moved: Movement) -> tuple[Stickiness, ...]:
    """For each tier, from the best down, what became of those who had it."""
    found = []
    for place, tier in enumerate(moved.tiers):
        now = [moved.count(tier, each) for each in moved.tiers]
        total = sum(now)
        shares = (
            [None, None, None] if not total else [Decimal(each) / total for each in (now[place], sum(now[:place]), sum(now[place + 1 :]))]
        )
        found.append(Stickiness(tier, total, *shares))
    return tuple(found)


def share_stayed(moved: Movement) -> Decimal | None:
    """Of all who had a tier on both days, the share that has the same."""
    both = moved.stayed + moved.up + moved.down
    return _rounded(Decimal(moved.stayed) / both) if both else None


def net_promotion(moved: Movement) -> Decimal | None:
    """Of all who had a tier on both days, the share that rose less the share that fell."""
    both = moved.stayed + moved.up + moved.down
    return _rounded(Decimal(moved.up - moved.down) / both) if both else None


def median_days(act: Act, model_key: str, day: date) -> dict[str, int]:
    """For each tier the median of the days since when its records had it, at the end of a day; of two in the middle the lower. Counts what the
    person sees."""
    model, row, end = compile(act.catalogue, model_key), tier_history.c, end_of(act, day)
    seen = of_seen_records(act, model.model, row.record)
    passed = sa.literal_column(str(end - 1), sa.BigInteger) - row.valid_from
    days = passed.op("/", precedence=8)(sa.literal_column(str(DAY_MICROS), sa.BigInteger)).label("days")
    counts: dict[str, dict[int, int]] = {}
    for conditions in in_force(model, end, row.tier_to.is_not(None), *seen):
        query = sa.select(row.tier_to, days, sa.func.count()).where(*conditions).group_by(row.tier_to, days)
        for tier, age, count in act.connection.execute(query):
            own = counts.setdefault(tier, {})
            own[int(age)] = own.get(int(age), 0) + count
    return {tier: _median(each) for tier, each in counts.items()}


def _median(counts: dict[int, int]) -> int:
    middle, passed = (sum(counts.values()) + 1) // 2, 0
    for value in sorted(counts):
        passed += counts[value]
        if passed >= middle:
            return value
    raise AssertionError("a tier without records has no row")


def _rounded(value: Decimal) -> Decimal:
    return value.quantize(Decimal("0.0001"))
