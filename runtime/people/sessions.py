"""Sessions: who holds which browser open. The cookie has a random token, the table its hash."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime, timedelta

import sqlalchemy as sa

from runtime.people.random_tokens import hash_of, new_token
from runtime.system import clock
from runtime.system.tables import person_session

LASTS = timedelta(days=30)
AT_MOST = timedelta(days=90)
"""However busily it is used, a session ends after this: the second factor and the password are asked for anew."""
SEEN_EVERY = timedelta(hours=1)
"""A session slides on with use, but is not written at every request."""


@dataclass(frozen=True)
class Session:
    """`id` is the hash: it can end the session and cannot open it."""

    id: str
    person: int
    created_at: datetime
    seen_at: datetime
    agent: str | None
    address: str | None
    second_factor: bool = False
    """Whether its person has one."""

    def is_of(self, token: str | None) -> bool:
        return token is not None and self.id == hash_of(token)


def start(connection: sa.Connection, person: int, now: datetime, agent: str = "", address: str = "") -> str:
    """Opens a session and returns its token; clears away those that have run out."""
    token, at = new_token(), clock.to_micros(now)
    connection.execute(person_session.delete().where(person_session.c.expires_at <= at))
    connection.execute(
        person_session.insert().values(
            token_hash=hash_of(token),
            person=person,
            created_at=at,
            seen_at=at,
            expires_at=clock.to_micros(now + LASTS),
            agent=agent[:300],
            address=address[:100],
        )
    )
    return token


def of_person(connection: sa.Connection, person: int, now: datetime) -> list[Session]:
    """The open sessions of a person, last used first."""
    rows = connection.execute(
        sa.select(person_session)
        .where(person_session.c.person == person, person_session.c.expires_at > clock.to_micros(now))
        .order_by(person_session.c.seen_at.desc())
    )
    return [of_row(row) for row in rows]


def wants_sliding(session: Session, now: datetime) -> bool:
    return now - session.seen_at >= SEEN_EVERY


def slide(connection: sa.Connection, session: Session, now: datetime) -> None:
    connection.execute(
        person_session.update()
        .where(person_session.c.token_hash == session.id)
        .values(seen_at=clock.to_micros(now), expires_at=clock.to_micros(min(now + LASTS, session.created_at + AT_MOST)))
    )


def close(connection: sa.Connection, token: str) -> None:
    connection.execute(person_session.delete().where(person_session.c.token_hash == hash_of(token)))


def close_one(connection: sa.Connection, person: int, session_id: str) -> None:
    """Ends one session of this person, named by its id; nobody else's."""
    connection.execute(person_session.delete().where(person_session.c.person == person, person_session.c.token_hash == session_id))


def close_all(connection: sa.Connection, person: int, but: str | None = None) -> None:
    """Ends every session of a person except the one with the token `but`."""
    kept = sa.true() if but is None else person_session.c.token_hash != hash_of(but)
    connection.execute(person_session.delete().where(person_session.c.person == person, kept))


def of_row(row: sa.Row) -> Session:
    at = row._mapping
    created, seen = clock.from_micros(at[person_session.c.created_at]), clock.from_micros(at[person_session.c.seen_at])
    assert created and seen
    return Session(row.token_hash, at[person_session.c.person], created, seen, row.agent, row.address)
