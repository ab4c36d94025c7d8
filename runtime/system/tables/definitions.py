"""Definitions, their versions and drafts."""

from __future__ import annotations

from sqlalchemy import BigInteger, Column, ForeignKey, Index, Integer, Table, Text, UniqueConstraint

from runtime.system.tables.base import flag, key, metadata

definition = Table(
    "definition",
    metadata,
    key(),
    Column("kind", Text, nullable=False),
    Column("key", Text, nullable=False),
    Column("version", Integer),
    UniqueConstraint("kind", "key"),
)
definition_version = Table(
    "definition_version",
    metadata,
    Column("definition", ForeignKey("definition.id"), primary_key=True),
    Column("version", Integer, primary_key=True),
    Column("body", Text, nullable=False),
    Column("author", BigInteger),
    Column("at", BigInteger, nullable=False),
    Column("note", Text),
    Column("revision", BigInteger, nullable=False),
)
definition_draft = Table(
    "definition_draft",
    metadata,
    Column("definition", ForeignKey("definition.id"), primary_key=True),
    Column("body", Text, nullable=False),
    Column("based_on", Integer),
    Column("author", BigInteger),
    Column("updated_at", BigInteger, nullable=False),
    Column("edit", Integer, nullable=False),
)
stored_column = Table(
    "stored_column",
    metadata,
    key(),
    Column("form", Text, nullable=False),
    Column("path", Text, nullable=False),
    Column("signature", Text, nullable=False),
    Column("place", Text, nullable=False),
    flag("live", 1),
)
Index(None, stored_column.c.form)
"""One row a field that has ever been published. `form` is the form's key, `path` the field's key (`items.price` in a sub-form) or empty for the
form's own table; the row's id names the column `f_<id>` or the table `r_<id>`; `place`: form, main, calc, many, rows. A changed type makes a new row."""
