"""Statements compiled once and handed to the driver as they are.

Building and executing a statement through SQLAlchemy costs several times what SQLite needs to run it. What is executed for every
record is therefore compiled once per published revision and kept in `catalogue.memo`; meaning and text still come from SQLAlchemy.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping
from operator import itemgetter
from typing import Any

import sqlalchemy as sa

COPY_FROM = 100
"""Rows from which PostgreSQL takes new ones by COPY."""


class Prepared:
    def __init__(self, statement: sa.sql.expression.Executable, dialect: sa.Dialect):
        compiled = statement.compile(dialect=dialect, compile_kwargs={"render_postcompile": True})  # type: ignore[attr-defined]
        self.text = str(compiled)
        self.constants: dict[str, Any] = dict(compiled.params)
        self.processors: dict[str, Callable[[Any], Any]] = {
            name: process for name, process in compiled._bind_processors.items() if process is not None
        }
        self.names: tuple[str, ...] | None = tuple(compiled.positiontup) if compiled.positional else None
        self.copied = _copied(statement, compiled) if dialect.name == "postgresql" else None

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
        if len(given) == 1:
            self.run(connection, given[0])
        elif self.copied is not None and len(given) >= COPY_FROM:
            table, columns = self.copied
            copy_rows(connection, table, columns, ([merged[name] for name in columns] for merged in map(self._parameters, given)))
        elif self.names is not None and len(self.names) > 1 and not self.processors and given and given[0].keys() >= set(self.names):
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


def _copied(statement: Any, compiled: Any) -> tuple[str, tuple[str, ...]] | None:
    """Table and columns of an INSERT of plain rows, each column from the parameter of its name."""
    if not isinstance(statement, sa.sql.dml.Insert) or statement.select is not None:
        return None
    if statement._returning or statement._post_values_clause is not None:
        return None
    names = tuple(compiled.params)
    return (statement.table.name, names) if set(names) <= {column.name for column in statement.table.columns} else None


def copy_rows(connection: sa.Connection, table: str, columns: Iterable[str], rows: Iterable[Iterable[Any]]) -> None:
    """Many new rows into a PostgreSQL table, several times faster than INSERT; the columns' types must be those of the values."""
    named = ", ".join(f'"{column}"' for column in columns)
    with connection.connection.cursor().copy(f'COPY "{table}" ({named}) FROM STDIN') as copy:  # type: ignore[attr-defined]
        for row in rows:
            copy.write_row(tuple(row))


def prepared(memo: dict[Any, Any], key: Any, dialect: sa.Dialect, build: Callable[[], sa.sql.expression.Executable]) -> Prepared:
    """The prepared statement under `key`, built on first use."""
    found = memo.get(key)
    if found is None:
        found = memo[key] = Prepared(build(), dialect)
    return found
