"""Whom something can be given to: people, roles, departments and groups, by the names that permission sets use."""

from __future__ import annotations

from collections.abc import Iterable
from typing import TYPE_CHECKING, Any

import sqlalchemy as sa

from runtime.errors import NotFound, Problem, Refused
from runtime.people import accounts
from runtime.people.organisation import organisation_of
from runtime.system.tables import person, person_group
from runtime.texts import Message, _

if TYPE_CHECKING:
    from runtime.people.person import Person
    from runtime.system.workspace import Act


def checked(act: Act, who: str) -> str:
    """The name as it is stored: people by number. Raises Refused where there is nobody of that name."""
    kind, _colon, key = who.partition(":")
    if kind == "user":
        return f"user:{somebody(act, key).id}"
    known = {
        "role": lambda: key in accounts.known_roles(act.connection),
        "department": lambda: key in {each.key for each in organisation_of(act.connection).departments.values()},
        "group": lambda: (
            act.connection.execute(sa.select(person_group.c.id).where(person_group.c.id == int(key))).first() is not None
            if key.isdecimal() and len(key) < 16
            else False
        ),
    }
    if kind not in known or not known[kind]():
        raise Refused([Problem("who", _("Choose a person, a role, a department or a group."))])
    return who


def somebody(act: Act, text: str, path: str = "who") -> Person:
    """An active person by e-mail address or number. Raises Refused."""
    try:
        found = accounts.named(act.connection, text.strip())
    except NotFound as error:
        raise Refused([Problem(path, error.message)]) from error
    if not found.active:
        raise Refused([Problem(path, _("The account of {name} is switched off. Choose somebody else.", name=found.name))])
    return found


def named(act: Act, names: Iterable[str]) -> dict[str, Message | str]:
    """What people call them: names of people, departments and groups, labels of roles; what is gone keeps its key."""
    wanted = set(names)
    numbers = [int(each.removeprefix("user:")) for each in wanted if each.startswith("user:") and each.removeprefix("user:").isdecimal()]
    found: dict[str, Message | str] = {}
    for row in act.connection.execute(sa.select(person.c.id, person.c.name).where(person.c.id.in_(numbers))):
        found[f"user:{row.id}"] = row.name
    found |= {key: label for key, label in offered(act) if key in wanted}
    return {each: found.get(each, each.partition(":")[2]) for each in wanted}


def offered(act: Act) -> list[tuple[str, Any]]:
    """Roles, departments and groups to choose from, with their names. People are searched for."""
    its = organisation_of(act.connection)
    return [
        *((f"role:{key}", label) for key, label in accounts.known_roles(act.connection).items()),
        *((f"department:{each.key}", its.path(each.id)) for each, _depth in its.walk()),
        *((f"group:{row.id}", row.name) for row in act.connection.execute(sa.select(person_group).order_by(person_group.c.name))),
    ]
