"""Groups: people from anywhere in the organisation, under one name."""

from __future__ import annotations

from collections.abc import Collection
from dataclasses import dataclass

import sqlalchemy as sa

from runtime.errors import NotFound, Problem, Refused
from runtime.people.departments import key_for
from runtime.people.may import require
from runtime.people.organisation import touch
from runtime.system.audit import note
from runtime.system.tables import person, person_group, person_group_member
from runtime.system.workspace import Act
from runtime.texts import _


@dataclass(frozen=True)
class Group:
    """`members`: (id, name) by name."""

    id: int
    key: str
    name: str
    members: tuple[tuple[int, str], ...]


def all_groups(connection: sa.Connection) -> list[Group]:
    rows = connection.execute(
        sa.select(person_group_member.c.person_group, person.c.id, person.c.name).join(person).order_by(person.c.name, person.c.id)
    ).all()
    groups = connection.execute(sa.select(person_group).order_by(person_group.c.name, person_group.c.id))
    return [Group(own.id, own.key, own.name, tuple((row.id, row.name) for row in rows if row.person_group == own.id)) for own in groups]


def add(act: Act, name: str) -> int:
    require(act.person, "administer")
    name = _named(act, name)
    taken = set(act.connection.execute(sa.select(person_group.c.key)).scalars())
    new_id = act.take_ids("person_group")
    act.connection.execute(person_group.insert().values(id=new_id, key=key_for(name, taken), name=name))
    note(act, "group_added", f"group:{new_id}", name=name)
    return new_id


def rename(act: Act, group: int, name: str) -> None:
    require(act.person, "administer")
    _known(act, group)
    act.connection.execute(person_group.update().where(person_group.c.id == group).values(name=_named(act, name, but=group)))
    note(act, "group_renamed", f"group:{group}", name=name)


def remove(act: Act, group: int) -> None:
    require(act.person, "administer")
    _known(act, group)
    act.connection.execute(person_group_member.delete().where(person_group_member.c.person_group == group))
    act.connection.execute(person_group.delete().where(person_group.c.id == group))
    touch(act.connection)
    note(act, "group_removed", f"group:{group}")


def set_members(act: Act, group: int, people: Collection[int]) -> None:
    """These people and no others; who is not known here is refused."""
    require(act.person, "administer")
    _known(act, group)
    known = set(act.connection.execute(sa.select(person.c.id).where(person.c.id.in_(list(people)))).scalars())
    if set(people) - known:
        raise NotFound(_("This person is not known here."))
    act.connection.execute(person_group_member.delete().where(person_group_member.c.person_group == group))
    for each in sorted(known):
        act.connection.execute(person_group_member.insert().values(person_group=group, person=each))
    touch(act.connection)
    note(act, "group_members", f"group:{group}", people=sorted(known))


def _named(act: Act, name: str, but: int | None = None) -> str:
    name = " ".join(name.split())
    if not 1 <= len(name) <= 100:
        raise Refused([Problem("name", _("Write a name of 1 to {longest} characters.", longest=100))])
    others = act.connection.execute(sa.select(person_group.c.id, person_group.c.name)).all()
    if any(each.name.casefold() == name.casefold() and each.id != but for each in others):
        raise Refused([Problem("name", _("There is a group {name} already.", name=name))])
    return name


def _known(act: Act, group: int) -> None:
    if act.connection.execute(sa.select(person_group.c.id).where(person_group.c.id == group)).scalar() is None:
        raise NotFound(_("There is no such group. Somebody may have removed it."))
