"""A whole population, as far as the person sees it, in figures, by sets: how it is spread over the tiers, how scores lie, and who moved between two days."""

from __future__ import annotations

from collections import Counter
from dataclasses import dataclass
from datetime import date
from decimal import Decimal
from typing import TYPE_CHECKING, Any

import sqlalchemy as sa

from runtime.system.tables import tier_history, tier_state
from runtime.tiers.compiled import CompiledModel, compile
from runtime.tiers.decision import HUNDRED
from runtime.tiers.history_at import end_of, in_force, tier_as_it_was, tiers_on
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
    """Who was where at the end of two days: `flows` of (tier then, tier now, how many); None stands for no tier. `former` are tiers that the
    model has no more; moves from and to them are neither up nor down, and counted in `other`."""

    from_: date
    to: date
    tiers: tuple[str, ...]
    flows: tuple[tuple[str | None, str | None, int], ...]
    up: int
    down: int
    stayed: int
    entered: int
    left: int
    other: int = 0
    former: tuple[str, ...] = ()

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


def distribution_on(act: Act, model_key: str, day: date) -> Distribution:
    """How many records had each tier at the end of a past day; tiers that the model has no more stand last. What was provisional or in grace
    then is not kept."""
    model, counts = compile(act.catalogue, model_key), tiers_on(act, model_key, day)
    total = sum(counts.values())
    now = [
        Slice(
            tier.key,
            tier.label,
            tier.color,
            model.rules.ranks[tier.key],
            counts.get(tier.key, 0),
            _share(counts.get(tier.key, 0), total),
            0,
        )
        for tier in reversed(model.model.ranked)
    ]
    for key in sorted(set(counts) - set(model.rules.ranks)):
        was = tier_as_it_was(act, model_key, key) or {}
        now.append(Slice(key, was.get("label", key), was.get("color", "gray"), 0, counts[key], _share(counts[key], total), 0))
    return Distribution(tuple(now), total, 0, 0)


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
    flows: Counter[tuple[str | None, str | None]] = Counter()
    for query in (*_stayers(act, model, from_, to), _changes(act, model, from_, to)):
        for then, now, count in act.connection.execute(query):
            flows[then, now] += count
    kept = [(then, now, count) for (then, now), count in flows.items() if then is not None or now is not None]
    former = {tier for flow in kept for tier in flow[:2] if tier is not None and tier not in model.rules.ranks}
    return _movement(model, from_, to, kept, tuple(sorted(former, key=lambda tier: _rank_as_it_was(act, model_key, tier))))


def _rank_as_it_was(act: Act, model_key: str, tier: str) -> tuple[Decimal, str]:
    """Orders tiers that the model has no more from the best down."""
    return -Decimal(str((tier_as_it_was(act, model_key, tier) or {}).get("from", 0))), tier


def _stayers(act: Act, model: CompiledModel, from_: date, to: date) -> list[Any]:
    """(tier, the same tier, how many) of the rows in force at the end of both days."""
    row = tier_history.c
    conditions = lasting(act, model, from_, to, *of_seen_records(act, model.model, row.record))
    return [sa.select(row.tier_to, row.tier_to.label("now"), sa.func.count()).where(*each).group_by(row.tier_to) for each in conditions]


def _changes(act: Act, model: CompiledModel, from_: date, to: date) -> Any:
    """(tier then, tier now, how many) of the records with another row at the end of the second day than at the end of the first."""
    each = changed(act, model, from_, to)
    return sa.select(each.c.then, each.c.now, sa.func.count()).group_by(each.c.then, each.c.now)


def lasting(act: Act, model: CompiledModel, from_: date, to: date, *more: Any) -> list[list[Any]]:
    """The conditions of the rows in force at the end of both days, for two statements as in `in_force`."""
    return in_force(model, end_of(act, to), tier_history.c.valid_from < end_of(act, from_), *more)


def changed(act: Act, model: CompiledModel, from_: date, to: date) -> Any:
    """One row for each record whose rows at the end of the two days differ: tier and score then and now, and `at` when the later began."""
    row, first, last = tier_history.c, end_of(act, from_), end_of(act, to)
    seen = of_seen_records(act, model.model, row.record)
    ended = [
        row.model == model.number,
        row.valid_to.is_not(None),
        row.valid_to >= first,
        row.valid_to < last,
        row.valid_from < first,
        *seen,
    ]
    sides = [(1, ended), *((2, each) for each in in_force(model, last, row.valid_from >= first, *seen))]
    both = sa.union_all(*[_side(side, conditions) for side, conditions in sides]).subquery("both_days")

    def of(side: int, column: Any) -> Any:
        return sa.func.max(sa.case((both.c.side == side, column)))

    columns = {"then": of(1, both.c.tier), "now": of(2, both.c.tier), "score_then": of(1, both.c.score), "score_now": of(2, both.c.score)}
    query = sa.select(both.c.record, *[column.label(name) for name, column in columns.items()], of(2, both.c.since).label("at"))
    return query.group_by(both.c.record).subquery("changed")


def _side(side: int, conditions: list[Any]) -> Any:
    row = tier_history.c
    columns = (row.tier_to.label("tier"), row.score_to.label("score"), row.valid_from.label("since"))
    return sa.select(row.record, *columns, sa.literal_column(str(side), sa.Integer).label("side")).where(*conditions)


def _movement(
    model: CompiledModel, from_: date, to: date, flows: list[tuple[str | None, str | None, int]], former: tuple[str, ...]
) -> Movement:
    ranks = model.rules.ranks
    sums = {"up": 0, "down": 0, "stayed": 0, "entered": 0, "left": 0, "other": 0}
    for then, now, count in flows:
        if then is None or now is None:
            sums["entered" if then is None else "left"] += count
        else:
            sums[_way(ranks, then, now)] += count
    order = {key: -rank for key, rank in ranks.items()}
    flows.sort(key=lambda flow: (order.get(flow[0] or "", 1), order.get(flow[1] or "", 1)))
    return Movement(from_, to, tuple(tier.key for tier in reversed(model.model.ranked)), tuple(flows), **sums, former=former)


def _way(ranks: dict[str, int], then: str, now: str) -> str:
    if then == now:
        return "stayed"
    if then not in ranks or now not in ranks:
        return "other"
    return "up" if ranks[now] > ranks[then] else "down"
