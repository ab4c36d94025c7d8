"""Where a benchmark works: a SQLite file of its own, or a database of a temporary PostgreSQL server that ends with this process."""

from __future__ import annotations

import atexit
import os
import shutil
import sqlite3
import subprocess
import tempfile
import time
from collections.abc import Iterator
from contextlib import ExitStack, contextmanager
from functools import cache
from pathlib import Path
from typing import Any

import psycopg
import sqlalchemy as sa

from runtime.system import database
from runtime.system.workspace import Workspace
from scripts.dev import NO_POSTGRESQL, find_postgresql
from tests.bench.recording import Recorder, postgres_cursor, sqlite_factory
from tests.bench.world import new_workspace
from tests.support.postgres import Cluster, running_cluster


@cache
def cluster() -> Cluster:
    """The server, started when it is first asked for."""
    binaries = find_postgresql()
    if binaries is None:
        raise SystemExit(NO_POSTGRESQL)
    stack = ExitStack()
    atexit.register(stack.close)
    return stack.enter_context(running_cluster(binaries))


class _Worked:
    """The CPU time of this process and of the PostgreSQL server, if it was started, without that of looking at it."""

    LOOKS_FOR_PROCESSES = 1.0
    """Seconds after which it is asked anew which processes the server has."""

    def __init__(self) -> None:
        self.looking, self.asked_at, self.processes = 0.0, 0.0, list[int]()

    def seconds(self) -> float:
        if not cluster.cache_info().currsize:
            return time.process_time()
        begun = time.process_time()
        server = int((cluster().folder / "data" / "postmaster.pid").read_text().splitlines()[0])
        if time.monotonic() > self.asked_at + self.LOOKS_FOR_PROCESSES:
            self.asked_at = time.monotonic()
            known = subprocess.run(["ps", "-o", "pid=", "--ppid", str(server)], capture_output=True, text=True, check=False).stdout.split()
            self.processes = [int(each) for each in known]
        # fields 14 to 17 of /proc/PID/stat: own time in the program and in the system, then that of children that have ended
        ticks = sum(sum(_times(each)[:2]) for each in self.processes) + sum(_times(server))
        self.looking += time.process_time() - begun
        return time.process_time() - self.looking + ticks / os.sysconf("SC_CLK_TCK")


def _times(process: int) -> list[int]:
    try:
        fields = Path(f"/proc/{process}/stat").read_text().rpartition(")")[2].split()
    except OSError:
        return [0]  # it has just ended
    return [int(each) for each in fields[11:15]]


seconds_worked = _Worked().seconds


@contextmanager
def workspace_on(name: str, recorder: Recorder | None = None) -> Iterator[Workspace]:
    """An empty workspace on SQLite or PostgreSQL, gone at the end. What is said to the database goes to the recorder while it is on."""
    folder = Path(tempfile.mkdtemp(prefix="tierloom-bench-"))
    made = cluster().create() if name == "postgresql" else None
    workspace = new_workspace(_engine(folder, made, recorder), folder)
    try:
        yield workspace
    finally:
        workspace.engine.dispose()
        if made:
            cluster().drop(made)
        shutil.rmtree(folder, ignore_errors=True)


def _engine(folder: Path, made: str | None, recorder: Recorder | None) -> sa.Engine:
    if made is None:
        return database.open_engine(f"sqlite:///{folder / 'tierloom.sqlite'}", factory=sqlite_factory(recorder) if recorder else None)
    engine = database.open_engine(cluster().url(made))
    if recorder is not None:
        sa.event.listen(engine, "connect", lambda connection, _record: setattr(connection, "cursor_factory", postgres_cursor(recorder)))
    return engine


def driver(workspace: Workspace) -> Any:
    """A connection to the same database by the bare driver, which nobody records."""
    url = workspace.engine.url
    if url.get_backend_name() == "postgresql":
        return psycopg.connect(host=url.query["host"], user=url.username, dbname=url.database, prepare_threshold=None)
    connection = sqlite3.connect(str(url.database), isolation_level=None)
    for pragma in database.PRAGMAS:
        connection.execute(f"PRAGMA {pragma}")
    return connection


def bare(workspace: Workspace) -> Any:
    """The driver's own connection to the same database, with the settings of the product's."""
    raw = workspace.engine.raw_connection()
    connection = raw.driver_connection
    raw.detach()
    return connection


def settle_down(connection: sa.Connection) -> None:
    """Lets the database look at what has been filled in."""
    connection.exec_driver_sql("ANALYZE")


__all__ = ["bare", "cluster", "driver", "settle_down", "workspace_on"]
