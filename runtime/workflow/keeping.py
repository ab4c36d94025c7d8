"""Between rows and a run in memory. Only what an act has changed is written."""

from __future__ import annotations

import json
from collections import namedtuple
from collections.abc import Callable
from dataclasses import fields
from typing import TYPE_CHECKING, Any

import sqlalchemy as sa

from runtime.errors import NotFound, Stale
from runtime.system.database import to_json
from runtime.system.prepared import Prepared, prepared
from runtime.system.tables import workflow_entry, workflow_run, workflow_task, workflow_visit
from runtime.texts import _
from runtime.workflow import on_record
from runtime.workflow.state import Entry, Run, Task, Visit

if TYPE_CHECKING:
    from runtime.system.workspace import Act

LISTS = ("forks", "after")


def read(act: Act, number: int, lock: bool = True) -> tuple[Any, Run]:
    """The row of a run and the run; locked, so that of two who act at once the second sees what the first did."""
    found = statement_of(act, ("run", lock), lambda: _one_run(lock)).first(act.connection, {"number": number})
    if found is None:
        raise NotFound(_("There is no such workflow run."))
    row = Row._make(found)
    visits, tasks, _earlier = _visits_and_tasks(act, number)
    log = [_entry(each) for each in statement_of(act, "log", _log).all(act.connection, {"number": number})]
    return row, Run(row.starter, row.status, row.round, visits, tasks, log)


def read_for_task(act: Act, task: int) -> tuple[Any, Run, int]:
    """The run to which a task of the workspace belongs, and the number of the task there, to be changed: the act is counted in the row at
    once, which locks it as well. A decision does not look at what was done before, so the log is not read: `earlier` says how long it is."""
    found = statement_of(act, "take the run of a task", _take_run_of_task).first(act.connection, {"number": task})
    if found is None:
        raise NotFound(_("There is no such task."))
    row = Row._make(found[:-1])
    row = row._replace(acts=row.acts - 1)  # as it was before this act
    visits, tasks, earlier = _visits_and_tasks(act, row.id)
    return row, Run(row.starter, row.status, row.round, visits, tasks, [], earlier, counted=True), found[-1]


def _named(table: sa.Table) -> Any:
    return namedtuple("Row", [column.name for column in table.columns])  # type: ignore[misc]  # noqa: PYI024


Row = _named(workflow_run)
VISIT, TASK = ([each.name for each in fields(kind)] for kind in (Visit, Task))
TASKS_FROM = 1 + len(VISIT)
ENTRY = ("at", "act", "person", "node", "task", "comment", "more")


def statement_of(act: Act, key: Any, build: Callable[[], Any]) -> Prepared:
    """A statement about runs, built once for a revision of the definitions."""
    return prepared(act.catalogue.memo, ("workflow", key), act.connection.dialect, build)


def _one_run(lock: bool) -> Any:
    statement = sa.select(workflow_run).where(workflow_run.c.id == sa.bindparam("number", type_=sa.BigInteger()))
    return statement.with_for_update() if lock else statement


def _take_run_of_task() -> Any:
    run, task = workflow_run.c, workflow_task.c
    asked = task.id == sa.bindparam("number", type_=sa.BigInteger())
    its, place = (sa.select(column).where(asked).scalar_subquery() for column in (task.run, task.number))
    return workflow_run.update().where(run.id == its).values(acts=run.acts + 1).returning(*run, place)


def _visits_and_tasks(act: Act, number: int) -> tuple[list[Visit], list[Task], int]:
    """And the length of the log. This is asked after the lock: what is read in one statement with it may be older than it."""
    visits, tasks, length = [], [], 0
    for row in statement_of(act, "visits and tasks", _visits_with_tasks).all(act.connection, {"number": number}):
        length = row[0]
        if len(visits) < row[1]:
            visits.append(_visit(row[1:TASKS_FROM]))
        if row[TASKS_FROM] is not None:
            tasks.append(_task(row[TASKS_FROM:]))
    tasks.sort(key=lambda each: each.number)
    return visits, tasks, length


def _visits_with_tasks() -> Any:
    entry, visit, task = workflow_entry.c, workflow_visit.c, workflow_task.c
    number = sa.bindparam("number", type_=sa.BigInteger())
    length = sa.select(sa.func.coalesce(sa.func.max(entry.number), 0)).where(entry.run == number).scalar_subquery()
    chosen = [*(visit[name] for name in VISIT), *(task[name] for name in TASK)]
    together = workflow_visit.outerjoin(workflow_task, sa.and_(task.run == number, task.visit == visit.number))
    return sa.select(length, *chosen).select_from(together).where(visit.run == number).order_by(visit.number)


