"""Records that somebody has begun to fill in and put aside."""

from __future__ import annotations

from sqlalchemy import BigInteger, Column, ForeignKey, Index, Table, Text

from runtime.system.tables.base import key, metadata

entry_draft = Table(
    "entry_draft",
    metadata,
    key(),
    Column("person", ForeignKey("person.id"), nullable=False),
    Column("form", Text, nullable=False),
    Column("title", Text, nullable=False),
    Column("body", Text, nullable=False),
    Column("at", BigInteger, nullable=False),
    Column("record", BigInteger),
    Column("version", BigInteger),
)
"""`body`: JSON of the (name, text) pairs that the page would send. `record`: what is being changed, as it was at `version`; none: a new one."""
Index(None, entry_draft.c.person, entry_draft.c.form)
