"""Handing over: what somebody holds, or picked records, goes to a successor. It is counted beforehand, has a reason, and can be taken back.

Somebody holds records by the member fields of every form, open to-dos, roles in teams, and automations that run in their name.
"""

from __future__ import annotations

from collections.abc import Collection, Iterable, Iterator, Sequence
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any

import sqlalchemy as sa

from runtime.definitions import versions
from runtime.errors import NotAllowed, NotFound, Problem, Refused
from runtime.people import accounts
from runtime.people.may import may, require
from runtime.people.person import Person
from runtime.records import handed
from runtime.records.gateway import BatchRow, write_batch
from runtime.records.handed import AUTOMATION, RECORD, TEAM, TODO, Item
from runtime.records.rows import read_records
from runtime.records.tables import tables_of
from runtime.system.audit import note
from runtime.system.tables import record_team, todo
from runtime.texts import Message, _

if TYPE_CHECKING:
    from runtime.system.workspace import Act

CHUNK = 5_000
LONGEST = 500


@dataclass(frozen=True)
class Owned:
    """What a person holds of one sort. `form` and `field` are keys, `label` and `field_label` what people call them."""

    form: str
    label: Any
    count: int
    kind: str = RECORD
    field: str = ""
    field_label: Any = None

    @property
    def key(self) -> str:
        return ":".join(part for part in (self.kind, self.form, self.field) if part)


@dataclass(frozen=True)
class Given:
    """How many records and to-dos moved, how many records could not, and why the first of these could not. `id` names it for taking it back."""

    moved: int
    left: int
    why: Message | None
    id: int = 0


@dataclass
class _Moving:
    """What has moved so far."""

    items: list[Item] = field(default_factory=list)
    left: int = 0
    why: Message | None = None


# -- what somebody holds ------------------------------------------------------------------------------------------------------------
def owned(act: Act, person: int) -> list[Owned]:
    """By form and field, then to-dos, teams and automations; what there is nothing of is left out."""
    require(act.person, "administer")
    found = []
    for form, built, key in _fields(act):
        definition = act.catalogue.forms[form]
        count = act.connection.execute(sa.select(sa.func.count()).select_from(built.main).where(*_mine(built, key, person))).scalar() or 0
        found.append(Owned(form, definition.label, count, RECORD, key, definition.by_key[key].label))
    open_ones = act.connection.execute(sa.select(sa.func.count()).select_from(todo).where(*_open(person))).scalar() or 0
    found.append(Owned("", _("Open to-dos"), open_ones, TODO))
    teams = sa.select(record_team.c.form, sa.func.count()).where(record_team.c.person == person).group_by(record_team.c.form)
    for form, count in act.connection.execute(teams.order_by(record_team.c.form)):
        if form in act.catalogue.forms:
            found.append(Owned(form, act.catalogue.forms[form].label, count, TEAM, "", _("in the team")))
    found.append(Owned("", _("Automations that run in this name"), len(automations_of(act, person)), AUTOMATION))
    return [each for each in found if each.count]


def automations_of(act: Act, person: int) -> list[str]:
    """The keys of those that name the person as owner, or name nobody and were published by them."""
    someone = accounts.by_id(act.connection, person)
    names = {f"user:{person}", f"user:{someone.email}" if someone else ""}
    authors = versions.authors(act.connection, "automation")
    return [
        key for key, each in act.catalogue.automations.items() if each.owner in names or (each.owner is None and authors.get(key) == person)
    ]


def successor(act: Act, person: int | None, text: str) -> Person:
    """Whom an e-mail address or an id names to take over; refused where that is the same person or one who is switched off."""
    try:
        found = accounts.named(act.connection, text)
    except NotFound as error:
        raise Refused([Problem("successor", error.message)]) from error
    if not found.active or found.id == person:
        raise Refused([Problem("successor", _("Choose somebody else whose account is switched on."))])
    return found


# -- giving it away -----------------------------------------------------------------------------------------------------------------
def hand_over(act: Act, person: int, successor: Person, reason: str = "", chosen: Collection[str] | None = None) -> Given:
    """All that `person` holds, or the sorts in `chosen` (keys of `Owned`), belongs to `successor`. What a form refuses stays and is counted."""
    require(act.person, "administer")
    moving = _Moving()
    for form, built, key in _fields(act):
        if chosen is None or f"{RECORD}:{form}:{key}" in chosen:
            after = 0
            while ids := _next(act, built, key, person, after):
                _move(act, moving, form, key, [(each, person) for each in ids], successor.id)
                after = ids[-1]
    if chosen is None or TODO in chosen:
        moving.items += _move_todos(act, person, successor.id)
    for form in act.catalogue.forms:
        if chosen is None or f"{TEAM}:{form}" in chosen:
            moving.items += _move_teams(act, form, person, successor.id)
    if chosen is None or AUTOMATION in chosen:
        moving.items += _move_automations(act, person, successor)
    return _keep(act, moving, person, successor, reason)