def _log() -> Any:
    own = workflow_entry.c
    return sa.select(*(own[name] for name in ENTRY)).where(own.run == sa.bindparam("number", type_=sa.BigInteger())).order_by(own.number)


def _visit(row: tuple[Any, ...]) -> Visit:
    made = Visit(*row)
    made.forks, made.void = tuple(json.loads(made.forks)) if made.forks != "[]" else (), bool(made.void)  # type: ignore[arg-type]
    return made


def _task(row: tuple[Any, ...]) -> Task:
    made = Task(*row)
    made.after, made.advisory = tuple(json.loads(made.after)) if made.after != "[]" else (), bool(made.advisory)  # type: ignore[arg-type]
    return made


def _entry(row: tuple[Any, ...]) -> Entry:
    at, what, person, node, task, comment, more = row
    return Entry(at, what, person, node, task, comment, json.loads(more) if more else {})


def copy_of(run: Run) -> Run:
    """As it is now, to be compared with what an act makes of it."""
    visits, tasks = [_copied(each) for each in run.visits], [_copied(each) for each in run.tasks]
    return Run(run.starter, run.status, run.round, visits, tasks, list(run.log), run.earlier, run.counted)


def _copied(item: Any) -> Any:
    """What copy.copy gives for a dataclass, without asking how it would be pickled."""
    made = object.__new__(type(item))
    made.__dict__.update(item.__dict__)
    return made


def write(act: Act, row: Any, before: Run, after: Run) -> bool:
    """Stores what changed; gives whether the record shows something else now. Raises Stale when somebody else has acted since the row was read."""
    acts = row.acts + 1 if after.counted else row.acts
    values = {
        "the_run": row.id,
        "the_acts": acts,
        "status": after.status,
        "round": after.round,
        "acts": row.acts + 1,
        "ended_at": act.micros if after.is_over else None,
        "open_record": None if after.is_over else row.record,
    }
    stays = after.counted and (before.status, before.round) == (after.status, after.round)
    if not stays and statement_of(act, "change of a run", _change_of_run).run(act.connection, values).rowcount != 1:
        raise Stale(_("Somebody else has just acted here. Look again."))
    _store(act, workflow_visit, row.id, before.visits, after.visits)
    _store(act, workflow_task, row.id, before.tasks, after.tasks)
    lines = [
        {"run": row.id, "number": number, **vars(each), "more": to_json(each.more) if each.more else None}
        for number, each in enumerate(after.log, after.earlier + 1)
    ][len(before.log) :]
    if lines:
        statement_of(act, "new workflow_entry", lambda: workflow_entry.insert()).many(act.connection, lines)
    return on_record.show(act, row.workflow, row.form, row.record, after)


def _change_of_run() -> Any:
    own = workflow_run.c
    mine = (own.id == sa.bindparam("the_run", type_=sa.BigInteger()), own.acts == sa.bindparam("the_acts", type_=sa.Integer()))
    names = ("status", "round", "acts", "ended_at", "open_record")
    return workflow_run.update().where(*mine).values({name: sa.bindparam(name, type_=own[name].type) for name in names})


def _change_of(table: sa.Table) -> Any:
    own = table.c
    mine = (own.run == sa.bindparam("the_run", type_=sa.BigInteger()), own.number == sa.bindparam("the_number", type_=sa.Integer()))
    names = [each.name for each in own if each.name not in ("id", "run", "number")]
    return table.update().where(*mine).values({name: sa.bindparam(name, type_=own[name].type) for name in names})


def _store(act: Act, table: sa.Table, run: int, before: list[Any], after: list[Any]) -> None:
    for old, new in zip(before, after, strict=False):
        if old != new:
            statement = statement_of(act, ("change", table.name), lambda: _change_of(table))
            statement.run(act.connection, {**columns_of(new), "the_run": run, "the_number": new.number})
    new = [{"run": run, **columns_of(each)} for each in after[len(before) :]]
    if not new:
        return
    if "id" in table.c:
        first = act.take_ids(table.name, len(new))
        for number, each in enumerate(new):
            each["id"] = first + number
    statement_of(act, ("new", table.name), lambda: table.insert()).many(act.connection, new)


def columns_of(item: Any) -> dict[str, Any]:
    """A visit or a task of a run as its row keeps it."""
    values = dict(vars(item))
    for key in LISTS:
        if key in values:
            values[key] = to_json(list(values[key])) if values[key] else "[]"
    for key in ("void", "advisory"):
        if key in values:
            values[key] = int(values[key])
    return values
