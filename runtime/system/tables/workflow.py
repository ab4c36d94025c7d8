"""Runs of workflows: where they stand, who is asked, what was done, who was told, and who stands in for whom."""

from __future__ import annotations

import sqlalchemy as sa
from sqlalchemy import BigInteger, Column, ForeignKey, Index, Integer, Table, Text, UniqueConstraint

from runtime.system.tables.base import flag, key, metadata

workflow_run = Table(
    "workflow_run",
    metadata,
    key(),
    Column("workflow", Text, nullable=False),
    Column("version", Integer, nullable=False),
    Column("form", Text, nullable=False),
    Column("record", BigInteger, nullable=False),
    Column("open_record", BigInteger),
    Column("status", Text, nullable=False),
    Column("starter", BigInteger, nullable=False),
    Column("round", Integer, nullable=False),
    Column("acts", Integer, nullable=False),
    Column("at", BigInteger, nullable=False),
    Column("ended_at", BigInteger),
    UniqueConstraint("workflow", "open_record"),
)
"""`version`: that of the workflow with which it began and which it keeps. `open_record`: the record, until the run is over, so that a record
has one at a time. `acts`: how many acts there were; each act counts it up, and one that finds another number than it read is refused."""
Index(None, workflow_run.c.form, workflow_run.c.record)
Index(None, workflow_run.c.starter, workflow_run.c.id)
Index(None, workflow_run.c.workflow, workflow_run.c.id)
Index(None, workflow_run.c.workflow, workflow_run.c.status, workflow_run.c.id)
Index(None, workflow_run.c.workflow, workflow_run.c.at)
workflow_visit = Table(
    "workflow_visit",
    metadata,
    Column("run", ForeignKey("workflow_run.id"), primary_key=True, autoincrement=False),
    Column("number", Integer, primary_key=True, autoincrement=False),
    Column("node", Text, nullable=False),
    Column("at", BigInteger, nullable=False),
    Column("round", Integer, nullable=False),
    Column("previous", Integer),
    Column("forks", Text, nullable=False),
    Column("back_to", Text),
    Column("state", Text, nullable=False),
    Column("ended_at", BigInteger),
    Column("wakes_at", BigInteger),
    flag("void"),
)
"""Once at a node. `forks`: JSON list of the visits within whose lines it stands."""
Index(
    "ix_workflow_visit_open",
    workflow_visit.c.node,
    workflow_visit.c.run,
    sqlite_where=sa.text("state = 'open'"),
    postgresql_where=sa.text("state = 'open'"),
)
Index(
    "ix_workflow_visit_wakes_at",
    workflow_visit.c.wakes_at,
    sqlite_where=sa.text("state = 'open' AND wakes_at IS NOT NULL"),
    postgresql_where=sa.text("state = 'open' AND wakes_at IS NOT NULL"),
)
workflow_task = Table(
    "workflow_task",
    metadata,
    key(),
    Column("run", ForeignKey("workflow_run.id"), nullable=False),
    Column("number", Integer, nullable=False),
    Column("visit", Integer, nullable=False),
    Column("person", BigInteger, nullable=False),
    Column("state", Text, nullable=False),
    Column("instead_of", BigInteger),
    Column("after", Text, nullable=False),
    flag("advisory"),
    Column("came_from", Integer),
    Column("at", BigInteger, nullable=False),
    Column("due_at", BigInteger),
    Column("acted_at", BigInteger),
    Column("acted_by", BigInteger),
    Column("comment", Text, nullable=False),
    Column("why", Text),
    UniqueConstraint("run", "number"),
)
"""One person asked at a visit. `after`: JSON list of the tasks that come first. `why`: why nobody had to act."""
Index(
    "ix_workflow_task_open",
    workflow_task.c.person,
    workflow_task.c.id,
    sqlite_where=sa.text("state = 'open'"),
    postgresql_where=sa.text("state = 'open'"),
)
Index(None, workflow_task.c.acted_by, workflow_task.c.acted_at)
Index(
    "ix_workflow_task_due_at",
    workflow_task.c.due_at,
    sqlite_where=sa.text("state = 'open' AND due_at IS NOT NULL"),
    postgresql_where=sa.text("state = 'open' AND due_at IS NOT NULL"),
)
workflow_entry = Table(
    "workflow_entry",
    metadata,
    Column("run", ForeignKey("workflow_run.id"), primary_key=True, autoincrement=False),
    Column("number", Integer, primary_key=True, autoincrement=False),
    Column("at", BigInteger, nullable=False),
    Column("act", Text, nullable=False),
    Column("person", BigInteger),
    Column("node", Text),
    Column("task", Integer),
    Column("comment", Text, nullable=False),
    Column("more", Text),
)
"""The log of a run: only ever added to."""
workflow_copy = Table(
    "workflow_copy",
    metadata,
    key(),
    Column("run", ForeignKey("workflow_run.id"), nullable=False),
    Column("visit", Integer, nullable=False),
    Column("person", BigInteger, nullable=False),
    Column("at", BigInteger, nullable=False),
    Column("read_at", BigInteger),
    UniqueConstraint("run", "visit", "person"),
)
Index(None, workflow_copy.c.person, workflow_copy.c.id)
workflow_delegation = Table(
    "workflow_delegation",
    metadata,
    key(),
    Column("person", BigInteger, nullable=False),
    Column("deputy", BigInteger, nullable=False),
    Column("first_day", Integer, nullable=False),
    Column("last_day", Integer, nullable=False),
    Column("workflows", Text),
    Column("at", BigInteger, nullable=False),
    Column("reason", Text),
    Column("made_by", BigInteger),
    Column("ended_at", BigInteger),
)
"""Who stands in for whom, from the first to the last day. `workflows`: JSON list of keys; left out: all. `ended_at`: when it was ended early."""
Index(None, workflow_delegation.c.person, workflow_delegation.c.last_day)
Index(None, workflow_delegation.c.deputy, workflow_delegation.c.last_day)
workflow_undo = Table(
    "workflow_undo",
    metadata,
    Column("run", ForeignKey("workflow_run.id"), primary_key=True, autoincrement=False),
    Column("entry", Integer, nullable=False),
    Column("acts", Integer, nullable=False),
    Column("before", Text, nullable=False),
)
"""The last act of an administrator on a run: its line in the log, the counter after it, and as JSON what it changed, as that was before."""
workflow_child = Table(
    "workflow_child",
    metadata,
    Column("run", ForeignKey("workflow_run.id"), primary_key=True, autoincrement=False),
    Column("visit", Integer, primary_key=True, autoincrement=False),
    Column("sort", Text, nullable=False),
    Column("child", BigInteger),
    Column("state", Text, nullable=False),
    flag("own"),
    Column("tries", Integer, nullable=False),
    Column("due_at", BigInteger),
    Column("result", Text),
    Column("reason", Text),
)
"""What a visit has set off. `sort`: workflow or automation; `child`: its run. `own`: it ends when the visit is cut short. `state`: open; again:
it is tried again at `due_at`; held: it could not be done, for the `reason`; done; left: nobody waits for it."""
CHILD_WAITS = sa.text("state IN ('open', 'again')")
Index("ix_workflow_child_open", workflow_child.c.state, workflow_child.c.run, sqlite_where=CHILD_WAITS, postgresql_where=CHILD_WAITS)
Index(None, workflow_child.c.sort, workflow_child.c.child)
