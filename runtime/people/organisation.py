"""The organisation as it stands: departments, who belongs to them, who heads them, groups.

Read in three statements when somebody has changed it, and kept in the process otherwise: the setting `people_revision` tells. A
revision is a random word, so that one that was rolled back is never mistaken for a later one.
"""

from __future__ import annotations

import secrets
from collections import defaultdict
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from functools import cached_property
from typing import Any
from weakref import WeakKeyDictionary

import sqlalchemy as sa

from runtime.people.person import Person
from runtime.system.prepared import prepared
from runtime.system.tables import department, department_member, person_group_member, person_role, workspace_setting
from runtime.system.tables import person as person_table

REVISION = "people_revision"
revision_now = sa.select(workspace_setting.c.value).where(workspace_setting.c.name == REVISION).scalar_subquery()
"""To be asked along with another statement."""


@dataclass(frozen=True)
class Department:
    id: int
    key: str
    name: str
    parent: int | None
    head: int | None


@dataclass(frozen=True)
class Belonging:
    """What a person gets from the organisation; the fields of the same names of `Person`."""

    departments: tuple[int, ...] = ()
    department_keys: tuple[str, ...] = ()
    department_tree: tuple[int, ...] = ()
    reports: tuple[int, ...] = ()
    groups: tuple[int, ...] = ()


class Organisation:
    """`departments` in the order of the tree's rows; `members` and `own` in the order main department first."""

    def __init__(self, departments: Iterable[Department], memberships: Iterable[tuple[int, int]], groups: Iterable[tuple[int, int]]):
        self.departments = {each.id: each for each in departments}
        self.members, self.own, self.groups = (
            defaultdict[int, list[int]](list),
            defaultdict[int, list[int]](list),
            defaultdict[int, list[int]](list),
        )
        for person, its in memberships:
            self.own[person].append(its)
            self.members[its].append(person)
        for person, group in groups:
            self.groups[person].append(group)
        self._found: dict[int, Belonging] = {}

    @cached_property
    def children(self) -> dict[int | None, list[Department]]:
        found: dict[int | None, list[Department]] = defaultdict(list)
        for each in self.departments.values():
            found[each.parent].append(each)
        return found

    @cached_property
    def headed(self) -> dict[int, list[int]]:
        found: dict[int, list[int]] = defaultdict(list)
        for each in self.departments.values():
            if each.head is not None:
                found[each.head].append(each.id)
        return found

    def below(self, tops: Iterable[int]) -> tuple[int, ...]:
        """These departments and all under them, each once."""
        found: dict[int, None] = {}
        waiting = list(tops)
        while waiting:
            here = waiting.pop(0)
            if here in self.departments and here not in found:
                found[here] = None
                waiting += [each.id for each in self.children.get(here, ())]
        return tuple(found)

    def walk(self, top: int | None = None, depth: int = 0) -> Iterator[tuple[Department, int]]:
        """The tree from above: each department with its depth."""
        for each in self.children.get(top, ()):
            yield each, depth
            yield from self.walk(each.id, depth + 1)

    def find(self, text: str) -> str | None:
        """The key of a department by its key, else by its name or path where only one has it."""
        wanted = text.strip()
        if any(each.key == wanted for each in self.departments.values()):
            return wanted
        found = [each.key for each in self.departments.values() if wanted.casefold() in (each.name.casefold(), self.path(each.id).casefold())]
        return found[0] if len(found) == 1 else None

    def path(self, its: int) -> str:
        """`Sales / North`."""
        names: list[str] = []
        here: int | None = its
        while here is not None and len(names) < len(self.departments):
            names.insert(0, self.departments[here].name)
            here = self.departments[here].parent
        return " / ".join(names)

    def of(self, person: int) -> Belonging:
        if person not in self._found:
            self._found[person] = self._belonging(person)
        return self._found[person]

    def _belonging(self, person: int) -> Belonging:
        own, headed = self.own.get(person, []), self.headed.get(person, [])
        under = self.below(headed)
        reports = {each for its in under for each in (*self.members.get(its, ()), self.departments[its].head) if each is not None}
        keys = tuple(self.departments[its].key for its in own)
        return Belonging(
            tuple(own), keys, self.below([*own, *headed]), tuple(sorted(reports - {person})), tuple(self.groups.get(person, ()))
        )


EMPTY = Organisation((), (), ())
_known: WeakKeyDictionary[sa.Engine, tuple[str, Organisation]] = WeakKeyDictionary()
_statements: dict[Any, Any] = {}


def organisation_of(connection: sa.Connection, revision: str | None = "") -> Organisation:
    """The organisation as this transaction sees it; `revision` if it was asked along with something else (None: nobody made one)."""
    if revision == "":
        revision = prepared(_statements, connection.dialect.name, connection.dialect, lambda: sa.select(revision_now)).scalar(connection)
    if revision is None:
        return EMPTY
    known = _known.get(connection.engine)
    if known is None or known[0] != revision:
        known = _known[connection.engine] = (revision, _read(connection))
    return known[1]


def touch(connection: sa.Connection) -> None:
    """To be called by whoever changes the organisation, in the same transaction and after the change."""
    word = secrets.token_hex(8)
    changed = connection.execute(workspace_setting.update().where(workspace_setting.c.name == REVISION).values(value=word))
    if not changed.rowcount:
        connection.execute(workspace_setting.insert().values(name=REVISION, value=word))


def person_of_row(row: sa.Row, roles: Iterable[str], organisation: Organisation) -> Person:
    """A row of `person` as the value that every act carries."""
    its = organisation.of(row.id)
    return Person(
        row.id, row.email, row.name, frozenset(roles), row.language, bool(row.active), row.zone,
        its.departments, its.department_keys, its.department_tree, its.reports, its.groups,
    )  # fmt: skip


def read_person(connection: sa.Connection, condition: sa.ColumnElement[bool]) -> Person | None:
    """The one person for whom a condition on `person` holds."""
    row = connection.execute(sa.select(person_table).where(condition)).first()
    if row is None:
        return None
    roles = connection.execute(sa.select(person_role.c.role).where(person_role.c.person == row.id)).scalars()
    return person_of_row(row, roles, organisation_of(connection))


def _read(connection: sa.Connection) -> Organisation:
    own, its = department.c, department_member.c
    rows = connection.execute(sa.select(own.id, own.key, own.name, own.parent, own.head).order_by(own.position, own.id))
    memberships = connection.execute(sa.select(its.person, its.department).order_by(its.main.desc(), its.department))
    groups = connection.execute(
        sa.select(person_group_member.c.person, person_group_member.c.person_group).order_by(person_group_member.c.person_group)
    )
    return Organisation([Department(*row) for row in rows], [tuple(row) for row in memberships], [tuple(row) for row in groups])  # type: ignore[misc]
