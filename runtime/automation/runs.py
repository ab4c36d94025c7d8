"""Runs: an automation's steps, one after the other, each exactly once as far as this workspace goes.

Everything a run knows is in rows. Steps inside change the workspace in the transaction that also notes them as done, and steps between
which nothing waits share one; steps outside are told in outside.py.
"""

from __future__ import annotations

import json
import threading
from collections.abc import Iterator, Sequence
from contextlib import AbstractContextManager, nullcontext
from dataclasses import dataclass, field
from time import monotonic
from typing import TYPE_CHECKING, Any

import sqlalchemy as sa

from runtime.automation import groups, lanes
from runtime.automation.doing import Doing
from runtime.automation.listening import version_of
from runtime.automation.matching import link, stored
from runtime.automation.outside import Outgoing, go_outside, prepare, wait_before
from runtime.automation.run_rows import OPEN, Claimed, change, finish, logged, note, put_off, savepoint
from runtime.automation.starting import in_whose_name, owner_of, starts, tell_that_it_stands_still
from runtime.automation.tending import is_paused, retry
from runtime.automation.trouble import Ends, Waits
from runtime.definitions.automation import Automation
from runtime.errors import DiskFull, TierloomError
from runtime.people.person import SYSTEM
from runtime.system import clock
from runtime.system.database import reading
from runtime.system.prepared import prepared
from runtime.system.tables import automation_run as table
from runtime.system.tables import automation_step
from runtime.system.workspace import Cause
from runtime.texts import _

if TYPE_CHECKING:
    from runtime.system.workspace import Act, Workspace

__all__ = ["OPEN", "next_due", "retry", "run_due"]

FINISHED = ("done", "skipped")
RUNS_A_TURN = 20
SECONDS_A_TURN = 0.5
"""So many runs are taken up one after the other, or for so long, before a worker looks for events again."""
STEPS_A_TURN = 100
"""After so many steps a long run lets others have their turn."""


def run_due(workspace: Workspace, taken: Sequence[int] = lanes.ALL) -> bool:
    """Takes up the runs of these lanes that are due, a few at most, and goes on with each as far as it gets. False when none is due."""
    now = clock.to_micros(workspace.now())
    with reading(workspace.engine) as connection:
        lane = next((each for each in taken if connection.execute(_FIRST_DUE, {"lane": each, "now": now}).first() is not None), None)
    if lane is None:
        return False
    with _turn(workspace, taken):
        ends = monotonic() + SECONDS_A_TURN
        for _run in range(RUNS_A_TURN):
            if not _take_up(workspace, taken) or monotonic() > ends:
                break
    return True


_OF_LANE = (table.c.lane == sa.bindparam("lane"), sa.text("state IN ('waiting', 'running')"), table.c.due_at <= sa.bindparam("now"))
_FIRST_DUE = sa.select(table).where(*_OF_LANE).order_by(table.c.due_at, table.c.id).limit(1)
_CLAIM = _FIRST_DUE.with_for_update(skip_locked=True)
_turns: dict[str, threading.Lock] = {}


def _turn(workspace: Workspace, taken: Sequence[int]) -> AbstractContextManager[Any]:
    """SQLite lets one write at a time. Workers of one process that took turns at every commit would each begin with a cold cache, and wait by
    sleeping; so they take turns of several runs. Who calls outside waits for nobody."""
    if workspace.engine.dialect.name != "sqlite" or set(taken) & set(lanes.OUTBOUND):
        return nullcontext()
    return _turns.setdefault(str(workspace.engine.url), threading.Lock())


def _take_up(workspace: Workspace, taken: Sequence[int]) -> bool:
    """One run: in the lowest lane where one is due, the one that has waited longest."""
    row: Any = None
    outgoing = None
    try:
        with workspace.writing(SYSTEM, "automation") as act:
            claim = prepared(act.catalogue.memo, "automation.claim", act.connection.dialect, lambda: _CLAIM)
            claims = (claim.first(act.connection, {"lane": lane, "now": act.micros}) for lane in taken)
            row = next((Claimed._make(found) for found in claims if found is not None), None)
            if row is None:
                return False
            outgoing = _go_on(act, row, any(each in lanes.OUTBOUND for each in taken))
    except DiskFull:
        raise  # no fault of the run: it is taken up again as it stands
    except Exception:
        if row is None:
            raise
        _broke_off(workspace, row)
    if outgoing is not None:
        go_outside(workspace, outgoing)
    return True


