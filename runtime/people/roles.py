"""Roles: keys that permissions, apps and automations mention, with a name for people."""

from __future__ import annotations

import json
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

import sqlalchemy as sa

from runtime.errors import NotFound, Problem, Refused
from runtime.people.accounts import RIGHTS, ROLE_KEY, known_roles
from runtime.people.may import require
from runtime.system.audit import note
from runtime.system.tables import person_role, role
from runtime.system.workspace import ROLES_AT, Act, set_setting
from runtime.texts import Message, _, shown


@dataclass(frozen=True)
class Role:
    """`fixed`: a right of the product itself. `wanted`: a published definition mentions it."""

    key: str
    label: Message | str
    people: int
    wanted: bool
    fixed: bool


def all_roles(connection: sa.Connection) -> list[Role]:
    counts = dict(connection.execute(sa.select(person_role.c.role, sa.func.count()).group_by(person_role.c.role)).all())
    wanted = {row.key for row in connection.execute(sa.select(role)) if row.wanted}
    return [Role(key, label, counts.get(key, 0), key in wanted, key in RIGHTS) for key, label in known_roles(connection).items()]


def save(act: Act, key: str, label: str) -> None:
    """Makes a role, or gives one another name."""
    require(act.person, "administer")
    if not ROLE_KEY.match(key):
        problem = _("The role {role} is no key: start with a letter a–z and use only letters, digits, and _.", role=key)
        raise Refused([Problem("key", problem)])
    if key in RIGHTS:
        raise Refused([Problem("key", _("This role belongs to the product and keeps its name."))])
    if len(label.strip()) > 100:
        raise Refused([Problem("label", _("Write a name of 1 to {longest} characters.", longest=100))])
    changed = act.connection.execute(role.update().where(role.c.key == key).values(label=label.strip() or None))
    if not changed.rowcount:
        act.connection.execute(role.insert().values(key=key, label=label.strip() or None))
    set_setting(act.connection, ROLES_AT, str(act.micros))  # definitions say roles by their names
    note(act, "role_saved", f"role:{key}", label=label.strip())


def name_new(act: Act, labels: Mapping[str, Any]) -> None:
    """Gives names to roles that are there and have none yet: texts of a template, so that each reads them in their language."""
    named = [
        act.connection.execute(role.update().where(role.c.key == key, role.c.label.is_(None)).values(label=_stored(label))).rowcount
        for key, label in labels.items()
    ]
    if any(named):
        set_setting(act.connection, ROLES_AT, str(act.micros))


def _stored(label: Any) -> str:
    zh, en = shown(label, "zh"), shown(label, "en")
    return en if zh == en else json.dumps({"zh": zh, "en": en}, ensure_ascii=False)


def remove(act: Act, key: str) -> None:
    """Only a role that nobody has and no definition mentions."""
    require(act.person, "administer")
    found = {each.key: each for each in all_roles(act.connection)}.get(key)
    if found is None:
        raise NotFound(_("There is no such role."))
    if found.fixed or found.wanted or found.people:
        raise Refused([Problem("", _("The role {role} is in use: people have it, or a definition mentions it.", role=key))])
    act.connection.execute(role.delete().where(role.c.key == key))
    note(act, "role_removed", f"role:{key}")
