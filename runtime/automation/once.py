"""Rows that exist once: the second of two processes that insert the same one learns that it came second."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

import sqlalchemy as sa
from sqlalchemy.dialects import postgresql, sqlite


def insert_once(connection: sa.Connection, table: sa.Table, row: Mapping[str, Any]) -> bool:
    """Inserts the row unless its key is taken. True when it was this call that inserted it."""
    key = next(iter(table.primary_key.columns))
    return connection.execute(_insert(connection, table).values(**row).returning(key)).first() is not None


def insert_all_once(connection: sa.Connection, table: sa.Table, rows: Sequence[Mapping[str, Any]]) -> None:
    """Inserts those of the rows whose key is free. All rows name the same columns."""
    if rows:
        connection.execute(_insert(connection, table), list(rows))


def _insert(connection: sa.Connection, table: sa.Table) -> Any:
    insert = postgresql.insert if connection.dialect.name == "postgresql" else sqlite.insert
    return insert(table).on_conflict_do_nothing()
