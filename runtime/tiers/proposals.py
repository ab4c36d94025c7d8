"""Steps down that a model only proposes: who waits, and what the stewards decide, one by one or many at once."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass, replace
from datetime import date, datetime
from decimal import Decimal
from typing import TYPE_CHECKING, Any

import sqlalchemy as sa

from runtime.errors import Problem, Refused
from runtime.system import clock
from runtime.system.sets import among
from runtime.system.tables import tier_proposal, tier_state
from runtime.texts import _
from runtime.tiers.compiled import CompiledModel, compile
from runtime.tiers.decision import POINT
from runtime.tiers.movers import Found
from runtime.tiers.overriding import follow, note, reason_problems
from runtime.tiers.quantiles import stored_cuts
from runtime.tiers.rating import ratings
from runtime.tiers.seeing import of_seen_records
from runtime.tiers.stewards import require_decide

if TYPE_CHECKING:
    from runtime.system.workspace import Act

MOST = 1_000
"""Decided at once."""


@dataclass(frozen=True)
class Proposal:
    record: int
    tier: str
    proposed: str
    score: Decimal | None
    since: datetime | None


def waiting(act: Act, model_key: str, after: int = 0, limit: int = 50) -> Found:
    """The proposed steps down of records whose tier the person sees, in the order of their ids."""
    model, state = compile(act.catalogue, model_key), tier_state.c
    conditions = _open(act, model)
    total = act.connection.execute(sa.select(sa.func.count()).select_from(tier_state).where(*conditions)).scalar() or 0
    columns = (state.record, state.tier, state.proposed, state.score, state.since)
    rows = act.connection.execute(
        sa.select(*columns).where(*conditions, state.record > after).order_by(state.record).limit(limit + 1)
    ).all()
    found = [
        Proposal(
            row.record, row.tier, row.proposed, None if row.score is None else Decimal(row.score) / POINT, clock.from_micros(row.since)
        )
        for row in rows[:limit]
    ]
    return Found(found, total, found[-1].record if len(rows) > limit else None)


def count(act: Act, model_key: str) -> int:
    conditions = _open(act, compile(act.catalogue, model_key))
    return act.connection.execute(sa.select(sa.func.count()).select_from(tier_state).where(*conditions)).scalar() or 0


def accept(act: Act, model_key: str, records: Iterable[int] | None = None) -> list[int]:
    """Lets proposed steps down happen, by the facts of this moment; gives the records that moved. Without `records` all that wait, as many as
    are decided at once."""
    model, chosen = _chosen(act, model_key, records)
    cuts = stored_cuts(act, model)
    if not chosen or cuts is None:
        return []
    free = replace(model, rules=replace(model.rules, propose=False))
    moved = ratings(act, free, {row.record for row in chosen}, cuts, model.day(act.day)).write(act.source)
    _remember(act, model, [row for row in chosen if row.record in set(moved)], "accepted")
    if moved:
        note(act, model, "accept_demotion", **_named(moved))
        follow(act, model, moved)
    return moved


def refuse(act: Act, model_key: str, reason: str, until: date, records: Iterable[int] | None = None) -> list[int]:
    """Keeps the tiers in spite of the figures up to, not including, a day, from which a step down may be proposed again."""
    model, chosen = _chosen(act, model_key, records)
    problems = reason_problems(reason)
    if until <= act.today:
        problems.append(Problem("until", _("Choose a later day than today.")))
    if problems:
        raise Refused(problems)
    kept = [row.record for row in chosen]
    if not kept:
        return []
    last = clock.to_day(until)
    mine = (tier_state.c.model == model.number, among(tier_state.c.record, kept))
    act.connection.execute(tier_state.update().where(*mine).values(proposed=None, grace_until=last, at=act.micros))
    _remember(act, model, chosen, "refused", reason.strip(), last)
    note(act, model, "refuse_demotion", reason=reason.strip(), until=until.isoformat(), **_named(kept))
    return kept


def accept_demotion(act: Act, model_key: str, record: int) -> bool:
    """Lets one proposed step down happen; False when nothing is proposed any more."""
    return bool(accept(act, model_key, [record]))


def _open(act: Act, model: CompiledModel) -> list[Any]:
    state = tier_state.c
    seen = of_seen_records(act, model.model, state.record)
    return [state.model == model.number, state.proposed.is_not(None), state.tier.is_not(None), *seen]


def _chosen(act: Act, model_key: str, records: Iterable[int] | None) -> tuple[CompiledModel, list[Any]]:
    """The rows of those that wait, for somebody who may decide about each."""
    model, state = compile(act.catalogue, model_key), tier_state.c
    require_decide(act, model.model)
    wanted = None if records is None else sorted(set(records))
    if wanted is not None and len(wanted) > MOST:
        raise Refused([Problem("records", _("At most {most} at once.", most=MOST))])
    query = sa.select(state.record, state.tier, state.proposed).where(*_open(act, model))
    if wanted is not None:
        query = query.where(among(state.record, wanted))
    chosen = list(act.connection.execute(query.order_by(state.record).limit(MOST)).all())
    if act.person.rights is not None:
        act.person.rights.know(model.form, [row.record for row in chosen])
    for row in chosen:
        require_decide(act, model.model, row.record)
    return model, chosen


def _named(records: list[int]) -> dict[str, Any]:
    return {"record": records[0]} if len(records) == 1 else {"records": records}


def _remember(
    act: Act, model: CompiledModel, rows: list[sa.Row[Any]], decision: str, reason: str | None = None, until: int | None = None
) -> None:
    if not rows:
        return
    first = act.take_ids("tier_proposal", len(rows))
    same = {"model": model.number, "decision": decision, "person": act.person.id, "at": act.micros, "reason": reason, "until": until}
    lines = [
        {"id": number, "record": row.record, "tier": row.tier, "proposed": row.proposed, **same} for number, row in enumerate(rows, first)
    ]
    act.connection.execute(tier_proposal.insert(), lines)


def of_record(act: Act, model: int, record: int, limit: int = 50) -> list[sa.Row[Any]]:
    """What was decided about one record, the newest first."""
    own = tier_proposal.c
    query = sa.select(tier_proposal).where(own.model == model, own.record == record).order_by(own.id.desc()).limit(limit)
    return list(act.connection.execute(query).all())
