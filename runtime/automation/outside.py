"""Steps outside: noted with all they will send, then sent in no transaction, then their result is noted.

A worker that dies in between leaves a lease that runs out; the next one sends the same under the same key.
"""

from __future__ import annotations

import json
import logging
import uuid
from dataclasses import dataclass
from datetime import timedelta
from random import Random
from typing import TYPE_CHECKING, Any

import sqlalchemy as sa

from runtime.automation.doing import Doing
from runtime.automation import modes
from runtime.automation.lanes import inward
from runtime.automation.matching import stored
from runtime.automation.run_rows import change, finish, logged, note, put_off
from runtime.automation.trouble import LeaseLost, Trouble, Waits
from runtime.definitions.automation import Automation
from runtime.errors import DiskFull, TierloomError
from runtime.system import clock
from runtime.system.database import to_json, writing
from runtime.system.tables import automation_run, automation_step
from runtime.texts import Message, _

if TYPE_CHECKING:
    from runtime.system.workspace import Act, Workspace

log = logging.getLogger("tierloom.automation")

LEASE = timedelta(minutes=3)
FIRST_WAIT, LONGEST_WAIT = timedelta(seconds=10), timedelta(hours=1)
FIXED_WAIT = timedelta(minutes=1)


@dataclass
class Outgoing:
    """A step that is noted and ready to be done."""

    doing: Doing
    step: Any
    lease: str


def prepare(act: Act, row: sa.Row[Any], doing: Doing, step: Any, known: sa.Row[Any] | None, tries: int) -> Outgoing | None:
    """Notes what will be sent and takes the lease; the transaction is committed before anything leaves the house."""
    waits: Waits | None = None
    try:
        with act.connection.begin_nested():
            try:
                doing.prepared = json.loads(known.result) if known is not None and known.result and not doing.kept else step.prepare(doing)
            except Waits as raised:
                waits = raised
    except TierloomError as error:
        note(act, row, doing.path, step.type, "failed", message=error.message, tries=tries + 1)
        finish(act, row, "failed", error.message)
        return None
    if waits is not None:
        note(act, row, doing.path, step.type, "waiting", waits.keep, waits.reason, tries)
        return put_off(act.connection, row, clock.to_micros(waits.until), waits.reason, waits.wakes)
    if tries >= doing.automation.retry.times:
        message = _("It was broken off {times} times in a row.", times=tries)
        note(act, row, doing.path, step.type, "failed", doing.prepared, message, tries)
        finish(act, row, "failed", message)
        return None
    lease = uuid.uuid4().hex
    until = act.micros + LEASE // clock.MICROSECOND
    note(act, row, doing.path, step.type, "started", doing.prepared, tries=tries + 1)
    change(act.connection, row, state="running", lease_by=lease, lease_until=until, due_at=until, tries=tries + 1)
    return Outgoing(doing, step, lease)


def go_outside(workspace: Workspace, outgoing: Outgoing) -> None:
    doing, step = outgoing.doing, outgoing.step
    doing.given_act = None
    doing.keep = lambda result: _keep(workspace, outgoing, result)
    try:
        result = step.run(doing) or {}
        _came_back(workspace, outgoing, result)
    except Waits as waits:
        _waits(workspace, outgoing, waits)
    except LeaseLost:
        log.warning("run %s: another worker has taken it over", doing.run.id)
    except DiskFull:
        raise  # the lease runs out, as after a crash; then the step is taken up again
    except Trouble as trouble:
        _try_again(workspace, outgoing, trouble.message, trouble.again, trouble.after)
    except TierloomError as error:
        _try_again(workspace, outgoing, error.message, False, None)
    except Exception:
        _try_again(workspace, outgoing, logged(doing.run.id), True, None)


def _keep(workspace: Workspace, outgoing: Outgoing, result: dict[str, Any]) -> None:
    """Notes what has been done so far, and renews the lease."""
    until = clock.to_micros(workspace.now()) + LEASE // clock.MICROSECOND
    with writing(workspace.engine) as connection:
        _fenced(connection, outgoing, lease_until=until, due_at=until)
        _line(connection, outgoing, result=to_json(result))


