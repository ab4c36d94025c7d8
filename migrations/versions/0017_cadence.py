"""Follow-up plans at work, what they asked for, and figures of how well plans are kept."""

import sqlalchemy as sa
from alembic import op

revision = "0017"
down_revision = "0015"
branch_labels = None
depends_on = None


def _columns(kind, *names, nullable=False, **more):
    return [sa.Column(name, kind, nullable=nullable, **more) for name in names]


def upgrade() -> None:
    whole, big, text = sa.Integer(), sa.BigInteger(), sa.Text()
    running, is_open = sa.text("state = 'running'"), sa.text("state = 'open'")
    op.create_table(
        "cadence",
        sa.Column("id", big, autoincrement=False, nullable=False),
        *_columns(whole, "model"),
        *_columns(big, "record"),
        *_columns(text, "tier", "state", "origin"),
        *_columns(whole, "begun"),
        *_columns(big, "started_at"),
        *_columns(whole, "step"),
        *_columns(whole, "wake_on", "next_due", nullable=True),
        *_columns(big, "replied_at", "ended_at", nullable=True),
        *_columns(text, "why", nullable=True),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_cadence")),
    )
    op.create_index("uq_cadence_running", "cadence", ["model", "record"], unique=True, sqlite_where=running, postgresql_where=running)
    op.create_index("ix_cadence_wake", "cadence", ["model", "wake_on"], sqlite_where=running, postgresql_where=running)
    op.create_index(op.f("ix_cadence_model_record_id"), "cadence", ["model", "record", "id"])
    op.create_table(
        "cadence_due",
        sa.Column("id", big, autoincrement=False, nullable=False),
        *_columns(big, "cadence"),
        *_columns(whole, "model"),
        *_columns(big, "record"),
        *_columns(text, "tier", "what"),
        *_columns(whole, "due"),
        *_columns(big, "due_at"),
        *_columns(whole, "made_on"),
        *_columns(big, "person", "todo", nullable=True),
        *_columns(text, "state"),
        *_columns(big, "closed_at", "escalated_at", nullable=True),
        *_columns(text, "reason", nullable=True),
        sa.ForeignKeyConstraint(["cadence"], ["cadence.id"], name=op.f("fk_cadence_due_cadence")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_cadence_due")),
    )
    op.create_index("uq_cadence_due", "cadence_due", ["model", "record", "tier", "due", "what"], unique=True)
    op.create_index("ix_cadence_due_open", "cadence_due", ["model", "due_at"], sqlite_where=is_open, postgresql_where=is_open)
    op.create_index(op.f("ix_cadence_due_cadence"), "cadence_due", ["cadence"])
    op.create_index("ix_cadence_due_todo", "cadence_due", ["todo"], sqlite_where=is_open, postgresql_where=is_open)
    op.create_table(
        "cadence_wanted",
        *_columns(whole, "model", autoincrement=False),
        *_columns(big, "record", autoincrement=False),
        sa.PrimaryKeyConstraint("model", "record", name=op.f("pk_cadence_wanted")),
    )
    op.create_table(
        "cadence_figures",
        *_columns(whole, "model", autoincrement=False),
        *_columns(big, "person", autoincrement=False),
        *_columns(whole, "first", "last", autoincrement=False),
        *_columns(big, "at"),
        *_columns(whole, "version"),
        *_columns(text, "found"),
        sa.PrimaryKeyConstraint("model", "person", "first", "last", name=op.f("pk_cadence_figures")),
    )
