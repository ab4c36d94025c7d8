"""Putting a backup back: everything is taken out and checked beside what is there, and takes its place only when it is whole.

Names of files are never used twice, so those of the backup are laid beside the others first and do no harm; then the database changes
in one step; then files that it does not name go. Stopped at any moment, either all of the old state is there or all of the new one.
"""

from __future__ import annotations

import os
import secrets
import shutil
import sqlite3
import tempfile
from collections.abc import Callable, Iterator
from contextlib import contextmanager, suppress
from pathlib import Path
from typing import Any

import sqlalchemy as sa

from runtime.errors import DiskFull, Refused, TierloomError
from runtime.settings import Settings
from runtime.system import archive, database, disk, postgres
from runtime.system.archive import Archive, Manifest
from runtime.system.tables import metadata
from runtime.system.upgrade import upgrade, upgrade_within
from runtime.texts import Message, _

HOLDS = ("person", "definition", "secret")
"""System tables of which one is not empty as soon as somebody has begun."""
IN_USE = _("The database is in use. Stop Tierloom, then restore.")
HAS_DATA = _("There is data already. Restore into an empty place, or replace all of it with --force.")


def put_back(settings: Settings, path: Path, force: bool = False) -> Manifest:
    """Raises Refused with a sentence when that cannot be done; then everything is as it was."""
    kind = sa.make_url(settings.database_url).get_backend_name()
    with archive.opened(path) as given:
        if given.manifest.database != kind:
            raise archive.refuse(
                _(
                    "This backup is of {theirs}, and TIERLOOM_DATABASE_URL names {ours}. Restore it into a database of its own kind.",
                    theirs=given.manifest.database,
                    ours=kind,
                )
            )
        _check_room(settings, given)
        swap = _into_sqlite if kind == "sqlite" else _into_postgresql
        with disk.room(), tempfile.TemporaryDirectory(dir=settings.data_dir, prefix=".restoring-") as folder:
            beside = Path(folder)
            for name in given.manifest.parts:
                given.take_out(name, beside / name)
            with _files(settings, given, beside) as finish:
                swap(settings.database_url, beside / given.database, force)
            finish()
        return given.manifest


def _check_room(settings: Settings, given: Archive) -> None:
    if shutil.disk_usage(settings.data_dir).free < 2 * given.manifest.parts[given.database].size + given.bytes:
        raise DiskFull()


# -- files ------------------------------------------------------------------------------------------------------------------------
@contextmanager
def _files(settings: Settings, given: Archive, beside: Path) -> Iterator[Callable[[], None]]:
    """Lays the backup's files beside those that are there; gives what is to be done once the database has changed."""
    folders = archive.places(settings)
    targets = {name: folders[name.partition("/")[0]] / name.partition("/")[2] for name in given.files if name.partition("/")[0] in folders}
    laid: list[Path] = []
    later: list[tuple[Path, Path]] = []

    def finish() -> None:
        for source, target in later:
            shutil.move(source, target)
        kept = set(targets.values())
        for folder in folders.values():
            for path in folder.rglob("*"):
                if path.is_file() and path not in kept:
                    path.unlink(missing_ok=True)

    try:
        for name, target in targets.items():
            if target.exists():
                later.append((beside / name, target))
                continue
            target.parent.mkdir(mode=0o700, parents=True, exist_ok=True)
            laid.append(target)
            shutil.move(beside / name, target)
        yield finish
    except BaseException:
        for path in laid:
            path.unlink(missing_ok=True)
        raise


# -- SQLite -----------------------------------------------------------------------------------------------------------------------
def _into_sqlite(url: str, source: Path, force: bool) -> None:
    target = Path(sa.make_url(url).database or "").absolute()
    _look_at_sqlite(target, force)
    target.parent.mkdir(parents=True, exist_ok=True)
    built = target.with_name(f".{target.name}.{secrets.token_hex(6)}")
    try:
        shutil.move(source, built)
        _bring_up_to_date(built)
        _leave_alone(target)
        os.replace(built, target)
    finally:
        for path in _with_companions(built):
            path.unlink(missing_ok=True)
    archive.sync_folder(target.parent)


