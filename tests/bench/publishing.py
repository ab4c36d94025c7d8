"""A column published on a form of a million records: how long anybody who writes to the form has to wait, against two bare `ALTER TABLE`s."""

from __future__ import annotations

import multiprocessing
import statistics
import time
from collections.abc import Callable, Iterator
from typing import Any

from runtime.definitions import versions
from runtime.people.person import SYSTEM
from runtime.records.preparing import prepare
from runtime.records.tables import tables_of
from runtime.system.workspace import Workspace
from tests import makers
from tests.bench.databases import driver, settle_down, workspace_on
from tests.bench.measuring import Result

LIMIT = 2.0
"""Times the wait for one bare `ALTER TABLE`."""
ROUNDS = 7
FORM = makers.form_json(*[makers.text(f"t{n}") for n in range(6)], *[makers.number(f"n{n}") for n in range(4)], title="t0")
FILL = {
    "sqlite": "WITH RECURSIVE n(i) AS (SELECT 1 UNION ALL SELECT i + 1 FROM n WHERE i < {count}) ",
    "postgresql": "WITH n(i) AS (SELECT generate_series(1, {count})) ",
}


def run(rows: int | None, database_name: str) -> Iterator[Result]:
    """Milliseconds; the median over rounds of the longest wait in each. The writer is a process of its own."""
    count = rows or 1_000_000
    with workspace_on(database_name) as workspace:
        with workspace.writing(SYSTEM, "publish") as act:
            versions.publish(act, [FORM])
        table = _fill(workspace, count, database_name)
        ours, reference = [], []
        with _Writer(workspace, table, count) as writer:
            for number in range(ROUNDS + 1):
                ours.append(writer.longest(lambda number=number: _publish(workspace, number)))
                reference.append(writer.longest(lambda number=number: _alter(workspace, table, number, database_name)))
    pairs = list(zip(ours, reference, strict=True))[1:]
    mine, bare = (statistics.median(each[side] for each in pairs) for side in (0, 1))
    yield Result("publishing a column", mine / bare, LIMIT, 1000 * mine, 1000 * bare, "ms of waiting", count, database_name)


def _publish(workspace: Workspace, number: int) -> None:
    fields = [*FORM["fields"], *[makers.text(f"new{each}") for each in range(number + 1)]]
    bodies = [{**FORM, "fields": fields}]
    prepare(workspace, SYSTEM, bodies)
    with workspace.writing(SYSTEM, "publish") as act:
        versions.publish(act, bodies)


def _alter(workspace: Workspace, table: str, number: int, database_name: str) -> None:
    connection = driver(workspace)
    connection.execute("BEGIN IMMEDIATE" if database_name == "sqlite" else "BEGIN")
    connection.execute(f"ALTER TABLE {table} ADD COLUMN bare{number} TEXT")
    connection.execute("COMMIT")
    connection.close()


def _fill(workspace: Workspace, count: int, database_name: str) -> str:
    with workspace.reading(SYSTEM) as act:
        built = tables_of(act.catalogue)[FORM["key"]]
    values = ", ".join("'some text of ' || i" if key.startswith("t") else "i % 997" for key in built.columns)
    connection = driver(workspace)
    connection.execute("BEGIN")
    connection.execute(
        f"INSERT INTO {built.main.name} (id, version, created_at, created_by, updated_at, updated_by, search, "
        f"{', '.join(each.name for each in built.columns.values())}) {FILL[database_name].format(count=count)}"
        f"SELECT i, 1, 0, 0, 0, 0, '', {values} FROM n"
        if database_name == "sqlite"
        else f"{FILL[database_name].format(count=count)}INSERT INTO {built.main.name} (id, version, created_at, created_by, updated_at, "
        f"updated_by, search, {', '.join(each.name for each in built.columns.values())}) SELECT i, 1, 0, 0, 0, 0, '', {values} FROM n"
    )
    connection.execute("COMMIT")
    connection.close()
    with workspace.engine.begin() as analysed:
        settle_down(analysed)
    return built.main.name


# -- the writer -----------------------------------------------------------------------------------------------------------------------
class _Writer:
    """Somebody who writes to the table all the time, and how long the longest of these writes took."""

    def __init__(self, workspace: Workspace, table: str, count: int):
        context = multiprocessing.get_context("spawn")
        self.pipe, there = context.Pipe()
        self.process = context.Process(target=_write, args=(workspace.engine.url.render_as_string(False), table, count, there), daemon=True)

    def __enter__(self) -> _Writer:
        self.process.start()
        self.pipe.recv()
        return self

    def __exit__(self, *_error: Any) -> None:
        self.pipe.send("end")
        self.process.join(30)

    def longest(self, meanwhile: Callable[[], None]) -> float:
        """Seconds of the longest write while something else is done."""
        self.pipe.send("begin")
        self.pipe.recv()
        time.sleep(0.05)
        meanwhile()
        time.sleep(0.05)
        self.pipe.send("tell")
        return float(self.pipe.recv())


def _write(url: str, table: str, count: int, pipe: Any) -> None:
    from types import SimpleNamespace

    from runtime.system.database import open_engine

    engine = open_engine(url)
    connection = driver(SimpleNamespace(engine=engine))  # type: ignore[arg-type]
    sqlite = engine.dialect.name == "sqlite"
    begin, mark = ("BEGIN IMMEDIATE", "?") if sqlite else ("BEGIN", "%s")
    if sqlite:
        connection.execute("PRAGMA busy_timeout=0")  # its waits come in steps; here each is tried again at once
    pipe.send("ready")
    longest, number = 0.0, 0
    while True:
        if pipe.poll():
            wish = pipe.recv()
            if wish == "end":
                return
            if wish == "tell":
                pipe.send(longest)
            else:
                longest = 0.0
                pipe.send("begun")
        number += 7919
        start = time.perf_counter()
        while not _written(connection, begin, f"UPDATE {table} SET version = version + 1 WHERE id = {mark}", number % count + 1):
            time.sleep(0.0002)
        longest = max(longest, time.perf_counter() - start)
        time.sleep(0.0005)


def _written(connection: Any, begin: str, statement: str, record: int) -> bool:
    import sqlite3

    try:
        connection.execute(begin)
        connection.execute(statement, (record,))
        connection.execute("COMMIT")
    except sqlite3.OperationalError:
        if connection.in_transaction:
            connection.execute("ROLLBACK")
        return False
    return True
