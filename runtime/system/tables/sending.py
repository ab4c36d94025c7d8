"""Records that are held against changes, and messages to many that go out in batches."""

from __future__ import annotations

from sqlalchemy import BigInteger, Column, ForeignKey, Index, Table, Text, UniqueConstraint

from runtime.system.tables.base import metadata

record_lock = Table(
    "record_lock",
    metadata,
    Column("form", Text, primary_key=True),
    Column("record", BigInteger, primary_key=True, autoincrement=False),
    Column("reason", Text, nullable=False),
    Column("until", BigInteger),
    Column("lifters", Text, nullable=False),
    Column("automation", Text),
    Column("person", BigInteger, nullable=False),
    Column("at", BigInteger, nullable=False),
)
"""`until`: the last day, or none. `lifters`: who may lift it beside those who build, as a JSON list such as `role:lead` or `field:owner`."""
mass_message = Table(
    "mass_message",
    metadata,
    Column("run", ForeignKey("automation_run.id"), primary_key=True),
    Column("path", Text, primary_key=True),
    Column("record", BigInteger, primary_key=True, autoincrement=False),
    Column("address", Text),
    Column("state", Text, nullable=False),
    Column("message", Text),
    Column("at", BigInteger),
    UniqueConstraint("run", "path", "address"),
)
"""One line a record of a message to a segment. state: waiting, sent, skipped, failed; an address stands once, so that nobody gets it twice."""
Index(None, mass_message.c.run, mass_message.c.path, mass_message.c.state)
