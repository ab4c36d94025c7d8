"""How long an event waits for its first step: while 50 arrive a second, and while what an import has set off is worked off.

One worker does all the turns, and the clock of the workspace is the CPU time of this process and of the database's, without the time in which
there is nothing to do: what else the machine does does not count. An event that arrives in
the middle of a turn waits for its end. The reference is one tick of the engine's clock.

The runs of the import are counted too: one for each automation and batch, since both automations can deal with many records at once.
"""

from __future__ import annotations

import io
from collections.abc import Iterator
from datetime import datetime, timedelta

import sqlalchemy as sa

from runtime import kinds
from runtime.automation import engine, groups, runs
from runtime.definitions.versions import publish
from runtime.people.person import SYSTEM
from runtime.records import gateway
from runtime.system import clock
from runtime.system.tables import automation_run, event
from runtime.system.workspace import Workspace
from runtime.transfer import importing, imports, mapping
from runtime.transfer.mapping import ColumnMap
from tests.bench.databases import seconds_worked, workspace_on
from tests.bench.measuring import Result
from tests.makers import form_json, number, reference, text

TICK, A_SECOND, EVENTS = 2.0, 50, 500
ROWS, BATCH = 6_000, 5_000
VISIT = {"type": "create_record", "form": "visit", "values": {"note": "'run'", "customer": "record"}}


class Clock:
    """`now` of a workspace; `fixed` while something happens at a moment of its own."""

    def __init__(self, workspace: Workspace):
        self.begun, self.skipped, self.fixed = clock.now(), -seconds_worked(), None
        workspace.now = self.now
        for each in (runs, groups):
            vars(each)["monotonic"] = seconds_worked

    def seconds(self) -> float:
        return seconds_worked() + self.skipped

    def now(self) -> datetime:
        return self.begun + timedelta(seconds=self.seconds() if self.fixed is None else self.fixed)

    def skip_to(self, seconds: float) -> None:
        self.skipped += max(0.0, seconds - self.seconds())


def run(rows: int | None, database_name: str) -> Iterator[Result]:
    kinds.load()
    with workspace_on(database_name) as workspace:
        _open(workspace)
        came = _stream(workspace, Clock(workspace), A_SECOND, EVENTS)
        yield _waited(workspace, f"an event waits, {A_SECOND} a second", came, database_name)
    many = rows or ROWS
    with workspace_on(database_name) as workspace:
        _open(workspace)
        told = Clock(workspace)
        _import(workspace, many)
        came = _stream(workspace, told, A_SECOND / 10, None)
        yield _waited(workspace, f"an event waits beside an import with two automations ({came} came)", many, database_name)
        batches = -(-many // BATCH)
        found = _count(workspace, ("one", "two"))
        yield Result(
            "runs of an import, for each automation and batch", found / (2 * batches), 1.0, found, 2 * batches, "runs", many, database_name
        )


def _stream(workspace: Workspace, told: Clock, a_second: float, events: int | None) -> int:
    """The worker goes on while records are added, so many a second: this many, or until there is nothing else to do. Gives how many came."""
    begun, came = told.seconds(), 0
    while True:
        while (events is None or came < events) and told.seconds() >= begun + came / a_second:
            told.fixed = begun + came / a_second
            with workspace.writing(SYSTEM, "form") as act:
                gateway.create(act, "customer", {"name": f"click {came}", "points": 1})
            told.fixed, came = None, came + 1
        if engine.work_inside(workspace):
            continue
        if came == events or events is None:
            return came
        told.skip_to(begun + came / a_second)


def _open(workspace: Workspace) -> None:
    created = {"type": "record_created", "form": "customer"}
    rules = [
        _rule("clicked", created, [{"type": "update_record", "values": {"points": "points + 1"}}, VISIT], "form"),
        _rule("one", created, [{"type": "update_record", "values": {"points": "points + 2"}}], "import"),
        _rule("two", created, [VISIT], "import"),
    ]
    with workspace.writing(SYSTEM) as act:
        publish(act, [form_json(text(), number("points")), form_json(text("note"), reference("customer"), key="visit")])
    with workspace.writing(SYSTEM) as act:
        publish(act, rules)


def _rule(key: str, trigger: object, steps: object, source: str) -> dict[str, object]:
    body = {"kind": "automation", "key": key, "label": key, "trigger": trigger, "steps": steps, "sources": [source]}
    return {**body, "limit": {"runs_per_minute": 100_000}}


def _import(workspace: Workspace, rows: int) -> None:
    lines = ["name,points", *(f"c{each},1" for each in range(rows))]
    path = imports.keep_file(workspace, io.BytesIO("\n".join(lines).encode()))
    how = imports.inspect(workspace, path)
    with workspace.writing(SYSTEM) as act:
        task = imports.begin(act, "customer", path, "c.csv", how)
        assert task.map is not None
        chosen = mapping.check(act, imports.form_of(act, "customer"), ColumnMap(task.map.columns, "add", None))
        imports.save(act.connection, task.id, mapping=chosen.to_json(), options={"fire": "automations"}, state="importing")
        task = imports.find(act, task.id)
    importing.write(workspace, SYSTEM, task, lambda *_given: None)


def _waited(workspace: Workspace, name: str, rows: int, database_name: str) -> Result:
    """The longest wait between an event and the begin of its run."""
    longest = sa.func.max(automation_run.c.started_at - event.c.at)
    waits = sa.select(longest).join(event, event.c.id == automation_run.c.event).where(automation_run.c.automation == "clicked")
    with workspace.reading(SYSTEM) as act:
        seconds = (act.connection.execute(waits).scalar() or 0) / 1_000_000
    return Result(name, seconds / TICK, 1.0, seconds, TICK, "seconds, the longest of all", rows, database_name)


def _count(workspace: Workspace, keys: tuple[str, ...]) -> int:
    with workspace.reading(SYSTEM) as act:
        made = sa.select(sa.func.count()).where(automation_run.c.automation.in_(keys))
        return int(act.connection.execute(made).scalar_one())
