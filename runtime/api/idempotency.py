"""Idempotency-Key: a write that is sent again is not done again; it is answered as it was the first time.

The key is noted in the transaction of the write: a write that failed leaves no key behind, and may be sent again.
"""

from __future__ import annotations

import hashlib
import json
from datetime import timedelta
from typing import Any

import sqlalchemy as sa
from sqlalchemy.dialects import postgresql, sqlite

from runtime.api.route import Answer
from runtime.errors import Problem, Refused
from runtime.system import clock
from runtime.system.database import to_json
from runtime.system.tables import idempotency as table
from runtime.system.workspace import Act
from runtime.texts import _

KEPT = timedelta(days=7)


def fingerprint(*parts: str | bytes) -> str:
    """What makes two requests the same."""
    found = hashlib.sha256()
    for part in parts:
        written = part.encode() if isinstance(part, str) else part
        found.update(len(written).to_bytes(8, "big") + written)
    return found.hexdigest()


def take(act: Act, key: str, request: str) -> Answer | None:
    """Takes the key for this request. Gives the first answer when it has been done; Refused when the key belongs to another request."""
    old = clock.to_micros(act.now - KEPT)
    act.connection.execute(table.delete().where(table.c.person == act.person.id, table.c.at < old))
    insert = (postgresql if act.connection.dialect.name == "postgresql" else sqlite).insert
    # on PostgreSQL this waits for a transaction that holds the same key
    new = (
        insert(table)
        .values(person=act.person.id, token=key, request=request, at=act.micros)
        .on_conflict_do_nothing()
        .returning(table.c.token)
    )
    if act.connection.execute(new).first() is not None:
        return None
    row = act.connection.execute(sa.select(table).where(*_mine(act, key))).one()
    if row.request != request:
        raise Refused([Problem("Idempotency-Key", _("This key belongs to another request. Use a new key for each new request."))])
    return Answer(**json.loads(row.answer))


def keep(act: Act, key: str, status: int, answer: Answer) -> None:
    stored = to_json({"body": answer.body, "headers": answer.headers})
    act.connection.execute(table.update().where(*_mine(act, key)).values(status=status, answer=stored))


def _mine(act: Act, key: str) -> tuple[Any, ...]:
    return table.c.person == act.person.id, table.c.token == key
