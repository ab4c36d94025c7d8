"""What each tier brought and what it cost, by the tier that the customer had at the time.

A record of a source counts for the tier of the history that was in force when it happened: at its instant, or for a field that holds only a
day at the beginning of that day, so that an order never counts for the tier that it led to. What happened before a customer's first rating
counts for no tier and stands in a line of its own.
"""

from __future__ import annotations

from collections import defaultdict
from dataclasses import dataclass
from datetime import date, datetime, time, timedelta
from decimal import Decimal
from typing import TYPE_CHECKING, Any

import sqlalchemy as sa

from runtime.definitions.effect import Cost, Revenue
from runtime.effect.related import related_rows, require_sources
from runtime.records.guard import seen_ids
from runtime.system import clock
from runtime.system.tables import tier_history
from runtime.tiers.history_at import tier_as_it_was, tiers_on
from runtime.tiers.seeing import require_tiers, tier_field

if TYPE_CHECKING:
    from runtime.definitions.tier_model import TierModel
    from runtime.system.workspace import Act

HOUR = Decimal(60)


@dataclass(frozen=True)
class Money:
    """Of one period."""

    revenue: Decimal = Decimal(0)
    cost: Decimal = Decimal(0)
    records: int = 0

    @property
    def contribution(self) -> Decimal:
        return self.revenue - self.cost

    @property
    def pay_back(self) -> Decimal | None:
        """Revenue for each unit of cost; None where nothing was spent."""
        return self.revenue / self.cost if self.cost else None


@dataclass(frozen=True)
class TierEffect:
    """One tier in the period and in the one before; `tier` None: had no tier then. `customers`: at the end of the period."""

    tier: str | None
    label: Any
    color: str
    customers: int
    now: Money
    before: Money

    @property
    def change(self) -> Decimal | None:
        """Of the contribution against the period before, as a share of that one; None where it was not above zero."""
        was = self.before.contribution
        return (self.now.contribution - was) / was if was > 0 else None


@dataclass(frozen=True)
class EffectTable:
    """Two periods of equal length: `first` to `last`, and from `before` to the day before `first`. Tiers from the best down, then such that
    the model has no more, then those without one."""

    first: date
    last: date
    before: date
    currency: str | None
    has_revenue: bool
    has_costs: bool
    rows: tuple[TierEffect, ...]

    @property
    def whole(self) -> tuple[Money, Money]:
        return _sum([each.now for each in self.rows]), _sum([each.before for each in self.rows])


def effect_table(act: Act, model: TierModel, first: date, last: date) -> EffectTable | None:
    """None where nobody has set where revenue and cost come from. Raises NotAllowed where the person may not see what is read."""
    wanted = model.effect
    if wanted is None or not (wanted.revenue or wanted.costs):
        return None
    require_tiers(act, model)
    for _path, source in wanted.sources():
        require_sources(act, source, model.form, _value(source))
    before = first - (last - first) - timedelta(days=1)
    sums: dict[tuple[str | None, bool], dict[str, Decimal]] = defaultdict(lambda: defaultdict(Decimal))
    for _path, source in wanted.sources():
        name = "revenue" if isinstance(source, Revenue) else "cost"
        for tier, is_now, amount, count in _amounts(act, model, source, before, first, last):
            sums[tier, is_now][name] += amount
            sums[tier, is_now]["records"] += count
    return EffectTable(
        first,
        last,
        before,
        wanted.currency(act.catalogue),
        bool(wanted.revenue),
        bool(wanted.costs),
        tuple(_rows(act, model, sums, tiers_on(act, model.key, min(last, act.today)))),
    )


def _value(source: Revenue | Cost) -> str | None:
    return source.amount if isinstance(source, Revenue) else source.amount or source.time


def _amounts(act: Act, model: TierModel, source: Revenue | Cost, before: date, first: date, last: date) -> list[Any]:
    """(tier, whether in the later period, amount, how many records), in one statement."""
    found, moves = related_rows(act, source, model.form, _value(source)), tier_history.alias()
    start, middle, end = (edge(act, day, found.is_instant) for day in (before, first, last + timedelta(days=1)))
    is_now = sa.case((found.at >= middle, 1), else_=0)
    instant = found.instant
    in_force = sa.and_(
        moves.c.model == act.catalogue.ids["tier_model", model.key],
        moves.c.record == found.of,
        moves.c.valid_from <= instant,
        sa.or_(moves.c.valid_to.is_(None), moves.c.valid_to > instant),
    )
    conditions = [*found.conditions, found.at >= start, found.at < end]
    seen = seen_ids(act, model.form, *([key] if (key := tier_field(act.catalogue, model)) is not None else []))
    if seen is not None:
        conditions.append(found.of.in_(seen))
    query = (
        sa.select(moves.c.tier_to, is_now, sa.func.sum(found.amount), sa.func.count())
        .select_from(found.from_clause().outerjoin(moves, in_force))
        .where(*conditions)
        .group_by(moves.c.tier_to, is_now)
    )
    rows = act.connection.execute(query, {"today": act.day, "now": act.micros}).all()
    return [(tier, bool(later), _money(source, int(amount or 0), found.scale), count) for tier, later, amount, count in rows]


def edge(act: Act, day: date, is_instant: bool) -> int:
    """The beginning of a day as the field keeps it."""
    return clock.to_micros(datetime.combine(day, time(), act.zone)) if is_instant else clock.to_day(day)


def _money(source: Revenue | Cost, amount: int, scale: int) -> Decimal:
    value = Decimal(amount).scaleb(-scale)
    if isinstance(source, Revenue) or source.amount is not None:
        return value
    return value / (HOUR if source.unit == "minutes" else 1) * (source.rate or Decimal(0))


def _rows(act: Act, model: TierModel, sums: Any, counts: dict[str, int]) -> list[TierEffect]:
    former = sorted({tier for tier, _now in sums if tier is not None and tier not in model.by_key})
    keys: list[str | None] = [*(tier.key for tier in reversed(model.ranked)), *former]
    if (None, True) in sums or (None, False) in sums:
        keys.append(None)
    return [_row(act, model, key, sums, counts) for key in keys]


def _row(act: Act, model: TierModel, key: str | None, sums: Any, counts: dict[str, int]) -> TierEffect:
    tier = model.by_key.get(key or "")
    was = {} if tier is not None or key is None else tier_as_it_was(act, model.key, key) or {}
    label, color = (tier.label, tier.color) if tier is not None else (was.get("label", key), was.get("color", "gray"))
    now, before = (_of(sums.get((key, is_now), {})) for is_now in (True, False))
    return TierEffect(key, label, color, counts.get(key or "", 0), now, before)


def _of(found: dict[str, Decimal]) -> Money:
    return Money(found.get("revenue", Decimal(0)), found.get("cost", Decimal(0)), int(found.get("records", 0)))


def _sum(given: list[Money]) -> Money:
    zero = Decimal(0)
    return Money(sum((each.revenue for each in given), zero), sum((each.cost for each in given), zero), sum(each.records for each in given))
