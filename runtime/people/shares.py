"""What records that were shared with somebody give them: one `share_grant` for each sort of sharing, whatever the number of records."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

import sqlalchemy as sa

from runtime.system.prepared import Prepared
from runtime.system.tables import share_grant

if TYPE_CHECKING:
    from runtime.people.person import Person

_statements: dict[Any, Prepared] = {}


@dataclass(frozen=True)
class Share:
    """A sort of sharing in a form. `who`: user:ID, role:KEY, department:KEY or group:ID; `may`: view or edit; `fields`: JSON by field."""

    id: int
    form: str
    who: str
    may: str
    fields: str


def whose(person: Person) -> list[str]:
    """By which names things are shared with a person."""
    return [
        f"user:{person.id}",
        *(f"role:{key}" for key in sorted(person.roles)),
        *(f"department:{key}" for key in person.department_keys),
        *(f"group:{number}" for number in person.groups),
    ]


def shares_of(connection: sa.Connection, person: Person) -> tuple[Share, ...]:
    """In one statement, because it is asked for every act of somebody whose rights are limited."""
    names = whose(person)
    key = (connection.dialect.name, len(names))
    if key not in _statements:
        _statements[key] = Prepared(_select(len(names)), connection.dialect)
    rows = _statements[key].all(connection, {f"who_{number}": name for number, name in enumerate(names)})
    return tuple(Share(*row) for row in sorted(rows))


def _select(count: int) -> sa.Select[Any]:
    own = share_grant.c
    names = [sa.bindparam(f"who_{number}", type_=sa.Text()) for number in range(count)]
    return sa.select(own.id, own.form, own.who, own.may, own.fields).where(own.who.in_(names))
