"""Members of segments over time."""

import sqlalchemy as sa
from alembic import op

revision = "0005"
down_revision = "0004"
branch_labels = None
depends_on = None

PRESENT, GONE = sa.text("until IS NULL"), sa.text("until IS NOT NULL")


def upgrade() -> None:
    op.create_table(
        "segment_member",
        sa.Column("segment", sa.Integer(), autoincrement=False, nullable=False),
        *(sa.Column(name, sa.BigInteger(), autoincrement=False, nullable=False) for name in ("record", "since")),
        sa.Column("until", sa.BigInteger(), nullable=True),
        *(sa.Column(name, sa.Text(), nullable=True) for name in ("came_by", "left_by")),
        sa.PrimaryKeyConstraint("segment", "record", "since", name=op.f("pk_segment_member")),
    )
    op.create_index(
        "uq_segment_member_present", "segment_member", ["segment", "record"], unique=True, sqlite_where=PRESENT, postgresql_where=PRESENT
    )
    op.create_index(op.f("ix_segment_member_segment_since"), "segment_member", ["segment", "since"])
    op.create_index("ix_segment_member_gone", "segment_member", ["segment", "until"], sqlite_where=GONE, postgresql_where=GONE)
    op.create_table(
        "segment_state",
        sa.Column("segment", sa.Integer(), autoincrement=False, nullable=False),
        sa.Column("state", sa.Text(), nullable=False),
        sa.Column("began", sa.BigInteger(), nullable=True),
        sa.Column("at", sa.BigInteger(), nullable=False),
        *(sa.Column(name, sa.BigInteger(), nullable=True) for name in ("members", "took")),
        sa.PrimaryKeyConstraint("segment", name=op.f("pk_segment_state")),
    )


def downgrade() -> None:
    op.drop_table("segment_state")
    op.drop_table("segment_member")
