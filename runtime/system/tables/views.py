"""Views that people keep for themselves, the view they want a form to open with, and changes of many records at once."""

from __future__ import annotations

from sqlalchemy import BigInteger, Column, ForeignKey, Index, Table, Text

from runtime.system.tables.base import metadata

own_view = Table(
    "own_view",
    metadata,
    Column("id", BigInteger, primary_key=True, autoincrement=False),
    Column("person", ForeignKey("person.id"), nullable=False),
    Column("form", Text, nullable=False),
    Column("body", Text, nullable=False),
    Column("updated_at", BigInteger, nullable=False),
)
"""`body`: the view as JSON, in the shape of a definition."""
Index(None, own_view.c.person)
first_view = Table(
    "first_view",
    metadata,
    Column("person", ForeignKey("person.id"), primary_key=True),
    Column("form", Text, primary_key=True),
    Column("view", Text, nullable=False),
)
"""`view`: the key of a view, `my-` and the number of one's own, or `-` for the list of all records."""
bulk_edit = Table(
    "bulk_edit",
    metadata,
    Column("id", BigInteger, primary_key=True, autoincrement=False),
    Column("app", Text, nullable=False),
    Column("form", Text, nullable=False),
    Column("field", Text, nullable=False),
    Column("value", Text, nullable=False),
    Column("state", Text, nullable=False),
    Column("records", BigInteger, nullable=False),
    Column("person", BigInteger, nullable=False),
    Column("at", BigInteger, nullable=False),
    Column("job", BigInteger),
)
"""`value`: what the field was set to, as JSON. `state`: running, done, stopped, undoing or undone. `records`: how many were meant."""
bulk_edit_chunk = Table(
    "bulk_edit_chunk",
    metadata,
    Column("edit", ForeignKey("bulk_edit.id"), primary_key=True),
    Column("number", BigInteger, primary_key=True, autoincrement=False),
    Column("records", Text, nullable=False),
)
"""Records that a job has still to change, some in each line, as JSON."""
bulk_edit_row = Table(
    "bulk_edit_row",
    metadata,
    Column("edit", ForeignKey("bulk_edit.id"), primary_key=True),
    Column("record", BigInteger, primary_key=True, autoincrement=False),
    Column("outcome", Text, nullable=False),
    Column("before", Text),
    Column("why", Text),
)
"""`outcome`: changed, same, skipped; once it is taken back undone, or kept where it was not. `before`: the old value as JSON.
`why`: the reason as JSON, in both languages."""