def _go_on(act: Act, row: sa.Row[Any], outward: bool) -> Outgoing | None:
    """Starts a run or takes it up again, within one transaction; gives the step outside it comes to, if this worker does such."""
    if is_paused(act, row.automation):
        return change(act.connection, row, state="paused")
    automation = version_of(act, row.automation, row.version)
    if automation is None:
        return finish(act, row, "stopped", _("The version of the automation it began with cannot be read any more."))
    owner = owner_of(act, automation, row.version)
    if owner is None:
        gone = in_whose_name(act, automation, row.version)
        tell_that_it_stands_still(act, automation, gone)
        return finish(
            act,
            row,
            "stopped",
            _(
                "It runs in the name of {owner}, who is not active any more. Choose another owner, then run it again.",
                owner=gone,
            ),
        )
    chain = tuple(json.loads(row.cause)) if row.cause else ()
    act.act_for(owner)
    act.cause = Cause(row.event, (*chain, link(row.automation, row.record)), bulk=lanes.inward(row.lane) == lanes.BULK)
    begins = None
    if row.started_at is None:
        begins = starts(act, row, automation)
        if begins is None:
            return None
    if getattr(row, "records", None) is not None:
        return groups.go_on(act, row, automation)
    return Turn(act, row, automation, outward, begins).steps()


@dataclass
class Turn:
    """What one worker does for one run within one transaction. What changes of the run's row is written once, at the end of the turn."""

    act: Act
    row: sa.Row[Any]
    automation: Automation
    outward: bool
    """Whether this worker does steps outside as well."""
    begins: Doing | None = None
    """What decided that the run begins, if it does in this turn."""
    known: dict[str, sa.Row[Any]] = field(default_factory=dict)
    done: int = 0
    tries: int = 0

    def steps(self) -> Outgoing | None:
        """The steps from where the run stands."""
        self.tries = self.row.tries
        results = self._known_results() if self.row.started_at is not None else {}
        for path, step in _open_steps(self.automation.steps, "", results):
            if self.done >= STEPS_A_TURN:
                return self._write(state="running", due_at=self.act.micros)
            if step.outside:
                return self._outside(path, step)
            result = self._inside(path, step)
            if result is None:
                return None
            results[path] = result
        return self._end("done", None)

    def _known_results(self) -> dict[str, dict[str, Any]]:
        lines = self.act.connection.execute(sa.select(automation_step).where(automation_step.c.run == self.row.id))
        self.known = {each.path: each for each in lines}
        return {path: json.loads(each.result or "{}") for path, each in self.known.items() if each.state in FINISHED}

    def _doing(self, path: str) -> Doing:
        known = self.known.get(path)
        kept = json.loads(known.result or "{}") if known is not None and known.state == "waiting" else {}
        doing = Doing(self.act.workspace, self.row, self.automation, path, self.act, kept=kept)
        if self.begins is not None:
            doing.begin_with(self.begins)
            self.begins = None
        return doing

    def _outside(self, path: str, step: Any) -> Outgoing | None:
        """Into the hands of a worker for steps outside: this one, where it is such."""
        if not self.outward:
            return self._write(state="running", lane=lanes.outbound(self.row.lane), due_at=self.act.micros)
        self._write(state="running")
        return prepare(self.act, self.row, self._doing(path), step, self.known.get(path), self.tries)

    def _inside(self, path: str, step: Any) -> dict[str, Any] | None:
        """One step with its line in the log. None when the run does not go on: of a step that failed nothing stays, of those before it everything."""
        act, doing, after_commit = self.act, self._doing(path), len(self.act.after_commit)
        waits: Waits | None = None
        ends: Ends | None = None
        result: dict[str, Any] = {}
        try:
            with savepoint(act.connection):
                try:
                    result = step.run(doing) or {}
                except Waits as raised:
                    waits = raised
                except Ends as raised:
                    ends = raised
        except TierloomError as error:
            del act.after_commit[after_commit:]
            act.workspace.ids.forget()  # a block of ids taken by the step went back with it
            self._note(path, step, "failed", message=error.message)
            return self._end("failed", error.message)
        if waits is not None:
            self._note(path, step, "waiting", waits.keep, waits.reason)
            self._write()
            return put_off(act.connection, self.row, clock.to_micros(waits.until), waits.reason, waits.wakes)
        message = doing.skipped if ends is None else ends.reason
        self._note(path, step, "skipped" if doing.skipped else "failed" if ends and ends.failed else "done", result, message)
        self.done, self.tries = self.done + 1, 0
        return result if ends is None else self._end("failed" if ends.failed else "done", ends.reason)

    def _note(self, path: str, step: Any, state: str, result: dict[str, Any] | None = None, message: Any = None) -> None:
        new = path not in self.known
        note(self.act, self.row, path, step.type, state, result, message, self.tries + 1, new)

    def _write(self, **values: Any) -> None:
        """What this turn has changed of the run's row."""
        if self.row.started_at is None:
            values = {"started_at": self.act.micros, "state": "running", **values}
        if self.done:
            values = {"step": self.row.step + self.done, "tries": 0, **values}
        if values:
            change(self.act.connection, self.row, **values)

    def _end(self, state: str, reason: Any) -> None:
        started = self.row.started_at if self.row.started_at is not None else self.act.micros
        finish(self.act, self.row, state, reason, step=self.row.step + self.done, started_at=started)


