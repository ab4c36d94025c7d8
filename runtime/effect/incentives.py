"""Commission by tier: what whoever sold gets of an amount, more for customers whose tier is worth more work.

`percent` of the amount, times the factor in the service plan of the tier that the customer had when it happened (at its instant; of a day at its
beginning, as in runtime/effect/per_tier.py). The factor is that of the model in force; 1 where a plan names none, and without a tier.
"""

from __future__ import annotations

from collections import defaultdict
from dataclasses import dataclass
from datetime import date, timedelta
from decimal import ROUND_HALF_EVEN, Decimal
from typing import TYPE_CHECKING, Any

import sqlalchemy as sa

from runtime.effect.per_tier import edge
from runtime.effect.related import related_rows, require_sources
from runtime.people.may import require
from runtime.records.guard import guard_of, seen_ids
from runtime.records.sources import Rows
from runtime.system.tables import tier_history
from runtime.tiers.seeing import require_tiers, tier_field
from runtime.tiers.worth import owner_field

if TYPE_CHECKING:
    from runtime.definitions.tier_model import TierModel
    from runtime.system.workspace import Act

ONE, CENT = Decimal(1), Decimal("0.01")


@dataclass(frozen=True)
class Share:
    """What one person earned with one tier. `plain`: what it would be without factors."""

    person: int | None
    tier: str | None
    records: int
    amount: Decimal
    factor: Decimal
    plain: Decimal
    commission: Decimal


@dataclass(frozen=True)
class Incentives:
    percent: Decimal
    currency: str | None
    shares: tuple[Share, ...]

    def of(self, person: int | None) -> Decimal:
        return sum((each.commission for each in self.shares if each.person == person), Decimal(0))

    @property
    def people(self) -> list[int | None]:
        """Whoever earned most first; amounts that are nobody's last."""
        found = list(dict.fromkeys(each.person for each in self.shares))
        return sorted(found, key=lambda person: (person is None, -self.of(person), person or 0))


def factor_of(model: TierModel, tier: str | None) -> Decimal:
    plan = model.plans.get(tier or "")
    return plan.commission_factor if plan is not None and plan.commission_factor is not None else ONE


def incentives(act: Act, model: TierModel, first: date, last: date) -> Incentives | None:
    """Of the records that the person sees; None where the model names no amount. Raises NotAllowed for whoever may not see tiers, amounts or
    whose they are."""
    source = model.commission
    if source is None:
        return None
    require_tiers(act, model)
    require_sources(act, source, model.form, source.amount)
    owner = source.person or owner_field(act.catalogue, model)
    if owner is not None:
        require(act.person, "view", source.form if source.person else model.form, None, owner)
    sums: dict[tuple[int | None, str | None], tuple[Decimal, int]] = defaultdict(lambda: (Decimal(0), 0))
    for person, tier, amount, count in _amounts(act, model, first, last):
        before = sums[person, tier]
        sums[person, tier] = before[0] + amount, before[1] + count
    money = source.money(act.catalogue)
    shares = [_share(model, person, tier, *found) for (person, tier), found in sums.items()]
    ranks = {key: rank for key, rank in model.ranks.items()}
    shares.sort(key=lambda each: (each.person is None, each.person or 0, -ranks.get(each.tier or "", 0)))
    return Incentives(source.percent, money.formula_type().currency if money is not None else None, tuple(shares))


def _share(model: TierModel, person: int | None, tier: str | None, amount: Decimal, count: int) -> Share:
    assert model.commission is not None
    plain, factor = amount * model.commission.percent / 100, factor_of(model, tier)
    return Share(person, tier, count, amount, factor, _cents(plain), _cents(plain * factor))


def _cents(value: Decimal) -> Decimal:
    return value.quantize(CENT, ROUND_HALF_EVEN)


def _amounts(act: Act, model: TierModel, first: date, last: date) -> list[Any]:
    """(person, tier at the time, amount, how many records), in one statement."""
    source = model.commission
    assert source is not None
    found, moves = related_rows(act, source, model.form, source.amount), tier_history.alias()
    instant = found.instant
    in_force = sa.and_(
        moves.c.model == act.catalogue.ids["tier_model", model.key],
        moves.c.record == found.of,
        moves.c.valid_from <= instant,
        sa.or_(moves.c.valid_to.is_(None), moves.c.valid_to > instant),
    )
    conditions = [
        *found.conditions,
        found.at >= edge(act, first, found.is_instant),
        found.at < edge(act, last + timedelta(days=1), found.is_instant),
    ]
    seen = seen_ids(act, model.form, *([key] if (key := tier_field(act.catalogue, model)) is not None else []))
    if seen is not None:
        conditions.append(found.of.in_(seen))
    person, begin = _person(act, model, found)
    query = sa.select(person, moves.c.tier_to, sa.func.sum(found.amount), sa.func.count()).select_from(begin.outerjoin(moves, in_force))
    query = query.where(*conditions).group_by(person, moves.c.tier_to)
    rows = act.connection.execute(query, {"today": act.day, "now": act.micros}).all()
    return [(who, tier, Decimal(int(amount or 0)).scaleb(-found.scale), count) for who, tier, amount, count in rows]


def _person(act: Act, model: TierModel, found: Any) -> tuple[Any, Any]:
    """Whose a record is, and what it is read from: a field of its own, or of the customer that it points at."""
    assert model.commission is not None
    if model.commission.person is not None:
        value = found.rows.source.field(model.commission.person)
        return value, found.from_clause()
    key = owner_field(act.catalogue, model)
    if key is None or act.catalogue.forms[model.form].by_key[key].stores != "column":
        return sa.cast(sa.null(), sa.BigInteger()), found.from_clause()
    customers = Rows(act, model.form, guard=guard_of(act))
    own = customers.select(customers.id.label("record"), customers.source.field(key).label("owner")).subquery("customer_owner")
    return own.c.owner, found.from_clause().outerjoin(own, own.c.record == found.of)
