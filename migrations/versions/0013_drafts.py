"""Records that somebody has begun to fill in and put aside."""

import sqlalchemy as sa
from alembic import op

revision = "0013"
down_revision = "0012"
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.create_table(
        "entry_draft",
        sa.Column("id", sa.BigInteger(), autoincrement=False, nullable=False),
        sa.Column("person", sa.BigInteger(), nullable=False),
        *[sa.Column(name, sa.Text(), nullable=False) for name in ("form", "title", "body")],
        sa.Column("at", sa.BigInteger(), nullable=False),
        sa.ForeignKeyConstraint(["person"], ["person.id"], name=op.f("fk_entry_draft_person")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_entry_draft")),
    )
    op.create_index(op.f("ix_entry_draft_person_form"), "entry_draft", ["person", "form"])
