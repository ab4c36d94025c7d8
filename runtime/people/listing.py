"""Finding people for those who look after them: by words, department, role and state, a page at a time."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import sqlalchemy as sa

from runtime.people.accounts import Account
from runtime.people.organisation import organisation_of, person_of_row
from runtime.system import clock
from runtime.system.tables import department_member, invitation, person, person_role

STATES = ("active", "invited", "off")


@dataclass(frozen=True)
class Wanted:
    """What is asked for; empty means all. `department` counts with all below it."""

    words: str = ""
    department: int | None = None
    role: str = ""
    state: str = ""


@dataclass(frozen=True)
class Found:
    """A page of accounts, the whole number, and where the next page begins."""

    accounts: list[Account]
    total: int
    next: int | None


def find(connection: sa.Connection, wanted: Wanted, after: int | None = None, limit: int = 50) -> Found:
    """Active people first, then by name; `after` is the last person of the page before."""
    conditions = list(_conditions(connection, wanted))
    total = connection.execute(sa.select(sa.func.count()).select_from(person).where(*conditions)).scalar() or 0
    order = (1 - person.c.active, sa.func.lower(person.c.name), person.c.id)
    if after is not None:
        last = connection.execute(sa.select(*order).where(person.c.id == after)).first()
        if last is not None:
            conditions.append(sa.tuple_(*order) > sa.tuple_(*(sa.literal(each) for each in last)))
    rows = list(connection.execute(sa.select(person).where(*conditions).order_by(*order).limit(limit + 1)))
    shown = rows[:limit]
    return Found(_accounts(connection, shown), total, shown[-1].id if len(rows) > limit else None)


def account(connection: sa.Connection, person_id: int) -> Account:
    """One account, as a list shows it."""
    return _accounts(connection, list(connection.execute(sa.select(person).where(person.c.id == person_id))))[0]


def _conditions(connection: sa.Connection, wanted: Wanted) -> Any:
    for word in wanted.words[:200].split()[:10]:
        low = word.lower()
        yield sa.or_(*(sa.func.lower(column).contains(low, autoescape=True) for column in (person.c.name, person.c.email)))
    if wanted.department is not None:
        under = organisation_of(connection).below([wanted.department])
        yield person.c.id.in_(sa.select(department_member.c.person).where(department_member.c.department.in_(under)))
    if wanted.role:
        yield person.c.id.in_(sa.select(person_role.c.person).where(person_role.c.role == wanted.role))
    if wanted.state == "off":
        yield person.c.active == 0
    elif wanted.state in STATES:
        yield person.c.active == 1
        open_ones = sa.select(invitation.c.person).where(invitation.c.used_at.is_(None))
        yield sa.and_(person.c.password.is_(None), person.c.id.in_(open_ones)) if wanted.state == "invited" else sa.true()


def _accounts(connection: sa.Connection, rows: list[Any]) -> list[Account]:
    ids = [row.id for row in rows]
    held: dict[int, set[str]] = {}
    for owner, key in connection.execute(sa.select(person_role.c.person, person_role.c.role).where(person_role.c.person.in_(ids))):
        held.setdefault(owner, set()).add(key)
    its = organisation_of(connection)
    return [
        Account(
            person_of_row(row, held.get(row.id, ()), its),
            clock.from_micros(row.created_at),
            row.password is not None,
            row.second_factor is not None,
        )
        for row in rows
    ]
