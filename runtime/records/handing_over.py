"""What somebody who leaves still owns, and giving it to a successor: records whose field `owner` holds them, and open to-dos."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

import sqlalchemy as sa

from runtime.errors import NotFound, Problem, Refused
from runtime.people import accounts
from runtime.people.may import require
from runtime.people.person import Person
from runtime.records.gateway import BatchRow, write_batch
from runtime.records.tables import tables_of
from runtime.system.audit import note
from runtime.system.tables import todo
from runtime.texts import Message, _

if TYPE_CHECKING:
    from runtime.system.workspace import Act

CHUNK = 5_000
OWNER = "owner"


@dataclass(frozen=True)
class Owned:
    """Living records of one form that a person owns; `label` is the form's."""

    form: str
    label: Any
    count: int


@dataclass(frozen=True)
class Given:
    """How many records and to-dos moved, how many records could not, and why the first of these could not."""

    moved: int
    left: int
    why: Message | None


def owned(act: Act, person: int) -> list[Owned]:
    """By form; forms with nothing are left out."""
    require(act.person, "administer")
    counted = [
        (form, act.connection.execute(sa.select(sa.func.count()).select_from(built.main).where(*_mine(built, person))).scalar() or 0)
        for form, built in _forms(act)
    ]
    todos = act.connection.execute(sa.select(sa.func.count()).select_from(todo).where(*_open(person))).scalar() or 0
    found = [Owned(form, act.catalogue.forms[form].label, count) for form, count in counted if count]
    return [*found, Owned("", _("Open to-dos"), todos)] if todos else found


def successor(act: Act, person: int, text: str) -> Person:
    """Whom an e-mail address or an id names to take over; refused where that is the same person or one who is switched off."""
    try:
        found = accounts.named(act.connection, text)
    except NotFound as error:
        raise Refused([Problem("successor", error.message)]) from error
    if not found.active or found.id == person:
        raise Refused([Problem("successor", _("Choose somebody else whose account is switched on."))])
    return found


def hand_over(act: Act, person: int, successor: Person) -> Given:
    """Every record that `person` owns and every open to-do belongs to `successor`. What a form refuses today stays and is counted."""
    require(act.person, "administer")
    moved, left, why = 0, 0, None
    for form, built in _forms(act):
        after = 0
        while ids := _next(act, built, person, after):
            result = write_batch(act, form, [BatchRow({OWNER: successor.id}, each) for each in ids])
            faults = [problems for problems in result.problems if problems]
            moved, left, after = moved + len(ids) - len(faults), left + len(faults), ids[-1]
            why = why or (faults[0][0].message if faults else None)
    moved += act.connection.execute(todo.update().where(*_open(person)).values(person=successor.id)).rowcount
    note(act, "handed_over", f"person:{person}", successor=successor.id, moved=moved, left=left)
    return Given(moved, left, why)


def _forms(act: Act) -> Iterator[tuple[str, Any]]:
    for form, built in tables_of(act.catalogue).items():
        field = act.catalogue.forms[form].by_key.get(OWNER)
        if field is not None and field.type == "member" and built.columns.get(OWNER) is not None:
            yield form, built


def _open(person: int) -> tuple[Any, ...]:
    return todo.c.person == person, todo.c.done_at.is_(None)


def _mine(built: Any, person: int) -> tuple[Any, ...]:
    return built.columns[OWNER] == person, built.main.c.deleted_at.is_(None)


def _next(act: Act, built: Any, person: int, after: int) -> list[int]:
    record = built.main.c.id
    return list(
        act.connection.execute(sa.select(record).where(*_mine(built, person), record > after).order_by(record).limit(CHUNK)).scalars()
    )
