"""A whole population, as far as the person sees it, in figures, by sets: how it is spread over the tiers, how scores lie, and who moved between two days."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date, datetime, time, timedelta
from decimal import Decimal
from typing import TYPE_CHECKING, Any

import sqlalchemy as sa

from runtime.system import clock
from runtime.system.tables import tier_history, tier_state
from runtime.tiers.compiled import CompiledModel, compile
from runtime.tiers.decision import HUNDRED
from runtime.tiers.seeing import of_seen_records

if TYPE_CHECKING:
    from runtime.system.workspace import Act


@dataclass(frozen=True)
class Slice:
    """One tier of a distribution; `share` is a fraction of all that have a tier."""

    key: str
    label: Any
    color: str
    rank: int
    count: int
    share: Decimal
    provisional: int


@dataclass(frozen=True)
class Distribution:
    """Tiers from the best down; `in_grace` and `provisional` count over all of them."""

    tiers: tuple[Slice, ...]
    total: int
    provisional: int
    in_grace: int

    def count(self, tier: str) -> int:
        return next((each.count for each in self.tiers if each.key == tier), 0)


@dataclass(frozen=True)
class Histogram:
    """`counts[tier]` in bins of equal width from 0 to 100; `edges` are the left ends and the right end of the last."""

    edges: tuple[Decimal, ...]
    counts: dict[str, tuple[int, ...]]

    @property
    def total(self) -> tuple[int, ...]:
        return tuple(sum(each) for each in zip(*self.counts.values(), strict=True))


@dataclass(frozen=True)
class Movement:
    """Who was where at the end of two days: `flows` of (tier then, tier now, how many); None stands for no tier."""

    from_: date
    to: date
    tiers: tuple[str, ...]
    flows: tuple[tuple[str | None, str | None, int], ...]
    up: int
    down: int
    stayed: int
    entered: int
    left: int

    def count(self, then: str | None, now: str | None) -> int:
        return next((count for a, b, count in self.flows if (a, b) == (then, now)), 0)

    def matrix(self) -> list[list[int]]:
        """Rows are the tiers then, columns the tiers now, from the best down; last come those without a tier."""
        places = (*self.tiers, None)
        return [[self.count(then, now) for now in places] for then in places]


def distribution(act: Act, model_key: str) -> Distribution:
    """How many records each tier has now."""
    model = compile(act.catalogue, model_key)
    state = tier_state.c
    rows = act.connection.execute(
        sa.select(state.tier, sa.func.count(), sa.func.sum(state.provisional), sa.func.count(state.grace_until))
        .where(state.model == model.number, state.tier.is_not(None), *of_seen_records(act, model.model, state.record))
        .group_by(state.tier)
    ).all()
    counts = {tier: (count, int(provisional), grace) for tier, count, provisional, grace in rows}
    total = sum(count for count, _provisional, _grace in counts.values())
    return Distribution(
        tuple(
            Slice(
                tier.key,
                tier.label,
                tier.color,
                model.rules.ranks[tier.key],
                counts.get(tier.key, (0, 0, 0))[0],
                _share(counts.get(tier.key, (0, 0, 0))[0], total),
                counts.get(tier.key, (0, 0, 0))[1],
            )
            for tier in reversed(model.model.ranked)
        ),
        total,
        sum(each[1] for each in counts.values()),
        sum(each[2] for each in counts.values()),
    )


def _share(count: int, total: int) -> Decimal:
    return (Decimal(count) / total).quantize(Decimal("0.0001")) if total else Decimal(0)


def histogram(act: Act, model_key: str, bins: int = 20) -> Histogram:
    """How the scores lie, tier by tier."""
    model = compile(act.catalogue, model_key)
    state = tier_state.c
    width = HUNDRED // bins
    place = state.score.op("/")(sa.literal_column(str(width)))
    counts = {tier.key: [0] * bins for tier in reversed(model.model.ranked)}
    query = (
        sa.select(state.tier, place.label("bin"), sa.func.count())
        .where(
            state.model == model.number,
            state.score.is_not(None),
            state.tier.is_not(None),
            *of_seen_records(act, model.model, state.record),
        )
        .group_by(state.tier, place)
    )
    for tier, number, count in act.connection.execute(query):
        if tier in counts:
            counts[tier][min(int(number), bins - 1)] += count
    return Histogram(
        tuple((Decimal(100) * number / bins).quantize(Decimal("0.0001")) for number in range(bins + 1)),
        {tier: tuple(each) for tier, each in counts.items()},
    )


def movement(act: Act, model_key: str, from_: date, to: date) -> Movement:
    """Who moved between the end of one day and the end of another, from the history."""
    model = compile(act.catalogue, model_key)
    then, now = _at(act, model, from_, 1), _at(act, model, to, 2)
    both = sa.union_all(then, now).subquery("both_days")
    tier_then = sa.func.max(sa.case((both.c.side == 1, both.c.tier))).label("tier_then")
    tier_now = sa.func.max(sa.case((both.c.side == 2, both.c.tier))).label("tier_now")
    each = sa.select(both.c.record, tier_then, tier_now).group_by(both.c.record).subquery("each_record")
    rows = act.connection.execute(
        sa.select(each.c.tier_then, each.c.tier_now, sa.func.count()).group_by(each.c.tier_then, each.c.tier_now)
    ).all()
    return _movement(model, from_, to, [(row[0], row[1], row[2]) for row in rows if row[0] is not None or row[1] is not None])


def _at(act: Act, model: CompiledModel, day: date, side: int) -> Any:
    """The tiers in force at the end of a day in the workspace's zone."""
    end = clock.to_micros(datetime.combine(day + timedelta(days=1), time(), act.zone))
    row = tier_history.c
    return sa.select(row.record, row.tier_to.label("tier"), sa.literal_column(str(side)).label("side")).where(
        row.model == model.number,
        row.valid_from < end,
        sa.or_(row.valid_to.is_(None), row.valid_to >= end),
        *of_seen_records(act, model.model, row.record),
    )


def _movement(model: CompiledModel, from_: date, to: date, flows: list[tuple[str | None, str | None, int]]) -> Movement:
    ranks = model.rules.ranks
    sums = {"up": 0, "down": 0, "stayed": 0, "entered": 0, "left": 0}
    for then, now, count in flows:
        if then is None or now is None:
            sums["entered" if then is None else "left"] += count
        else:
            a, b = ranks.get(then, 0), ranks.get(now, 0)
            sums["up" if b > a else "down" if b < a else "stayed"] += count
    order = {key: -rank for key, rank in ranks.items()}
    flows.sort(key=lambda flow: (order.get(flow[0] or "", 1), order.get(flow[1] or "", 1)))
    return Movement(from_, to, tuple(tier.key for tier in reversed(model.model.ranked)), tuple(flows), **sums)
