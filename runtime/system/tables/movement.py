"""Movement between tiers: tiers set by hand, objections, and what makes past days quick to read."""

from __future__ import annotations

from sqlalchemy import BigInteger, Column, ForeignKey, Index, Integer, Table, Text, text

from runtime.system.tables.base import key, metadata
from runtime.system.tables.classification import tier_history

tier_override = Table(
    "tier_override",
    metadata,
    key(),
    Column("model", Integer, nullable=False),
    Column("record", BigInteger, nullable=False),
    Column("tier", Text, nullable=False),
    Column("tier_before", Text),
    Column("reason", Text, nullable=False),
    Column("person", BigInteger, nullable=False),
    Column("approver", BigInteger, nullable=False),
    Column("at", BigInteger, nullable=False),
    Column("until", Integer),
    Column("ended_at", BigInteger),
    Column("ended_by", BigInteger),
    Column("ended", Text),
)
"""Every tier that was set by hand. `person` asked for it, `approver` decided; `until` its last day (blank: without end). ended: day, lifted,
replaced, gone (the record left or is in the trash). The state carries `fixed` and `fixed_until` of the one in force."""
_in_force = tier_override.c.ended_at.is_(None)
Index(
    "uq_tier_override_in_force",
    tier_override.c.model,
    tier_override.c.record,
    unique=True,
    sqlite_where=_in_force,
    postgresql_where=_in_force,
)
Index(None, tier_override.c.model, tier_override.c.record, tier_override.c.id)

tier_appeal = Table(
    "tier_appeal",
    metadata,
    key(),
    Column("model", Integer, nullable=False),
    Column("record", BigInteger, nullable=False),
    Column("person", BigInteger, nullable=False),
    Column("at", BigInteger, nullable=False),
    Column("tier_then", Text),
    Column("tier", Text, nullable=False),
    Column("reason", Text, nullable=False),
    Column("state", Text, nullable=False),
    Column("decided_by", BigInteger),
    Column("decided_at", BigInteger),
    Column("answer", Text),
    Column("until", Integer),
)
"""Somebody holds another tier for right. `tier_then` the one it had, `tier` the one they propose; state: open, accepted, refused, withdrawn;
`until` the last day of the override that followed."""
_open = text("state = 'open'")
Index("uq_tier_appeal_open", tier_appeal.c.model, tier_appeal.c.record, unique=True, sqlite_where=_open, postgresql_where=_open)
Index(None, tier_appeal.c.model, tier_appeal.c.id)
Index(None, tier_appeal.c.model, tier_appeal.c.record, tier_appeal.c.id)

tier_appeal_todo = Table(
    "tier_appeal_todo",
    metadata,
    Column("appeal", ForeignKey("tier_appeal.id"), primary_key=True),
    Column("todo", BigInteger, primary_key=True, autoincrement=False),
)
"""The to-dos that an objection gave its stewards; they are done when it is decided."""

tier_proposal = Table(
    "tier_proposal",
    metadata,
    key(),
    Column("model", Integer, nullable=False),
    Column("record", BigInteger, nullable=False),
    Column("tier", Text, nullable=False),
    Column("proposed", Text, nullable=False),
    Column("decision", Text, nullable=False),
    Column("person", BigInteger, nullable=False),
    Column("at", BigInteger, nullable=False),
    Column("reason", Text),
    Column("until", Integer),
)
"""What people decided about proposed steps down. decision: accepted, or refused (with a reason; the tier is kept until the day `until`)."""
Index(None, tier_proposal.c.model, tier_proposal.c.record, tier_proposal.c.id)

_present, _past = tier_history.c.valid_to.is_(None), tier_history.c.valid_to.is_not(None)
Index(
    "ix_tier_history_present",
    tier_history.c.model,
    tier_history.c.valid_from,
    tier_history.c.tier_to,
    sqlite_where=_present,
    postgresql_where=_present,
)
Index("ix_tier_history_past", tier_history.c.model, tier_history.c.valid_to, sqlite_where=_past, postgresql_where=_past)
