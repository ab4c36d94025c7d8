"""The audit log as a chain; comments, followers, to-dos, choices about notifications, bots."""

import json

import sqlalchemy as sa
from alembic import op

from runtime.system.audit import START, hash_of

revision = "0003"
down_revision = "0002"
branch_labels = None
depends_on = None

UNREAD = sa.text("read_at IS NULL")
MAIL = sa.text("mail IS NOT NULL")
OPEN = sa.text("done_at IS NULL")
COLUMNS = ("id", "at", "person", "kind", "subject", "payload", "door", "address", "previous", "hash")


def upgrade() -> None:
    _audit()
    _notifications()
    _records()


# -- the audit log --------------------------------------------------------------------------------------------------------------
def _audit() -> None:
    log = op.create_table(
        "audit_log",
        sa.Column("id", sa.BigInteger(), autoincrement=False, nullable=False),
        sa.Column("at", sa.BigInteger(), nullable=False),
        sa.Column("person", sa.BigInteger(), nullable=False),
        *(sa.Column(name, sa.Text(), nullable=False) for name in ("kind", "subject", "payload", "door")),
        sa.Column("address", sa.Text(), nullable=True),
        sa.Column("previous", sa.Text(), nullable=False),
        sa.Column("hash", sa.Text(), nullable=False),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_audit_log")),
    )
    for columns in (["at"], ["person", "id"], ["kind", "id"], ["subject", "id"]):
        op.create_index(op.f(f"ix_audit_log_{'_'.join(columns)}"), "audit_log", columns)
    chain = op.create_table(
        "audit_chain",
        sa.Column("name", sa.Text(), nullable=False),
        sa.Column("entry", sa.BigInteger(), nullable=False),
        sa.Column("hash", sa.Text(), nullable=False),
        sa.PrimaryKeyConstraint("name", name=op.f("pk_audit_chain")),
    )
    number, previous = _take_over(log)
    op.bulk_insert(
        chain, [{"name": "head", "entry": number, "hash": previous}, {"name": "kept", "entry": 0, "hash": START}]
    )  # fmt: skip
    op.drop_table("audit")
    _guard()


def _take_over(log: sa.Table) -> tuple[int, str]:
    """What was noted before becomes the beginning of the chain."""
    number, previous = 0, START
    old = op.get_bind().execute(sa.text("SELECT id, at, person, act, what, details FROM audit ORDER BY at, id")).all()
    for number, row in enumerate(old, 1):
        payload = json.dumps(json.loads(row.details or "{}"), sort_keys=True, separators=(",", ":"))
        values = (number, row.at, row.person or 0, row.act, row.what, payload, "page", None, previous)
        line = dict(zip(COLUMNS, values, strict=False))
        previous = hash_of(line)
        op.get_bind().execute(log.insert().values(**line, hash=previous))
    return number, previous


def _guard() -> None:
    """A line is never changed, and removed only behind the checkpoint, which moves in one direction."""
    if op.get_bind().dialect.name == "sqlite":
        for name, when, condition in (
            ("audit_log_no_update", "UPDATE ON audit_log", "1"),
            ("audit_log_no_delete", "DELETE ON audit_log", "OLD.id > (SELECT entry FROM audit_chain WHERE name = 'kept')"),
            ("audit_chain_forward", "UPDATE ON audit_chain", "NEW.entry < OLD.entry OR NEW.name <> OLD.name"),
            ("audit_chain_no_delete", "DELETE ON audit_chain", "1"),
        ):
            op.execute(
                f"CREATE TRIGGER {name} BEFORE {when} WHEN {condition} BEGIN SELECT RAISE(ABORT, 'the audit log is append-only'); END"
            )
        return
    op.execute("""CREATE OR REPLACE FUNCTION audit_log_guard() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
  IF TG_TABLE_NAME = 'audit_log' AND TG_OP = 'DELETE' THEN
    IF OLD.id <= (SELECT entry FROM audit_chain WHERE name = 'kept') THEN RETURN OLD; END IF;
  ELSIF TG_TABLE_NAME = 'audit_chain' AND TG_OP = 'UPDATE' THEN
    IF NEW.entry >= OLD.entry AND NEW.name = OLD.name THEN RETURN NEW; END IF;
  END IF;
  RAISE EXCEPTION 'the audit log is append-only';
END $$""")
    for table in ("audit_log", "audit_chain"):
        op.execute(f"CREATE TRIGGER {table}_guard BEFORE UPDATE OR DELETE ON {table} FOR EACH ROW EXECUTE FUNCTION audit_log_guard()")
        op.execute(f"CREATE TRIGGER {table}_no_truncate BEFORE TRUNCATE ON {table} FOR EACH STATEMENT EXECUTE FUNCTION audit_log_guard()")


