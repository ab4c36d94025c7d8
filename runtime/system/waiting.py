"""What waits in the database: events that no automation has looked at, and records whose derived values are being worked out."""

from __future__ import annotations

from datetime import timedelta

import sqlalchemy as sa

from runtime.system.tables import derived_dirty, event

SLOW = timedelta(minutes=5)
"""Whoever has waited longer waits for a worker that is not running."""


def events(connection: sa.Connection) -> tuple[int, int | None]:
    """How many wait, and since when the oldest does (microseconds since 1970; None where none waits)."""
    count, oldest = connection.execute(sa.select(sa.func.count(), sa.func.min(event.c.at)).where(event.c.handled_at.is_(None))).one()
    return count, oldest


def records(connection: sa.Connection) -> int:
    """How many records are to be worked out anew."""
    return connection.execute(sa.select(sa.func.count()).select_from(derived_dirty)).scalar_one()
