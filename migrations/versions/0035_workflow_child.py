"""What a run of a workflow has set off outside itself (another workflow, an automation) is kept, so that it goes on when that is over."""

import sqlalchemy as sa
from alembic import op

revision = "0035"
down_revision = "0028"
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.create_table(
        "workflow_child",
        sa.Column("run", sa.BigInteger(), nullable=False),
        sa.Column("visit", sa.Integer(), autoincrement=False, nullable=False),
        sa.Column("sort", sa.Text(), nullable=False),
        sa.Column("child", sa.BigInteger(), nullable=True),
        sa.Column("state", sa.Text(), nullable=False),
        sa.Column("own", sa.SmallInteger(), server_default=sa.text("0"), nullable=False),
        sa.Column("tries", sa.Integer(), nullable=False),
        sa.Column("due_at", sa.BigInteger(), nullable=True),
        sa.Column("result", sa.Text(), nullable=True),
        sa.Column("reason", sa.Text(), nullable=True),
        sa.ForeignKeyConstraint(["run"], ["workflow_run.id"], name=op.f("fk_workflow_child_run")),
        sa.PrimaryKeyConstraint("run", "visit", name=op.f("pk_workflow_child")),
    )
    waits = sa.text("state IN ('open', 'again')")
    op.create_index("ix_workflow_child_open", "workflow_child", ["state", "run"], unique=False, sqlite_where=waits, postgresql_where=waits)
    op.create_index("ix_workflow_child_sort_child", "workflow_child", ["sort", "child"], unique=False)


def downgrade() -> None:
    op.drop_table("workflow_child")
