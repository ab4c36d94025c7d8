"""Tags and tiers."""

from __future__ import annotations

from sqlalchemy import BigInteger, Column, ForeignKey, Index, Integer, SmallInteger, Table, Text, text

from runtime.system.tables.base import flag, key, metadata

tag_assignment = Table(
    "tag_assignment",
    metadata,
    key(),
    Column("form", Text, nullable=False),
    Column("record", BigInteger, nullable=False),
    Column("tag_set", Text, nullable=False),
    Column("tag", Text, nullable=False),
    flag("by_rule"),
    Column("person", BigInteger, nullable=False),
    Column("at", BigInteger, nullable=False),
    Column("expires_at", BigInteger),
    Column("removed_at", BigInteger),
    Column("removed_by", BigInteger),
    Column("reason", Text),
)
_alive = tag_assignment.c.removed_at.is_(None)
Index(
    "uq_tag_assignment_alive",
    tag_assignment.c.form,
    tag_assignment.c.record,
    tag_assignment.c.tag_set,
    tag_assignment.c.tag,
    unique=True,
    sqlite_where=_alive,
    postgresql_where=_alive,
)
Index(
    "ix_tag_assignment_tag",
    tag_assignment.c.tag_set,
    tag_assignment.c.tag,
    tag_assignment.c.record,
    sqlite_where=_alive,
    postgresql_where=_alive,
)
tag_name = Table(
    "tag_name",
    metadata,
    Column("tag_set", Text, primary_key=True),
    Column("name", Text, primary_key=True),
    Column("tag", Text, nullable=False),
)
"""Every name of every tag of the live dictionaries, folded: no name can lead to two tags."""
tag_request = Table(
    "tag_request",
    metadata,
    key(),
    Column("tag_set", Text, nullable=False),
    Column("state", Text, nullable=False),
    Column("wording", Text, nullable=False),
    Column("reason", Text),
    Column("person", BigInteger, nullable=False),
    Column("at", BigInteger, nullable=False),
    Column("decided_by", BigInteger),
    Column("decided_at", BigInteger),
    Column("answer", Text),
    Column("tag", Text),
)
"""state: open, approved, refused, withdrawn. `wording` is the tag as it is asked for (JSON, without a key), `reason` why it is needed although the
dictionary is full, `answer` why it was refused, `tag` the key it got."""
Index(None, tag_request.c.tag_set, tag_request.c.id)
Index(
    "ix_tag_request_open",
    tag_request.c.tag_set,
    sqlite_where=text("state = 'open'"),
    postgresql_where=text("state = 'open'"),
)
tag_change = Table(
    "tag_change",
    metadata,
    key(),
    Column("tag_set", Text, nullable=False),
    Column("form", Text, nullable=False),
    Column("kind", Text, nullable=False),
    Column("tag", Text),
    Column("state", Text, nullable=False),
    Column("payload", Text, nullable=False),
    Column("person", BigInteger, nullable=False),
    Column("at", BigInteger, nullable=False),
    Column("job", BigInteger),
    Column("undone_by", BigInteger),
    Column("undone_at", BigInteger),
)
"""What was done to a dictionary or to many records at once, and can be taken back. kind: give, take, archive, restore, merge, alias, clean_up; state:
running, done, stopped, undoing, undone. `payload` (JSON): what definitions were before and after, and how many records."""
Index(None, tag_change.c.tag_set, tag_change.c.id)
tag_change_row = Table(
    "tag_change_row",
    metadata,
    Column("change", ForeignKey("tag_change.id"), primary_key=True),
    Column("assignment", BigInteger, primary_key=True, autoincrement=False),
    Column("what", Text, nullable=False),
    flag("undone"),
)
"""The assignments that a change gave, took, or took over from a rule. what: given, taken, claimed."""
tag_figures = Table(
    "tag_figures",
    metadata,
    Column("tag_set", Text, primary_key=True),
    Column("day", Integer, primary_key=True, autoincrement=False),
    Column("tag", Text, primary_key=True),
    Column("at", BigInteger, nullable=False),
    Column("figures", Text, nullable=False),
)
"""How useful each tag was on a day (JSON, see runtime/tags/usefulness.py); the row with an empty tag is about all of them."""
tier_state = Table(
    "tier_state",
    metadata,
    Column("model", Integer, primary_key=True, autoincrement=False),
    Column("record", BigInteger, primary_key=True, autoincrement=False),
    Column("tier", Text),
    Column("rank", SmallInteger),
    Column("score", BigInteger),
    Column("bands", Text),
    Column("lane", Text),
    Column("floor", SmallInteger),
    flag("provisional"),
    Column("since", BigInteger),
    Column("risen_on", Integer),
    Column("grace_until", Integer),
    Column("version", Integer, nullable=False),
    Column("as_of", Integer, nullable=False),
    Column("at", BigInteger, nullable=False),
    Column("fell_on", Integer),
    Column("proposed", Text),
    Column("fixed", Text),
    Column("fixed_until", Integer),
)
"""The present tier of each record by each model. `model` is the definition's id; rank counts from 1 (lowest); score × 10,000; bands like `4,2,,5` in the
order of the model's dimensions (blank = missing); `floor` = index of the floor that raised it; `since` the
instant, `risen_on` the day of the first tier or last rise, `fell_on` of the
last step down since then;
`proposed` the lower tier that waits for a decision; `fixed` the tier of an override and `fixed_until` its last day (blank: without end)."""
Index(None, tier_state.c.model, tier_state.c.rank, tier_state.c.record)
Index(
    "ix_tier_state_grace",
    tier_state.c.model,
    tier_state.c.grace_until,
    sqlite_where=tier_state.c.grace_until.is_not(None),
    postgresql_where=tier_state.c.grace_until.is_not(None),
)
tier_history = Table(
    "tier_history",
    metadata,
    key(),
    Column("model", Integer, nullable=False),
    Column("record", BigInteger, nullable=False),
    Column("version", Integer, nullable=False),
    Column("tier_from", Text),
    Column("tier_to", Text),
    Column("score_from", BigInteger),
    Column("score_to", BigInteger),
    Column("bands", Text),
    Column("cause", Text, nullable=False),
    Column("source", Text, nullable=False),
    Column("as_of", Integer, nullable=False),
    Column("valid_from", BigInteger, nullable=False),
    Column("valid_to", BigInteger),
    Column("event", BigInteger),
)
"""Append-only but for `valid_to`; from `valid_from` up to, not including, `valid_to` (indexes: movement.py). cause: first, up, down, left, publish, override."""
Index(None, tier_history.c.model, tier_history.c.record, tier_history.c.id)
tier_cuts = Table(
    "tier_cuts",
    metadata,
    Column("model", Integer, primary_key=True, autoincrement=False),
    Column("version", Integer, primary_key=True),
    Column("lane", Text, primary_key=True),
    Column("dimension", Text, primary_key=True),
    Column("at", BigInteger, primary_key=True),
    Column("as_of", Integer, nullable=False),
    Column("cuts", Text, nullable=False),
    Column("population", BigInteger, nullable=False),
)
"""Cut points of quantile bands, stored at each full recompute; the newest row of a version counts. `cuts`: JSON list of scaled integers or null."""