def hand_over_records(act: Act, form: str, records: Sequence[int], key: str, successor: Person, reason: str) -> Given:
    """Picked records, by whoever may change that field of them."""
    if key not in member_fields(act, form):
        raise Refused([Problem("field", _("Choose the field in which the person stands."))])
    if not reason.strip():
        raise Refused([Problem("reason", _("Say in a few words why."))])
    moving = _Moving()
    for start in range(0, len(records), CHUNK):
        part = records[start : start + CHUNK]
        before = {each.id: each.values.get(key) or 0 for each in read_records(act, form, list(part), lock=True)}
        _move(act, moving, form, key, [(each, before.get(each, 0)) for each in part if before.get(each) != successor.id], successor.id)
    return _keep(act, moving, None, successor, reason)


def member_fields(act: Act, form: str) -> list[str]:
    """The fields in which a person stands and that the person of the act may change."""
    return [key for own, _built, key in _fields(act) if own == form and may(act.person, "edit", form, None, key)]


def take_back(act: Act, number: int) -> Given:
    """Undoes a hand-over: what still belongs to the successor goes back, the rest stays and is counted. By whoever did it, or an administrator."""
    row = handed.find(act, number)
    if row.by != act.person.id and not may(act.person, "administer"):
        raise NotAllowed(_("Only whoever handed it over, or an administrator, can take it back."))
    if row.undone_at is not None:
        raise Refused([Problem("", _("This was taken back already."))])
    moving = _Moving()
    for (kind, form, key), items in handed.grouped(act, number):
        if kind == RECORD:
            _return(act, moving, form, key, items, row.successor)
        else:
            back = handed.RETURNS[kind](act, items, row.successor)
            moving.items += items[:back]
            moving.left += len(items) - back
    handed.close(act, number)
    note(act, "hand_over_undone", f"hand_over:{number}", moved=len(moving.items), left=moving.left)
    return Given(len(moving.items), moving.left, moving.why, number)


# -- pieces -----------------------------------------------------------------------------------------------------------------------------
def _keep(act: Act, moving: _Moving, person: int | None, successor: Person, reason: str) -> Given:
    number = handed.keep(act, moving.items, moving.left, person, successor.id, " ".join(reason.split())[:LONGEST])
    moved, left = len(moving.items), moving.left
    subject = f"person:{person}" if person is not None else f"hand_over:{number}"
    note(act, "handed_over", subject, successor=successor.id, moved=moved, left=left, reason=reason, hand_over=number)
    return Given(moved, left, moving.why, number)


def _move(act: Act, moving: _Moving, form: str, key: str, pairs: list[tuple[int, int]], to: int | None) -> None:
    """Writes the field of records, each given with whom it held."""
    if not pairs:
        return
    result = write_batch(act, form, [BatchRow({key: to}, record) for record, _before in pairs])
    for (record, before), problems in zip(pairs, result.problems, strict=True):
        if problems:
            moving.left, moving.why = moving.left + 1, moving.why or problems[0].message
        else:
            moving.items.append(Item(RECORD, form, record, key, before))


def _return(act: Act, moving: _Moving, form: str, key: str, items: list[Item], successor: int) -> None:
    if form not in act.catalogue.forms or key not in act.catalogue.forms[form].by_key:
        moving.left += len(items)
        return
    now = {each.id: each for each in read_records(act, form, [item.record for item in items], lock=True) if each.deleted_at is None}
    still = [item for item in items if item.record in now and now[item.record].values.get(key) == successor]
    moving.left += len(items) - len(still)
    for before in dict.fromkeys(item.before for item in still):
        _move(act, moving, form, key, [(item.record, successor) for item in still if item.before == before], before or None)


def _move_todos(act: Act, person: int, to: int) -> Iterable[Item]:
    moved = act.connection.execute(todo.update().where(*_open(person)).values(person=to).returning(todo.c.id)).scalars()
    return [Item(TODO, "", number, "", person) for number in moved]


def _move_teams(act: Act, form: str, person: int, to: int) -> Iterable[Item]:
    """Whoever is in a team already stays what they are in it."""
    own = record_team.c
    mine = act.connection.execute(sa.select(own.record, own.role).where(own.form == form, own.person == person)).all()
    there = set(act.connection.execute(sa.select(own.record).where(own.form == form, own.person == to)).scalars())
    act.connection.execute(record_team.delete().where(own.form == form, own.person == person, own.record.in_(there)))
    act.connection.execute(record_team.update().where(own.form == form, own.person == person).values(person=to))
    return [Item(TEAM, form, row.record, row.role, person) for row in mine]


def _move_automations(act: Act, person: int, successor: Person) -> Iterable[Item]:
    keys = automations_of(act, person)
    handed.rename_owners(act, keys, successor)
    return [Item(AUTOMATION, key, 0, "", person) for key in keys]


def _fields(act: Act) -> Iterator[tuple[str, Any, str]]:
    """Every field in which one person stands: (form, its tables, key)."""
    for form, built in tables_of(act.catalogue).items():
        for each in act.catalogue.forms[form].fields:
            if each.type == "member" and each.writable and built.places.get(each.key) == "main":
                yield form, built, each.key


def _open(person: int) -> tuple[Any, ...]:
    return todo.c.person == person, todo.c.done_at.is_(None)


def _mine(built: Any, key: str, person: int) -> tuple[Any, ...]:
    return built.columns[key] == person, built.main.c.deleted_at.is_(None)


def _next(act: Act, built: Any, key: str, person: int, after: int) -> list[int]:
    record = built.main.c.id
    return list(
        act.connection.execute(sa.select(record).where(*_mine(built, key, person), record > after).order_by(record).limit(CHUNK)).scalars()
    )
