"""To-dos: something that somebody has to do, by a day or without one, on a record or alone."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date
from typing import TYPE_CHECKING, Any

import sqlalchemy as sa

from runtime.collaboration import bots, telling
from runtime.errors import NotAllowed, NotFound, Problem, Refused
from runtime.people.may import may
from runtime.records import query
from runtime.records.rows import read_records
from runtime.system import clock
from runtime.system.prepared import prepared
from runtime.system.tables import todo as table
from runtime.texts import _

if TYPE_CHECKING:
    from runtime.people.person import Person
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
    act.connection.execute(table.insert().values(_row(act, number, title, person, wanted)))
    _tell(act, f"todo:{number}:{act.micros}", title, person, _about(wanted.form, wanted.record))
    return number


def add_many(act: Act, wanted: Sequence[Wanted]) -> list[int | Refused]:
    """Adds many by sets and tells nobody: see `tell_of_many`. Gives for each its number, or why it was not added.

    That whoever does it may see the records is for the caller to know.
    """
    seen = _who_sees(act, wanted)
    rows, answers = [], list[int | Refused]()
    first = act.take_ids("todo", len(wanted)) if wanted else 0
    for number, each in enumerate(wanted, first):
        try:
            title, person = _worded(act, each, seen)
        except Refused as refused:
            answers.append(refused)
            continue
        rows.append(_row(act, number, title, person, each))
        answers.append(number)
    if rows:
        act.connection.execute(table.insert(), rows)
    return answers


def _worded(act: Act, wanted: Wanted, seen: dict[tuple[int, str | None], Any]) -> tuple[str, int]:
    person = act.person.id if wanted.person is None else wanted.person
    someone, records = seen[person, wanted.form]
    return _found_right(wanted.title, person, someone, wanted.record is None or wanted.record in records)


def _who_sees(act: Act, wanted: Sequence[Wanted]) -> dict[tuple[int, str | None], Any]:
    """By person and form: the person, and which of the records they may see."""
    asked: dict[tuple[int, str | None], set[int]] = defaultdict(set)
    for each in wanted:
        asked[act.person.id if each.person is None else each.person, each.form] |= set() if each.record is None else {each.record}
    found: dict[tuple[int, str | None], Any] = {}
    living: dict[str, set[int]] = {}
    for (number, form), records in asked.items():
        someone = telling.person_in(act, number)
        if form is None or someone is None:
            found[number, form] = (someone, records if form is None else set())
            continue
        if form not in living:
            every = sorted(set().union(*(others for (_person, other), others in asked.items() if other == form)))
            living[form] = {each.id for each in read_records(act, form, every) if each.deleted_at is None}
        here = records & living[form]
        if someone.rights is not None:
            someone.rights.know(form, here)
        found[number, form] = (someone, {each for each in here if may(someone, "view", form, each)})
    return found


def tell_of_many(act: Act, person: int, titles: Sequence[str], count: int, cause: str, about: tuple[str, int] | None) -> None:
    """Tells somebody once of to-dos that they were given together: `titles` are the first of them, `about` the record of the first."""
    if count == 1:
        return _tell(act, cause, titles[0], person, about)
    subject = _("{who} gives you {count} to-dos: {title} and others", who=act.person.name, count=f"{count:,}", title=titles[0])
    telling.tell(act, "todo", [person], subject, "\n".join(titles), None, cause, "/tasks")
    if about is not None and person != act.person.id:
        name = query.people_names(act, [person]).get(person, "")
        bots.say(act, "todo", *about, _("{who} gives {name} {count} to-dos", who=act.person.name, name=name, count=f"{count:,}"))


def _row(act: Act, number: int, title: str, person: int, wanted: Wanted) -> dict[str, Any]:
    return {
        "id": number,
        "title": title,
        "form": wanted.form,
        "record": wanted.record,
        "person": person,
        "due": None if wanted.due is None else clock.to_day(wanted.due),
        "created_by": act.person.id,
        "created_at": act.micros,
    }


def change(act: Act, number: int, title: str, person: int | None, due: date | None) -> None:
    """By whoever gave it or has it."""
    row = find(act, number)
    title, person = _checked(act, title, person, row.form, row.record)
    values = {"title": title, "person": person, "due": None if due is None else clock.to_day(due)}
    act.connection.execute(table.update().where(table.c.id == number).values(values))
    if person != row.person:
        _tell(act, f"todo:{number}:{act.micros}", title, person, _about(row.form, row.record))


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
    person = act.person.id if person is None else person
    someone = telling.person_in(act, person)
    seen = form is None or record is None or (someone is not None and telling.sees(act, someone, form, record))
    return _found_right(title, person, someone, seen)


def _found_right(title: str, person: int, someone: Person | None, seen: bool) -> tuple[str, int]:
    """The title as it is kept and whose it is. Raises Refused; `seen`: whether that person may see the record, if there is one."""
    problems = []
    title = " ".join(telling.clean(title).split())
    if not title:
        problems.append(Problem("title", _("Say what is to be done.")))
    elif len(title) > LONGEST:
        problems.append(Problem("title", _("At most {most} characters.", most=LONGEST)))
    if someone is None:
        problems.append(Problem("person", _("Choose somebody with an account.")))
    elif not seen:
        problems.append(Problem("person", _("{name} may not see this record.", name=someone.name)))
    if problems:
        raise Refused(problems)
    return title, person


def _about(form: str | None, record: int | None) -> tuple[str, int] | None:
    return None if form is None or record is None else (form, record)


def _tell(act: Act, cause: str, title: str, person: int, about: tuple[str, int] | None) -> None:
    subject = _("{who} gives you a to-do: {title}", who=act.person.name, title=title)
    if about is not None:
        name = telling.title_of(act, *about)
        subject = _("{who} gives you a to-do at {record}: {title}", who=act.person.name, title=title, record=name)
    telling.tell(act, "todo", [person], subject, "", about, cause, "#todos" if about else "/tasks")
    if about is not None and person != act.person.id:
        name = query.people_names(act, [person]).get(person, "")
        bots.say(act, "todo", *about, _("{who} gives {name} a to-do: {title}", who=act.person.name, name=name, title=title))


def _is_mine(act: Act, row: Any) -> bool:
    return act.person.id in (row.person, row.created_by) or act.person.is_builder


def _is_seen(act: Act, row: Any) -> bool:
    """A to-do of a record is seen by those who may see the record."""
    return row.form is None or (row.form in act.catalogue.forms and may(act.person, "view", row.form, row.record))
