"""Shared records, teams and pools."""

import sqlalchemy as sa
from alembic import op

revision = "0009"
down_revision = "0008"
branch_labels = None
depends_on = None


def upgrade() -> None:
    _shares()
    _teams()
    _pool()
    _handing_over()


def _number(name: str, nullable: bool = False) -> sa.Column:
    return sa.Column(name, sa.BigInteger(), autoincrement=False, nullable=nullable)


def _texts(*names: str) -> list[sa.Column]:
    return [sa.Column(name, sa.Text(), nullable=False) for name in names]


def _day(name: str, nullable: bool = False) -> sa.Column:
    return sa.Column(name, sa.Integer(), autoincrement=False, nullable=nullable)


def _index(table: str, *columns: str) -> None:
    op.create_index(op.f(f"ix_{table}_{'_'.join(columns)}"), table, list(columns))


def _shares() -> None:
    op.create_table(
        "share_grant",
        _number("id"),
        *_texts("form", "who", "may", "fields"),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_share_grant")),
    )
    _index("share_grant", "who")
    _index("share_grant", "form", "who", "may")
    op.create_table(
        "record_share",
        _number("share"),
        _number("record"),
        _day("until", nullable=True),
        _number("by"),
        _number("at"),
        sa.ForeignKeyConstraint(["share"], ["share_grant.id"], name=op.f("fk_record_share_share")),
        sa.PrimaryKeyConstraint("share", "record", name=op.f("pk_record_share")),
    )
    _index("record_share", "record")
    _index("record_share", "until")


def _teams() -> None:
    op.create_table(
        "record_team",
        *_texts("form"),
        _number("record"),
        _number("person"),
        *_texts("role"),
        _number("by"),
        _number("at"),
        sa.PrimaryKeyConstraint("form", "record", "person", name=op.f("pk_record_team")),
    )
    _index("record_team", "person", "form", "role", "record")


def _pool() -> None:
    op.create_table(
        "pool_event",
        _number("id"),
        *_texts("form"),
        _number("record"),
        _number("person"),
        *_texts("act"),
        _number("at"),
        _day("day"),
        sa.Column("reason", sa.Text(), nullable=True),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_pool_event")),
    )
    _index("pool_event", "form", "record", "id")
    _index("pool_event", "form", "person", "act", "day")


def _handing_over() -> None:
    op.create_table(
        "hand_over",
        _number("id"),
        _number("person", nullable=True),
        _number("successor"),
        _number("by"),
        _number("at"),
        *_texts("reason"),
        _day("moved"),
        _day("left"),
        _number("undone_at", nullable=True),
        _number("undone_by", nullable=True),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_hand_over")),
    )
    _index("hand_over", "person", "id")
    op.create_table(
        "hand_over_item",
        _number("hand_over"),
        _day("position"),
        *_texts("kind", "form"),
        _number("record"),
        *_texts("field"),
        _number("before"),
        sa.ForeignKeyConstraint(["hand_over"], ["hand_over.id"], name=op.f("fk_hand_over_item_hand_over")),
        sa.PrimaryKeyConstraint("hand_over", "position", name=op.f("pk_hand_over_item")),
    )
