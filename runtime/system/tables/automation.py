"""Automations and their runs."""

from __future__ import annotations

from sqlalchemy import BigInteger, Column, ForeignKey, Index, Integer, Table, Text, UniqueConstraint, text

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
    UniqueConstraint("automation", "cause_key"),
)
"""state: waiting, running, done, skipped, held_out, failed, stopped. `cause_key` makes a run unique for its cause: event and record, or due time. `facts`: what
its trigger keeps of the event (JSON)."""
Index(
    "ix_automation_run_due",
    automation_run.c.due_at,
    sqlite_where=text("state IN ('waiting', 'running')"),
    postgresql_where=text("state IN ('waiting', 'running')"),
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
