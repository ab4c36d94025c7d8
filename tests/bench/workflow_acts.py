"""An approval from end to end against the bare transaction of the same writes: the bare driver says again what was written, and nothing else.

Ours opens the act, locks and reads the run, checks who may, walks on to the next node, writes run, visits, tasks and log, and tells the next
approver. The reference works on a copy of the same database, in one transaction an act like ours, and takes turns with ours after every few
acts, so that what else the machine does weighs on both. CPU of this process.
"""

from __future__ import annotations

import shutil
import statistics
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

from runtime import kinds
from runtime.definitions.versions import publish
from runtime.people import accounts
from runtime.people.person import SYSTEM, Person
from runtime.records import gateway
from runtime.system.workspace import Workspace
from runtime.workflow import running
from tests.bench.databases import cluster, driver, workspace_on
from tests.bench.measuring import ROUNDS, Result
from tests.bench.recording import Recorder, Said, replay
from tests.makers import form_json, number, text
from tests.workflow.flows import body_of

LIMIT = 4.0
ACTS = 100
TURN = 5
WRITES = ("INSERT", "UPDATE", "DELETE", "BEGIN", "COMMIT")


def run(rows: int | None, database_name: str) -> Iterator[Result]:
    kinds.load()
    many = rows or ACTS
    recorder = Recorder()
    with workspace_on(database_name, recorder) as workspace:
        people = _office(workspace)
        pairs = [_pair(workspace, recorder, people, many) for _round in range(ROUNDS + 1)][1:]
    ours, bare = (statistics.median(each[place] for each in pairs) for place in (0, 1))
    ratio = statistics.median(first / second for first, second in pairs)
    yield Result("workflow acts", ratio, LIMIT, ours / many * 1000, bare / many * 1000, "ms CPU an approval", many, database_name)


def _office(workspace: Workspace) -> dict[str, Person]:
    parts = [{"id": name, "mode": "or", "approvers": [f"{who}@example.com"]} for name, who in (("A", "one"), ("B", "two"))]
    with workspace.writing(SYSTEM, "publish") as act:
        people = {
            name: accounts.add(act, email=f"{name}@example.com", name=name, roles=("builder",), password=None)
            for name in ("ini", "one", "two")
        }
        publish(act, [form_json(text("name"), number("amount"), key="order", title="name")])
    with workspace.writing(SYSTEM, "publish") as act:
        publish(act, [body_of(parts)])
    return people


def _pair(workspace: Workspace, recorder: Recorder, people: dict[str, Person], many: int) -> tuple[float, float]:
    tasks = []
    with workspace.writing(people["ini"]) as act:
        for count in range(many):
            run_number = running.start(act, "flow", gateway.create(act, "order", {"name": f"Deal {count}"}).id)
            tasks.append(running.task_id(act, run_number, 1))

    def approve(some: list[int]) -> None:
        for task in some:
            with workspace.writing(people["one"], "workflow") as act:
                running.approve(act, task)
            if workspace.engine.dialect.name == "postgresql":
                recorder.note("commit")  # there the recorder sees statements only, and psycopg begins by itself

    approve(tasks[:TURN])
    ours = bare = 0.0
    with _copied(workspace) as connection:
        for place in range(TURN, many, TURN):
            recorder.said, recorder.on = [], True
            ours += _timed(lambda some=tasks[place : place + TURN]: approve(some))  # type: ignore[misc]
            recorder.on = False
            said: Said = [each for each in recorder.said if each[0] == "commit" or each[1].lstrip().upper().startswith(WRITES)]
            bare += _timed(lambda said=said: replay(connection, said))  # type: ignore[misc]
    return ours, bare


@contextmanager
def _copied(workspace: Workspace) -> Iterator[Any]:
    """The bare driver on a copy of the database as it is now."""
    workspace.engine.dispose()
    if workspace.engine.dialect.name == "sqlite":
        original = Path(str(workspace.engine.url.database))
        copy = original.with_name("copy.sqlite")
        shutil.copyfile(original, copy)
        same = workspace.engine.url.set(database=str(copy))
    else:
        same = workspace.engine.url.set(database=cluster().create(str(workspace.engine.url.database)))
    connection = driver(_At(same))  # type: ignore[arg-type]
    try:
        yield connection
    finally:
        connection.close()
        if same.get_backend_name() == "postgresql":
            cluster().drop(str(same.database))


class _At:
    """What `driver` asks of a workspace."""

    def __init__(self, url: Any):
        self.engine = type("Engine", (), {"url": url})


def _timed(work: Callable[[], Any]) -> float:
    start = time.process_time()
    work()
    return time.process_time() - start
