"""Running the house: what an administrator's act can be undone by, more about who stands in for whom, and ways to find runs."""

import sqlalchemy as sa
from alembic import op

revision = "0025"
down_revision = "0024"
branch_labels = None
depends_on = None

OPEN = "state = 'open'"


def upgrade() -> None:
    op.create_table(
        "workflow_undo",
        sa.Column("run", sa.BigInteger(), autoincrement=False, nullable=False),
        sa.Column("entry", sa.Integer(), nullable=False),
        sa.Column("acts", sa.Integer(), nullable=False),
        sa.Column("before", sa.Text(), nullable=False),
        sa.ForeignKeyConstraint(["run"], ["workflow_run.id"], name=op.f("fk_workflow_undo_run")),
        sa.PrimaryKeyConstraint("run", name=op.f("pk_workflow_undo")),
    )
    for name, kind in (("reason", sa.Text()), ("made_by", sa.BigInteger()), ("ended_at", sa.BigInteger())):
        op.add_column("workflow_delegation", sa.Column(name, kind, nullable=True))
    op.create_index(op.f("ix_workflow_delegation_deputy_last_day"), "workflow_delegation", ["deputy", "last_day"])
    op.create_index(op.f("ix_workflow_run_workflow_status_id"), "workflow_run", ["workflow", "status", "id"])
    op.create_index(op.f("ix_workflow_run_workflow_at"), "workflow_run", ["workflow", "at"])
    op.create_index("ix_workflow_visit_open", "workflow_visit", ["node", "run"], sqlite_where=sa.text(OPEN), postgresql_where=sa.text(OPEN))


def downgrade() -> None:
    op.drop_index("ix_workflow_visit_open", "workflow_visit")
    for name in ("workflow_at", "workflow_status_id"):
        op.drop_index(op.f(f"ix_workflow_run_{name}"), "workflow_run")
    op.drop_index(op.f("ix_workflow_delegation_deputy_last_day"), "workflow_delegation")
    for name in ("ended_at", "made_by", "reason"):
        op.drop_column("workflow_delegation", name)
    op.drop_table("workflow_undo")
