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
audit_log = Table(
    "audit_log",
    metadata,
    key(),
    Column("at", BigInteger, nullable=False),
    Column("person", BigInteger, nullable=False),
    Column("kind", Text, nullable=False),
    Column("subject", Text, nullable=False),
    Column("payload", Text, nullable=False),
    Column("door", Text, nullable=False),
    Column("address", Text),
    Column("previous", Text, nullable=False),
    Column("hash", Text, nullable=False),
)
"""A chain (system/audit.py): ids without gaps, `hash` over the other columns, `previous` the hash of the line before. Triggers of the migration
refuse to change a line, and to remove one that the checkpoint has not passed."""
Index(None, audit_log.c.at)
Index(None, audit_log.c.person, audit_log.c.id)
Index(None, audit_log.c.kind, audit_log.c.id)
Index(None, audit_log.c.subject, audit_log.c.id)
audit_chain = Table(
    "audit_chain",
    metadata,
    Column("name", Text, primary_key=True),
    Column("entry", BigInteger, nullable=False),
    Column("hash", Text, nullable=False),
)
"""Two rows: `head`, the newest line, which every writer locks; `kept`, the last line that was removed because its time was over."""
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
    Column("zone", Text),
    Column("second_factor", Text),
    Column("second_factor_step", BigInteger),
)
"""`second_factor`: the sealed secret of the app that shows codes; `second_factor_step`: the last code's half minute, so that none works twice."""
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
    Column("scope", Text, nullable=False, server_default=text("'admin'")),
)
"""scope: read, write or admin; each holds those before it."""
invitation = Table(
    "invitation",
    metadata,
    Column("token_hash", Text, primary_key=True),
    Column("person", ForeignKey("person.id"), nullable=False),
    Column("expires_at", BigInteger, nullable=False),
    Column("used_at", BigInteger),
)
password_reset = Table(
    "password_reset",
    metadata,
    Column("token_hash", Text, primary_key=True),
    Column("person", ForeignKey("person.id"), nullable=False),
    Column("expires_at", BigInteger, nullable=False),
)
Index(None, password_reset.c.person)
recovery_code = Table(
    "recovery_code",
    metadata,
    Column("person", ForeignKey("person.id"), primary_key=True),
    Column("code_hash", Text, primary_key=True),
    Column("used_at", BigInteger),
)
sign_in_step = Table(
    "sign_in_step",
    metadata,
    Column("token_hash", Text, primary_key=True),
    Column("kind", Text, nullable=False),
    Column("person", ForeignKey("person.id")),
    Column("payload", Text, nullable=False),
    Column("expires_at", BigInteger, nullable=False),
)
"""A sign-in that is half done: `second_factor` waits for a code, `provider` for the answer of the OpenID provider."""
person_identity = Table(
    "person_identity",
    metadata,
    Column("issuer", Text, primary_key=True),
    Column("subject", Text, primary_key=True),
    Column("person", ForeignKey("person.id"), nullable=False),
    Column("created_at", BigInteger, nullable=False),
)
Index(None, person_identity.c.person)
department = Table(
    "department",
    metadata,
    key(),
    Column("key", Text, nullable=False, unique=True),
    Column("name", Text, nullable=False),
    Column("parent", ForeignKey("department.id")),
    Column("head", ForeignKey("person.id")),
    Column("position", Integer, nullable=False),
)
Index(None, department.c.parent)
department_member = Table(
    "department_member",
    metadata,
    Column("person", ForeignKey("person.id"), primary_key=True),
    Column("department", ForeignKey("department.id"), primary_key=True),
    flag("main"),
)
Index(None, department_member.c.department)
person_group = Table("person_group", metadata, key(), Column("key", Text, nullable=False, unique=True), Column("name", Text, nullable=False))
person_group_member = Table(
    "person_group_member",
    metadata,
    Column("person", ForeignKey("person.id"), primary_key=True),
    Column("person_group", ForeignKey("person_group.id"), primary_key=True),
)
Index(None, person_group_member.c.person_group)
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
    Column("kind", Text, nullable=False, server_default=text("'automation'")),
    Column("form", Text),
    Column("record", BigInteger),
    Column("mail", Text),
    flag("hidden"),
)
"""`form`, `record`: what it tells of, shown only while the person may see it. `mail`: how it still has to be sent, `now` or `daily`; blank when it
need not be or was. `hidden`: the person wants this kind by e-mail alone."""
Index(None, notification.c.person, notification.c.id)
Index(
    "ix_notification_unread",
    notification.c.person,
    sqlite_where=notification.c.read_at.is_(None),
    postgresql_where=notification.c.read_at.is_(None),
)
Index(
    "ix_notification_mail",
    notification.c.person,
    notification.c.id,
    sqlite_where=notification.c.mail.is_not(None),
    postgresql_where=notification.c.mail.is_not(None),
)
notification_choice = Table(
    "notification_choice",
    metadata,
    Column("person", BigInteger, primary_key=True, autoincrement=False),
    Column("kind", Text, primary_key=True),
    flag("app", 1),
    Column("mail", Text, nullable=False),
)
"""What somebody wants to hear of otherwise than is usual. mail: now, daily, never."""
notification_hours = Table(
    "notification_hours",
    metadata,
    Column("person", BigInteger, primary_key=True, autoincrement=False),
    Column("quiet_from", Integer),
    Column("quiet_until", Integer),
    Column("digest_at", Integer, nullable=False),
)
"""Minutes since midnight on the person's clock: no letters between the first two, the daily letter at the third."""
mail_digest = Table(
    "mail_digest",
    metadata,
    Column("person", BigInteger, primary_key=True, autoincrement=False),
    Column("day", Integer, primary_key=True, autoincrement=False),
    Column("at", BigInteger, nullable=False),
)
"""For which days somebody's daily letter has been made."""

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

