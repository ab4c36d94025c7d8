"""What was handed over, as rows: each thing with whom it belonged to, so that it can go back."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass
from itertools import groupby
from typing import TYPE_CHECKING, Any

import sqlalchemy as sa

from runtime.definitions import versions
from runtime.errors import NotFound
from runtime.people import accounts
from runtime.people.person import Person
from runtime.system.sets import among
from runtime.system.tables import hand_over, hand_over_item, record_team, todo
from runtime.texts import _

if TYPE_CHECKING:
    from runtime.system.workspace import Act

RECORD, TODO, TEAM, AUTOMATION = "record", "todo", "team", "automation"
AT_ONCE = 5_000


@dataclass(frozen=True)
class Item:
    """`form`: of a record or team, the key of an automation; `field`: the record's field, the role in a team; `before`: the person, 0 for nobody."""

    kind: str
    form: str
    record: int
    field: str
    before: int


def keep(act: Act, items: list[Item], left: int, person: int | None, successor: int, reason: str) -> int:
    """Writes down what has moved; gives its number."""
    number = act.take_ids("hand_over")
    values = {"id": number, "person": person, "successor": successor, "by": act.person.id, "at": act.micros, "reason": reason}
    act.connection.execute(hand_over.insert().values(**values, moved=len(items), left=left))
    for start in range(0, len(items), AT_ONCE):
        part = items[start : start + AT_ONCE]
        rows = [
            {
                "hand_over": number,
                "position": position,
                "kind": each.kind,
                "form": each.form,
                "record": each.record,
                "field": each.field,
                "before": each.before,
            }
            for position, each in enumerate(part, start)
        ]
        act.connection.execute(hand_over_item.insert(), rows)
    return number


def find(act: Act, number: int) -> Any:
    row = act.connection.execute(sa.select(hand_over).where(hand_over.c.id == number).with_for_update()).first()
    if row is None:
        raise NotFound(_("There is no such hand-over."))
    return row


def of_person(act: Act, person: int, limit: int = 20) -> list[Any]:
    """The newest by which something went from or to somebody: rows of `hand_over`."""
    theirs = sa.or_(hand_over.c.person == person, hand_over.c.successor == person)
    return list(act.connection.execute(sa.select(hand_over).where(theirs).order_by(hand_over.c.id.desc()).limit(limit)))


def grouped(act: Act, number: int) -> Iterator[tuple[tuple[str, str, str], list[Item]]]:
    """What moved, by kind, form and, of records, field; in parts of a size that one statement takes."""
    own = hand_over_item.c
    rows = act.connection.execute(
        sa.select(own.kind, own.form, own.record, own.field, own.before).where(own.hand_over == number).order_by(own.position)
    )
    items = [Item(*row) for row in rows]
    for sort, its in groupby(items, key=lambda each: (each.kind, each.form, each.field if each.kind == RECORD else "")):
        found = list(its)
        for start in range(0, len(found), AT_ONCE):
            yield sort, found[start : start + AT_ONCE]


def close(act: Act, number: int) -> None:
    act.connection.execute(hand_over.update().where(hand_over.c.id == number).values(undone_at=act.micros, undone_by=act.person.id))


# -- going back -------------------------------------------------------------------------------------------------------------------------
def _todos(act: Act, items: list[Item], successor: int) -> int:
    still = (todo.c.person == successor, todo.c.done_at.is_(None), among(todo.c.id, [each.record for each in items]))
    return act.connection.execute(todo.update().where(*still).values(person=items[0].before)).rowcount


def _teams(act: Act, items: list[Item], successor: int) -> int:
    own, back = record_team.c, 0
    for each in items:
        here = (own.form == each.form, own.record == each.record)
        changed = act.connection.execute(
            record_team.update().where(*here, own.person == successor, own.role == each.field).values(person=each.before)
        ).rowcount
        if not changed and act.connection.execute(sa.select(own.person).where(*here, own.person == each.before)).first() is None:
            row = {
                "form": each.form,
                "record": each.record,
                "person": each.before,
                "role": each.field,
                "by": act.person.id,
                "at": act.micros,
            }
            act.connection.execute(record_team.insert().values(**row))
            changed = 1
        back += changed
    return back


def _automations(act: Act, items: list[Item], successor: int) -> int:
    before, after = accounts.by_id(act.connection, items[0].before), accounts.by_id(act.connection, successor)
    still = [
        each.form
        for each in items
        if each.form in act.catalogue.automations
        and after is not None
        and act.catalogue.automations[each.form].owner == f"user:{after.email}"
    ]
    if before is None or not before.active:
        return 0
    rename_owners(act, still, before)
    return len(still)


def rename_owners(act: Act, keys: Iterable[str], owner: Person) -> None:
    """Automations run in somebody's name from here on: a new version of each."""
    bodies = [{**versions.find_version(act.connection, "automation", key).body, "owner": f"user:{owner.email}"} for key in keys]
    if bodies:
        versions.publish(act, bodies, str(_("In the name of {name} from here on.", name=owner.name)))


RETURNS: dict[str, Callable[[Act, list[Item], int], int]] = {TODO: _todos, TEAM: _teams, AUTOMATION: _automations}
"""Kind → gives such things back, as far as they still belong to the successor; says how many."""
