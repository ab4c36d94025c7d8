"""Public links of forms, what may be used once, entries set aside, and figures by day."""

import sqlalchemy as sa
from alembic import op

revision = "0014"
down_revision = "0013"
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.create_table(
        "public_link",
        sa.Column("id", sa.BigInteger(), autoincrement=False, nullable=False),
        *[sa.Column(name, sa.Text(), nullable=False) for name in ("token", "kind", "form", "label", "settings")],
        sa.Column("password", sa.Text(), nullable=True),
        sa.Column("turn", sa.BigInteger(), nullable=False),
        sa.Column("is_on", sa.SmallInteger(), server_default=sa.text("0"), nullable=False),
        *[sa.Column(name, sa.BigInteger(), nullable=False) for name in ("owner", "taken", "created_at", "changed_at")],
        sa.PrimaryKeyConstraint("id", name=op.f("pk_public_link")),
        sa.UniqueConstraint("token", name=op.f("uq_public_link_token")),
    )
    op.create_index(op.f("ix_public_link_form"), "public_link", ["form"])
    op.create_table(
        "public_claim",
        sa.Column("link", sa.BigInteger(), nullable=False),
        *[sa.Column(name, sa.Text(), nullable=False) for name in ("kind", "digest")],
        sa.Column("number", sa.BigInteger(), autoincrement=False, nullable=False),
        sa.Column("at", sa.BigInteger(), nullable=False),
        sa.ForeignKeyConstraint(["link"], ["public_link.id"], name=op.f("fk_public_claim_link")),
        sa.PrimaryKeyConstraint("link", "kind", "digest", "number", name=op.f("pk_public_claim")),
    )
    op.create_index(op.f("ix_public_claim_kind_at"), "public_claim", ["kind", "at"])
    op.create_table(
        "public_entry",
        sa.Column("id", sa.BigInteger(), autoincrement=False, nullable=False),
        sa.Column("link", sa.BigInteger(), nullable=False),
        sa.Column("state", sa.Text(), nullable=False),
        sa.Column("at", sa.BigInteger(), nullable=False),
        *[sa.Column(name, sa.Text(), nullable=False) for name in ("raw", "reasons")],
        sa.Column("target", sa.BigInteger(), nullable=True),
        sa.Column("device", sa.Text(), nullable=True),
        *[sa.Column(name, sa.BigInteger(), nullable=True) for name in ("record", "person", "done_at")],
        sa.ForeignKeyConstraint(["link"], ["public_link.id"], name=op.f("fk_public_entry_link")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_public_entry")),
    )
    op.create_index(op.f("ix_public_entry_link_state_at"), "public_entry", ["link", "state", "at"])
    op.create_table(
        "public_day",
        sa.Column("link", sa.BigInteger(), nullable=False),
        sa.Column("day", sa.BigInteger(), autoincrement=False, nullable=False),
        *[
            sa.Column(name, sa.BigInteger(), server_default="0", nullable=False)
            for name in ("views", "starts", "entries", "spam", "refused")
        ],
        sa.ForeignKeyConstraint(["link"], ["public_link.id"], name=op.f("fk_public_day_link")),
        sa.PrimaryKeyConstraint("link", "day", name=op.f("pk_public_day")),
    )
