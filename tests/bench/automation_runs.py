"""A two-step internal automation against a bare loop of the same commits.

Ours: two workers take up the run of each record, change the record and add another, with claim, condition, run and step lines. The reference:
for each record one transaction through the same gateway that changes the record and adds the other, and nothing else. CPU of this process.
"""

from __future__ import annotations

import threading
import time
from collections.abc import Iterator
from itertools import count

from runtime import kinds
from runtime.automation import lanes, matching, runs
from runtime.definitions.versions import publish
from runtime.people.person import SYSTEM
from runtime.records import gateway
from runtime.system import database
from runtime.system.workspace import Workspace
from tests.bench.databases import workspace_on
from tests.bench.measuring import Result, in_turn
from tests.makers import form_json, number, reference, text

LIMIT = 3.0
WORKERS = 2
RECORDS = 200


def run(rows: int | None, database_name: str) -> Iterator[Result]:
    kinds.load()
    many = rows or RECORDS
    with workspace_on(database_name) as workspace:
        _open(workspace)
        others = [workspace, *[_beside(workspace) for _worker in range(WORKERS - 1)]]
        waiting: list[int] = []
        names = count()

        def ready() -> None:
            waiting[:] = _records(workspace, names, many)
            while matching.match(workspace):
                pass

        def ours() -> None:
            threads = [threading.Thread(target=_work, args=(each,)) for each in others]
            for each in threads:
                each.start()
            for each in threads:
                each.join()

        def reference_() -> None:
            for record in waiting:
                with workspace.writing(SYSTEM, "workflow") as act:
                    gateway.update(act, "customer", record, {"points": 2})
                    gateway.create(act, "visit", {"note": "bare", "customer": record})

        ready()
        first, second, ratio = in_turn(ours, reference_, before=ready, clock=time.process_time)
        for each in others[1:]:
            each.engine.dispose()
    yield Result("automation runs", ratio, LIMIT, first / many * 1000, second / many * 1000, "ms CPU a run", many, database_name)


def _open(workspace: Workspace) -> None:
    steps = [
        {"type": "update_record", "values": {"points": "points + 1"}},
        {"type": "create_record", "form": "visit", "values": {"note": "'run'", "customer": "record"}},
    ]
    trigger = {"type": "record_created", "form": "customer"}
    limit = {"runs_per_minute": 100_000}
    body = {"kind": "automation", "key": "rule", "label": "Rule", "trigger": trigger, "steps": steps, "when": "points < 5", "limit": limit}
    with workspace.writing(SYSTEM) as act:
        publish(act, [form_json(text(), number("points")), form_json(text("note"), reference("customer"), key="visit")])
    with workspace.writing(SYSTEM) as act:
        publish(act, [body])


def _records(workspace: Workspace, names: Iterator[int], many: int) -> list[int]:
    with workspace.writing(SYSTEM, "form") as act:
        return [gateway.create(act, "customer", {"name": str(next(names)), "points": 1}).id for _record in range(many)]


def _beside(workspace: Workspace) -> Workspace:
    return Workspace(workspace.settings, engine=database.open_engine(workspace.engine.url.render_as_string(hide_password=False)))


def _work(workspace: Workspace) -> None:
    while runs.run_due(workspace, lanes.INWARD):
        pass
