"""Views that people keep for themselves, and changes of many records at once."""

import sqlalchemy as sa
from alembic import op

revision = "0015"
down_revision = "0014"
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.create_table(
        "own_view",
        sa.Column("id", sa.BigInteger(), autoincrement=False, nullable=False),
        sa.Column("person", sa.BigInteger(), nullable=False),
        *[sa.Column(name, sa.Text(), nullable=False) for name in ("form", "body")],
        sa.Column("updated_at", sa.BigInteger(), nullable=False),
        sa.ForeignKeyConstraint(["person"], ["person.id"], name=op.f("fk_own_view_person")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_own_view")),
    )
    op.create_index(op.f("ix_own_view_person"), "own_view", ["person"])
    op.create_table(
        "first_view",
        sa.Column("person", sa.BigInteger(), nullable=False),
        *[sa.Column(name, sa.Text(), nullable=False) for name in ("form", "view")],
        sa.ForeignKeyConstraint(["person"], ["person.id"], name=op.f("fk_first_view_person")),
        sa.PrimaryKeyConstraint("person", "form", name=op.f("pk_first_view")),
    )
    op.create_table(
        "bulk_edit",
        sa.Column("id", sa.BigInteger(), autoincrement=False, nullable=False),
        *[sa.Column(name, sa.Text(), nullable=False) for name in ("app", "form", "field", "value", "state")],
        *[sa.Column(name, sa.BigInteger(), nullable=False) for name in ("records", "person", "at")],
        sa.Column("job", sa.BigInteger(), nullable=True),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_bulk_edit")),
    )
    op.create_table(
        "bulk_edit_row",
        sa.Column("edit", sa.BigInteger(), nullable=False),
        sa.Column("record", sa.BigInteger(), autoincrement=False, nullable=False),
        sa.Column("outcome", sa.Text(), nullable=False),
        *[sa.Column(name, sa.Text(), nullable=True) for name in ("before", "why")],
        sa.ForeignKeyConstraint(["edit"], ["bulk_edit.id"], name=op.f("fk_bulk_edit_row_edit")),
        sa.PrimaryKeyConstraint("edit", "record", name=op.f("pk_bulk_edit_row")),
    )