def _look_at_sqlite(target: Path, force: bool) -> None:
    if force or not target.exists() or not target.stat().st_size:
        return
    engine = database.open_engine(f"sqlite:///{target}")
    try:
        with database.reading(engine) as connection:
            names = set(sa.inspect(connection).get_table_names())
            if names - set(metadata.tables) - {"alembic_version"} or _has_data(connection, names):
                raise Refused([], HAS_DATA)
    except sa.exc.DatabaseError as error:
        raise Refused([], HAS_DATA) from error  # something that cannot be read is not nothing
    finally:
        engine.dispose()


def _bring_up_to_date(built: Path) -> None:
    engine = database.open_engine(f"sqlite:///{built}")
    try:
        with database.reading(engine) as connection:
            if connection.exec_driver_sql("PRAGMA quick_check").scalar() != "ok":
                raise archive.damaged(built.name)
        upgrade(engine)
    except sa.exc.DatabaseError as error:
        raise archive.damaged(archive.DATABASES["sqlite"]) from error
    finally:
        engine.dispose()
    with _plain(built) as connection:
        connection.execute("PRAGMA journal_mode=DELETE")
    with built.open("rb") as file:
        os.fsync(file.fileno())


def _leave_alone(target: Path) -> None:
    """Makes sure that nobody has the old file open and nothing of it lies in other files."""
    if target.exists():
        try:
            with _plain(target) as connection:
                connection.execute("PRAGMA journal_mode=DELETE")  # needs the file for itself
        except sqlite3.OperationalError as error:
            raise Refused([], IN_USE) from error
        except sqlite3.DatabaseError:
            pass  # broken: that is why a backup is put in its place
    for path in _with_companions(target)[1:]:
        path.unlink(missing_ok=True)


@contextmanager
def _plain(path: Path) -> Iterator[sqlite3.Connection]:
    connection = sqlite3.connect(path, timeout=1, isolation_level=None)
    try:
        yield connection
    finally:
        connection.close()


def _with_companions(path: Path) -> list[Path]:
    return [path, *(path.with_name(path.name + end) for end in ("-wal", "-shm", "-journal"))]


# -- PostgreSQL -------------------------------------------------------------------------------------------------------------------
def _into_postgresql(url: str, source: Path, force: bool) -> None:
    """In one transaction: the old tables go, the new ones come and are brought up to date, or nothing happens."""
    engine = database.open_engine(url)
    try:
        with database.writing(engine) as connection:
            names = set(sa.inspect(connection).get_table_names())
            if not force and _has_data(connection, names):
                raise Refused([], HAS_DATA)
            if connection.exec_driver_sql(OTHERS).scalar():
                raise Refused([], IN_USE)
            connection.exec_driver_sql("SET LOCAL lock_timeout = '10s'")
            for name in sorted(each for each in names if _is_ours(each)):
                connection.exec_driver_sql(f'DROP TABLE "{name}" CASCADE')
            connection.exec_driver_sql("DROP FUNCTION IF EXISTS audit_log_guard()")  # comes again with the dump
            postgres.put_back(connection, source)
            upgrade_within(connection)
    except TierloomError:
        raise
    except Exception as error:  # of the driver itself, or of SQLAlchemy around it
        if disk.is_full(error) or not _is_of_database(error):
            raise
        raise archive.refuse(_not_put_back(error)) from error
    finally:
        with suppress(sa.exc.SQLAlchemyError):
            engine.dispose()


OTHERS = """SELECT count(*) FROM pg_stat_activity
WHERE datname = current_database() AND pid <> pg_backend_pid() AND backend_type = 'client backend'"""


def _is_of_database(error: Exception) -> bool:
    return isinstance(error, sa.exc.DBAPIError) or hasattr(error, "sqlstate")


def _not_put_back(error: Exception) -> Message:
    reason = str(getattr(error, "orig", None) or error).strip().splitlines()[0]
    return _("The database did not take the backup, and everything is as it was: {reason}", reason=reason)


def _is_ours(name: str) -> bool:
    return name in metadata.tables or name == "alembic_version" or name.startswith("r_")


def _has_data(connection: Any, names: set[str]) -> bool:
    if any(name.startswith("r_") for name in names):
        return True
    return any(connection.execute(sa.select(metadata.tables[name]).limit(1)).first() is not None for name in HOLDS if name in names)
