"""Events name the revision of the definitions in force when they were written, so that no clock decides which automations they concern,
and have a lane, so that what a person did does not wait behind an import."""

import sqlalchemy as sa
from alembic import op

revision = "0028"
down_revision = "0025"
branch_labels = None
depends_on = None

WAITS = sa.text("handled_at IS NULL")


def upgrade() -> None:
    op.add_column("event", sa.Column("revision", sa.BigInteger(), nullable=True))
    op.add_column("event", sa.Column("lane", sa.SmallInteger(), server_default=sa.text("0"), nullable=False))
    op.execute("UPDATE event SET lane = 1 WHERE handled_at IS NULL AND (source = 'import' OR records IS NOT NULL)")
    _index(["lane", "id"])


def downgrade() -> None:
    _index(["id"])
    for name in ("revision", "lane"):
        op.drop_column("event", name)


def _index(columns: list[str]) -> None:
    op.drop_index("ix_event_waiting", table_name="event")
    op.create_index("ix_event_waiting", "event", columns, unique=False, sqlite_where=WAITS, postgresql_where=WAITS)
