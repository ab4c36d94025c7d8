"""Segments: who belongs to each and belonged to it before."""

from __future__ import annotations

from sqlalchemy import BigInteger, Column, Index, Integer, Table, Text

from runtime.system.tables.base import metadata

segment_member = Table(
    "segment_member",
    metadata,
    Column("segment", Integer, primary_key=True, autoincrement=False),
    Column("record", BigInteger, primary_key=True, autoincrement=False),
    Column("since", BigInteger, primary_key=True, autoincrement=False),
    Column("until", BigInteger),
    Column("came_by", Text),
    Column("left_by", Text),
)
"""`segment` is the number of its definition. `until` is blank while the record belongs to it. `came_by` and `left_by` are the sources of the
changes; `came_by` is blank for those who belonged to the segment when keeping began."""
_present = segment_member.c.until.is_(None)
Index(
    "uq_segment_member_present",
    segment_member.c.segment,
    segment_member.c.record,
    unique=True,
    sqlite_where=_present,
    postgresql_where=_present,
)
Index(None, segment_member.c.segment, segment_member.c.since)
_gone = segment_member.c.until.is_not(None)
Index("ix_segment_member_gone", segment_member.c.segment, segment_member.c.until, sqlite_where=_gone, postgresql_where=_gone)
segment_state = Table(
    "segment_state",
    metadata,
    Column("segment", Integer, primary_key=True, autoincrement=False),
    Column("state", Text, nullable=False),
    Column("began", BigInteger),
    Column("at", BigInteger, nullable=False),
    Column("members", BigInteger),
    Column("took", BigInteger),
)
"""state: filling (the first members are being found), kept, large (more members than are kept over time). `began`: when keeping began; `at`:
when all members were last compared with the rule; `members` and `took` (microseconds) are of that time."""
