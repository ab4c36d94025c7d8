"""API tokens: a person's key for scripts. Shown once, kept as a hash, with that person's rights."""

from __future__ import annotations

from dataclasses import dataclass, replace
from datetime import datetime, timedelta

import sqlalchemy as sa

from runtime.errors import Problem, Refused
from runtime.people import accounts
from runtime.people.may import require
from runtime.people.person import Person
from runtime.people.random_tokens import hash_of, new_token
from runtime.system import clock
from runtime.system.audit import note
from runtime.system.tables import api_token
from runtime.system.workspace import Act
from runtime.texts import _

PREFIX = "tl_"
"""So that a token that leaked into a file can be found and told apart."""
SEEN_EVERY = timedelta(minutes=10)
SCOPES = {
    "read": _("read only"),
    "write": _("read and change records"),
    "admin": _("everything you may do, designing and administering too"),
}
"""Each holds those before it; the person's own rights are the limit of all."""


@dataclass(frozen=True)
class Token:
    id: int
    name: str
    created_at: datetime
    expires_at: datetime | None
    seen_at: datetime | None
    scope: str


@dataclass(frozen=True)
class Held:
    """A good token's person, with the rights that its scope leaves, and whether its use should be noted."""

    person: Person
    scope: str
    wants_noting: bool


def create(act: Act, person: Person, name: str, days: int | None = None, scope: str = "admin") -> str:
    """Makes a token and returns it; it cannot be shown again. Without `days` it does not run out."""
    if act.person.id != person.id:
        require(act.person, "administer")
    if not person.active:
        raise Refused([Problem("", _("{name}'s account is switched off, so it gets no token.", name=person.name))])
    if not 1 <= len(name.strip()) <= 100:
        raise Refused([Problem("name", _("Name the token after what will use it, for example “stock sync”."))])
    if days is not None and not 1 <= days <= 3650:
        raise Refused([Problem("days", _("A token is good for 1 to 3650 days."))])
    if scope not in SCOPES:
        raise Refused([Problem("scope", _("Choose what the token may do from the list."))])
    token, new_id = PREFIX + new_token(), act.take_ids("api_token")
    act.connection.execute(
        api_token.insert().values(
            id=new_id,
            token_hash=hash_of(token),
            person=person.id,
            name=name.strip(),
            created_at=act.micros,
            expires_at=None if days is None else clock.to_micros(act.now + timedelta(days=days)),
            scope=scope,
        )
    )
    note(act, "token_created", f"person:{person.id}", token=new_id, name=name.strip(), scope=scope)
    return token


def of_person(connection: sa.Connection, person: int) -> list[Token]:
    rows = connection.execute(sa.select(api_token).where(api_token.c.person == person).order_by(api_token.c.id.desc()))
    return [_token(row) for row in rows]


def _token(row: sa.Row) -> Token:
    created = clock.from_micros(row.created_at)
    assert created is not None
    return Token(row.id, row.name, created, clock.from_micros(row.expires_at), clock.from_micros(row.seen_at), row.scope)


def revoke(act: Act, person: Person, token_id: int) -> None:
    if act.person.id != person.id:
        require(act.person, "administer")
    act.connection.execute(api_token.delete().where(api_token.c.person == person.id, api_token.c.id == token_id))
    note(act, "token_revoked", f"person:{person.id}", token=token_id)


def held(connection: sa.Connection, token: str, now: datetime) -> Held | None:
    """Whose token this is, if it is good today and its person active. Below `admin` a builder is a member like others."""
    at = clock.to_micros(now)
    row = connection.execute(sa.select(api_token).where(api_token.c.token_hash == hash_of(token))).first()
    if row is None or (row.expires_at is not None and row.expires_at <= at):
        return None
    found = accounts.by_id(connection, row.person)
    if found is None or not found.active:
        return None
    if row.scope != "admin" and found.is_builder:
        found = replace(found, roles=(found.roles - {"builder"}) | {"member"})
    return Held(found, row.scope, row.seen_at is None or row.seen_at <= clock.to_micros(now - SEEN_EVERY))


def note_use(connection: sa.Connection, token: str, now: datetime) -> None:
    connection.execute(api_token.update().where(api_token.c.token_hash == hash_of(token)).values(seen_at=clock.to_micros(now)))
