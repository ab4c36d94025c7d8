"""Reviews of tier models: when one opens, what it found, who was asked, what was proposed, how people voted, and who knows the outcome."""

from __future__ import annotations

from sqlalchemy import BigInteger, Column, ForeignKey, Index, Integer, Table, Text

from runtime.system.tables.base import flag, key, metadata

review_plan = Table(
    "review_plan",
    metadata,
    Column("model", Integer, primary_key=True, autoincrement=False),
    Column("months", Integer),
    Column("next_day", Integer),
    Column("month_day", Integer),
    Column("survey_days", Integer, nullable=False),
    Column("asked", Text, nullable=False),
    Column("voters", Text, nullable=False),
    Column("questions", Text, nullable=False),
    flag("open_figures"),
    Column("at", BigInteger, nullable=False),
    Column("person", BigInteger, nullable=False),
)
"""How a model is reviewed. `months` between two reviews; NULL: only on `next_day`, or when somebody opens one. `month_day`: the day of the
month that is wanted, which short months cut. `asked` and `voters`: JSON lists of role:…, user:… and the like. `open_figures`: whether voters
see counts of all records."""
review = Table(
    "review",
    metadata,
    key(),
    Column("model", Integer, nullable=False),
    Column("open_model", Integer, unique=True),
    Column("due", Integer),
    Column("months", Integer),
    Column("state", Text, nullable=False),
    Column("first_day", Integer, nullable=False),
    Column("last_day", Integer, nullable=False),
    Column("version", Integer, nullable=False),
    Column("survey_until", Integer, nullable=False),
    Column("questions", Text, nullable=False),
    flag("open_figures"),
    Column("opened_at", BigInteger, nullable=False),
    Column("opened_by", BigInteger, nullable=False),
    Column("facts", Text),
    Column("facts_at", BigInteger),
    Column("decided_at", BigInteger),
    Column("decided_by", BigInteger),
    Column("approved", BigInteger),
    Column("published", Integer),
    Column("decision", Text),
    Column("note", Text),
    Column("announced_at", BigInteger),
    Column("announced_by", BigInteger),
    Column("closed_at", BigInteger),
    Column("closed_by", BigInteger),
)
"""state: collecting, proposing, voting, decided, announced, closed. `open_model` is the model until it is closed: one at a time. `due`: the day
it was planned for; NULL where somebody opened it. `facts`: JSON (runtime/reviews/facts.py). `approved`: a proposal, and the version that it
became in `published`."""
Index(None, review.c.model, review.c.due, unique=True)
review_person = Table(
    "review_person",
    metadata,
    Column("review", ForeignKey("review.id"), primary_key=True),
    Column("part", Text, primary_key=True),
    Column("person", BigInteger, primary_key=True, autoincrement=False),
    Column("done_at", BigInteger),
    Column("reminded_at", BigInteger, nullable=False),
)
"""Whom a review waits for. part: survey, vote, notice."""
Index(None, review_person.c.person, review_person.c.part, review_person.c.done_at)
review_answer = Table(
    "review_answer",
    metadata,
    Column("review", ForeignKey("review.id"), primary_key=True),
    Column("person", BigInteger, primary_key=True, autoincrement=False),
    Column("answers", Text, nullable=False),
    Column("at", BigInteger, nullable=False),
)
"""`answers`: JSON, by the keys of the questions."""
review_proposal = Table(
    "review_proposal",
    metadata,
    key(),
    Column("review", ForeignKey("review.id"), nullable=False),
    Column("person", BigInteger, nullable=False),
    Column("at", BigInteger, nullable=False),
    Column("title", Text, nullable=False),
    Column("why", Text, nullable=False),
    Column("body", Text),
    Column("based_on", Integer),
    Column("changes", Text, nullable=False),
    Column("tests", Text, nullable=False),
    Column("simulation", Text),
    Column("trouble", Text),
    Column("withdrawn_at", BigInteger),
)
"""`body`: the tier model as it would be, JSON; NULL where something else is proposed. `changes`: sentences in both languages; `tests`: rule
tests with their outcome; `simulation`: counts without names; `trouble`: why there is none."""
Index(None, review_proposal.c.review, review_proposal.c.id)
review_vote = Table(
    "review_vote",
    metadata,
    Column("proposal", ForeignKey("review_proposal.id"), primary_key=True),
    Column("person", BigInteger, primary_key=True, autoincrement=False),
    Column("vote", Text, nullable=False),
    Column("reason", Text, nullable=False),
    Column("at", BigInteger, nullable=False),
)
"""vote: yes, no, abstain."""
