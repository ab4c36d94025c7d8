"""To-dos: something that somebody has to do, by a day or without one, on a record or alone."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date
from typing import TYPE_CHECKING, Any

import sqlalchemy as sa

from runtime.collaboration import bots, telling
from runtime.errors import NotAllowed, NotFound, Problem, Refused
from runtime.people.may import may
from runtime.records import query
from runtime.system import clock
from runtime.system.prepared import prepared
from runtime.system.tables import todo as table
from runtime.texts import _

if TYPE_CHECKING:
    from runtime.system.workspace import Act

LONGEST = 200
MOST_OPEN = 500
DONE_AT_ONCE = 50


@dataclass(frozen=True)
class Wanted:
    """`person` None means oneself; `due` a day; `form` and `record` both or neither."""

    title: str
    person: int | None = None
    due: date | None = None
    form: str | None = None
    record: int | None = None


def add(act: Act, wanted: Wanted) -> int:
    """Adds one and tells whoever it is given to."""
    if wanted.form is not None and wanted.record is not None:
        query.get(act, wanted.form, wanted.record)
    title, person = _checked(act, wanted.title, wanted.person, wanted.form, wanted.record)
    number = act.take_ids("todo")
    due = None if wanted.due is None else clock.to_day(wanted.due)
    act.connection.execute(
        table.insert().values(
            id=number,
            title=title,
            form=wanted.form,
            record=wanted.record,
            person=person,
            due=due,
            created_by=act.person.id,
            created_at=act.micros,
        )
    )
    _tell(act, number, title, person, wanted.due, wanted.form, wanted.record)
    return number


def change(act: Act, number: int, title: str, person: int | None, due: date | None) -> None:
    """By whoever gave it or has it."""
    row = find(act, number)
    title, person = _checked(act, title, person, row.form, row.record)
    values = {"title": title, "person": person, "due": None if due is None else clock.to_day(due)}
    act.connection.execute(table.update().where(table.c.id == number).values(values))
    if person != row.person:
        _tell(act, number, title, person, due, row.form, row.record)


def tick(act: Act, number: int, done: bool = True) -> Any:
    """Done, or after all not; doing it twice changes nothing. Gives the to-do as it was."""
    row = find(act, number)
    if done != (row.done_at is not None):
        values = {"done_at": act.micros, "done_by": act.person.id} if done else {"done_at": None, "done_by": None}
        act.connection.execute(table.update().where(table.c.id == number).values(values))
    return row


def remove(act: Act, number: int) -> None:
    row = find(act, number)
    if row.created_by != act.person.id and not act.person.is_builder:
        raise NotAllowed(_("Only whoever gave this to-do can take it away. It can be ticked off."))
    act.connection.execute(table.delete().where(table.c.id == number))


def find(act: Act, number: int) -> Any:
    """One that the person of the act gave or has, or on a record that they may see when they build. NotFound otherwise."""
    row = act.connection.execute(sa.select(table).where(table.c.id == number)).first()
    if row is None or not _is_mine(act, row) or not _is_seen(act, row):
        raise NotFound(_("There is no such to-do."))
    return row


# -- lists ----------------------------------------------------------------------------------------------------------------------------
def open_ones(act: Act) -> list[Any]:
    """What the person of the act has to do: what is due first, then what has no day."""
    wanted = sa.select(table).where(table.c.person == act.person.id, table.c.done_at.is_(None))
    rows = act.connection.execute(wanted.order_by(table.c.due.asc().nulls_last(), table.c.id).limit(MOST_OPEN))
    return [row for row in rows if _is_seen(act, row)]


def done_ones(act: Act, before: int | None = None) -> list[Any]:
    """What they have done, the last first."""
    earlier = [] if before is None else [table.c.done_at < before]
    wanted = sa.select(table).where(table.c.person == act.person.id, table.c.done_at.is_not(None), *earlier)
    return [row for row in act.connection.execute(wanted.order_by(table.c.done_at.desc()).limit(DONE_AT_ONCE)) if _is_seen(act, row)]


def given_ones(act: Act) -> list[Any]:
    """What they have given to others and is not done."""
    own = act.person.id
    wanted = sa.select(table).where(table.c.created_by == own, table.c.person != own, table.c.done_at.is_(None))
    return [
        row
        for row in act.connection.execute(wanted.order_by(table.c.due.asc().nulls_last(), table.c.id).limit(MOST_OPEN))
        if _is_seen(act, row)
    ]


def of_record(act: Act, form: str, record: int) -> list[Any]:
    """The open ones of a record, whoever has them; raises NotFound where the record is not there for the person."""
    query.get(act, form, record, deleted=True)
    wanted = sa.select(table).where(table.c.form == form, table.c.record == record, table.c.done_at.is_(None))
    return list(act.connection.execute(wanted.order_by(table.c.due.asc().nulls_last(), table.c.id).limit(MOST_OPEN)))


def due_count(connection: sa.Connection, person: int, today: int) -> int:
    """How many are due today or overdue."""
    return prepared(_STATEMENTS, connection.dialect.name, connection.dialect, counting_due).scalar(
        connection, {"person": person, "today": today}
    )


def counting_due() -> sa.Select[Any]:
    """How many of a `person` are due on the day `today` or before it."""
    person, today = sa.bindparam("person", type_=sa.BigInteger()), sa.bindparam("today", type_=sa.Integer())
    mine = (table.c.person == person, table.c.done_at.is_(None), table.c.due <= today)
    return sa.select(sa.func.count()).select_from(table).where(*mine)


_STATEMENTS: dict[Any, Any] = {}


# -- pieces -----------------------------------------------------------------------------------------------------------------------------
def _checked(act: Act, title: str, person: int | None, form: str | None, record: int | None) -> tuple[str, int]:
    problems = []
    title, person = " ".join(telling.clean(title).split()), act.person.id if person is None else person
    if not title:
        problems.append(Problem("title", _("Say what is to be done.")))
    elif len(title) > LONGEST:
        problems.append(Problem("title", _("At most {most} characters.", most=LONGEST)))
    someone = telling.person_in(act, person)
    if someone is None:
        problems.append(Problem("person", _("Choose somebody with an account.")))
    elif form is not None and record is not None and not telling.sees(act, someone, form, record):
        problems.append(Problem("person", _("{name} may not see this record.", name=someone.name)))
    if problems:
        raise Refused(problems)
    return title, person


def _tell(act: Act, number: int, title: str, person: int, due: date | None, form: str | None, record: int | None) -> None:
    about = None if form is None or record is None else (form, record)
    subject = _("{who} gives you a to-do: {title}", who=act.person.name, title=title)
    if about is not None:
        name = telling.title_of(act, *about)
        subject = _("{who} gives you a to-do at {record}: {title}", who=act.person.name, title=title, record=name)
    cause = f"todo:{number}:{act.micros}"
    telling.tell(act, "todo", [person], subject, "", about, cause, "#todos" if about else "/tasks")
    if about is not None and person != act.person.id:
        name = query.people_names(act, [person]).get(person, "")
        bots.say(act, "todo", *about, _("{who} gives {name} a to-do: {title}", who=act.person.name, name=name, title=title))


def _is_mine(act: Act, row: Any) -> bool:
    return act.person.id in (row.person, row.created_by) or act.person.is_builder


def _is_seen(act: Act, row: Any) -> bool:
    """A to-do of a record is seen by those who may see the record."""
    return row.form is None or (row.form in act.catalogue.forms and may(act.person, "view", row.form, row.record))
