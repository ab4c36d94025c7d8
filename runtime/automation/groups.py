"""Grouped runs: one run for all the records of an event that brought many. See `automation_run_record`.

Each record goes through all the steps before the next one does, within a savepoint of its own: one that fails does not hold up the others.
What has been done is told by the states of these rows, which commit with the effects; the lines of the run log count.
"""

from __future__ import annotations

import json
from collections.abc import Iterator
from time import monotonic
from types import SimpleNamespace
from typing import TYPE_CHECKING, Any

import sqlalchemy as sa

from runtime.automation.doing import Doing
from runtime.automation.matching import stored
from runtime.automation.run_rows import change, finish, note, savepoint
from runtime.automation.starting import left_out
from runtime.automation.trouble import Ends
from runtime.errors import TierloomError
from runtime.system import tables
from runtime.system.tables import automation_step
from runtime.texts import Message, _

if TYPE_CHECKING:
    from runtime.definitions.automation import Automation
    from runtime.system.workspace import Act

Went = tuple[str, Any, list[str]]
"""A step that a record came to: path, step, and whom it concerns where it is done once for all."""
RECORDS_A_TURN = 250
RECORDS_NAMED = 5
"""So many of its records everybody is told of by name, where many are told once."""
SECONDS_A_TURN = 0.4
"""So many records, or for so long, in one transaction: whoever else wants to write waits for its end on SQLite."""


def go_on(act: Act, row: sa.Row[Any], automation: Automation) -> None:
    """The next records of the group, in one transaction; at the end of the last, the run ends."""
    group = tables.automation_run_record
    waiting = sa.select(group).where(group.c.run == row.id, group.c.state == "waiting").order_by(group.c.record).limit(RECORDS_A_TURN + 1)
    found = act.connection.execute(waiting).all()
    counts = Counts(act, row)
    ends, dealt_with, shared = monotonic() + SECONDS_A_TURN, 0, dict[Any, Any]()
    for dealt_with, each in enumerate(found[:RECORDS_A_TURN], 1):
        state, reason = _one(act, row, automation, each, counts, shared)
        values = {"state": state, "reason": None if reason is None else stored(reason)}
        act.connection.execute(group.update().where(group.c.run == row.id, group.c.record == each.record).values(**values))
        if monotonic() > ends:
            break
    started = {} if row.started_at is not None else {"started_at": act.micros}
    if len(found) > dealt_with:
        counts.write()
        return change(act.connection, row, state="running", due_at=act.micros, **started)
    _once(act, row, automation, counts)
    counts.write()
    _end(act, row, started)


class Counts:
    """The lines of the run log of a group: per path how many records went that way, how many failed there, and the first."""

    def __init__(self, act: Act, row: sa.Row[Any]):
        self.act, self.row = act, row
        lines = act.connection.execute(sa.select(automation_step).where(automation_step.c.run == row.id)).all()
        self.found: dict[str, tuple[str, dict[str, Any]]] = {each.path: (each.type, json.loads(each.result or "{}")) for each in lines}

    def add(self, path: str, step: Any, record: int, whom: list[str], failed: bool = False) -> None:
        _type, counts = self.found.setdefault(path, (step.type, {"records": 0, "failed": 0, "first": record}))
        counts["records"] += 1
        counts["failed"] += failed
        for each in whom:
            known = counts.setdefault("whom", {}).setdefault(each, [0, []])
            known[0] += 1
            known[1] += [record] if len(known[1]) < RECORDS_NAMED else []

    def write(self) -> None:
        for path, (kind, counts) in self.found.items():
            note(self.act, self.row, path, kind, "failed" if counts["failed"] == counts["records"] else "done", counts)


