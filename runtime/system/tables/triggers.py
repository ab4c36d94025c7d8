"""What triggers keep: the records of a run over a batch, how far the clock has looked, and the addresses at which other systems call."""

from __future__ import annotations

from sqlalchemy import BigInteger, Column, ForeignKey, Index, Table, Text, UniqueConstraint

from runtime.system.tables.base import metadata

automation_run_record = Table(
    "automation_run_record",
    metadata,
    Column("run", ForeignKey("automation_run.id"), primary_key=True),
    Column("record", BigInteger, primary_key=True, autoincrement=False),
    Column("facts", Text),
    Column("state", Text, nullable=False),
    Column("reason", Text),
)
"""The records of a run about many. `facts` as in automation_run. `state`: waiting, done, skipped, failed."""
Index(None, automation_run_record.c.record, automation_run_record.c.run)
clock_mark = Table(
    "clock_mark",
    metadata,
    Column("automation", Text, primary_key=True),
    Column("until", BigInteger, nullable=False),
    Column("stored", BigInteger),
    Column("record", BigInteger),
)
"""Up to which instant the dates of records have been dealt with; `stored` and `record`: how far within the moment that follows."""
incoming_hook = Table(
    "incoming_hook",
    metadata,
    Column("automation", Text, primary_key=True),
    Column("address", Text, nullable=False),
    Column("sealed", Text, nullable=False),
    Column("made_at", BigInteger, nullable=False),
    Column("made_by", BigInteger, nullable=False),
    UniqueConstraint("address"),
)
"""`address`: a hash of the secret part of its address; `sealed`: that part and the key of signatures, as JSON, sealed."""
hook_delivery = Table(
    "hook_delivery",
    metadata,
    Column("automation", Text, primary_key=True),
    Column("token", Text, primary_key=True),
    Column("at", BigInteger, nullable=False),
    Column("run", BigInteger, nullable=False),
    Column("body", Text, nullable=False),
)
"""What was taken from other systems. `token`: the key by which the sender knows it; `body`: a hash of what was sent."""
Index(None, hook_delivery.c.automation, hook_delivery.c.at)
