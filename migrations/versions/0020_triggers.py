"""Runs over a batch of records, how far the clock has looked, addresses at which other systems call."""

import sqlalchemy as sa
from alembic import op

revision = "0020"
down_revision = "0019"
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.add_column("automation_run", sa.Column("records", sa.Integer(), nullable=True))
    op.create_table(
        "automation_run_record",
        sa.Column("run", sa.BigInteger(), nullable=False),
        sa.Column("record", sa.BigInteger(), autoincrement=False, nullable=False),
        sa.Column("facts", sa.Text(), nullable=True),
        sa.Column("state", sa.Text(), nullable=False),
        sa.Column("reason", sa.Text(), nullable=True),
        sa.ForeignKeyConstraint(["run"], ["automation_run.id"], name=op.f("fk_automation_run_record_run")),
        sa.PrimaryKeyConstraint("run", "record", name=op.f("pk_automation_run_record")),
    )
    op.create_index(op.f("ix_automation_run_record_record_run"), "automation_run_record", ["record", "run"])
    op.create_table(
        "clock_mark",
        sa.Column("automation", sa.Text(), nullable=False),
        sa.Column("until", sa.BigInteger(), nullable=False),
        *[sa.Column(name, sa.BigInteger(), nullable=True) for name in ("stored", "record")],
        sa.PrimaryKeyConstraint("automation", name=op.f("pk_clock_mark")),
    )
    # what the clock has dealt with before is not looked at again
    op.execute(
        "INSERT INTO clock_mark (automation, until) SELECT automation, MAX(due_at) FROM due_time WHERE record = 0 GROUP BY automation"
    )
    op.create_table(
        "incoming_hook",
        *[sa.Column(name, sa.Text(), nullable=False) for name in ("automation", "address", "sealed")],
        *[sa.Column(name, sa.BigInteger(), nullable=False) for name in ("made_at", "made_by")],
        sa.PrimaryKeyConstraint("automation", name=op.f("pk_incoming_hook")),
        sa.UniqueConstraint("address", name=op.f("uq_incoming_hook_address")),
    )
    op.create_table(
        "hook_delivery",
        *[sa.Column(name, sa.Text(), nullable=False) for name in ("automation", "token")],
        *[sa.Column(name, sa.BigInteger(), nullable=False) for name in ("at", "run")],
        sa.Column("body", sa.Text(), nullable=False),
        sa.PrimaryKeyConstraint("automation", "token", name=op.f("pk_hook_delivery")),
    )
    op.create_index(op.f("ix_hook_delivery_automation_at"), "hook_delivery", ["automation", "at"])