# -- notifications ----------------------------------------------------------------------------------------------------------------
def _notifications() -> None:
    op.add_column("notification", sa.Column("kind", sa.Text(), server_default=sa.text("'automation'"), nullable=False))
    op.add_column("notification", sa.Column("form", sa.Text(), nullable=True))
    op.add_column("notification", sa.Column("record", sa.BigInteger(), nullable=True))
    op.add_column("notification", sa.Column("mail", sa.Text(), nullable=True))
    op.add_column("notification", sa.Column("hidden", sa.SmallInteger(), server_default=sa.text("0"), nullable=False))
    op.create_index("ix_notification_unread", "notification", ["person"], sqlite_where=UNREAD, postgresql_where=UNREAD)
    op.create_index("ix_notification_mail", "notification", ["person", "id"], sqlite_where=MAIL, postgresql_where=MAIL)
    op.create_table(
        "notification_choice",
        sa.Column("person", sa.BigInteger(), autoincrement=False, nullable=False),
        sa.Column("kind", sa.Text(), nullable=False),
        sa.Column("app", sa.SmallInteger(), server_default=sa.text("1"), nullable=False),
        sa.Column("mail", sa.Text(), nullable=False),
        sa.PrimaryKeyConstraint("person", "kind", name=op.f("pk_notification_choice")),
    )
    op.create_table(
        "notification_hours",
        sa.Column("person", sa.BigInteger(), autoincrement=False, nullable=False),
        sa.Column("quiet_from", sa.Integer(), nullable=True),
        sa.Column("quiet_until", sa.Integer(), nullable=True),
        sa.Column("digest_at", sa.Integer(), nullable=False),
        sa.PrimaryKeyConstraint("person", name=op.f("pk_notification_hours")),
    )
    op.create_table(
        "mail_digest",
        sa.Column("person", sa.BigInteger(), autoincrement=False, nullable=False),
        sa.Column("day", sa.Integer(), autoincrement=False, nullable=False),
        sa.Column("at", sa.BigInteger(), nullable=False),
        sa.PrimaryKeyConstraint("person", "day", name=op.f("pk_mail_digest")),
    )


# -- records ------------------------------------------------------------------------------------------------------------------------
def _records() -> None:
    op.create_table(
        "record_comment",
        sa.Column("id", sa.BigInteger(), autoincrement=False, nullable=False),
        sa.Column("form", sa.Text(), nullable=False),
        *(sa.Column(name, sa.BigInteger(), nullable=False) for name in ("record", "person", "at")),
        sa.Column("body", sa.Text(), nullable=False),
        sa.Column("edited_at", sa.BigInteger(), nullable=True),
        sa.Column("removed_at", sa.BigInteger(), nullable=True),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_record_comment")),
    )
    op.create_index(op.f("ix_record_comment_form_record_id"), "record_comment", ["form", "record", "id"])
    op.create_table(
        "record_follow",
        sa.Column("form", sa.Text(), nullable=False),
        sa.Column("record", sa.BigInteger(), autoincrement=False, nullable=False),
        sa.Column("person", sa.BigInteger(), autoincrement=False, nullable=False),
        sa.Column("at", sa.BigInteger(), nullable=False),
        sa.Column("follows", sa.SmallInteger(), server_default=sa.text("1"), nullable=False),
        sa.PrimaryKeyConstraint("form", "record", "person", name=op.f("pk_record_follow")),
    )
    op.create_table(
        "todo",
        sa.Column("id", sa.BigInteger(), autoincrement=False, nullable=False),
        sa.Column("title", sa.Text(), nullable=False),
        sa.Column("form", sa.Text(), nullable=True),
        sa.Column("record", sa.BigInteger(), nullable=True),
        sa.Column("person", sa.BigInteger(), nullable=False),
        sa.Column("due", sa.Integer(), nullable=True),
        sa.Column("created_by", sa.BigInteger(), nullable=False),
        sa.Column("created_at", sa.BigInteger(), nullable=False),
        sa.Column("done_at", sa.BigInteger(), nullable=True),
        sa.Column("done_by", sa.BigInteger(), nullable=True),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_todo")),
    )
    op.create_index("ix_todo_open", "todo", ["person", "due"], sqlite_where=OPEN, postgresql_where=OPEN)
    op.create_index(op.f("ix_todo_person_done_at"), "todo", ["person", "done_at"])
    op.create_index(op.f("ix_todo_form_record"), "todo", ["form", "record"])
    op.create_table(
        "message_bot",
        sa.Column("id", sa.BigInteger(), autoincrement=False, nullable=False),
        *(sa.Column(name, sa.Text(), nullable=False) for name in ("name", "service", "secret")),
        sa.Column("form", sa.Text(), nullable=True),
        *(sa.Column(name, sa.Text(), nullable=False) for name in ("kinds", "language")),
        sa.Column("enabled", sa.SmallInteger(), server_default=sa.text("1"), nullable=False),
        sa.Column("created_at", sa.BigInteger(), nullable=False),
        sa.Column("said", sa.Text(), nullable=True),
        sa.Column("said_at", sa.BigInteger(), nullable=True),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_message_bot")),
    )


def downgrade() -> None:
    for table in ("message_bot", "todo", "record_follow", "record_comment", "mail_digest", "notification_hours", "notification_choice"):
        op.drop_table(table)
    op.drop_index("ix_notification_mail", table_name="notification", sqlite_where=MAIL, postgresql_where=MAIL)
    op.drop_index("ix_notification_unread", table_name="notification", sqlite_where=UNREAD, postgresql_where=UNREAD)
    for column in ("hidden", "mail", "record", "form", "kind"):
        op.drop_column("notification", column)
    _back_to_a_plain_trail()


def _back_to_a_plain_trail() -> None:
    op.create_table(
        "audit",
        sa.Column("id", sa.BigInteger(), autoincrement=False, nullable=False),
        sa.Column("at", sa.BigInteger(), nullable=False),
        sa.Column("person", sa.BigInteger(), nullable=True),
        sa.Column("act", sa.Text(), nullable=False),
        sa.Column("what", sa.Text(), nullable=False),
        sa.Column("details", sa.Text(), nullable=True),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_audit")),
    )
    op.create_index(op.f("ix_audit_at"), "audit", ["at"])
    op.execute("INSERT INTO audit (id, at, person, act, what, details) SELECT id, at, person, kind, subject, payload FROM audit_log")
    op.drop_table("audit_log")
    op.drop_table("audit_chain")
    if op.get_bind().dialect.name == "postgresql":
        op.execute("DROP FUNCTION audit_log_guard()")
