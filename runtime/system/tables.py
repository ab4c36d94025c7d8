"""The system's own tables. Forms' tables are made when a form is published (records/schema_changes.py), never here.

Instants are microseconds since 1970 in UTC, days are days since 1970-01-01; both are plain integers on either database.
"""

from __future__ import annotations

import sqlalchemy as sa
from sqlalchemy import BigInteger, Column, ForeignKey, Index, Integer, SmallInteger, Table, Text, UniqueConstraint, text

metadata = sa.MetaData(
    naming_convention={
        "ix": "ix_%(table_name)s_%(column_0_N_name)s",
        "uq": "uq_%(table_name)s_%(column_0_N_name)s",
        "fk": "fk_%(table_name)s_%(column_0_name)s",
        "pk": "pk_%(table_name)s",
        "ck": "ck_%(table_name)s_%(constraint_name)s",
    }
)


def key() -> Column:
    """A primary key whose values the application takes from `id_counter`."""
    return Column("id", BigInteger, primary_key=True, autoincrement=False)


def flag(name: str, default: int = 0) -> Column:
    return Column(name, SmallInteger, nullable=False, server_default=text(str(default)))


# -- the workspace ------------------------------------------------------------------------------------------------------------
workspace_setting = Table("workspace_setting", metadata, Column("name", Text, primary_key=True), Column("value", Text, nullable=False))
id_counter = Table("id_counter", metadata, Column("name", Text, primary_key=True), Column("next", BigInteger, nullable=False))
secret = Table(
    "secret",
    metadata,
    Column("name", Text, primary_key=True),
    Column("sealed", Text, nullable=False),
    Column("updated_at", BigInteger, nullable=False),
)
audit = Table(
    "audit",
    metadata,
    key(),
    Column("at", BigInteger, nullable=False),
    Column("person", BigInteger),
    Column("act", Text, nullable=False),
    Column("what", Text, nullable=False),
    Column("details", Text),
)
Index(None, audit.c.at)
idempotency = Table(
    "idempotency",
    metadata,
    Column("person", BigInteger, primary_key=True),
    Column("token", Text, primary_key=True),
    Column("request", Text, nullable=False),
    Column("status", Integer),
    Column("answer", Text),
    Column("at", BigInteger, nullable=False),
)

# -- people -------------------------------------------------------------------------------------------------------------------
person = Table(
    "person",
    metadata,
    key(),
    Column("email", Text, nullable=False, unique=True),
    Column("name", Text, nullable=False),
    Column("password", Text),
    Column("language", Text),
    flag("active", 1),
    Column("created_at", BigInteger, nullable=False),
)
role = Table("role", metadata, Column("key", Text, primary_key=True), Column("label", Text), flag("wanted"))
person_role = Table(
    "person_role", metadata, Column("person", ForeignKey("person.id"), primary_key=True), Column("role", Text, primary_key=True)
)
person_session = Table(
    "person_session",
    metadata,
    Column("token_hash", Text, primary_key=True),
    Column("person", ForeignKey("person.id"), nullable=False),
    Column("created_at", BigInteger, nullable=False),
    Column("seen_at", BigInteger, nullable=False),
    Column("expires_at", BigInteger, nullable=False),
    Column("agent", Text),
    Column("address", Text),
)
Index(None, person_session.c.person)
api_token = Table(
    "api_token",
    metadata,
    key(),
    Column("token_hash", Text, nullable=False, unique=True),
    Column("person", ForeignKey("person.id"), nullable=False),
    Column("name", Text, nullable=False),
    Column("created_at", BigInteger, nullable=False),
    Column("expires_at", BigInteger),
    Column("seen_at", BigInteger),
)
invitation = Table(
    "invitation",
    metadata,
    Column("token_hash", Text, primary_key=True),
    Column("person", ForeignKey("person.id"), nullable=False),
    Column("expires_at", BigInteger, nullable=False),
    Column("used_at", BigInteger),
)
sign_in_failure = Table(
    "sign_in_failure",
    metadata,
    Column("subject", Text, primary_key=True),
    Column("count", Integer, nullable=False),
    Column("last_at", BigInteger, nullable=False),
)
notification = Table(
    "notification",
    metadata,
    key(),
    Column("person", BigInteger, nullable=False),
    Column("at", BigInteger, nullable=False),
    Column("subject", Text, nullable=False),
    Column("body", Text),
    Column("link", Text),
    Column("read_at", BigInteger),
    Column("cause", Text, unique=True),
)
Index(None, notification.c.person, notification.c.id)

