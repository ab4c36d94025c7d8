"""Records can be locked against changes; messages to a segment go out in batches."""

import sqlalchemy as sa
from alembic import op

revision = "0022"
down_revision = "0021"
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.create_table(
        "record_lock",
        sa.Column("form", sa.Text(), nullable=False),
        sa.Column("record", sa.BigInteger(), autoincrement=False, nullable=False),
        sa.Column("reason", sa.Text(), nullable=False),
        sa.Column("until", sa.BigInteger(), nullable=True),
        sa.Column("lifters", sa.Text(), nullable=False),
        sa.Column("automation", sa.Text(), nullable=True),
        *[sa.Column(name, sa.BigInteger(), nullable=False) for name in ("person", "at")],
        sa.PrimaryKeyConstraint("form", "record", name=op.f("pk_record_lock")),
    )
    op.create_table(
        "mass_message",
        sa.Column("run", sa.BigInteger(), nullable=False),
        sa.Column("path", sa.Text(), nullable=False),
        sa.Column("record", sa.BigInteger(), autoincrement=False, nullable=False),
        sa.Column("address", sa.Text(), nullable=True),
        sa.Column("state", sa.Text(), nullable=False),
        sa.Column("message", sa.Text(), nullable=True),
        sa.Column("at", sa.BigInteger(), nullable=True),
        sa.ForeignKeyConstraint(["run"], ["automation_run.id"], name=op.f("fk_mass_message_run")),
        sa.PrimaryKeyConstraint("run", "path", "record", name=op.f("pk_mass_message")),
        sa.UniqueConstraint("run", "path", "address", name=op.f("uq_mass_message_run_path_address")),
    )
    op.create_index(op.f("ix_mass_message_run_path_state"), "mass_message", ["run", "path", "state"])
