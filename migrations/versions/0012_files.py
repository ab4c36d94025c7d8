"""Files that people send, and the fields that hold them."""

import sqlalchemy as sa
from alembic import op

revision = "0012"
down_revision = "0011"
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.create_table(
        "stored_file",
        *[sa.Column(name, sa.Text(), nullable=False) for name in ("id", "hash", "name")],
        *[sa.Column(name, sa.BigInteger(), nullable=False) for name in ("size", "person", "at")],
        sa.PrimaryKeyConstraint("id", name=op.f("pk_stored_file")),
    )
    op.create_index(op.f("ix_stored_file_hash"), "stored_file", ["hash"])
    op.create_index(op.f("ix_stored_file_at"), "stored_file", ["at"])
    op.create_table(
        "file_use",
        sa.Column("file", sa.Text(), nullable=False),
        sa.Column("form", sa.Text(), nullable=False),
        sa.Column("record", sa.BigInteger(), autoincrement=False, nullable=False),
        sa.Column("field", sa.Text(), nullable=False),
        sa.Column("removed_at", sa.BigInteger(), nullable=True),
        sa.ForeignKeyConstraint(["file"], ["stored_file.id"], name=op.f("fk_file_use_file")),
        sa.PrimaryKeyConstraint("file", "form", "record", "field", name=op.f("pk_file_use")),
    )
    op.create_index(op.f("ix_file_use_form_record_field"), "file_use", ["form", "record", "field"])
