"""Opening the database so that SQLite and PostgreSQL behave alike."""

from __future__ import annotations

import json
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import sqlalchemy as sa
from sqlalchemy import event

from runtime.errors import SettingsError
from runtime.system.disk import room
from runtime.texts import _


PRAGMAS = ("journal_mode=WAL", "synchronous=NORMAL", "foreign_keys=ON", "busy_timeout=30000", "cache_size=-65536", "temp_store=MEMORY")


def open_engine(url: str, factory: Any = None) -> sa.Engine:
    """An engine for the workspace's database: one SQLite file or one PostgreSQL database. `factory`: another class of SQLite connections."""
    try:
        address = sa.make_url(url)
    except sa.exc.ArgumentError as error:
        raise SettingsError(
            _("TIERLOOM_DATABASE_URL is not a database address. Write sqlite:///file or postgresql://user@host/name.")
        ) from error
    if address.get_backend_name() == "sqlite":
        return _open_sqlite(address, factory)
    if address.get_backend_name() == "postgresql":
        return _open_postgresql(address)
    raise SettingsError(
        _("TIERLOOM_DATABASE_URL names {kind}; Tierloom works with sqlite and postgresql.", kind=address.get_backend_name())
    )


def _open_postgresql(address: sa.URL) -> sa.Engine:
    engine = sa.create_engine(
        address.set(drivername="postgresql+psycopg"),
        pool_size=10,
        max_overflow=10,
        pool_pre_ping=True,
        json_serializer=to_json,
        connect_args={"prepare_threshold": None},
        hide_parameters=True,
    )

    @event.listens_for(engine, "connect")
    def confirm(connection: Any, _record: Any) -> None:
        # with synchronous_commit = off a commit is confirmed up to half a second before it is written: a server that is killed then loses
        # what people were told is saved, and whose calls outside were made. Settings that ask for more than `on` stay
        connection.autocommit = True
        connection.execute("SELECT set_config('synchronous_commit', 'on', false) WHERE current_setting('synchronous_commit') = 'off'")
        connection.autocommit = False

    return engine


_JSON = json.JSONEncoder(ensure_ascii=False, separators=(",", ":"))


def to_json(value: Any) -> str:
    return _JSON.encode(value)


def _open_sqlite(address: sa.URL, factory: Any) -> sa.Engine:
    if address.database and address.database != ":memory:":
        Path(address.database).parent.mkdir(parents=True, exist_ok=True)
    engine = sa.create_engine(
        address,
        json_serializer=to_json,
        connect_args={"timeout": 30, "isolation_level": None, "check_same_thread": False, **({"factory": factory} if factory else {})},
        pool_size=10,
        max_overflow=20,
        hide_parameters=True,  # an error must not carry what is in records into the log
    )

    @event.listens_for(engine, "connect")
    def prepare(connection: Any, _record: Any) -> None:
        for pragma in PRAGMAS:
            connection.execute(f"PRAGMA {pragma}")

    @event.listens_for(engine, "begin")
    def begin(connection: sa.Connection) -> None:
        # pysqlite begins late and lets DDL survive a rollback: we begin ourselves, and writers take the lock at once,
        # since a reader that becomes a writer fails whatever the busy timeout is
        connection.connection.cursor().execute("BEGIN IMMEDIATE" if connection.get_execution_options().get("writing") else "BEGIN")

    return engine


@contextmanager
def reading(engine: sa.Engine) -> Iterator[sa.Connection]:
    """A transaction that only reads and sees one moment."""
    with engine.connect() as plain:
        connection = plain
        if engine.dialect.name == "postgresql":
            connection = plain.execution_options(isolation_level="REPEATABLE READ", postgresql_readonly=True)
        with connection.begin():
            yield connection


@contextmanager
def writing(engine: sa.Engine) -> Iterator[sa.Connection]:
    """A transaction that writes: all or nothing. Raises DiskFull where nothing more can be written."""
    with room(), engine.connect().execution_options(writing=True) as connection, connection.begin():
        yield connection
