"""What a follow-up plan goes by: tier, owner, last contact and last reply of a set of records, each asked in one statement."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date, datetime, time, timedelta
from typing import TYPE_CHECKING, Any

import sqlalchemy as sa

from runtime.effect.contacts import Contact, contacts_of, replies_of
from runtime.effect.related import related_rows
from runtime.records.tables import tables_of
from runtime.system import clock
from runtime.system.sets import among
from runtime.system.tables import person, tier_state
from runtime.tiers.worth import owner_field

if TYPE_CHECKING:
    from runtime.definitions.tier_model import TierModel
    from runtime.system.workspace import Act


@dataclass
class Fact:
    """`since`: instant at which the tier began; `owner`: who looks after the record, if they have an account in use; `contacted` and `replied`: the
    instant of the last contact and reply, of a day its last one, so that what is only dated counts for the whole day."""

    record: int
    tier: str | None
    since: int | None
    owner: int | None
    contacted: int | None = None
    replied: int | None = None


def facts_of(act: Act, model: TierModel, ids: list[int]) -> dict[int, Fact]:
    """Of those of the records that are not in the trash."""
    built, state, key = tables_of(act.catalogue)[model.form], tier_state.c, owner_field(act.catalogue, model)
    stored = key is not None and act.catalogue.forms[model.form].by_key[key].stores == "column"
    owner = built.column(key) if stored and key is not None else sa.null()
    mine = sa.and_(state.record == built.main.c.id, state.model == act.catalogue.ids["tier_model", model.key])
    at_work = sa.and_(person.c.id == owner, person.c.active == 1)
    query = sa.select(built.main.c.id, state.tier, state.since, person.c.id.label("owner")).select_from(
        built.main.outerjoin(tier_state, mine).outerjoin(person, at_work)
    )
    rows = act.connection.execute(query.where(among(built.main.c.id, ids), built.main.c.deleted_at.is_(None)))
    found = {row.id: Fact(row.id, row.tier, row.since, row.owner) for row in rows}
    for name, sources in (("contacted", contacts_of(act.catalogue, model)), ("replied", replies_of(act.catalogue, model))):
        for record, at in last_of(act, model, sources, ids).items():
            if record in found:
                setattr(found[record], name, at)
    return found


def last_of(act: Act, model: TierModel, sources: list[Contact], ids: list[int]) -> dict[int, int]:
    """The instant of the last of these records, none of which lies ahead, by the record they point at."""
    found: dict[int, int] = {}
    for each in sources:
        rows = related_rows(act, each.related, model.form, None)
        ahead = act.micros if rows.is_instant else act.day
        query = sa.select(rows.of, sa.func.max(rows.at)).select_from(rows.from_clause())
        query = query.where(*rows.conditions, among(rows.of, ids), rows.at <= ahead).group_by(rows.of)
        for record, at in act.connection.execute(query, {"today": act.day, "now": act.micros}):
            instant = at if rows.is_instant else min(end_of_day(act, at), act.micros)
            found[record] = max(found.get(record, instant), instant)
    return found


def end_of_day(act: Act, day: int) -> int:
    """The last instant of a day."""
    found = clock.from_day(day)
    assert found is not None
    return clock.to_micros(datetime.combine(found + timedelta(days=1), time(), act.zone)) - 1


def day_of(act: Act, micros: int) -> int:
    at = clock.from_micros(micros)
    assert at is not None
    return clock.to_day(at.astimezone(act.zone).date())


def shown_day(day: int | None) -> date | None:
    return None if day is None else clock.from_day(day)


def targets(act: Act, form: str, reference: str, ids: list[int]) -> list[Any]:
    """What these records of a form point at."""
    column = tables_of(act.catalogue)[form].column(reference)
    query = sa.select(column).distinct().where(among(column.table.c.id, ids), column.is_not(None))
    return list(act.connection.execute(query).scalars())
