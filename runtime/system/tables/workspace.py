"""The workspace: its settings, secrets and what comes once."""

from __future__ import annotations

from sqlalchemy import BigInteger, Column, Index, Integer, Table, Text

from runtime.system.tables.base import key, metadata

workspace_setting = Table("workspace_setting", metadata, Column("name", Text, primary_key=True), Column("value", Text, nullable=False))
id_counter = Table("id_counter", metadata, Column("name", Text, primary_key=True), Column("next", BigInteger, nullable=False))
secret = Table(
    "secret",
    metadata,
    Column("name", Text, primary_key=True),
    Column("sealed", Text, nullable=False),
    Column("updated_at", BigInteger, nullable=False),
)
audit_log = Table(
    "audit_log",
    metadata,
    key(),
    Column("at", BigInteger, nullable=False),
    Column("person", BigInteger, nullable=False),
    Column("kind", Text, nullable=False),
    Column("subject", Text, nullable=False),
    Column("payload", Text, nullable=False),
    Column("door", Text, nullable=False),
    Column("address", Text),
    Column("previous", Text, nullable=False),
    Column("hash", Text, nullable=False),
)
"""A chain (system/audit.py): ids without gaps, `hash` over the other columns, `previous` the hash of the line before. Triggers of the migration
refuse to change a line, and to remove one that the checkpoint has not passed."""
Index(None, audit_log.c.at)
Index(None, audit_log.c.person, audit_log.c.id)
Index(None, audit_log.c.kind, audit_log.c.id)
Index(None, audit_log.c.subject, audit_log.c.id)
audit_chain = Table(
    "audit_chain",
    metadata,
    Column("name", Text, primary_key=True),
    Column("entry", BigInteger, nullable=False),
    Column("hash", Text, nullable=False),
)
"""Two rows: `head`, the newest line, which every writer locks; `kept`, the last line that was removed because its time was over."""
idempotency = Table(
    "idempotency",
    metadata,
    Column("person", BigInteger, primary_key=True),
    Column("token", Text, primary_key=True),
    Column("request", Text, nullable=False),
    Column("status", Integer),
    Column("answer", Text),
    Column("at", BigInteger, nullable=False),
)
