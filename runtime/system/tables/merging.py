"""Merged records and what was moved, so that exactly that can be taken back."""

from __future__ import annotations

from sqlalchemy import BigInteger, Column, ForeignKey, Index, Integer, Table, Text

from runtime.system.tables.base import key, metadata

record_merge = Table(
    "record_merge",
    metadata,
    key(),
    Column("form", Text, nullable=False),
    Column("keep", BigInteger, nullable=False),
    Column("other", BigInteger, nullable=False),
    Column("other_version", Integer, nullable=False),
    Column("person", BigInteger, nullable=False),
    Column("at", BigInteger, nullable=False),
    Column("event", BigInteger),
    Column("payload", Text, nullable=False),
    Column("undone_by", BigInteger),
    Column("undone_at", BigInteger),
)
"""`keep` took over `other`, which is in the trash with `other_version`. `payload` (JSON): `changes` of the fields of `keep` as (before, after),
`states` of both in the tier models before, `moved` as how many of what."""
Index(None, record_merge.c.form, record_merge.c.keep)
Index(None, record_merge.c.form, record_merge.c.other)
record_merge_row = Table(
    "record_merge_row",
    metadata,
    Column("merge", ForeignKey("record_merge.id"), primary_key=True),
    Column("place", Text, primary_key=True),
    Column("row", BigInteger, primary_key=True, autoincrement=False),
)
"""What came over to the record that stays. `place`: a reference as FORM.FIELD or FORM.SUBFORM.FIELD with the record or the row of the sub-form, or the
name of a table with its row; of `record_follow` the person; `tag_assignment`: given, `tag_claimed`: no rule's any more."""
