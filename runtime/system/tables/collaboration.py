"""Comments, followers, to-dos and notifications."""

from __future__ import annotations

from sqlalchemy import BigInteger, Column, Index, Integer, Table, Text

from runtime.system.tables.base import flag, key, metadata

record_comment = Table(
    "record_comment",
    metadata,
    key(),
    Column("form", Text, nullable=False),
    Column("record", BigInteger, nullable=False),
    Column("person", BigInteger, nullable=False),
    Column("at", BigInteger, nullable=False),
    Column("body", Text, nullable=False),
    Column("edited_at", BigInteger),
    Column("removed_at", BigInteger),
)
"""`body` is plain text; somebody who is mentioned stands in it as <@ID>."""
Index(None, record_comment.c.form, record_comment.c.record, record_comment.c.id)
record_follow = Table(
    "record_follow",
    metadata,
    Column("form", Text, primary_key=True),
    Column("record", BigInteger, primary_key=True, autoincrement=False),
    Column("person", BigInteger, primary_key=True, autoincrement=False),
    Column("at", BigInteger, nullable=False),
    flag("follows", 1),
)
"""`follows` 0: does not want to, although author or owner."""
todo = Table(
    "todo",
    metadata,
    key(),
    Column("title", Text, nullable=False),
    Column("form", Text),
    Column("record", BigInteger),
    Column("person", BigInteger, nullable=False),
    Column("due", Integer),
    Column("created_by", BigInteger, nullable=False),
    Column("created_at", BigInteger, nullable=False),
    Column("done_at", BigInteger),
    Column("done_by", BigInteger),
)
Index("ix_todo_open", todo.c.person, todo.c.due, sqlite_where=todo.c.done_at.is_(None), postgresql_where=todo.c.done_at.is_(None))
Index(None, todo.c.person, todo.c.done_at)
Index(None, todo.c.form, todo.c.record)
message_bot = Table(
    "message_bot",
    metadata,
    key(),
    Column("name", Text, nullable=False),
    Column("service", Text, nullable=False),
    Column("secret", Text, nullable=False),
    Column("form", Text),
    Column("kinds", Text, nullable=False),
    Column("language", Text, nullable=False),
    flag("enabled", 1),
    Column("created_at", BigInteger, nullable=False),
    Column("said", Text),
    Column("said_at", BigInteger),
)
"""A group chat that is told: `secret` names the secret that holds its address; `kinds` JSON list; `said`: how the last message went."""
