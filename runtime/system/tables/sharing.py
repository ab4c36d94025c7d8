"""Shared records, teams of records, the customer pool, and records handed over."""

from __future__ import annotations

from sqlalchemy import BigInteger, Column, ForeignKey, Index, Integer, Table, Text

from runtime.system.tables.base import key, metadata

share_grant = Table(
    "share_grant",
    metadata,
    key(),
    Column("form", Text, nullable=False),
    Column("who", Text, nullable=False),
    Column("may", Text, nullable=False),
    Column("fields", Text, nullable=False),
)
"""What sharing gives somebody in a form: one row however many records are shared so. `who`: user:ID, role:KEY, department:KEY or group:ID;
`may`: view or edit; `fields`: JSON like that of a permission set."""
Index(None, share_grant.c.who)
Index(None, share_grant.c.form, share_grant.c.who, share_grant.c.may)
record_share = Table(
    "record_share",
    metadata,
    Column("share", ForeignKey("share_grant.id"), primary_key=True),
    Column("record", BigInteger, primary_key=True, autoincrement=False),
    Column("until", Integer),
    Column("by", BigInteger, nullable=False),
    Column("at", BigInteger, nullable=False),
)
"""`until`: the last day; NULL for good."""
Index(None, record_share.c.record)
Index(None, record_share.c.until)
record_team = Table(
    "record_team",
    metadata,
    Column("form", Text, primary_key=True),
    Column("record", BigInteger, primary_key=True, autoincrement=False),
    Column("person", BigInteger, primary_key=True, autoincrement=False),
    Column("role", Text, nullable=False),
    Column("by", BigInteger, nullable=False),
    Column("at", BigInteger, nullable=False),
)
Index(None, record_team.c.person, record_team.c.form, record_team.c.role, record_team.c.record)
pool_event = Table(
    "pool_event",
    metadata,
    key(),
    Column("form", Text, nullable=False),
    Column("record", BigInteger, nullable=False),
    Column("person", BigInteger, nullable=False),
    Column("act", Text, nullable=False),
    Column("at", BigInteger, nullable=False),
    Column("day", Integer, nullable=False),
    Column("reason", Text),
)
"""`person`: who claimed, released or lost the record, or was warned; `act`: claimed, released, reclaimed, warned."""
Index(None, pool_event.c.form, pool_event.c.record, pool_event.c.id)
Index(None, pool_event.c.form, pool_event.c.person, pool_event.c.act, pool_event.c.day)
hand_over = Table(
    "hand_over",
    metadata,
    key(),
    Column("person", BigInteger),
    Column("successor", BigInteger, nullable=False),
    Column("by", BigInteger, nullable=False),
    Column("at", BigInteger, nullable=False),
    Column("reason", Text, nullable=False),
    Column("moved", Integer, nullable=False),
    Column("left", Integer, nullable=False),
    Column("undone_at", BigInteger),
    Column("undone_by", BigInteger),
)
"""`person`: who handed over; NULL where picked records of several people were."""
Index(None, hand_over.c.person, hand_over.c.id)
hand_over_item = Table(
    "hand_over_item",
    metadata,
    Column("hand_over", ForeignKey("hand_over.id"), primary_key=True),
    Column("position", Integer, primary_key=True, autoincrement=False),
    Column("kind", Text, nullable=False),
    Column("form", Text, nullable=False),
    Column("record", BigInteger, nullable=False),
    Column("field", Text, nullable=False),
    Column("before", BigInteger, nullable=False),
)
"""`kind`: record (of `form`, whose `field` held `before`), todo (`record` is its number), or team (`field` is the role)."""
