"""People, how they sign in, and what they may."""

from __future__ import annotations

from sqlalchemy import BigInteger, Column, ForeignKey, Index, Integer, Table, Text, text

from runtime.system.tables.base import flag, key, metadata

person = Table(
    "person",
    metadata,
    key(),
    Column("email", Text, nullable=False, unique=True),
    Column("name", Text, nullable=False),
    Column("password", Text),
    Column("language", Text),
    flag("active", 1),
    Column("created_at", BigInteger, nullable=False),
    Column("zone", Text),
    Column("second_factor", Text),
    Column("second_factor_step", BigInteger),
)
"""`second_factor`: the sealed secret of the app that shows codes; `second_factor_step`: the last code's half minute, so that none works twice."""
role = Table("role", metadata, Column("key", Text, primary_key=True), Column("label", Text), flag("wanted"))
person_role = Table(
    "person_role", metadata, Column("person", ForeignKey("person.id"), primary_key=True), Column("role", Text, primary_key=True)
)
person_session = Table(
    "person_session",
    metadata,
    Column("token_hash", Text, primary_key=True),
    Column("person", ForeignKey("person.id"), nullable=False),
    Column("created_at", BigInteger, nullable=False),
    Column("seen_at", BigInteger, nullable=False),
    Column("expires_at", BigInteger, nullable=False),
    Column("agent", Text),
    Column("address", Text),
)
Index(None, person_session.c.person)
api_token = Table(
    "api_token",
    metadata,
    key(),
    Column("token_hash", Text, nullable=False, unique=True),
    Column("person", ForeignKey("person.id"), nullable=False),
    Column("name", Text, nullable=False),
    Column("created_at", BigInteger, nullable=False),
    Column("expires_at", BigInteger),
    Column("seen_at", BigInteger),
    Column("scope", Text, nullable=False, server_default=text("'admin'")),
)
"""scope: read, write or admin; each holds those before it."""
invitation = Table(
    "invitation",
    metadata,
    Column("token_hash", Text, primary_key=True),
    Column("person", ForeignKey("person.id"), nullable=False),
    Column("expires_at", BigInteger, nullable=False),
    Column("used_at", BigInteger),
)
password_reset = Table(
    "password_reset",
    metadata,
    Column("token_hash", Text, primary_key=True),
    Column("person", ForeignKey("person.id"), nullable=False),
    Column("expires_at", BigInteger, nullable=False),
)
Index(None, password_reset.c.person)
recovery_code = Table(
    "recovery_code",
    metadata,
    Column("person", ForeignKey("person.id"), primary_key=True),
    Column("code_hash", Text, primary_key=True),
    Column("used_at", BigInteger),
)
sign_in_step = Table(
    "sign_in_step",
    metadata,
    Column("token_hash", Text, primary_key=True),
    Column("kind", Text, nullable=False),
    Column("person", ForeignKey("person.id")),
    Column("payload", Text, nullable=False),
    Column("expires_at", BigInteger, nullable=False),
)
"""A sign-in that is half done: `second_factor` waits for a code, `provider` for the answer of the OpenID provider."""
person_identity = Table(
    "person_identity",
    metadata,
    Column("issuer", Text, primary_key=True),
    Column("subject", Text, primary_key=True),
    Column("person", ForeignKey("person.id"), nullable=False),
    Column("created_at", BigInteger, nullable=False),
)
Index(None, person_identity.c.person)
department = Table(
    "department",
    metadata,
    key(),
    Column("key", Text, nullable=False, unique=True),
    Column("name", Text, nullable=False),
    Column("parent", ForeignKey("department.id")),
    Column("head", ForeignKey("person.id")),
    Column("position", Integer, nullable=False),
)
Index(None, department.c.parent)
department_member = Table(
    "department_member",
    metadata,
    Column("person", ForeignKey("person.id"), primary_key=True),
    Column("department", ForeignKey("department.id"), primary_key=True),
    flag("main"),
)
Index(None, department_member.c.department)
person_group = Table(
    "person_group", metadata, key(), Column("key", Text, nullable=False, unique=True), Column("name", Text, nullable=False)
)
person_group_member = Table(
    "person_group_member",
    metadata,
    Column("person", ForeignKey("person.id"), primary_key=True),
    Column("person_group", ForeignKey("person_group.id"), primary_key=True),
)
Index(None, person_group_member.c.person_group)
sign_in_failure = Table(
    "sign_in_failure",
    metadata,
    Column("subject", Text, primary_key=True),
    Column("count", Integer, nullable=False),
    Column("last_at", BigInteger, nullable=False),
)
notification = Table(
    "notification",
    metadata,
    key(),
    Column("person", BigInteger, nullable=False),
    Column("at", BigInteger, nullable=False),
    Column("subject", Text, nullable=False),
    Column("body", Text),
    Column("link", Text),
    Column("read_at", BigInteger),
    Column("cause", Text, unique=True),
    Column("kind", Text, nullable=False, server_default=text("'automation'")),
    Column("form", Text),
    Column("record", BigInteger),
    Column("mail", Text),
    flag("hidden"),
)
"""`form`, `record`: what it tells of, shown only while the person may see it. `mail`: how it still has to be sent, `now` or `daily`; blank when it
need not be or was. `hidden`: the person wants this kind by e-mail alone."""
Index(None, notification.c.person, notification.c.id)
Index(
    "ix_notification_unread",
    notification.c.person,
    sqlite_where=notification.c.read_at.is_(None),
    postgresql_where=notification.c.read_at.is_(None),
)
Index(
    "ix_notification_mail",
    notification.c.person,
    notification.c.id,
    sqlite_where=notification.c.mail.is_not(None),
    postgresql_where=notification.c.mail.is_not(None),
)
notification_choice = Table(
    "notification_choice",
    metadata,
    Column("person", BigInteger, primary_key=True, autoincrement=False),
    Column("kind", Text, primary_key=True),
    flag("app", 1),
    Column("mail", Text, nullable=False),
)
"""What somebody wants to hear of otherwise than is usual. mail: now, daily, never."""
notification_hours = Table(
    "notification_hours",
    metadata,
    Column("person", BigInteger, primary_key=True, autoincrement=False),
    Column("quiet_from", Integer),
    Column("quiet_until", Integer),
    Column("digest_at", Integer, nullable=False),
)
"""Minutes since midnight on the person's clock: no letters between the first two, the daily letter at the third."""
mail_digest = Table(
    "mail_digest",
    metadata,
    Column("person", BigInteger, primary_key=True, autoincrement=False),
    Column("day", Integer, primary_key=True, autoincrement=False),
    Column("at", BigInteger, nullable=False),
)
"""For which days somebody's daily letter has been made."""
