"""One record through the gateway, against the bare driver executing the same statements in one transaction."""

from __future__ import annotations

import shutil
import sqlite3
import statistics
import tempfile
import time
from collections.abc import Callable, Iterator
from pathlib import Path

import sqlalchemy as sa

from runtime.people.person import SYSTEM
from runtime.records import derived, gateway
from runtime.system import database
from tests.bench.measuring import ROUNDS, Result
from tests.bench.recording import Recorder, Said, replay, sqlite_factory
from tests.bench.world import forget, new_workspace, open_shop

LIMIT = 4.0
WRITES = 200


def run(rows: int | None, database_name: str) -> Iterator[Result]:
    """CPU of orders with their formulas, roll-ups, tier, history, search entry and event; the reference replays what was said to the driver."""
    if database_name != "sqlite":
        return
    folder = Path(tempfile.mkdtemp(prefix="tierloom-bench-"))
    recorder = Recorder()
    engine = _engine(folder / "tierloom.sqlite", recorder)
    workspace = new_workspace(engine, folder)
    customers = open_shop(workspace, rows or 1_000)
    derived.work_off(workspace)
    place = iter(range(10**9))

    def ours() -> None:
        for _write in range(WRITES):
            with workspace.writing(SYSTEM, "form") as act:
                gateway.create(
                    act,
                    "order",
                    {"no": f"S{next(place)}", "customer": str(customers[next(place) % len(customers)]), "price": "19.90", "quantity": 3},
                )

    ours()
    recorder.on = True
    copy = folder / "copy.sqlite"
    with sqlite3.connect(folder / "tierloom.sqlite") as source, sqlite3.connect(copy) as target:
        source.backup(target)
    ours()
    recorder.on = False
    said, recorder.said = recorder.said, []

    pairs = [_pair(ours, copy, said) for _round in range(ROUNDS + 1)][1:]
    ratio = statistics.median(first / second for first, second in pairs)
    yield Result(
        "one record",
        ratio,
        LIMIT,
        statistics.median(each[0] for each in pairs) / WRITES,
        statistics.median(each[1] for each in pairs) / WRITES,
        "CPU seconds a record",
        len(customers),
        "sqlite",
    )
    forget(workspace)


def _pair(ours: Callable[[], None], copy: Path, said: Said) -> tuple[float, float]:
    """CPU seconds of the product and of the bare driver, which says the same to a copy of the database as it was."""
    again = copy.with_name("again.sqlite")
    shutil.copyfile(copy, again)
    bare = sqlite3.connect(again, isolation_level=None)
    for pragma in database.PRAGMAS:
        bare.execute(f"PRAGMA {pragma}")
    start = time.process_time()
    ours()
    middle = time.process_time()
    replay(bare, said)
    end = time.process_time()
    bare.close()
    return middle - start, end - middle


def _engine(path: Path, recorder: Recorder) -> sa.Engine:
    return database.open_engine(f"sqlite:///{path}", factory=sqlite_factory(recorder))
