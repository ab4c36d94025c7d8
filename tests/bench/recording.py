"""What a piece of work says to the database, kept so that the bare driver can say the same."""
from __future__ import annotations

import sqlite3
from typing import Any

import psycopg

Said = list[tuple[str, str, Any]]
"""(execute | executemany | commit, text, parameters)"""


class Recorder:
    """Connections made by `connect` write down every statement while `on`."""

    def __init__(self) -> None:
        self.said: Said = []
        self.on = False

    def note(self, kind: str, text: str = "", parameters: Any = ()) -> None:
        if self.on:
            self.said.append((kind, text, parameters))


def sqlite_factory(recorder: Recorder) -> type[sqlite3.Connection]:
    """A class of SQLite connections that tell the recorder what they are asked."""

    class Cursor(sqlite3.Cursor):
        def execute(self, text: str, parameters: Any = ()) -> Any:
            recorder.note("execute", text, parameters)
            return super().execute(text, parameters)

        def executemany(self, text: str, parameters: Any) -> Any:
            rows = list(parameters)
            recorder.note("executemany", text, rows)
            return super().executemany(text, rows)

    class Connection(sqlite3.Connection):
        def cursor(self, factory: Any = Cursor) -> Any:
            return super().cursor(factory)

        def commit(self) -> None:
            recorder.note("commit")
            super().commit()

    return Connection


def postgres_cursor(recorder: Recorder) -> type[psycopg.Cursor[Any]]:
    """A class of PostgreSQL cursors that tell the recorder what they are asked."""

    class Cursor(psycopg.Cursor[Any]):
        def execute(self, query: Any, params: Any = None, **options: Any) -> Any:
            recorder.note("execute", query, params)
            return super().execute(query, params, **options)

        def executemany(self, query: Any, params_seq: Any, **options: Any) -> Any:
            rows = list(params_seq)
            recorder.note("executemany", query, rows)
            return super().executemany(query, rows, **options)

    return Cursor


def replay(connection: Any, said: Said) -> None:
    """Says it all again through the bare driver, fetching what is asked for."""
    cursor = connection.cursor()
    for kind, text, parameters in said:
        if kind == "commit":
            connection.commit()
        elif kind == "executemany":
            cursor.executemany(text, parameters)
        else:
            cursor.execute(text, parameters)
            if cursor.description is not None:
                cursor.fetchall()
