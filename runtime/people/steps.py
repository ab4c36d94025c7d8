"""A sign-in that is half done waits here for its other half: a few minutes, in this browser, and once."""

from __future__ import annotations

import json
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any

import sqlalchemy as sa

from runtime.people.random_tokens import hash_of, new_token
from runtime.system import clock
from runtime.system.database import to_json
from runtime.system.tables import sign_in_step

LASTS = timedelta(minutes=10)


@dataclass(frozen=True)
class Step:
    person: int | None
    payload: dict[str, Any]


def begin(connection: sa.Connection, kind: str, now: datetime, person: int | None = None, **payload: Any) -> str:
    """A new step's token; clears away those that have run out."""
    token = new_token()
    connection.execute(sign_in_step.delete().where(sign_in_step.c.expires_at <= clock.to_micros(now)))
    connection.execute(
        sign_in_step.insert().values(
            token_hash=hash_of(token), kind=kind, person=person, payload=to_json(payload), expires_at=clock.to_micros(now + LASTS)
        )
    )
    return token


def look(connection: sa.Connection, kind: str, token: str, now: datetime) -> Step | None:
    row = connection.execute(sa.select(sign_in_step).where(*_this(kind, token, now))).first()
    return None if row is None else Step(row.person, json.loads(row.payload))


def take(connection: sa.Connection, kind: str, token: str, now: datetime) -> Step | None:
    """The step, which is gone with this: of two who come with the same token one gets nothing."""
    row = connection.execute(
        sign_in_step.delete().where(*_this(kind, token, now)).returning(sign_in_step.c.person, sign_in_step.c.payload)
    ).first()
    return None if row is None else Step(row.person, json.loads(row.payload))


def _this(kind: str, token: str, now: datetime) -> tuple[sa.ColumnElement[bool], ...]:
    step = sign_in_step.c
    return step.token_hash == hash_of(token), step.kind == kind, step.expires_at > clock.to_micros(now)
