"""The customer pool: records without an owner. Who may claim sees them as the pool shows them; claiming makes the claimer the owner."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import date
from typing import TYPE_CHECKING, Any

import sqlalchemy as sa

from runtime.definitions.pool import Pool
from runtime.errors import NotAllowed, NotFound
from runtime.people.may import may, refusal, require
from runtime.records.tables import tables_of
from runtime.system import clock
from runtime.system.database import to_json
from runtime.system.sets import among
from runtime.system.tables import pool_event, record_change
from runtime.texts import Message, _

if TYPE_CHECKING:
    from runtime.system.workspace import Act

LOOKED_AT = 200
"""So many of the newest events are looked through for those that a reader may see."""
CLAIMED, RELEASED, RECLAIMED, WARNED = "claimed", "released", "reclaimed", "warned"
WORDS: dict[str, Message] = {
    CLAIMED: _("claimed it"),
    RELEASED: _("gave it back"),
    RECLAIMED: _("did not look after it, so it went back"),
    WARNED: _("was told that it goes back soon"),
}


def pool_of(act: Act, form: str) -> Pool:
    """The settings of a form's pool. Raises NotFound where it has none."""
    definition = act.catalogue.forms.get(form)
    if definition is None or definition.pool is None or definition.pool.owner not in tables_of(act.catalogue)[form].columns:
        raise NotFound(_("This form has no pool."))
    return definition.pool


def in_pool(pool: Pool) -> str:
    """The condition of the records that are in it."""
    return f"ISEMPTY({pool.owner})"


def require_sight(act: Act, form: str) -> None:
    """That a record is in the pool says that it has no owner: told to those who may claim, or who see the owner of records."""
    owner = pool_of(act, form).owner
    require(act.person, "view", form)
    if not may(act.person, "claim", form) and not may(act.person, "view", form, None, owner):
        raise NotAllowed(refusal("claim"))


@dataclass(frozen=True)
class Standing:
    """How many a person has claimed today and owns in all, beside what they may; None where there is no limit."""

    today: int
    per_day: int | None
    owned: int
    in_all: int | None

    @property
    def left(self) -> int | None:
        free = [limit - number for limit, number in ((self.per_day, self.today), (self.in_all, self.owned)) if limit is not None]
        return max(0, min(free)) if free else None


def standing(act: Act, form: str, person: int) -> Standing:
    pool, built, own = pool_of(act, form), tables_of(act.catalogue)[form], pool_event.c
    today = sa.select(sa.func.count()).where(own.form == form, own.person == person, own.act == CLAIMED, own.day == act.day)
    owned = sa.select(sa.func.count()).where(built.column(pool.owner) == person, built.main.c.deleted_at.is_(None))
    return Standing(act.connection.execute(today).scalar() or 0, pool.per_day, act.connection.execute(owned).scalar() or 0, pool.in_all)


def gave_up(act: Act, form: str, records: Iterable[int], person: int) -> dict[int, date]:
    """Since when the person is not the owner any more, of those records that they once owned; by whichever door it came to that."""
    pool = pool_of(act, form)
    stored = act.catalogue.forms[form].by_key[pool.owner].to_json(person)
    return _last_change(act, form, records, f'"{pool.owner}":[{to_json(stored)},')


def owned_since(act: Act, form: str, records: Iterable[int]) -> dict[int, date]:
    """When the present owner became it, or the first one was given up."""
    return _last_change(act, form, records, f'"{pool_of(act, form).owner}":[')


def _last_change(act: Act, form: str, records: Iterable[int], changes: str) -> dict[int, date]:
    own = record_change.c
    said = own.changes.contains(changes, autoescape=True)
    query = sa.select(own.record, sa.func.max(own.at)).where(own.form == form, among(own.record, list(records)), said)
    return {record: _day(act, at) for record, at in act.connection.execute(query.group_by(own.record))}


def _day(act: Act, micros: int) -> date:
    at = clock.from_micros(micros)
    assert at is not None
    return at.astimezone(act.zone).date()


# -- what happened ------------------------------------------------------------------------------------------------------------------------
def note_events(act: Act, form: str, what: str, pairs: list[tuple[int, int]], reason: str | None = None) -> None:
    """(record, person) of each."""
    if not pairs:
        return
    first = act.take_ids("pool_event", len(pairs))
    rows: list[dict[str, Any]] = [
        {
            "id": first + number,
            "form": form,
            "record": record,
            "person": person,
            "act": what,
            "at": act.micros,
            "day": act.day,
            "reason": reason,
        }
        for number, (record, person) in enumerate(pairs)
    ]
    act.connection.execute(pool_event.insert(), rows)


def happened(act: Act, form: str, record: int | None = None, limit: int = 50) -> list[sa.Row[Any]]:
    """The newest events of a pool, or of one record in it: rows of `pool_event`. Callers leave out what the reader may not see."""
    wanted = [pool_event.c.form == form, *([] if record is None else [pool_event.c.record == record])]
    return list(act.connection.execute(sa.select(pool_event).where(*wanted).order_by(pool_event.c.id.desc()).limit(limit)).all())


def seen_events(act: Act, form: str, limit: int) -> list[sa.Row[Any]]:
    """The newest events of a pool, of those records whose owner the person of the act may see."""
    rows = happened(act, form, limit=max(LOOKED_AT, limit))
    if act.person.rights is not None:
        act.person.rights.know(form, {row.record for row in rows})
    owner = pool_of(act, form).owner
    return [row for row in rows if may(act.person, "view", form, row.record, owner)][:limit]
