"""Movement between tiers: tiers set by hand, objections, and indexes that make past days quick to read."""

import sqlalchemy as sa
from alembic import op

revision = "0006"
down_revision = "0005"
branch_labels = None
depends_on = None

IN_FORCE, OPEN = sa.text("ended_at IS NULL"), sa.text("state = 'open'")
PRESENT, PAST = sa.text("valid_to IS NULL"), sa.text("valid_to IS NOT NULL")


def upgrade() -> None:
    op.create_table(
        "tier_override",
        sa.Column("id", sa.BigInteger(), autoincrement=False, nullable=False),
        sa.Column("model", sa.Integer(), nullable=False),
        sa.Column("record", sa.BigInteger(), nullable=False),
        sa.Column("tier", sa.Text(), nullable=False),
        sa.Column("tier_before", sa.Text(), nullable=True),
        sa.Column("reason", sa.Text(), nullable=False),
        *(sa.Column(name, sa.BigInteger(), nullable=False) for name in ("person", "approver", "at")),
        sa.Column("until", sa.Integer(), nullable=True),
        *(sa.Column(name, sa.BigInteger(), nullable=True) for name in ("ended_at", "ended_by")),
        sa.Column("ended", sa.Text(), nullable=True),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_tier_override")),
    )
    _partial("uq_tier_override_in_force", "tier_override", ["model", "record"], IN_FORCE, unique=True)
    op.create_index(op.f("ix_tier_override_model_record_id"), "tier_override", ["model", "record", "id"])
    op.create_table(
        "tier_appeal",
        sa.Column("id", sa.BigInteger(), autoincrement=False, nullable=False),
        sa.Column("model", sa.Integer(), nullable=False),
        *(sa.Column(name, sa.BigInteger(), nullable=False) for name in ("record", "person", "at")),
        sa.Column("tier_then", sa.Text(), nullable=True),
        *(sa.Column(name, sa.Text(), nullable=False) for name in ("tier", "reason", "state")),
        *(sa.Column(name, sa.BigInteger(), nullable=True) for name in ("decided_by", "decided_at")),
        sa.Column("answer", sa.Text(), nullable=True),
        sa.Column("until", sa.Integer(), nullable=True),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_tier_appeal")),
    )
    _partial("uq_tier_appeal_open", "tier_appeal", ["model", "record"], OPEN, unique=True)
    op.create_index(op.f("ix_tier_appeal_model_id"), "tier_appeal", ["model", "id"])
    op.create_index(op.f("ix_tier_appeal_model_record_id"), "tier_appeal", ["model", "record", "id"])
    op.create_table(
        "tier_appeal_todo",
        sa.Column("appeal", sa.BigInteger(), nullable=False),
        sa.Column("todo", sa.BigInteger(), autoincrement=False, nullable=False),
        sa.ForeignKeyConstraint(["appeal"], ["tier_appeal.id"], name=op.f("fk_tier_appeal_todo_appeal")),
        sa.PrimaryKeyConstraint("appeal", "todo", name=op.f("pk_tier_appeal_todo")),
    )
    op.create_table(
        "tier_proposal",
        sa.Column("id", sa.BigInteger(), autoincrement=False, nullable=False),
        sa.Column("model", sa.Integer(), nullable=False),
        sa.Column("record", sa.BigInteger(), nullable=False),
        *(sa.Column(name, sa.Text(), nullable=False) for name in ("tier", "proposed", "decision")),
        *(sa.Column(name, sa.BigInteger(), nullable=False) for name in ("person", "at")),
        sa.Column("reason", sa.Text(), nullable=True),
        sa.Column("until", sa.Integer(), nullable=True),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_tier_proposal")),
    )
    op.create_index(op.f("ix_tier_proposal_model_record_id"), "tier_proposal", ["model", "record", "id"])
    op.drop_index(op.f("ix_tier_history_model_valid_from"), "tier_history")
    _partial("ix_tier_history_present", "tier_history", ["model", "valid_from", "tier_to"], PRESENT)
    _partial("ix_tier_history_past", "tier_history", ["model", "valid_to"], PAST)


def downgrade() -> None:
    op.drop_index("ix_tier_history_past", "tier_history")
    op.drop_index("ix_tier_history_present", "tier_history")
    op.create_index(op.f("ix_tier_history_model_valid_from"), "tier_history", ["model", "valid_from"])
    for table in ("tier_proposal", "tier_appeal_todo", "tier_appeal", "tier_override"):
        op.drop_table(table)


def _partial(name: str, table: str, columns: list[str], where: sa.TextClause, unique: bool = False) -> None:
    op.create_index(name, table, columns, unique=unique, sqlite_where=where, postgresql_where=where)
