"""The run log as pages and the API read it: what ran, why, and what each step did."""

from __future__ import annotations

import json
from dataclasses import dataclass, field
from datetime import datetime
from typing import TYPE_CHECKING, Any

import sqlalchemy as sa

from runtime.automation.listening import problems_of
from runtime.definitions.automation import Automation
from runtime.errors import NotFound, Problem
from runtime.people.may import require
from runtime.system import clock
from runtime.system.secrets import secret_names
from runtime.system.tables import automation_run as table
from runtime.system.tables import automation_step as steps
from runtime.texts import _

if TYPE_CHECKING:
    from runtime.system.workspace import Act

STATES = ("waiting", "running", "done", "skipped", "held_out", "failed", "stopped")
MOST = 200


@dataclass(frozen=True)
class StepLine:
    """`state`: started, done, skipped, failed. `message` is {"zh", "en"} or None."""

    path: str
    type: str
    state: str
    tries: int
    result: dict[str, Any]
    message: dict[str, str] | None
    started_at: datetime | None
    finished_at: datetime | None


@dataclass(frozen=True)
class Run:
    """`reason` is {"zh", "en"} or None; `chain` names the automations that led to it, oldest first, each with the record it was about."""

    id: int
    automation: str
    version: int
    trigger: str
    source: str
    form: str | None
    record: int | None
    event: int | None
    state: str
    reason: dict[str, str] | None
    tries: int
    chain: tuple[str, ...]
    created_at: datetime | None
    started_at: datetime | None
    due_at: datetime | None
    finished_at: datetime | None
    steps: tuple[StepLine, ...] = ()


@dataclass(frozen=True)
class Runs:
    runs: list[Run]
    next: int | None = None
    """The cursor of the following page."""
    counts: dict[str, int] = field(default_factory=dict)


def runs(
    act: Act,
    automation: str | None = None,
    state: str | None = None,
    record: tuple[str, int] | None = None,
    cursor: int | None = None,
    limit: int = 50,
) -> Runs:
    """Runs, the newest first. The whole log is for builders; the runs about one record, (form, id), for those who may see the record."""
    conditions = [] if automation is None else [table.c.automation == automation]
    if record is not None:
        require(act.person, "view", *record)
        conditions += [table.c.form == record[0], table.c.record == record[1]]
    else:
        require(act.person, "build")
    counts = {
        name: count
        for name, count in act.connection.execute(sa.select(table.c.state, sa.func.count()).where(*conditions).group_by(table.c.state))
    }
    if state is not None:
        conditions.append(table.c.state == state)
    if cursor is not None:
        conditions.append(table.c.id < cursor)
    limit = max(1, min(limit, MOST))
    rows = act.connection.execute(sa.select(table).where(*conditions).order_by(table.c.id.desc()).limit(limit + 1)).all()
    shown = [_run(row) for row in rows[:limit]]
    return Runs(shown, shown[-1].id if len(rows) > limit else None, counts)


def run(act: Act, run_id: int) -> Run:
    """One run with its steps in the order in which they were done."""
    require(act.person, "build")
    row = act.connection.execute(sa.select(table).where(table.c.id == run_id)).first()
    if row is None:
        raise NotFound(_("There is no such run."))
    lines = act.connection.execute(sa.select(steps).where(steps.c.run == run_id).order_by(steps.c.started_at, steps.c.id))
    return _run(row, tuple(_line(each) for each in lines))


def last_runs(act: Act) -> dict[str, datetime | None]:
    """When each automation last ran."""
    rows = act.connection.execute(sa.select(table.c.automation, sa.func.max(table.c.started_at)).group_by(table.c.automation))
    return {key: clock.from_micros(at) for key, at in rows}


def broken(act: Act) -> dict[str, list[Problem]]:
    """Published automations that are off because something they need is gone, with their problems."""
    return {key: wrong for key, each in act.catalogue.automations.items() if (wrong := problems_of(each, act.catalogue))}


def missing_secrets(act: Act, automation: Automation) -> list[str]:
    """Names of secrets its steps use and nobody has set."""
    there = set(secret_names(act.connection))
    return sorted({name for step in _all_steps(automation.steps) for name in getattr(step, "secrets", tuple)() if name not in there})


def _all_steps(given: Any) -> list[Any]:
    found = []
    for step in given:
        found.append(step)
        found += _all_steps([inner for _arm, _number, inner in step.inner()]) if hasattr(step, "inner") else []
    return found


def _run(row: sa.Row[Any], lines: tuple[StepLine, ...] = ()) -> Run:
    return Run(
        row.id,
        row.automation,
        row.version,
        row.trigger,
        row.source,
        row.form,
        row.record,
        row.event,
        row.state,
        _text(row.reason),
        row.tries,
        tuple(json.loads(row.cause)) if row.cause else (),
        clock.from_micros(row.created_at),
        clock.from_micros(row.started_at),
        clock.from_micros(row.due_at),
        clock.from_micros(row.finished_at),
        lines,
    )


def _line(row: sa.Row[Any]) -> StepLine:
    return StepLine(
        row.path,
        row.type,
        row.state,
        row.tries,
        json.loads(row.result) if row.result else {},
        _text(row.message),
        clock.from_micros(row.started_at),
        clock.from_micros(row.finished_at),
    )


def _text(stored: str | None) -> dict[str, str] | None:
    return json.loads(stored) if stored else None
