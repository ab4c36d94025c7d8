"""Who moved between two days, and who is in grace or provisional: the records behind the figures of a tier model."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date, datetime
from decimal import Decimal
from typing import TYPE_CHECKING, Any, Literal

import sqlalchemy as sa

from runtime.system import clock
from runtime.system.tables import tier_history, tier_state
from runtime.tiers.compiled import CompiledModel, compile
from runtime.tiers.decision import POINT
from runtime.tiers.figures import changed, lasting
from runtime.tiers.seeing import of_seen_records

if TYPE_CHECKING:
    from runtime.system.workspace import Act

NOBODY = "-"
"""Stands for “no tier” where a tier is asked for."""
Direction = Literal["up", "down", "stayed", "entered", "left", "moved"]


@dataclass(frozen=True)
class Mover:
    """One record with its tiers and scores at the end of two days; None without one. `at` is when the later tier began."""

    record: int
    then: str | None
    now: str | None
    score_then: Decimal | None
    score_now: Decimal | None
    at: datetime | None


@dataclass(frozen=True)
class Held:
    """A record in grace (`until`, the tier it would fall to is not decided yet) or with a provisional tier."""

    record: int
    tier: str | None
    score: Decimal | None
    until: date | None
    since: datetime | None


@dataclass(frozen=True)
class Found:
    """A page of records in the order of their ids; `next` is the cursor of the following one."""

    records: list[Any]
    total: int
    next: int | None


def movers(
    act: Act,
    model_key: str,
    from_: date,
    to: date,
    then: str | None = None,
    now: str | None = None,
    direction: Direction | None = None,
    after: int = 0,
    limit: int = 50,
) -> Found:
    """The records with these tiers (NOBODY: none) at the end of the two days, or that moved in this direction."""
    model = compile(act.catalogue, model_key)
    each = _both(act, model, from_, to)
    condition = sa.and_(sa.or_(each.c.then.is_not(None), each.c.now.is_not(None)), *_conditions(model, each, then, now, direction))
    total = act.connection.execute(sa.select(sa.func.count()).select_from(each).where(condition)).scalar() or 0
    rows = act.connection.execute(sa.select(each).where(condition, each.c.record > after).order_by(each.c.record).limit(limit + 1)).all()
    records = [
        Mover(row.record, row.then, row.now, _points(row.score_then), _points(row.score_now), clock.from_micros(row.at))
        for row in rows[:limit]
    ]
    return Found(records, total, records[-1].record if len(rows) > limit else None)


def held(act: Act, model_key: str, why: Literal["grace", "provisional"], after: int = 0, limit: int = 50) -> Found:
    """The records in grace, or those whose tier is provisional."""
    state, model = tier_state.c, compile(act.catalogue, model_key)
    condition = sa.and_(
        state.model == model.number,
        state.tier.is_not(None),
        state.grace_until.is_not(None) if why == "grace" else state.provisional == 1,
        *of_seen_records(act, model.model, state.record),
    )
    total = act.connection.execute(sa.select(sa.func.count()).select_from(tier_state).where(condition)).scalar() or 0
    columns = (state.record, state.tier, state.score, state.grace_until, state.since)
    rows = act.connection.execute(sa.select(*columns).where(condition, state.record > after).order_by(state.record).limit(limit + 1)).all()
    records = [
        Held(row.record, row.tier, _points(row.score), clock.from_day(row.grace_until), clock.from_micros(row.since))
        for row in rows[:limit]
    ]
    return Found(records, total, records[-1].record if len(rows) > limit else None)


def ending_grace(act: Act, model_key: str) -> int:
    """How many graces end today, or should have ended."""
    state, model = tier_state.c, compile(act.catalogue, model_key)
    seen = of_seen_records(act, model.model, state.record)
    condition = sa.and_(state.model == model.number, state.tier.is_not(None), state.grace_until <= act.day, *seen)
    return act.connection.execute(sa.select(sa.func.count()).select_from(tier_state).where(condition)).scalar() or 0


def first_day(act: Act, model_key: str) -> date | None:
    """The day of the model's first rating in the workspace's zone."""
    number, row = compile(act.catalogue, model_key).number, tier_history.c
    begins = [
        sa.select(sa.func.min(row.valid_from)).where(row.model == number, each)
        for each in (row.valid_to.is_(None), row.valid_to.is_not(None))
    ]
    found = [micros for each in begins if (micros := act.connection.execute(each).scalar()) is not None]
    instant = clock.from_micros(min(found, default=None))
    return None if instant is None else instant.astimezone(act.zone).date()


def _both(act: Act, model: CompiledModel, from_: date, to: date) -> Any:
    """One row a record: tier and score at the end of both days."""
    row = tier_history.c
    columns = {"then": row.tier_to, "now": row.tier_to, "score_then": row.score_to, "score_now": row.score_to, "at": row.valid_from}
    named = [column.label(name) for name, column in columns.items()]
    stayed = [
        sa.select(row.record, *named).where(*each)
        for each in lasting(act, model, from_, to, *of_seen_records(act, model.model, row.record))
    ]
    each = changed(act, model, from_, to)
    return sa.union_all(*stayed, sa.select(each)).subquery("each_record")


def _conditions(model: CompiledModel, each: Any, then: str | None, now: str | None, direction: Direction | None) -> list[Any]:
    found = [
        column.is_(None) if wanted == NOBODY else column == wanted
        for column, wanted in ((each.c.then, then), (each.c.now, now))
        if wanted is not None
    ]
    if direction == "entered":
        return [*found, each.c.then.is_(None)]
    if direction == "left":
        return [*found, each.c.now.is_(None)]
    if direction is None:
        return found
    before, after = _rank(model, each.c.then), _rank(model, each.c.now)
    compared = {"up": after > before, "down": after < before, "stayed": after == before, "moved": after != before}[direction]
    return [*found, each.c.then.is_not(None), each.c.now.is_not(None), compared]


def _rank(model: CompiledModel, tier: Any) -> Any:
    return sa.case(*((tier == key, sa.literal_column(str(rank))) for key, rank in model.rules.ranks.items()), else_=sa.literal_column("0"))


def _points(score: int | None) -> Decimal | None:
    return None if score is None else Decimal(score) / POINT
