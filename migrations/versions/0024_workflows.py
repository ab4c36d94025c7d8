"""Runs of workflows, whom they ask, and what was done."""

import sqlalchemy as sa
from alembic import op

revision = "0024"
down_revision = "0023"
branch_labels = None
depends_on = None

BIG, WHOLE, TEXT = sa.BigInteger(), sa.Integer(), sa.Text()


def columns(kind: sa.types.TypeEngine, names: str, nullable: bool = False) -> list[sa.Column]:
    return [sa.Column(name, kind, nullable=nullable) for name in names.split()]


def upgrade() -> None:
    op.create_table(
        "workflow_run",
        sa.Column("id", BIG, autoincrement=False, nullable=False),
        *columns(TEXT, "workflow form status"),
        *columns(WHOLE, "version round acts"),
        *columns(BIG, "record starter at"),
        *columns(BIG, "open_record ended_at", nullable=True),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_workflow_run")),
        sa.UniqueConstraint("workflow", "open_record", name=op.f("uq_workflow_run_workflow_open_record")),
    )
    op.create_index(op.f("ix_workflow_run_form_record"), "workflow_run", ["form", "record"])
    op.create_index(op.f("ix_workflow_run_starter_id"), "workflow_run", ["starter", "id"])
    op.create_index(op.f("ix_workflow_run_workflow_id"), "workflow_run", ["workflow", "id"])
    op.create_table(
        "workflow_visit",
        sa.Column("run", BIG, nullable=False),
        sa.Column("number", WHOLE, autoincrement=False, nullable=False),
        *columns(TEXT, "node forks state"),
        sa.Column("at", BIG, nullable=False),
        sa.Column("round", WHOLE, nullable=False),
        sa.Column("previous", WHOLE, nullable=True),
        sa.Column("back_to", TEXT, nullable=True),
        *columns(BIG, "ended_at wakes_at", nullable=True),
        sa.Column("void", sa.SmallInteger(), server_default="0", nullable=False),
        sa.ForeignKeyConstraint(["run"], ["workflow_run.id"], name=op.f("fk_workflow_visit_run")),
        sa.PrimaryKeyConstraint("run", "number", name=op.f("pk_workflow_visit")),
    )
    _partial("workflow_visit", ["wakes_at"], "state = 'open' AND wakes_at IS NOT NULL", "ix_workflow_visit_wakes_at")
    op.create_table(
        "workflow_task",
        sa.Column("id", BIG, autoincrement=False, nullable=False),
        sa.Column("run", BIG, nullable=False),
        *columns(WHOLE, "number visit"),
        *columns(BIG, "person at"),
        *columns(TEXT, "state after comment"),
        sa.Column("advisory", sa.SmallInteger(), server_default="0", nullable=False),
        sa.Column("came_from", WHOLE, nullable=True),
        *columns(BIG, "instead_of due_at acted_at acted_by", nullable=True),
        sa.Column("why", TEXT, nullable=True),
        sa.ForeignKeyConstraint(["run"], ["workflow_run.id"], name=op.f("fk_workflow_task_run")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_workflow_task")),
        sa.UniqueConstraint("run", "number", name=op.f("uq_workflow_task_run_number")),
    )
    _partial("workflow_task", ["person", "id"], "state = 'open'", "ix_workflow_task_open")
    op.create_index(op.f("ix_workflow_task_acted_by_acted_at"), "workflow_task", ["acted_by", "acted_at"])
    _partial("workflow_task", ["due_at"], "state = 'open' AND due_at IS NOT NULL", "ix_workflow_task_due_at")
    op.create_table(
        "workflow_entry",
        sa.Column("run", BIG, nullable=False),
        sa.Column("number", WHOLE, autoincrement=False, nullable=False),
        sa.Column("at", BIG, nullable=False),
        *columns(TEXT, "act comment"),
        sa.Column("person", BIG, nullable=True),
        sa.Column("node", TEXT, nullable=True),
        sa.Column("task", WHOLE, nullable=True),
        sa.Column("more", TEXT, nullable=True),
        sa.ForeignKeyConstraint(["run"], ["workflow_run.id"], name=op.f("fk_workflow_entry_run")),
        sa.PrimaryKeyConstraint("run", "number", name=op.f("pk_workflow_entry")),
    )
    op.create_table(
        "workflow_copy",
        sa.Column("id", BIG, autoincrement=False, nullable=False),
        sa.Column("run", BIG, nullable=False),
        sa.Column("visit", WHOLE, nullable=False),
        *columns(BIG, "person at"),
        sa.Column("read_at", BIG, nullable=True),
        sa.ForeignKeyConstraint(["run"], ["workflow_run.id"], name=op.f("fk_workflow_copy_run")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_workflow_copy")),
        sa.UniqueConstraint("run", "visit", "person", name=op.f("uq_workflow_copy_run_visit_person")),
    )
    op.create_index(op.f("ix_workflow_copy_person_id"), "workflow_copy", ["person", "id"])
    op.create_table(
        "workflow_delegation",
        sa.Column("id", BIG, autoincrement=False, nullable=False),
        *columns(BIG, "person deputy at"),
        *columns(WHOLE, "first_day last_day"),
        sa.Column("workflows", TEXT, nullable=True),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_workflow_delegation")),
    )
    op.create_index(op.f("ix_workflow_delegation_person_last_day"), "workflow_delegation", ["person", "last_day"])


def _partial(table: str, names: list[str], where: str, name: str) -> None:
    op.create_index(name, table, names, sqlite_where=sa.text(where), postgresql_where=sa.text(where))


def downgrade() -> None:
    for table in ("workflow_delegation", "workflow_copy", "workflow_entry", "workflow_task", "workflow_visit", "workflow_run"):
        op.drop_table(table)
