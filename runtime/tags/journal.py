"""What was done to a dictionary or to many records at once, kept so that exactly that can be taken back for thirty days."""

from __future__ import annotations

import json
from dataclasses import dataclass
from datetime import timedelta
from typing import TYPE_CHECKING, Any

import sqlalchemy as sa

from runtime.definitions.tag_set import TagSet
from runtime.errors import NotFound
from runtime.system import clock
from runtime.system.database import to_json
from runtime.system.sets import among
from runtime.system.tables import tag_assignment, tag_change, tag_change_row
from runtime.tags.assigning import present
from runtime.texts import _

if TYPE_CHECKING:
    from collections.abc import Iterable

    from runtime.system.workspace import Act

KEPT = timedelta(days=30)
GIVEN, TAKEN, CLAIMED = "given", "taken", "claimed"


@dataclass(frozen=True)
class Change:
    """`payload`: `before` and `after` are settings of tags by key, `texts` are (kind, key, path, text before, text after), `records` how many."""

    id: int
    tag_set: str
    form: str
    kind: str
    tag: str | None
    state: str
    payload: dict[str, Any]
    person: int
    at: int
    job: int | None
    undone_by: int | None
    undone_at: int | None

    def may_be_undone(self, micros: int) -> bool:
        return self.state in ("done", "stopped") and micros - self.at < KEPT // clock.MICROSECOND


def begin(act: Act, tags: TagSet, kind: str, tag: str | None = None, state: str = "done", **payload: Any) -> int:
    number = act.take_ids("tag_change")
    act.connection.execute(
        tag_change.insert().values(
            id=number,
            tag_set=tags.key,
            form=tags.form,
            kind=kind,
            tag=tag,
            state=state,
            payload=to_json(payload),
            person=act.person.id,
            at=act.micros,
        )
    )
    return number


def find(act: Act, number: int) -> Change:
    row = act.connection.execute(sa.select(tag_change).where(tag_change.c.id == number)).first()
    if row is None:
        raise NotFound(_("There is no such change of tags."))
    return _change(row)


def listed(act: Act, tag_set: str, before: int | None = None, limit: int = 50) -> list[Change]:
    """The newest first."""
    query = sa.select(tag_change).where(tag_change.c.tag_set == tag_set).order_by(tag_change.c.id.desc()).limit(limit)
    return [_change(row) for row in act.connection.execute(query if before is None else query.where(tag_change.c.id < before))]


def _change(row: Any) -> Change:
    values = dict(row._mapping)
    return Change(**{**values, "payload": json.loads(values["payload"])})


def set_state(act: Act, number: int, state: str, **values: Any) -> None:
    act.connection.execute(tag_change.update().where(tag_change.c.id == number).values(state=state, **values))


def add_payload(act: Act, number: int, **payload: Any) -> None:
    found = find(act, number)
    act.connection.execute(tag_change.update().where(tag_change.c.id == number).values(payload=to_json({**found.payload, **payload})))


# -- rows -------------------------------------------------------------------------------------------------------------------------
def alive(act: Act, tags: TagSet, tag: str, records: Iterable[int]) -> list[int]:
    """The numbers of the assignments of a tag to these records that are in force."""
    return [each.id for each in present(act, tags, records) if each.tag == tag]


def note(act: Act, number: int, what: str, assignments: list[int]) -> None:
    """Keeps what was done to assignments. One that the change has noted before (a job that was begun again) stays as it is noted."""
    known = set(
        act.connection.execute(
            sa.select(tag_change_row.c.assignment).where(tag_change_row.c.change == number, among(tag_change_row.c.assignment, assignments))
        ).scalars()
    )
    rows = [{"change": number, "assignment": each, "what": what} for each in assignments if each not in known]
    if rows:
        act.connection.execute(tag_change_row.insert(), rows)


def count(act: Act, number: int) -> dict[str, int]:
    """How many assignments a change touched, by what was done to them."""
    own = tag_change_row.c
    return dict(act.connection.execute(sa.select(own.what, sa.func.count()).where(own.change == number).group_by(own.what)).all())


def left(act: Act, number: int, limit: int) -> list[Any]:
    """Rows that are not taken back yet, with what the assignment is now."""
    own, given = tag_change_row.c, tag_assignment.c
    query = (
        sa.select(own.assignment, own.what, given.record, given.tag, given.removed_at, given.by_rule)
        .join(tag_assignment, given.id == own.assignment)
        .where(own.change == number, own.undone == 0)
        .order_by(own.assignment)
        .limit(limit)
    )
    return list(act.connection.execute(query))


def taken_back(act: Act, number: int, assignments: list[int]) -> None:
    act.connection.execute(
        tag_change_row.update().where(tag_change_row.c.change == number, among(tag_change_row.c.assignment, assignments)).values(undone=1)
    )
