"""The run log as pages and the API read it: what ran, why, and what each step did."""

from __future__ import annotations

import json
from collections.abc import Iterable
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from typing import TYPE_CHECKING, Any

import sqlalchemy as sa

from runtime.automation.listening import author_of, problems_of
from runtime.definitions.automation import Automation
from runtime.errors import NotFound, Problem
from runtime.people.may import may, require
from runtime.system import clock
from runtime.system.secrets import secret_names
from runtime.system.sets import among
from runtime.system.tables import automation_run as table
from runtime.system.tables import automation_step as steps
from runtime.system.tables import record_change
from runtime.texts import _

if TYPE_CHECKING:
    from runtime.system.workspace import Act

STATES = ("waiting", "running", "paused", "queued", "done", "skipped", "held_out", "failed", "stopped")
MOST = 200
RECENT = timedelta(days=7)
FAILED = sa.literal_column("'failed'")
"""Written out, so that the index of failures is used."""


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

    @property
    def written(self) -> tuple[str, int, int] | None:
        """The record that it wrote and the version that came of it."""
        found = tuple(self.result.get(name) for name in ("form", "record", "version"))
        return found if isinstance(found[0], str) and isinstance(found[1], int) and isinstance(found[2], int) else None  # type: ignore[return-value]


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
    facts: dict[str, Any] = field(default_factory=dict)
    """What its trigger kept of the event."""


@dataclass(frozen=True)
class Summary:
    last: datetime | None
    failed: int
    """Runs that failed in the last seven days."""


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
    *,
    since: datetime | None = None,
    until: datetime | None = None,
    without: list[str] | None = None,
    of_designer: bool = False,
) -> Runs:
    """Runs, the newest first. The whole log is for builders; those of one's own automations for their owners; the runs about one record,
    (form, id), for those who may see the record. `since` and `until` bound when a run was noted, `without` leaves automations out. `of_designer`:
    whoever calls has asked already whether the person may change the automation."""
    conditions = [] if automation is None else [table.c.automation == automation]
    if without:
        conditions.append(table.c.automation.not_in(without))
    if record is not None:
        require(act.person, "view", *record)
        conditions += [table.c.form == record[0], table.c.record == record[1]]
    elif not of_designer and (own := visible(act)) is not None:
        conditions.append(table.c.automation.in_(own))
    conditions += [table.c.created_at >= clock.to_micros(since)] if since is not None else []
    conditions += [table.c.created_at < clock.to_micros(until)] if until is not None else []
    counts = {
        name: count
        for name, count in act.connection.execute(sa.select(table.c.state, sa.func.count()).where(*conditions).group_by(table.c.state))
    }
    if state is not None:
        conditions.append(table.c.state == (FAILED if state == "failed" else state))
    if cursor is not None:
        conditions.append(table.c.id < cursor)
    limit = max(1, min(limit, MOST))
    rows = act.connection.execute(sa.select(table).where(*conditions).order_by(table.c.id.desc()).limit(limit + 1)).all()
    shown = [_run(row) for row in rows[:limit]]
    return Runs(shown, shown[-1].id if len(rows) > limit else None, counts)


def visible(act: Act) -> list[str] | None:
    """The automations whose runs somebody may read: None for all of them, else those that run in their name. Raises NotAllowed where there are none."""
    if may(act.person, "build"):
        return None
    found = [key for key, each in act.catalogue.automations.items() if _owns(act, each)]
    if not found:
        require(act.person, "build")
    return found


def _owns(act: Act, automation: Automation) -> bool:
    owner = (automation.owner or "").removeprefix("user:")
    if owner:
        return owner.lower() in (act.person.email.lower(), str(act.person.id))
    return author_of(act, automation.key, act.catalogue.versions.get(("automation", automation.key), 0)) == act.person.id


def run(act: Act, run_id: int, *, of_record: bool = False) -> Run:
    """One run with its steps in the order in which they were done. `of_record`: for somebody who may see the record it is about."""
    row = act.connection.execute(sa.select(table).where(table.c.id == run_id)).first()
    if row is None:
        visible(act)  # whoever may see no run at all does not learn which there are
        raise NotFound(_("There is no such run."))
    if of_record and row.form is not None and row.record is not None:
        require(act.person, "view", row.form, row.record)
    elif (own := visible(act)) is not None and row.automation not in own:
        require(act.person, "build")
    return _run(row, steps_of(act, [run_id]).get(run_id, ()))


def steps_of(act: Act, runs: list[int]) -> dict[int, tuple[StepLine, ...]]:
    """The steps of several runs, each in the order in which they were done."""
    lines: dict[int, list[StepLine]] = {}
    wanted = sa.select(steps).where(steps.c.run.in_(runs)).order_by(steps.c.started_at, steps.c.id)
    for each in act.connection.execute(wanted):
        lines.setdefault(each.run, []).append(_line(each))
    return {number: tuple(found) for number, found in lines.items()}


def changes_of(act: Act, lines: Iterable[StepLine]) -> dict[tuple[str, int, int], dict[str, list[Any]]]:
    """What steps wrote: (form, record, version) → field → [before, after], as the history of the records keeps it."""
    wanted = {written for each in lines if (written := each.written) is not None}
    found: dict[tuple[str, int, int], dict[str, list[Any]]] = {}
    own = record_change.c
    for form in {each[0] for each in wanted}:
        here = (own.form == form, among(own.record, {each[1] for each in wanted if each[0] == form}))
        for row in act.connection.execute(sa.select(own.record, own.version, own.changes).where(*here)):
            if (form, row.record, row.version) in wanted:
                found[form, row.record, row.version] = json.loads(row.changes)
    return found


def summaries(act: Act) -> dict[str, Summary]:
    """By automation: when it last ran, and how many runs failed in the last days."""
    last = last_runs(act)
    recent = (table.c.state == FAILED, table.c.created_at > clock.to_micros(act.now - RECENT))
    counted = sa.select(table.c.automation, sa.func.count()).where(*recent).group_by(table.c.automation)
    failed = {key: count for key, count in act.connection.execute(counted)}
    return {key: Summary(last.get(key), failed.get(key, 0)) for key in {*last, *failed}}


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
        json.loads(row.facts) if row.facts else {},
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