def _came_back(workspace: Workspace, outgoing: Outgoing, result: dict[str, Any]) -> None:
    skipped, now = outgoing.doing.skipped, clock.to_micros(workspace.now())
    with writing(workspace.engine) as connection:
        lane = inward(outgoing.doing.run.lane)
        _fenced(connection, outgoing, lease_until=None, lease_by=None, due_at=now, step=automation_run.c.step + 1, tries=0, lane=lane)
        state, message = ("skipped", stored(skipped)) if skipped else ("done", None)
        _line(connection, outgoing, state=state, message=message, result=to_json(result), finished_at=now)


def _waits(workspace: Workspace, outgoing: Outgoing, waits: Waits) -> None:
    """In the middle of sending, until the hour comes: what has been sent so far stays noted, the lease is given back."""
    why = stored(waits.reason)
    try:
        with writing(workspace.engine) as connection:
            due = clock.to_micros(waits.until)
            _fenced(connection, outgoing, lease_until=None, lease_by=None, due_at=due, reason=why, tries=0, wakes=int(waits.wakes))
            again = {"state": "waiting"} if waits.keep.get("prepare") else {}  # the step asks to be prepared anew, with what it keeps
            _line(connection, outgoing, message=why, tries=0, **again, **({"result": to_json(waits.keep)} if waits.keep else {}))
    except LeaseLost:
        log.warning("run %s: another worker has taken it over", outgoing.doing.run.id)


def _try_again(workspace: Workspace, outgoing: Outgoing, message: Message, again: bool, after: float | None) -> None:
    """Puts the step off, or gives up: after as many tries as the automation allows, or at once when another would not help."""
    doing, now, why = outgoing.doing, clock.to_micros(workspace.now()), stored(message)
    try:
        with writing(workspace.engine) as connection:
            tries = _tries(connection, doing)
            if again and tries < doing.automation.retry.times:
                due = now + wait_before(doing.automation, tries, after, doing.run.id) // clock.MICROSECOND
                _fenced(connection, outgoing, lease_until=None, lease_by=None, due_at=due, reason=why)
                _line(connection, outgoing, message=why)
                return
            _fenced(connection, outgoing, state="failed", lease_until=None, lease_by=None, reason=why, finished_at=now)
            _line(connection, outgoing, state="failed", message=why, finished_at=now)
            modes.wake_parent(connection, doing.run, now)
            modes.release(connection, doing.run, now)
    except LeaseLost:
        log.warning("run %s: another worker has taken it over", doing.run.id)


def wait_before(automation: Automation, tries: int, after: float | None = None, of: int = 0) -> timedelta:
    """After so many tries: 10 s, 20 s, 40 s … up to an hour, or a minute each time, less up to a quarter; or, where the other side asked
    for so many seconds, those and up to a tenth more.

    What is taken off or added is drawn from the number of the run and the try, so that runs which failed together do not come back together.
    """
    wait = FIXED_WAIT if automation.retry.wait == "fixed" else min(FIRST_WAIT * 2 ** (tries - 1), LONGEST_WAIT)
    drawn = Random(f"{of}/{tries}").random()
    return max(wait * (1 - drawn / 4), timedelta(seconds=after or 0) * (1 + drawn / 10))


def _tries(connection: sa.Connection, doing: Doing) -> int:
    return connection.execute(sa.select(automation_step.c.tries).where(*_same(doing))).scalar() or 1


def _line(connection: sa.Connection, outgoing: Outgoing, **values: Any) -> None:
    """Changes the step's line in the run log."""
    connection.execute(automation_step.update().where(*_same(outgoing.doing)).values(**values))


def _same(doing: Doing) -> tuple[Any, Any]:
    return automation_step.c.run == doing.run.id, automation_step.c.path == doing.path


def _fenced(connection: sa.Connection, outgoing: Outgoing, **values: Any) -> None:
    """Changes the run's row if this worker still holds the lease."""
    held = (automation_run.c.id == outgoing.doing.run.id, automation_run.c.lease_by == outgoing.lease)
    if connection.execute(automation_run.update().where(*held).values(**values)).rowcount != 1:
        raise LeaseLost