# -- working together ---------------------------------------------------------------------------------------------------------
record_comment = Table(
    "record_comment",
    metadata,
    key(),
    Column("form", Text, nullable=False),
    Column("record", BigInteger, nullable=False),
    Column("person", BigInteger, nullable=False),
    Column("at", BigInteger, nullable=False),
    Column("body", Text, nullable=False),
    Column("edited_at", BigInteger),
    Column("removed_at", BigInteger),
)
"""`body` is plain text; somebody who is mentioned stands in it as <@ID>."""
Index(None, record_comment.c.form, record_comment.c.record, record_comment.c.id)
record_follow = Table(
    "record_follow",
    metadata,
    Column("form", Text, primary_key=True),
    Column("record", BigInteger, primary_key=True, autoincrement=False),
    Column("person", BigInteger, primary_key=True, autoincrement=False),
    Column("at", BigInteger, nullable=False),
    flag("follows", 1),
)
"""`follows` 0: does not want to, although author or owner."""
todo = Table(
    "todo",
    metadata,
    key(),
    Column("title", Text, nullable=False),
    Column("form", Text),
    Column("record", BigInteger),
    Column("person", BigInteger, nullable=False),
    Column("due", Integer),
    Column("created_by", BigInteger, nullable=False),
    Column("created_at", BigInteger, nullable=False),
    Column("done_at", BigInteger),
    Column("done_by", BigInteger),
)
Index("ix_todo_open", todo.c.person, todo.c.due, sqlite_where=todo.c.done_at.is_(None), postgresql_where=todo.c.done_at.is_(None))
Index(None, todo.c.person, todo.c.done_at)
Index(None, todo.c.form, todo.c.record)
message_bot = Table(
    "message_bot",
    metadata,
    key(),
    Column("name", Text, nullable=False),
    Column("service", Text, nullable=False),
    Column("secret", Text, nullable=False),
    Column("form", Text),
    Column("kinds", Text, nullable=False),
    Column("language", Text, nullable=False),
    flag("enabled", 1),
    Column("created_at", BigInteger, nullable=False),
    Column("said", Text),
    Column("said_at", BigInteger),
)
"""A group chat that is told: `secret` names the secret that holds its address; `kinds` JSON list; `said`: how the last message went."""

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
tag_name = Table(
    "tag_name",
    metadata,
    Column("tag_set", Text, primary_key=True),
    Column("name", Text, primary_key=True),
    Column("tag", Text, nullable=False),
)
"""Every name of every tag of the live dictionaries, folded: no name can lead to two tags."""
tag_request = Table(
    "tag_request",
    metadata,
    key(),
    Column("tag_set", Text, nullable=False),
    Column("state", Text, nullable=False),
    Column("wording", Text, nullable=False),
    Column("reason", Text),
    Column("person", BigInteger, nullable=False),
    Column("at", BigInteger, nullable=False),
    Column("decided_by", BigInteger),
    Column("decided_at", BigInteger),
    Column("answer", Text),
    Column("tag", Text),
)
"""state: open, approved, refused, withdrawn. `wording` is the tag as it is asked for (JSON, without a key), `reason` why it is needed although the
dictionary is full, `answer` why it was refused, `tag` the key it got."""
Index(None, tag_request.c.tag_set, tag_request.c.id)
Index(
    "ix_tag_request_open",
    tag_request.c.tag_set,
    sqlite_where=text("state = 'open'"),
    postgresql_where=text("state = 'open'"),
)
tag_change = Table(
    "tag_change",
    metadata,
    key(),
    Column("tag_set", Text, nullable=False),
    Column("form", Text, nullable=False),
    Column("kind", Text, nullable=False),
    Column("tag", Text),
    Column("state", Text, nullable=False),
    Column("payload", Text, nullable=False),
    Column("person", BigInteger, nullable=False),
    Column("at", BigInteger, nullable=False),
    Column("job", BigInteger),
    Column("undone_by", BigInteger),
    Column("undone_at", BigInteger),
)
"""What was done to a dictionary or to many records at once, and can be taken back. kind: give, take, archive, restore, merge, alias, clean_up; state:
running, done, stopped, undoing, undone. `payload` (JSON): what definitions were before and after, and how many records."""
Index(None, tag_change.c.tag_set, tag_change.c.id)
tag_change_row = Table(
    "tag_change_row",
    metadata,
    Column("change", ForeignKey("tag_change.id"), primary_key=True),
    Column("assignment", BigInteger, primary_key=True, autoincrement=False),
    Column("what", Text, nullable=False),
    flag("undone"),
)
"""The assignments that a change gave, took, or took over from a rule. what: given, taken, claimed."""
tag_figures = Table(
    "tag_figures",
    metadata,
    Column("tag_set", Text, primary_key=True),
    Column("day", Integer, primary_key=True, autoincrement=False),
    Column("tag", Text, primary_key=True),
    Column("at", BigInteger, nullable=False),
    Column("figures", Text, nullable=False),
)
"""How useful each tag was on a day (JSON, see runtime/tags/usefulness.py); the row with an empty tag is about all of them."""
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
