"""The rows of tiers that were set by hand: which is in force, and how each ended. The states carry the tier and its last day beside them."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import sqlalchemy as sa

from runtime.system.prepared import prepared
from runtime.system.sets import among
from runtime.system.tables import tier_override

if TYPE_CHECKING:
    from runtime.system.workspace import Act


def last_day(until: int | None, today: int, day: int) -> int | None:
    """The last day of an override for a rating as of `day`: people decide in their own time, so it is over when the real day is."""
    if until is None or today == day:
        return until
    return day if until >= today else day - 1


def begin(act: Act, model: int, record: int, tier: str, before: str | None, reason: str, until: int | None, asked_by: int) -> int:
    """Notes a tier set by hand by the person of the act; one that was in force is replaced."""
    end(act, model, [record], "replaced")
    number = act.take_ids("tier_override")
    values = {"id": number, "model": model, "record": record, "tier": tier, "tier_before": before, "reason": reason, "until": until}
    act.connection.execute(tier_override.insert().values(**values, person=asked_by, approver=act.person.id, at=act.micros))
    return number


def end(act: Act, model: int, records: list[int], how: str) -> None:
    statement = prepared(act.catalogue.memo, "tier_override.end", act.connection.dialect, _ending)
    values = {"the_model": model, "ids": records, "now": act.micros, "by": act.person.id, "how": how}
    statement.run(act.connection, values)


def _ending() -> Any:
    own = tier_override.c
    in_force = [own.model == sa.bindparam("the_model"), among(own.record), own.ended_at.is_(None)]
    return (
        tier_override.update().where(*in_force).values(ended_at=sa.bindparam("now"), ended_by=sa.bindparam("by"), ended=sa.bindparam("how"))
    )


def in_force(act: Act, model: int, record: int) -> sa.Row[Any] | None:
    own = tier_override.c
    query = sa.select(tier_override).where(own.model == model, own.record == record, own.ended_at.is_(None))
    return act.connection.execute(query).first()


def of_record(act: Act, model: int, record: int, limit: int = 50) -> list[sa.Row[Any]]:
    """The newest first."""
    own = tier_override.c
    query = sa.select(tier_override).where(own.model == model, own.record == record).order_by(own.id.desc()).limit(limit)
    return list(act.connection.execute(query).all())
