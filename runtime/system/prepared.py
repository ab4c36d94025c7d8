"""Statements compiled once and handed to the driver as they are.

Building and executing a statement through SQLAlchemy costs several times what SQLite needs to run it. What is executed for every
record is therefore compiled once per published revision and kept in `catalogue.memo`; meaning and text still come from SQLAlchemy.
"""
from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping
from operator import itemgetter
from typing import Any

import sqlalchemy as sa


class Prepared:
    def __init__(self, statement: sa.sql.expression.Executable, dialect: sa.Dialect):
        compiled = statement.compile(dialect=dialect, compile_kwargs={"render_postcompile": True})  # type: ignore[attr-defined]
        self.text = str(compiled)
        self.constants: dict[str, Any] = dict(compiled.params)
        self.processors: dict[str, Callable[[Any], Any]] = {name: process for name, process in compiled._bind_processors.items() if process is not None}
        self.names: tuple[str, ...] | None = tuple(compiled.positiontup) if compiled.positional else None

    def run(self, connection: sa.Connection, values: Mapping[str, Any] | None = None) -> Any:
        """Executes it; gives the driver's cursor."""
        cursor = connection.connection.cursor()
        cursor.execute(self.text, self._parameters(values or {}))
        return cursor

    def all(self, connection: sa.Connection, values: Mapping[str, Any] | None = None) -> list[tuple[Any, ...]]:
        return self.run(connection, values).fetchall()

    def first(self, connection: sa.Connection, values: Mapping[str, Any] | None = None) -> tuple[Any, ...] | None:
        return self.run(connection, values).fetchone()

    def scalar(self, connection: sa.Connection, values: Mapping[str, Any] | None = None) -> Any:
        row = self.run(connection, values).fetchone()
        return None if row is None else row[0]

    def many(self, connection: sa.Connection, rows: Iterable[Mapping[str, Any]]) -> None:
        """Executes it for each set of values, as fast as the driver can; all sets have the same names."""
        given = list(rows)
        if self.names is not None and len(self.names) > 1 and not self.processors and given and given[0].keys() >= set(self.names):
            pick = itemgetter(*self.names)
            connection.connection.cursor().executemany(self.text, [pick(row) for row in given])
        else:
            connection.connection.cursor().executemany(self.text, [self._parameters(row) for row in given])

    def _parameters(self, values: Mapping[str, Any]) -> Any:
        if self.names is not None and not self.processors:
            constants = self.constants
            return [values[name] if name in values else constants[name] for name in self.names]
        merged = {**self.constants, **values}
        for name, process in self.processors.items():
            merged[name] = process(merged[name])
        return merged if self.names is None else [merged[name] for name in self.names]


def prepared(memo: dict[Any, Any], key: Any, dialect: sa.Dialect, build: Callable[[], sa.sql.expression.Executable]) -> Prepared:
    """The prepared statement under `key`, built on first use."""
    found = memo.get(key)
    if found is None:
        found = memo[key] = Prepared(build(), dialect)
    return found
