"""Locks: a record that is held as it is. People, imports and the API change and delete it only after the lock is lifted.

An automation sets the lock and may go on writing; what is worked out (tiers, tags by rule, computed fields) follows as ever.
"""

from __future__ import annotations

import json
from collections.abc import Collection, Iterable
from typing import TYPE_CHECKING, Any

import sqlalchemy as sa

from runtime.errors import NotAllowed, NotFound, Problem, Refused
from runtime.people.may import may
from runtime.people.rights import names
from runtime.records.rows import read_record
from runtime.system import audit, clock
from runtime.system.database import to_json
from runtime.system.prepared import prepared
from runtime.system.sets import among
from runtime.system.tables import record_lock as table
from runtime.system.tables import workflow_run
from runtime.texts import Message, _

if TYPE_CHECKING:
    from runtime.people.person import Person
    from runtime.system.workspace import Act

LONGEST = 500
KEPT = _("“{workflow}” is under way for this record, so it stays as it is. Whoever is asked there changes it on the page of the approval.")
FREE = frozenset({"automation", "schedule"})
"""Doors that a lock leaves open: what set it may go on."""


def lock(
    act: Act, form: str, record: int, reason: str, until: Any = None, lifters: Iterable[str] = (), automation: str | None = None
) -> bool:
    """Holds a record; one that is held already keeps its lock, with the newer reason. True when it was free before."""
    held = of_record(act, form, record) is not None
    values = {
        "reason": reason.strip()[:LONGEST],
        "until": None if until is None else clock.to_day(until),
        "lifters": to_json(list(lifters)),
        "automation": automation,
        "person": act.person.id,
        "at": act.micros,
    }
    mine = (table.c.form == form, table.c.record == record)
    if not act.connection.execute(table.update().where(*mine).values(values)).rowcount:
        act.connection.execute(table.insert().values(form=form, record=record, **values))
    return not held


def unlock(act: Act, form: str, record: int) -> bool:
    """False where there was no lock."""
    held = of_record(act, form, record) is not None
    act.connection.execute(table.delete().where(table.c.form == form, table.c.record == record))
    return held


def lift(act: Act, form: str, record: int) -> None:
    """By hand, by those who may. It is noted who did."""
    row = of_record(act, form, record)
    if row is None or not may(act.person, "view", form, record):
        raise NotFound(_("This record is not locked."))
    if not may_lift(act, row):
        raise NotAllowed(_("You may not lift this lock. {who} may.", who=lifters_in_words(row)))
    unlock(act, form, record)
    audit.note(act, "lock_lifted", f"record:{form}/{record}", reason=row.reason, automation=row.automation)


def may_lift(act: Act, row: Any) -> bool:
    """Those who build, and those whom the lock names."""
    return act.person.is_builder or any(_is_meant(act, act.person, row, who) for who in json.loads(row.lifters))


def _is_meant(act: Act, person: Person, row: Any, who: str) -> bool:
    if not who.startswith("field:"):
        return names(person, who)
    found = read_record(act, row.form, row.record)
    return found is not None and person.id != 0 and found.values.get(who.removeprefix("field:")) == person.id


def lifters_in_words(row: Any) -> Message:
    people = [who.partition(":")[2] for who in json.loads(row.lifters)]
    if not people:
        return _("Whoever builds in this workspace")
    return _("Whoever builds in this workspace, and {people}", people=", ".join(people))


# -- asking ---------------------------------------------------------------------------------------------------------------------------
def of_record(act: Act, form: str, record: int) -> Any:
    """The lock that is in force, or None."""
    return held(act, form, [record]).get(record)


def held(act: Act, form: str, records: Collection[int]) -> dict[int, Any]:
    """Those of the records that are locked, with their locks."""
    statement = prepared(act.catalogue.memo, "locks", act.connection.dialect, _asking)
    rows = statement.all(act.connection, {"form": form, "ids": list(records), "day": act.day})
    return {row[1]: _Lock(*row) for row in rows}


class _Lock:
    def __init__(self, form: str, record: int, reason: str, until: int | None, lifters: str, automation: str | None, person: int, at: int):
        self.form, self.record, self.reason, self.until = form, record, reason, until
        self.lifters, self.automation, self.person, self.at = lifters, automation, person, at


def _asking() -> Any:
    own = table.c
    today = sa.bindparam("day", type_=sa.BigInteger())
    return sa.select(table).where(own.form == sa.bindparam("form"), among(own.record), sa.or_(own.until.is_(None), own.until >= today))


def refusals(act: Act, form: str, records: Collection[int]) -> dict[int, Message]:
    """Why each of the records cannot be changed now, where it cannot."""
    if act.source in FREE or not records:
        return {}
    return {**_under_way(act, form, records), **{record: refusal(row) for record, row in held(act, form, records).items()}}


def _under_way(act: Act, form: str, records: Collection[int]) -> dict[int, Message]:
    """Those of the records that a workflow keeps as they are until it is over."""
    keeping = {key: each for key, each in act.catalogue.workflows.items() if each.form == form and each.read_only}
    if not keeping:
        return {}
    own = workflow_run.c
    mine = (own.form == form, among(own.record, records), own.status == "running", own.workflow.in_(keeping))
    found = act.connection.execute(sa.select(own.record, own.workflow).where(*mine)).all()
    return {
        record: _(KEPT.text, workflow=keeping[key].label) for record, key in found if act.opened is None or act.opened[:2] != (form, record)
    }


def require_open(act: Act, form: str, record: int) -> None:
    """Raises Refused where the record is locked for whoever acts."""
    for why in refusals(act, form, [record]).values():
        raise Refused([Problem("", why)])


def refusal(row: Any) -> Message:
    who = lifters_in_words(row)
    if row.until is None:
        return _("This record is locked: {reason} {who} may lift the lock.", reason=row.reason, who=who)
    until = str(clock.from_day(row.until))
    return _("This record is locked until {day}: {reason} {who} may lift the lock.", day=until, reason=row.reason, who=who)
