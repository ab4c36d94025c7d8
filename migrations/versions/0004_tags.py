"""Names of tags, requests for tags, changes that can be taken back, and how useful tags are."""

import sqlalchemy as sa
from alembic import op

revision = "0004"
down_revision = "0003"
branch_labels = None
depends_on = None

OPEN = sa.text("state = 'open'")


def upgrade() -> None:
    op.create_table(
        "tag_name",
        *(sa.Column(name, sa.Text(), nullable=False) for name in ("tag_set", "name", "tag")),
        sa.PrimaryKeyConstraint("tag_set", "name", name=op.f("pk_tag_name")),
    )
    op.create_table(
        "tag_request",
        sa.Column("id", sa.BigInteger(), autoincrement=False, nullable=False),
        *(sa.Column(name, sa.Text(), nullable=False) for name in ("tag_set", "state", "wording")),
        sa.Column("reason", sa.Text(), nullable=True),
        *(sa.Column(name, sa.BigInteger(), nullable=False) for name in ("person", "at")),
        *(sa.Column(name, sa.BigInteger(), nullable=True) for name in ("decided_by", "decided_at")),
        *(sa.Column(name, sa.Text(), nullable=True) for name in ("answer", "tag")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_tag_request")),
    )
    op.create_index(op.f("ix_tag_request_tag_set_id"), "tag_request", ["tag_set", "id"])
    op.create_index("ix_tag_request_open", "tag_request", ["tag_set"], sqlite_where=OPEN, postgresql_where=OPEN)
    op.create_table(
        "tag_change",
        sa.Column("id", sa.BigInteger(), autoincrement=False, nullable=False),
        *(sa.Column(name, sa.Text(), nullable=False) for name in ("tag_set", "form", "kind")),
        sa.Column("tag", sa.Text(), nullable=True),
        *(sa.Column(name, sa.Text(), nullable=False) for name in ("state", "payload")),
        *(sa.Column(name, sa.BigInteger(), nullable=False) for name in ("person", "at")),
        *(sa.Column(name, sa.BigInteger(), nullable=True) for name in ("job", "undone_by", "undone_at")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_tag_change")),
    )
    op.create_index(op.f("ix_tag_change_tag_set_id"), "tag_change", ["tag_set", "id"])
    op.create_table(
        "tag_change_row",
        sa.Column("change", sa.BigInteger(), nullable=False),
        sa.Column("assignment", sa.BigInteger(), autoincrement=False, nullable=False),
        sa.Column("what", sa.Text(), nullable=False),
        sa.Column("undone", sa.SmallInteger(), server_default=sa.text("0"), nullable=False),
        sa.ForeignKeyConstraint(["change"], ["tag_change.id"], name=op.f("fk_tag_change_row_change")),
        sa.PrimaryKeyConstraint("change", "assignment", name=op.f("pk_tag_change_row")),
    )
    op.create_table(
        "tag_figures",
        sa.Column("tag_set", sa.Text(), nullable=False),
        sa.Column("day", sa.Integer(), autoincrement=False, nullable=False),
        sa.Column("tag", sa.Text(), nullable=False),
        sa.Column("at", sa.BigInteger(), nullable=False),
        sa.Column("figures", sa.Text(), nullable=False),
        sa.PrimaryKeyConstraint("tag_set", "day", "tag", name=op.f("pk_tag_figures")),
    )


def downgrade() -> None:
    for table in ("tag_figures", "tag_change_row", "tag_change", "tag_request", "tag_name"):
        op.drop_table(table)
