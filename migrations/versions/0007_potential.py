"""Models of potential and what they say."""

import sqlalchemy as sa
from alembic import op

revision = "0007"
down_revision = "0006"
branch_labels = None
depends_on = None

FIGURES = ("figure", "orders", "active", "worth", "lifetime", "chance")


def upgrade() -> None:
    op.create_table(
        "potential_fit",
        sa.Column("id", sa.BigInteger(), autoincrement=False, nullable=False),
        sa.Column("model", sa.Integer(), nullable=False),
        sa.Column("version", sa.Integer(), nullable=False),
        sa.Column("at", sa.BigInteger(), nullable=False),
        sa.Column("day", sa.Integer(), nullable=False),
        sa.Column("person", sa.BigInteger(), nullable=False),
        *(sa.Column(name, sa.Text(), nullable=False) for name in ("learnt", "test")),
        sa.Column("passed", sa.SmallInteger(), server_default=sa.text("0"), nullable=False),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_potential_fit")),
    )
    op.create_index(op.f("ix_potential_fit_model_id"), "potential_fit", ["model", "id"])
    op.create_table(
        "potential_use",
        sa.Column("model", sa.Integer(), autoincrement=False, nullable=False),
        *(sa.Column(name, sa.BigInteger(), nullable=False) for name in ("fit", "at", "person")),
        *(sa.Column(name, sa.BigInteger(), nullable=True) for name in ("refreshed_at", "records")),
        sa.PrimaryKeyConstraint("model", name=op.f("pk_potential_use")),
    )
    op.create_table(
        "potential_value",
        sa.Column("model", sa.Integer(), autoincrement=False, nullable=False),
        sa.Column("record", sa.BigInteger(), autoincrement=False, nullable=False),
        sa.Column("fit", sa.BigInteger(), nullable=False),
        sa.Column("day", sa.Integer(), nullable=False),
        *(sa.Column(name, sa.BigInteger(), nullable=True) for name in FIGURES),
        sa.Column("basis", sa.Text(), nullable=False),
        sa.PrimaryKeyConstraint("model", "record", name=op.f("pk_potential_value")),
    )
