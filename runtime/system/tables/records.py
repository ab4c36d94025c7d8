"""History, events and search entries of records."""

from __future__ import annotations

from sqlalchemy import BigInteger, Column, Index, Integer, SmallInteger, Table, Text, text

from runtime.system.tables.base import key, metadata

record_change = Table(
    "record_change",
    metadata,
    key(),
    Column("form", Text, nullable=False),
    Column("record", BigInteger, nullable=False),
    Column("version", Integer, nullable=False),
    Column("at", BigInteger, nullable=False),
    Column("person", BigInteger, nullable=False),
    Column("source", Text, nullable=False),
    Column("action", Text, nullable=False),
    Column("changes", Text, nullable=False),
    Column("event", BigInteger),
)
Index(None, record_change.c.form, record_change.c.record, record_change.c.id)
event = Table(
    "event",
    metadata,
    key(),
    Column("at", BigInteger, nullable=False),
    Column("kind", Text, nullable=False),
    Column("form", Text),
    Column("record", BigInteger),
    Column("records", Text),
    Column("source", Text, nullable=False),
    Column("person", BigInteger, nullable=False),
    Column("payload", Text, nullable=False),
    Column("cause", Text),
    Column("handled_at", BigInteger),
    Column("revision", BigInteger),
    Column("lane", SmallInteger, nullable=False, server_default=text("0")),
)
"""`revision`: that of the definitions in force when it was written; by it, and not by any clock, an automation knows whether it was at work.
`lane`: 1 for what came in bulk, an import above all, and what follows from it; what a person did is looked at first."""
_WAITS = event.c.handled_at.is_(None)
Index("ix_event_waiting", event.c.lane, event.c.id, sqlite_where=_WAITS, postgresql_where=_WAITS)
derived_dirty = Table(
    "derived_dirty",
    metadata,
    Column("form", Text, primary_key=True),
    Column("record", BigInteger, primary_key=True, autoincrement=False),
    Column("what", Text, primary_key=True),
    Column("source", Text, nullable=False),
    Column("event", BigInteger),
    Column("cause", Text),
)
"""Records whose derived values are still to be worked off; `what` is "all" or the key of a tier model."""
day_done = Table(
    "day_done",
    metadata,
    Column("what", Text, primary_key=True),
    Column("day", Integer, primary_key=True),
    Column("at", BigInteger, nullable=False),
)
