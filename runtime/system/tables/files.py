"""Files that people have sent, and the fields of records that hold or held them. What a file contains lies elsewhere, under its hash."""

from __future__ import annotations

from sqlalchemy import BigInteger, Column, ForeignKey, Index, Table, Text

from runtime.system.tables.base import metadata

stored_file = Table(
    "stored_file",
    metadata,
    Column("id", Text, primary_key=True),
    Column("hash", Text, nullable=False),
    Column("name", Text, nullable=False),
    Column("size", BigInteger, nullable=False),
    Column("person", BigInteger, nullable=False),
    Column("at", BigInteger, nullable=False),
)
"""`id`: 22 letters that nobody can guess. `hash`: SHA-256 of what is kept, in hexadecimal. `size`: bytes of it. `person`: who sent it."""
Index(None, stored_file.c.hash)
Index(None, stored_file.c.at)
file_use = Table(
    "file_use",
    metadata,
    Column("file", ForeignKey("stored_file.id"), primary_key=True),
    Column("form", Text, primary_key=True),
    Column("record", BigInteger, primary_key=True, autoincrement=False),
    Column("field", Text, primary_key=True),
    Column("removed_at", BigInteger),
)
"""`removed_at`: when the field let go of it; its history still names it."""
Index(None, file_use.c.form, file_use.c.record, file_use.c.field)