def _one(
    act: Act, row: sa.Row[Any], automation: Automation, each: sa.Row[Any], counts: Counts, shared: dict[Any, Any]
) -> tuple[str, Message | None]:
    """All the steps for one record: the state in which it ends, and the reason."""
    after_commit, went = len(act.after_commit), list[Went]()
    try:
        with savepoint(act.connection):
            ending = left_out(of_record(act, row, automation, each)) or _go_through(act, row, automation, each, went, shared)
    except TierloomError as error:
        del act.after_commit[after_commit:]
        act.workspace.ids.forget()
        shared.clear()  # some of it may tell of what has just been undone
        if went:
            path, step, _whom = went[-1]
            counts.add(path, step, each.record, [], failed=True)
        return "failed", error.message
    for path, step, whom in went:
        counts.add(path, step, each.record, whom)
    return ending


def _go_through(
    act: Act, row: sa.Row[Any], automation: Automation, each: sa.Row[Any], went: list[Went], shared: dict[Any, Any]
) -> tuple[str, Message | None]:
    try:
        for path, step, doing in _arm(act, row, automation, each, automation.steps, "", shared):
            went.append((path, step, []))
            if step.once_per_group:
                went[-1][2].extend(step.concerns(doing))
            else:
                step.run(doing)
    except Ends as ends:
        return "failed" if ends.failed else "done", ends.reason
    return "done", None


def of_record(
    act: Act, row: sa.Row[Any], automation: Automation, each: Any, path: str = "", shared: dict[Any, Any] | None = None
) -> Doing:
    """The run as it would be for one record of the group."""
    single: Any = SimpleNamespace(**{**_named(row), "record": each.record, "facts": each.facts})
    return Doing(act.workspace, single, automation, path, act, shared=shared)


def _named(row: Any) -> dict[str, Any]:
    return dict(row._mapping) if hasattr(row, "_mapping") else row._asdict()


def _arm(
    act: Act, row: sa.Row[Any], automation: Automation, each: Any, steps: Any, prefix: str, shared: dict[Any, Any]
) -> Iterator[tuple[str, Any, Doing]]:
    for number, step in enumerate(steps):
        doing = of_record(act, row, automation, each, f"{prefix}{number}", shared)
        if step.arms():
            arm = (step.run(doing) or {}).get("arm")
            yield from _arm(act, row, automation, each, step.arms().get(arm, ()), f"{prefix}{number}/{arm}/", shared)
        else:
            yield f"{prefix}{number}", step, doing


def _once(act: Act, row: sa.Row[Any], automation: Automation, counts: Counts) -> None:
    """Steps that are done once for the whole group, after the last of its records: for everybody concerned, with how many there were."""
    for path, (_kind, count) in counts.found.items():
        step = _at(automation, path)
        if step is None or not step.once_per_group:
            continue
        whom = count.pop("whom", {})
        try:
            with savepoint(act.connection):
                count |= step.run_group(lambda record, path=path: of_record(act, row, automation, _member(act, row, record), path), whom) or {}
        except TierloomError as error:
            count["failed"] = count["records"]
            note(act, row, path, step.type, "failed", count, error.message)


def _member(act: Act, row: sa.Row[Any], record: int) -> sa.Row[Any]:
    group = tables.automation_run_record
    return act.connection.execute(sa.select(group).where(group.c.run == row.id, group.c.record == record)).one()


def _at(automation: Automation, path: str) -> Any:
    pieces = path.split("/")
    steps, step = automation.steps, None
    for place, piece in enumerate(pieces):
        if place % 2 == 0:
            step = steps[int(piece)] if int(piece) < len(steps) else None
        elif step is not None:
            steps = step.arms().get(piece, ())
        if step is None:
            return None
    return step


def _end(act: Act, row: sa.Row[Any], started: dict[str, Any]) -> None:
    group = tables.automation_run_record
    states = sa.select(group.c.state, sa.func.count()).where(group.c.run == row.id).group_by(group.c.state)
    counts = {state: count for state, count in act.connection.execute(states)}
    if not counts.get("done") and not counts.get("failed"):
        return finish(act, row, "skipped", _("Its condition held for none of the records."), **started)
    if not counts.get("failed"):
        return finish(act, row, "done", None, **started)
    said = _("For {failed} of {count} records it failed.", failed=counts["failed"], count=sum(counts.values()))
    finish(act, row, "failed" if not counts.get("done") else "done", said, **started)
