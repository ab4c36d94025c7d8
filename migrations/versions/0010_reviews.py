"""Reviews of tier models."""

import sqlalchemy as sa
from alembic import op

revision = "0010"
down_revision = "0009"
branch_labels = None
depends_on = None


def upgrade() -> None:
    _plan()
    _review()
    _people()
    _proposals()


def _number(name: str, nullable: bool = True) -> sa.Column:
    return sa.Column(name, sa.BigInteger(), autoincrement=False, nullable=nullable)


def _small(name: str, nullable: bool = True) -> sa.Column:
    return sa.Column(name, sa.Integer(), autoincrement=False, nullable=nullable)


def _text(name: str, nullable: bool = False) -> sa.Column:
    return sa.Column(name, sa.Text(), nullable=nullable)


def _flag(name: str) -> sa.Column:
    return sa.Column(name, sa.SmallInteger(), server_default=sa.text("0"), nullable=False)


def _plan() -> None:
    op.create_table(
        "review_plan",
        _small("model", False),
        *[_small(name) for name in ("months", "next_day", "month_day")],
        _small("survey_days", False),
        *[_text(name) for name in ("asked", "voters", "questions")],
        _flag("open_figures"),
        _number("at", False),
        _number("person", False),
        sa.PrimaryKeyConstraint("model", name=op.f("pk_review_plan")),
    )


def _review() -> None:
    op.create_table(
        "review",
        _number("id", False),
        _small("model", False),
        *[_small(name) for name in ("open_model", "due", "months")],
        _text("state"),
        *[_small(name, False) for name in ("first_day", "last_day", "version", "survey_until")],
        _text("questions"),
        _flag("open_figures"),
        *[_number(name, False) for name in ("opened_at", "opened_by")],
        _text("facts", True),
        *[_number(name) for name in ("facts_at", "decided_at", "decided_by", "approved")],
        _small("published"),
        *[_text(name, True) for name in ("decision", "note")],
        *[_number(name) for name in ("announced_at", "announced_by", "closed_at", "closed_by")],
        sa.PrimaryKeyConstraint("id", name=op.f("pk_review")),
        sa.UniqueConstraint("open_model", name=op.f("uq_review_open_model")),
    )
    op.create_index(op.f("ix_review_model_due"), "review", ["model", "due"], unique=True)


def _of_review(table: str) -> sa.ForeignKeyConstraint:
    return sa.ForeignKeyConstraint(["review"], ["review.id"], name=op.f(f"fk_{table}_review"))


def _people() -> None:
    op.create_table(
        "review_person",
        _number("review", False),
        _text("part"),
        _number("person", False),
        _number("done_at"),
        _number("reminded_at", False),
        _of_review("review_person"),
        sa.PrimaryKeyConstraint("review", "part", "person", name=op.f("pk_review_person")),
    )
    op.create_index(op.f("ix_review_person_person_part_done_at"), "review_person", ["person", "part", "done_at"])
    op.create_table(
        "review_answer",
        _number("review", False),
        _number("person", False),
        _text("answers"),
        _number("at", False),
        _of_review("review_answer"),
        sa.PrimaryKeyConstraint("review", "person", name=op.f("pk_review_answer")),
    )


def _proposals() -> None:
    op.create_table(
        "review_proposal",
        *[_number(name, False) for name in ("id", "review", "person", "at")],
        *[_text(name) for name in ("title", "why")],
        _text("body", True),
        _small("based_on"),
        *[_text(name) for name in ("changes", "tests")],
        *[_text(name, True) for name in ("simulation", "trouble")],
        _number("withdrawn_at"),
        _of_review("review_proposal"),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_review_proposal")),
    )
    op.create_index(op.f("ix_review_proposal_review_id"), "review_proposal", ["review", "id"])
    op.create_table(
        "review_vote",
        _number("proposal", False),
        _number("person", False),
        *[_text(name) for name in ("vote", "reason")],
        _number("at", False),
        sa.ForeignKeyConstraint(["proposal"], ["review_proposal.id"], name=op.f("fk_review_vote_proposal")),
        sa.PrimaryKeyConstraint("proposal", "person", name=op.f("pk_review_vote")),
    )
