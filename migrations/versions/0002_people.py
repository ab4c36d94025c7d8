"""Departments, groups, the second factor, sign-in through a provider, resets of passwords, scopes of tokens."""

import sqlalchemy as sa
from alembic import op

revision = "0002"
down_revision = "0001"
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.add_column("person", sa.Column("zone", sa.Text(), nullable=True))
    op.add_column("person", sa.Column("second_factor", sa.Text(), nullable=True))
    op.add_column("person", sa.Column("second_factor_step", sa.BigInteger(), nullable=True))
    op.add_column("api_token", sa.Column("scope", sa.Text(), server_default=sa.text("'admin'"), nullable=False))
    _departments_and_groups()
    _signing_in()


def _departments_and_groups() -> None:
    op.create_table(
        "department",
        sa.Column("id", sa.BigInteger(), autoincrement=False, nullable=False),
        sa.Column("key", sa.Text(), nullable=False),
        sa.Column("name", sa.Text(), nullable=False),
        sa.Column("parent", sa.BigInteger(), nullable=True),
        sa.Column("head", sa.BigInteger(), nullable=True),
        sa.Column("position", sa.Integer(), nullable=False),
        sa.ForeignKeyConstraint(["head"], ["person.id"], name=op.f("fk_department_head")),
        sa.ForeignKeyConstraint(["parent"], ["department.id"], name=op.f("fk_department_parent")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_department")),
        sa.UniqueConstraint("key", name=op.f("uq_department_key")),
    )
    op.create_index(op.f("ix_department_parent"), "department", ["parent"])
    op.create_table(
        "department_member",
        sa.Column("person", sa.BigInteger(), nullable=False),
        sa.Column("department", sa.BigInteger(), nullable=False),
        sa.Column("main", sa.SmallInteger(), server_default=sa.text("0"), nullable=False),
        sa.ForeignKeyConstraint(["department"], ["department.id"], name=op.f("fk_department_member_department")),
        sa.ForeignKeyConstraint(["person"], ["person.id"], name=op.f("fk_department_member_person")),
        sa.PrimaryKeyConstraint("person", "department", name=op.f("pk_department_member")),
    )
    op.create_index(op.f("ix_department_member_department"), "department_member", ["department"])
    op.create_table(
        "person_group",
        sa.Column("id", sa.BigInteger(), autoincrement=False, nullable=False),
        sa.Column("key", sa.Text(), nullable=False),
        sa.Column("name", sa.Text(), nullable=False),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_person_group")),
        sa.UniqueConstraint("key", name=op.f("uq_person_group_key")),
    )
    op.create_table(
        "person_group_member",
        sa.Column("person", sa.BigInteger(), nullable=False),
        sa.Column("person_group", sa.BigInteger(), nullable=False),
        sa.ForeignKeyConstraint(["person"], ["person.id"], name=op.f("fk_person_group_member_person")),
        sa.ForeignKeyConstraint(["person_group"], ["person_group.id"], name=op.f("fk_person_group_member_person_group")),
        sa.PrimaryKeyConstraint("person", "person_group", name=op.f("pk_person_group_member")),
    )
    op.create_index(op.f("ix_person_group_member_person_group"), "person_group_member", ["person_group"])


def _signing_in() -> None:
    op.create_table(
        "password_reset",
        sa.Column("token_hash", sa.Text(), nullable=False),
        sa.Column("person", sa.BigInteger(), nullable=False),
        sa.Column("expires_at", sa.BigInteger(), nullable=False),
        sa.ForeignKeyConstraint(["person"], ["person.id"], name=op.f("fk_password_reset_person")),
        sa.PrimaryKeyConstraint("token_hash", name=op.f("pk_password_reset")),
    )
    op.create_index(op.f("ix_password_reset_person"), "password_reset", ["person"])
    op.create_table(
        "recovery_code",
        sa.Column("person", sa.BigInteger(), nullable=False),
        sa.Column("code_hash", sa.Text(), nullable=False),
        sa.Column("used_at", sa.BigInteger(), nullable=True),
        sa.ForeignKeyConstraint(["person"], ["person.id"], name=op.f("fk_recovery_code_person")),
        sa.PrimaryKeyConstraint("person", "code_hash", name=op.f("pk_recovery_code")),
    )
    op.create_table(
        "sign_in_step",
        sa.Column("token_hash", sa.Text(), nullable=False),
        sa.Column("kind", sa.Text(), nullable=False),
        sa.Column("person", sa.BigInteger(), nullable=True),
        sa.Column("payload", sa.Text(), nullable=False),
        sa.Column("expires_at", sa.BigInteger(), nullable=False),
        sa.ForeignKeyConstraint(["person"], ["person.id"], name=op.f("fk_sign_in_step_person")),
        sa.PrimaryKeyConstraint("token_hash", name=op.f("pk_sign_in_step")),
    )
    op.create_table(
        "person_identity",
        sa.Column("issuer", sa.Text(), nullable=False),
        sa.Column("subject", sa.Text(), nullable=False),
        sa.Column("person", sa.BigInteger(), nullable=False),
        sa.Column("created_at", sa.BigInteger(), nullable=False),
        sa.ForeignKeyConstraint(["person"], ["person.id"], name=op.f("fk_person_identity_person")),
        sa.PrimaryKeyConstraint("issuer", "subject", name=op.f("pk_person_identity")),
    )
    op.create_index(op.f("ix_person_identity_person"), "person_identity", ["person"])


def downgrade() -> None:
    for table in (
        "person_identity", "sign_in_step", "recovery_code", "password_reset",
        "person_group_member", "person_group", "department_member", "department",
    ):  # fmt: skip
        op.drop_table(table)
    for table, columns in (("api_token", ["scope"]), ("person", ["second_factor_step", "second_factor", "zone"])):
        for column in columns:
            op.drop_column(table, column)
