"""Runs of automations have a lane, may be woken by a change of their record, and may be waited for by another run."""

import sqlalchemy as sa
from alembic import op

revision = "0021"
down_revision = "0020"
branch_labels = None
depends_on = None

OPEN = sa.text("state IN ('waiting', 'running')")
HELD = sa.text("state IN ('paused', 'queued')")
WAKES = sa.text("wakes = 1")


def upgrade() -> None:
    for name in ("lane", "wakes"):
        op.add_column("automation_run", sa.Column(name, sa.SmallInteger(), server_default=sa.text("0"), nullable=False))
    op.add_column("automation_run", sa.Column("parent", sa.BigInteger(), nullable=True))
    op.execute("UPDATE automation_run SET lane = 1 WHERE source = 'import' AND state IN ('waiting', 'running')")
    op.drop_index("ix_automation_run_due", table_name="automation_run")
    _index("ix_automation_run_lane", ["lane", "due_at", "id"], OPEN)
    _index("ix_automation_run_held", ["automation", "record", "id"], HELD)
    _index("ix_automation_run_wakes", ["form", "record"], WAKES)


def _index(name: str, columns: list[str], where: sa.TextClause) -> None:
    op.create_index(name, "automation_run", columns, unique=False, sqlite_where=where, postgresql_where=where)
