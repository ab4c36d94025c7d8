"""Automations and their runs."""

from __future__ import annotations

from sqlalchemy import BigInteger, Column, ForeignKey, Index, Integer, SmallInteger, Table, Text, UniqueConstraint, text

from runtime.system.tables.base import key, metadata

automation_run = Table(
    "automation_run",
    metadata,
    key(),
    Column("automation", Text, nullable=False),
    Column("version", Integer, nullable=False),
    Column("cause_key", Text, nullable=False),
    Column("event", BigInteger),
    Column("form", Text),
    Column("record", BigInteger),
    Column("trigger", Text, nullable=False),
    Column("source", Text, nullable=False),
    Column("cause", Text),
    Column("state", Text, nullable=False),
    Column("reason", Text),
    Column("step", Integer, nullable=False, server_default=text("0")),
    Column("tries", Integer, nullable=False, server_default=text("0")),
    Column("due_at", BigInteger, nullable=False),
    Column("lease_until", BigInteger),
    Column("lease_by", Text),
    Column("created_at", BigInteger, nullable=False),
    Column("started_at", BigInteger),
    Column("finished_at", BigInteger),
    Column("facts", Text),
    Column("lane", SmallInteger, nullable=False, server_default=text("0")),
    Column("wakes", SmallInteger, nullable=False, server_default=text("0")),
    Column("parent", BigInteger),
    Column("records", Integer),
    UniqueConstraint("automation", "cause_key"),
)
"""state: waiting, running, paused, queued, done, skipped, held_out, failed, stopped. `cause_key` makes a run unique for its cause: event and record, or due
time. `facts`: what its trigger keeps of the event (JSON). `lane`: runtime/automation/lanes.py. `wakes`: a change of its record takes it up before it is due.
`parent`: the run that waits for this one to end. `records`: how many records a run over a batch has, see automation_run_record."""
OPEN, HELD = text("state IN ('waiting', 'running')"), text("state IN ('paused', 'queued')")
Index(
    "ix_automation_run_lane",
    automation_run.c.lane,
    automation_run.c.due_at,
    automation_run.c.id,
    sqlite_where=OPEN,
    postgresql_where=OPEN,
)
Index(
    "ix_automation_run_held",
    automation_run.c.automation,
    automation_run.c.record,
    automation_run.c.id,
    sqlite_where=HELD,
    postgresql_where=HELD,
)
Index(
    "ix_automation_run_wakes",
    automation_run.c.form,
    automation_run.c.record,
    sqlite_where=text("wakes = 1"),
    postgresql_where=text("wakes = 1"),
)
Index(
    "ix_automation_run_failed",
    automation_run.c.created_at,
    automation_run.c.automation,
    sqlite_where=text("state = 'failed'"),
    postgresql_where=text("state = 'failed'"),
)
Index(None, automation_run.c.automation, automation_run.c.id)
Index(None, automation_run.c.automation, automation_run.c.started_at)
Index(None, automation_run.c.form, automation_run.c.record)
automation_step = Table(
    "automation_step",
    metadata,
    key(),
    Column("run", ForeignKey("automation_run.id"), nullable=False),
    Column("path", Text, nullable=False),
    Column("type", Text, nullable=False),
    Column("state", Text, nullable=False),
    Column("tries", Integer, nullable=False, server_default=text("1")),
    Column("result", Text),
    Column("message", Text),
    Column("started_at", BigInteger, nullable=False),
    Column("finished_at", BigInteger),
    UniqueConstraint("run", "path"),
)
due_time = Table(
    "due_time",
    metadata,
    Column("automation", Text, primary_key=True),
    Column("due_at", BigInteger, primary_key=True, autoincrement=False),
    Column("record", BigInteger, primary_key=True, autoincrement=False),
    Column("state", Text, nullable=False),
    Column("claimed_at", BigInteger, nullable=False),
)
