"""Merged records."""

import sqlalchemy as sa
from alembic import op

revision = "0008"
down_revision = "0007"
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.create_table(
        "record_merge",
        sa.Column("id", sa.BigInteger(), autoincrement=False, nullable=False),
        sa.Column("form", sa.Text(), nullable=False),
        sa.Column("keep", sa.BigInteger(), nullable=False),
        sa.Column("other", sa.BigInteger(), nullable=False),
        sa.Column("other_version", sa.Integer(), nullable=False),
        sa.Column("person", sa.BigInteger(), nullable=False),
        sa.Column("at", sa.BigInteger(), nullable=False),
        sa.Column("event", sa.BigInteger(), nullable=True),
        sa.Column("payload", sa.Text(), nullable=False),
        sa.Column("undone_by", sa.BigInteger(), nullable=True),
        sa.Column("undone_at", sa.BigInteger(), nullable=True),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_record_merge")),
    )
    op.create_index(op.f("ix_record_merge_form_keep"), "record_merge", ["form", "keep"])
    op.create_index(op.f("ix_record_merge_form_other"), "record_merge", ["form", "other"])
    op.create_table(
        "record_merge_row",
        sa.Column("merge", sa.BigInteger(), nullable=False),
        sa.Column("place", sa.Text(), nullable=False),
        sa.Column("row", sa.BigInteger(), autoincrement=False, nullable=False),
        sa.ForeignKeyConstraint(["merge"], ["record_merge.id"], name=op.f("fk_record_merge_row_merge")),
        sa.PrimaryKeyConstraint("merge", "place", "row", name=op.f("pk_record_merge_row")),
    )
