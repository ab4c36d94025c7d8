"""Signed links are listed and revoked one by one; a change that was begun is kept as a draft too; very many records are changed in chunks."""

import sqlalchemy as sa
from alembic import op

revision = "0019"
down_revision = "0018"
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.create_table(
        "public_invitation",
        sa.Column("id", sa.BigInteger(), autoincrement=False, nullable=False),
        sa.Column("number", sa.Text(), nullable=False),
        *[sa.Column(name, sa.BigInteger(), nullable=False) for name in ("link", "turn", "record", "uses", "until", "at", "person")],
        sa.Column("revoked_at", sa.BigInteger(), nullable=True),
        sa.ForeignKeyConstraint(["link"], ["public_link.id"], name=op.f("fk_public_invitation_link")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_public_invitation")),
        sa.UniqueConstraint("number", name=op.f("uq_public_invitation_number")),
    )
    op.create_index(op.f("ix_public_invitation_link_id"), "public_invitation", ["link", "id"])
    for name in ("record", "version"):
        op.add_column("entry_draft", sa.Column(name, sa.BigInteger(), nullable=True))
    op.create_table(
        "bulk_edit_chunk",
        sa.Column("edit", sa.BigInteger(), nullable=False),
        sa.Column("number", sa.BigInteger(), autoincrement=False, nullable=False),
        sa.Column("records", sa.Text(), nullable=False),
        sa.ForeignKeyConstraint(["edit"], ["bulk_edit.id"], name=op.f("fk_bulk_edit_chunk_edit")),
        sa.PrimaryKeyConstraint("edit", "number", name=op.f("pk_bulk_edit_chunk")),
    )
