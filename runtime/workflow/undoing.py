"""What an act on a run has changed, as it was before: kept in the transaction of the act, and put back where the act is undone."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING, Any

import sqlalchemy as sa
from sqlalchemy.dialects import postgresql, sqlite

from runtime.system.database import to_json
from runtime.system.prepared import prepared
from runtime.system.tables import workflow_undo
from runtime.workflow import keeping
from runtime.workflow.acting import Acts
from runtime.workflow.state import OPEN, QUEUED, UNDONE, Run, Task, Visit
from runtime.workflow.walking import Effect

if TYPE_CHECKING:
    from runtime.system.workspace import Act

SHOWN = 10 * 1_000_000
"""How long undoing a decision is offered."""
WITHIN = SHOWN + 5 * 1_000_000
"""How long it is taken: a slow line must not make a liar of the button."""


def keep(act: Act, row: Any, before: Run, after: Run, **more: Any) -> None:
    """One line a run: the last act. `more`: whose it was and what else it changed; an act of an administrator has none of it."""
    kept = {
        "status": before.status,
        "round": before.round,
        "version": row.version,
        "ended_at": row.ended_at,
        "visits": [keeping.columns_of(old) for old, new in zip(before.visits, after.visits, strict=False) if old != new],
        "tasks": [keeping.columns_of(old) for old, new in zip(before.tasks, after.tasks, strict=False) if old != new],
        "first": [len(before.visits) + 1, len(before.tasks) + 1],
        **more,
    }
    values = {"run": row.id, "entry": before.earlier + len(before.log) + 1, "acts": row.acts + 1, "before": to_json(kept)}
    dialect = act.connection.dialect
    prepared(act.catalogue.memo, "kept for undoing", dialect, lambda: _instead_of_the_last(dialect)).run(act.connection, values)


def _instead_of_the_last(dialect: sa.Dialect) -> Any:
    insert = (postgresql.insert if dialect.name == "postgresql" else sqlite.insert)(workflow_undo)
    changed = {name: insert.excluded[name] for name in ("entry", "acts", "before")}
    return insert.on_conflict_do_update(index_elements=["run"], set_=changed)


def restore(acts: Acts, before: dict[str, Any]) -> None:
    """Visits and tasks as they were; those that the act made are closed, count no more, and are in no statistics. The log stays: it is only ever added to."""
    run, walk = acts.run, acts.walk
    first_visit, first_task = before["first"]
    for visit in run.visits[first_visit - 1 :]:
        if visit.state == OPEN:
            walk.cut_short(visit)
        visit.state, visit.void = UNDONE, True
    for task in run.tasks[first_task - 1 :]:
        if task.state in (OPEN, QUEUED):
            task.state = "closed"
            acts.effects.append(Effect("closed", task.visit, task.number, (task.person,)))
    for columns in before["visits"]:
        _set_back(run.visit(columns["number"]), columns)
    for columns in before["tasks"]:
        _set_back(run.task(columns["number"]), columns)
    run.status, run.round = before["status"], before["round"]


def _set_back(item: Visit | Task, columns: dict[str, Any]) -> None:
    for name, value in columns.items():
        if name in keeping.LISTS:
            value = tuple(json.loads(value))
        elif name in ("void", "advisory"):
            value = bool(value)
        setattr(item, name, value)