# -- definitions --------------------------------------------------------------------------------------------------------------
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

# -- records ------------------------------------------------------------------------------------------------------------------
record_change = Table(
    "record_change",
    metadata,
    key(),
    Column("form", Text, nullable=False),
    Column("record", BigInteger, nullable=False),
    Column("version", Integer, nullable=False),
    Column("at", BigInteger, nullable=False),
    Column("person", BigInteger, nullable=False),
    Column("source", Text, nullable=False),
    Column("action", Text, nullable=False),
    Column("changes", Text, nullable=False),
    Column("event", BigInteger),
)
Index(None, record_change.c.form, record_change.c.record, record_change.c.id)
event = Table(
    "event",
    metadata,
    key(),
    Column("at", BigInteger, nullable=False),
    Column("kind", Text, nullable=False),
    Column("form", Text),
    Column("record", BigInteger),
    Column("records", Text),
    Column("source", Text, nullable=False),
    Column("person", BigInteger, nullable=False),
    Column("payload", Text, nullable=False),
    Column("cause", Text),
    Column("handled_at", BigInteger),
)
Index("ix_event_waiting", event.c.id, sqlite_where=event.c.handled_at.is_(None), postgresql_where=event.c.handled_at.is_(None))
derived_dirty = Table(
    "derived_dirty",
    metadata,
    Column("form", Text, primary_key=True),
    Column("record", BigInteger, primary_key=True, autoincrement=False),
    Column("what", Text, primary_key=True),
    Column("source", Text, nullable=False),
    Column("event", BigInteger),
    Column("cause", Text),
)
"""Records whose derived values are still to be worked off; `what` is "all" or the key of a tier model."""
day_done = Table(
    "day_done",
    metadata,
    Column("what", Text, primary_key=True),
    Column("day", Integer, primary_key=True),
    Column("at", BigInteger, nullable=False),
)

# -- tags and tiers -----------------------------------------------------------------------------------------------------------
tag_assignment = Table(
    "tag_assignment",
    metadata,
    key(),
    Column("form", Text, nullable=False),
    Column("record", BigInteger, nullable=False),
    Column("tag_set", Text, nullable=False),
    Column("tag", Text, nullable=False),
    flag("by_rule"),
    Column("person", BigInteger, nullable=False),
    Column("at", BigInteger, nullable=False),
    Column("expires_at", BigInteger),
    Column("removed_at", BigInteger),
    Column("removed_by", BigInteger),
    Column("reason", Text),
)
_alive = tag_assignment.c.removed_at.is_(None)
Index(
    "uq_tag_assignment_alive",
    tag_assignment.c.form,
    tag_assignment.c.record,
    tag_assignment.c.tag_set,
    tag_assignment.c.tag,
    unique=True,
    sqlite_where=_alive,
    postgresql_where=_alive,
)
Index(
    "ix_tag_assignment_tag",
    tag_assignment.c.tag_set,
    tag_assignment.c.tag,
    tag_assignment.c.record,
    sqlite_where=_alive,
    postgresql_where=_alive,
)
tier_state = Table(
    "tier_state",
    metadata,
    Column("model", Integer, primary_key=True, autoincrement=False),
    Column("record", BigInteger, primary_key=True, autoincrement=False),
    Column("tier", Text),
    Column("rank", SmallInteger),
    Column("score", BigInteger),
    Column("bands", Text),
    Column("lane", Text),
    Column("floor", SmallInteger),
    flag("provisional"),
    Column("since", BigInteger),
    Column("risen_on", Integer),
    Column("grace_until", Integer),
    Column("version", Integer, nullable=False),
    Column("as_of", Integer, nullable=False),
    Column("at", BigInteger, nullable=False),
    Column("fell_on", Integer),
    Column("proposed", Text),
    Column("fixed", Text),
    Column("fixed_until", Integer),
)
"""The present tier of each record by each model. `model` is the definition's id; rank counts from 1 (lowest); score × 10,000; bands like `4,2,,5` in the
order of the model's dimensions (blank = missing); `floor` = index of the floor that raised it; `since` the
instant, `risen_on` the day of the first tier or last rise, `fell_on` of the
last step down since then;
`proposed` the lower tier that waits for a decision; `fixed` the tier of an override and `fixed_until` its last day (blank: without end)."""
Index(None, tier_state.c.model, tier_state.c.rank, tier_state.c.record)
Index(
    "ix_tier_state_grace",
    tier_state.c.model,
    tier_state.c.grace_until,
    sqlite_where=tier_state.c.grace_until.is_not(None),
    postgresql_where=tier_state.c.grace_until.is_not(None),
)
tier_history = Table(
    "tier_history",
    metadata,
    key(),
    Column("model", Integer, nullable=False),
    Column("record", BigInteger, nullable=False),
    Column("version", Integer, nullable=False),
    Column("tier_from", Text),
    Column("tier_to", Text),
    Column("score_from", BigInteger),
    Column("score_to", BigInteger),
    Column("bands", Text),
    Column("cause", Text, nullable=False),
    Column("source", Text, nullable=False),
    Column("as_of", Integer, nullable=False),
    Column("valid_from", BigInteger, nullable=False),
    Column("valid_to", BigInteger),
    Column("event", BigInteger),
)
"""Append-only but for `valid_to`. cause: first, up, down, left, publish, override."""
Index(None, tier_history.c.model, tier_history.c.record, tier_history.c.id)
Index(None, tier_history.c.model, tier_history.c.valid_from)
tier_cuts = Table(
    "tier_cuts",
    metadata,
    Column("model", Integer, primary_key=True, autoincrement=False),
    Column("version", Integer, primary_key=True),
    Column("lane", Text, primary_key=True),
    Column("dimension", Text, primary_key=True),
    Column("at", BigInteger, primary_key=True),
    Column("as_of", Integer, nullable=False),
    Column("cuts", Text, nullable=False),
    Column("population", BigInteger, nullable=False),
)
"""Cut points of quantile bands, stored at each full recompute; the newest row of a version counts. `cuts`: JSON list of scaled integers or null."""

