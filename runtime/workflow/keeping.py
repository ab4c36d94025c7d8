"""Between rows and a run in memory. Only what an act has changed is written."""

from __future__ import annotations

import json
from dataclasses import asdict, replace
from typing import TYPE_CHECKING, Any

import sqlalchemy as sa

from runtime.errors import NotFound, Stale
from runtime.system.database import to_json
from runtime.system.tables import workflow_entry, workflow_run, workflow_task, workflow_visit
from runtime.texts import _
from runtime.workflow.state import Entry, Run, Task, Visit

if TYPE_CHECKING:
    from runtime.system.workspace import Act

LISTS = ("forks", "after")


def read(act: Act, number: int, lock: bool = True) -> tuple[sa.Row[Any], Run]:
    """The row of a run and the run; locked, so that of two who act at once the second sees what the first did."""
    statement = sa.select(workflow_run).where(workflow_run.c.id == number)
    row = act.connection.execute(statement.with_for_update() if lock else statement).first()
    if row is None:
        raise NotFound(_("There is no such workflow run."))
    return row, Run(
        row.starter,
        row.status,
        row.round,
        [Visit(**_plain(each, "run")) for each in _rows(act, workflow_visit, number)],
        [Task(**_plain(each, "run", "id")) for each in _rows(act, workflow_task, number)],
        [_entry(each) for each in _rows(act, workflow_entry, number)],
    )


def _rows(act: Act, table: sa.Table, number: int) -> list[sa.Row[Any]]:
    return list(act.connection.execute(sa.select(table).where(table.c.run == number).order_by(table.c.number)).all())


def _plain(row: sa.Row[Any], *without: str) -> dict[str, Any]:
    values = {key: value for key, value in row._mapping.items() if key not in without}
    for key in LISTS:
        if key in values:
            values[key] = tuple(json.loads(values[key]))
    for key in ("void", "advisory"):
        if key in values:
            values[key] = bool(values[key])
    return values


def _entry(row: sa.Row[Any]) -> Entry:
    return Entry(row.at, row.act, row.person, row.node, row.task, row.comment, json.loads(row.more) if row.more else {})


def copy_of(run: Run) -> Run:
    """As it is now, to be compared with what an act makes of it."""
    visits, tasks = [replace(each) for each in run.visits], [replace(each) for each in run.tasks]
    return Run(run.starter, run.status, run.round, visits, tasks, list(run.log))


def write(act: Act, row: sa.Row[Any], before: Run, after: Run) -> None:
    """Stores what changed. Raises Stale when somebody else has acted since the row was read."""
    mine = (workflow_run.c.id == row.id, workflow_run.c.acts == row.acts)
    values = {
        "status": after.status,
        "round": after.round,
        "acts": row.acts + 1,
        "ended_at": act.micros if after.is_over else None,
        "open_record": None if after.is_over else row.record,
    }
    if act.connection.execute(workflow_run.update().where(*mine).values(**values)).rowcount != 1:
        raise Stale(_("Somebody else has just acted here. Look again."))
    _store(act, workflow_visit, row.id, before.visits, after.visits)
    _store(act, workflow_task, row.id, before.tasks, after.tasks)
    lines = [
        {"run": row.id, "number": number, **asdict(each), "more": to_json(each.more) if each.more else None}
        for number, each in enumerate(after.log, 1)
    ][len(before.log) :]
    if lines:
        act.connection.execute(workflow_entry.insert(), lines)


def _store(act: Act, table: sa.Table, run: int, before: list[Any], after: list[Any]) -> None:
    for old, new in zip(before, after, strict=False):
        if old != new:
            same = (table.c.run == run, table.c.number == new.number)
            act.connection.execute(table.update().where(*same).values(**_columns(new)))
    new = [{"run": run, **_columns(each)} for each in after[len(before) :]]
    if not new:
        return
    if "id" in table.c:
        first = act.take_ids(table.name, len(new))
        for number, each in enumerate(new):
            each["id"] = first + number
    act.connection.execute(table.insert(), new)


def _columns(item: Any) -> dict[str, Any]:
    values = asdict(item)
    for key in LISTS:
        if key in values:
            values[key] = to_json(list(values[key]))
    for key in ("void", "advisory"):
        if key in values:
            values[key] = int(values[key])
    return values
