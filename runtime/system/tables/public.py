"""Links by which people without an account fill in a form or ask for what is known of them."""

from __future__ import annotations

from sqlalchemy import BigInteger, Column, ForeignKey, Index, Table, Text

from runtime.system.tables.base import flag, key, metadata

public_link = Table(
    "public_link",
    metadata,
    key(),
    Column("token", Text, nullable=False, unique=True),
    Column("kind", Text, nullable=False),
    Column("form", Text, nullable=False),
    Column("label", Text, nullable=False),
    Column("settings", Text, nullable=False),
    Column("password", Text),
    Column("turn", BigInteger, nullable=False),
    flag("is_on"),
    Column("owner", BigInteger, nullable=False),
    Column("taken", BigInteger, nullable=False),
    Column("created_at", BigInteger, nullable=False),
    Column("changed_at", BigInteger, nullable=False),
)
"""`kind`: fill or query. `turn` counts up with each new address and each new password: whatever was handed out before is void.
`owner`: who switched it on last. `taken`: entries so far, counted against the quota."""
Index(None, public_link.c.form)
public_claim = Table(
    "public_claim",
    metadata,
    Column("link", ForeignKey("public_link.id"), primary_key=True),
    Column("kind", Text, primary_key=True),
    Column("digest", Text, primary_key=True),
    Column("number", BigInteger, primary_key=True, autoincrement=False),
    Column("at", BigInteger, nullable=False),
)
"""What may be used once: a page that was handed out, a device, a value, the n-th use of a signed link. Only hashes are kept."""
Index(None, public_claim.c.kind, public_claim.c.at)
public_invitation = Table(
    "public_invitation",
    metadata,
    key(),
    Column("number", Text, nullable=False, unique=True),
    Column("link", ForeignKey("public_link.id"), nullable=False),
    Column("turn", BigInteger, nullable=False),
    Column("record", BigInteger, nullable=False),
    Column("uses", BigInteger, nullable=False),
    Column("until", BigInteger, nullable=False),
    Column("at", BigInteger, nullable=False),
    Column("person", BigInteger, nullable=False),
    Column("revoked_at", BigInteger),
)
"""A signed link that was made for `record`, by `person`. The address itself is not kept: its `number` tells it from others."""
Index(None, public_invitation.c.link, public_invitation.c.id)
public_entry = Table(
    "public_entry",
    metadata,
    key(),
    Column("link", ForeignKey("public_link.id"), nullable=False),
    Column("state", Text, nullable=False),
    Column("at", BigInteger, nullable=False),
    Column("raw", Text, nullable=False),
    Column("reasons", Text, nullable=False),
    Column("target", BigInteger),
    Column("device", Text),
    Column("record", BigInteger),
    Column("person", BigInteger),
    Column("done_at", BigInteger),
)
"""A suspicious entry that waits, was released as `record`, or deleted. `raw`: what was filled in, by field. `target`: whom a signed link is bound to."""
Index(None, public_entry.c.link, public_entry.c.state, public_entry.c.at)
public_day = Table(
    "public_day",
    metadata,
    Column("link", ForeignKey("public_link.id"), primary_key=True),
    Column("day", BigInteger, primary_key=True, autoincrement=False),
    *[Column(name, BigInteger, nullable=False, server_default="0") for name in ("views", "starts", "entries", "spam", "refused")],
)
"""How often a link was opened, begun, sent, set aside and refused on a day."""