# -- automation ---------------------------------------------------------------------------------------------------------------
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
"""state: waiting, running, done, skipped, failed, stopped. `cause_key` makes a run unique for its cause: event and record, or due time. `facts`: what
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

# -- long work ----------------------------------------------------------------------------------------------------------------
job = Table(
    "job",
    metadata,
    key(),
    Column("kind", Text, nullable=False),
    Column("state", Text, nullable=False),
    Column("subject", Text),
    Column("payload", Text, nullable=False),
    Column("result", Text),
    Column("message", Text),
    Column("done", BigInteger, nullable=False, server_default=text("0")),
    Column("total", BigInteger),
    flag("cancel"),
    Column("person", BigInteger, nullable=False),
    Column("created_at", BigInteger, nullable=False),
    Column("started_at", BigInteger),
    Column("finished_at", BigInteger),
    Column("lease_until", BigInteger),
    Column("lease_by", Text),
)
"""state: waiting, running, done, failed, cancelled."""
Index(
    "ix_job_open", job.c.id, sqlite_where=text("state IN ('waiting', 'running')"), postgresql_where=text("state IN ('waiting', 'running')")
)
import_file = Table(
    "import_file",
    metadata,
    key(),
    Column("form", Text, nullable=False),
    Column("file_name", Text, nullable=False),
    Column("stored_as", Text, nullable=False),
    Column("person", BigInteger, nullable=False),
    Column("created_at", BigInteger, nullable=False),
    Column("state", Text, nullable=False),
    Column("reading", Text, nullable=False),
    Column("mapping", Text),
    Column("options", Text),
    Column("counts", Text),
    Column("job", BigInteger),
    Column("first_id", BigInteger),
    Column("done_rows", BigInteger, nullable=False, server_default=text("0")),
)
import_row = Table(
    "import_row",
    metadata,
    Column("import", ForeignKey("import_file.id"), primary_key=True),
    Column("row", BigInteger, primary_key=True, autoincrement=False),
    Column("state", Text, nullable=False),
    Column("record", BigInteger),
    Column("version", Integer),
    Column("problems", Text),
    Column("values", Text),
    Column("before", Text),
)
