"""Follow-up plans at work, what they asked for on which day, and figures of how well plans are kept."""

from __future__ import annotations

from sqlalchemy import BigInteger, Column, ForeignKey, Index, Integer, Table, Text

from runtime.system.tables.base import key, metadata

cadence = Table(
    "cadence",
    metadata,
    key(),
    Column("model", Integer, nullable=False),
    Column("record", BigInteger, nullable=False),
    Column("tier", Text, nullable=False),
    Column("state", Text, nullable=False),
    Column("origin", Text, nullable=False),
    Column("begun", Integer, nullable=False),
    Column("started_at", BigInteger, nullable=False),
    Column("step", Integer, nullable=False),
    Column("wake_on", Integer),
    Column("next_due", Integer),
    Column("replied_at", BigInteger),
    Column("ended_at", BigInteger),
    Column("why", Text),
)
"""`tier`: whose plan it is; state: running, ended; origin: tier (the record came into it), publish, automation, person. `begun`: the day from
which days count; `step`: how many of the plan's steps have been asked for; `wake_on`: the day on which to look again. why: tier, plan, record,
reply, finished, replaced, or the words of whoever ended it."""
_running = cadence.c.state == "running"
Index("uq_cadence_running", cadence.c.model, cadence.c.record, unique=True, sqlite_where=_running, postgresql_where=_running)
Index("ix_cadence_wake", cadence.c.model, cadence.c.wake_on, sqlite_where=_running, postgresql_where=_running)
Index(None, cadence.c.model, cadence.c.record, cadence.c.id)

cadence_due = Table(
    "cadence_due",
    metadata,
    key(),
    Column("cadence", ForeignKey("cadence.id"), nullable=False),
    Column("model", Integer, nullable=False),
    Column("record", BigInteger, nullable=False),
    Column("tier", Text, nullable=False),
    Column("what", Text, nullable=False),
    Column("due", Integer, nullable=False),
    Column("due_at", BigInteger, nullable=False),
    Column("made_on", Integer, nullable=False),
    Column("person", BigInteger),
    Column("todo", BigInteger),
    Column("state", Text, nullable=False),
    Column("closed_at", BigInteger),
    Column("escalated_at", BigInteger),
    Column("reason", Text),
)
"""What a plan asked for: once per record, plan and day. what: every (the rhythm), respond, or the number of a step. state: open, done (in touch),
ticked (the to-do was ticked off without a contact), skipped (with a reason)."""
Index(
    "uq_cadence_due",
    cadence_due.c.model,
    cadence_due.c.record,
    cadence_due.c.tier,
    cadence_due.c.due,
    cadence_due.c.what,
    unique=True,
)
_open = cadence_due.c.state == "open"
Index("ix_cadence_due_open", cadence_due.c.model, cadence_due.c.due_at, sqlite_where=_open, postgresql_where=_open)
Index(None, cadence_due.c.cadence)
Index("ix_cadence_due_todo", cadence_due.c.todo, sqlite_where=_open, postgresql_where=_open)

cadence_wanted = Table(
    "cadence_wanted",
    metadata,
    Column("model", Integer, primary_key=True, autoincrement=False),
    Column("record", BigInteger, primary_key=True, autoincrement=False),
)
"""Records whose plans have to be looked at, because of an event."""

cadence_figures = Table(
    "cadence_figures",
    metadata,
    Column("model", Integer, primary_key=True, autoincrement=False),
    Column("person", BigInteger, primary_key=True, autoincrement=False),
    Column("first", Integer, primary_key=True, autoincrement=False),
    Column("last", Integer, primary_key=True, autoincrement=False),
    Column("at", BigInteger, nullable=False),
    Column("version", Integer, nullable=False),
    Column("found", Text, nullable=False),
)
"""How well the plans of a model were kept between two days, as somebody sees it: `person` 0 for whoever sees everything."""
