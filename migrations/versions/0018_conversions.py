"""How far the values of a field with another type were taken over."""

import sqlalchemy as sa
from alembic import op

revision = "0018"
down_revision = "0017"
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.create_table(
        "column_conversion",
        *[sa.Column(name, sa.BigInteger(), autoincrement=False, nullable=False) for name in ("source", "target")],
        sa.Column("settings", sa.Text(), nullable=False),
        *[sa.Column(name, sa.BigInteger(), nullable=False) for name in ("began_at", "position", "done", "lost")],
        sa.Column("samples", sa.Text(), nullable=False),
        sa.PrimaryKeyConstraint("source", "target", name=op.f("pk_column_conversion")),
    )
