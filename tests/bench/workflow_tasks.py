"""The to-do list of somebody with 10,000 open tasks among a million instances: 50 rows, against the bare driver saying the same query."""

from __future__ import annotations

from collections.abc import Iterator

import sqlalchemy as sa

from runtime import kinds
from runtime.people import accounts
from runtime.people.person import SYSTEM
from runtime.system.database import writing
from runtime.system.workspace import Workspace
from runtime.workflow import boxes
from tests.bench.databases import driver, settle_down, workspace_on
from tests.bench.measuring import Result, in_turn
from tests.bench.recording import Recorder

LIMIT = 1.5
INSTANCES = 1_000_000
MINE = 100
"""Every hundredth task is the person's."""
TIMES = 100
SERIES = {
    "sqlite": "WITH RECURSIVE n(i) AS (SELECT 1 UNION ALL SELECT i + 1 FROM n WHERE i < {count})",
    "postgresql": "WITH n AS (SELECT generate_series(1, {count}) AS i)",
}


def run(rows: int | None, database_name: str) -> Iterator[Result]:
    kinds.load()
    count = rows or INSTANCES
    recorder = Recorder()
    with workspace_on(database_name, recorder) as workspace:
        with workspace.writing(SYSTEM) as act:
            person = accounts.add(act, email="busy@example.com", name="Busy", roles=("builder",), password=None)
        _fill(workspace, count, person.id)
        with workspace.reading(person) as act:
            boxes.page(act, "todo")
            recorder.on = True
            found = boxes.page(act, "todo")
            recorder.on = False
            assert len(found) == 50 and boxes.count(act, "todo") == 101
            _kind, text, given = next(each for each in recorder.said if "workflow_task" in each[1])
            cursor = driver(workspace).cursor()

            def ours() -> None:
                for _time in range(TIMES):
                    boxes.page(act, "todo")

            def bare() -> None:
                for _time in range(TIMES):
                    cursor.execute(text, given)
                    cursor.fetchall()

            first, second, ratio = in_turn(ours, bare)
    yield Result("workflow tasks", ratio, LIMIT, first / TIMES * 1000, second / TIMES * 1000, "ms CPU for 50 rows", count, database_name)


def _fill(workspace: Workspace, count: int, person: int) -> None:
    series = SERIES[workspace.engine.dialect.name].format(count=count)
    for into, chosen in (
        (
            "workflow_run (id, workflow, version, form, record, open_record, status, starter, round, acts, at)",
            "i, 'flow', 1, 'order', i, i, 'running', 1, 1, 1, i",
        ),
        ("workflow_visit (run, number, node, at, round, forks, state, void)", "i, 1, 'a', i, 1, '[]', 'open', 0"),
        (
            "workflow_task (id, run, number, visit, person, state, after, advisory, at, comment)",
            f"i, i, 1, 1, CASE WHEN i % {MINE} = 0 THEN {person} ELSE 1000 + i % 5000 END, 'open', '[]', 0, i, ''",
        ),
    ):
        with writing(workspace.engine) as connection:
            text = f"{series} SELECT {chosen} FROM n"
            names = into.replace("after", '"after"')
            prefix = f"INSERT INTO {names} "
            connection.execute(sa.text(prefix + text))
    with workspace.engine.begin() as connection:
        settle_down(connection)