def _open_steps(steps: Any, prefix: str, results: dict[str, dict[str, Any]]) -> Iterator[tuple[str, Any]]:
    """Paths and steps that are not finished, in order, each once; whoever asks for the next has put the result of the last into `results`.

    Of a branch only the arm that it took, of a loop its steps as often as it has found something.
    """
    for number, step in enumerate(steps):
        path = f"{prefix}{number}"
        if path not in results:
            yield path, step
        arm = results[path].get("arm")
        if arm is None:
            continue
        inside = step.arms().get(arm, ())
        for time in range(results[path].get("times", 0)) if step.repeats else [None]:
            yield from _open_steps(inside, f"{path}/{arm}/" if time is None else f"{path}/{arm}/{time}/", results)


def _broke_off(workspace: Workspace, row: sa.Row[Any]) -> None:
    """Something of ours went wrong and everything of this turn was taken back: the run waits for another try, or gives up."""
    message = logged(row.id)
    with workspace.writing(SYSTEM, "automation") as act:
        unchanged = (table.c.id == row.id, table.c.state.in_(OPEN), table.c.step == row.step, table.c.tries == row.tries)
        if act.connection.execute(sa.select(table.c.id).where(*unchanged).with_for_update()).first() is None:
            return  # another worker has taken it up in the meantime
        automation = version_of(act, row.automation, row.version)
        tries = row.tries + 1
        if automation is None or tries >= automation.retry.times:
            finish(act, row, "failed", message, tries=tries)
            return
        change(
            act.connection,
            row,
            state="waiting" if row.started_at is None else "running",
            tries=tries,
            reason=stored(message),
            due_at=act.micros + wait_before(automation, tries, of=row.id) // clock.MICROSECOND,
        )


def next_due(workspace: Workspace, taken: Sequence[int] = lanes.ALL) -> int | None:
    """When the next run of these lanes is due; None when none waits."""
    with reading(workspace.engine) as connection:
        first = [sa.select(sa.func.min(table.c.due_at)).where(table.c.lane == each, table.c.state.in_(OPEN)) for each in taken]
        found = [connection.execute(each).scalar() for each in first]
    return min((each for each in found if each is not None), default=None)
