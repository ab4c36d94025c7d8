"""Steps outside: noted with all they will send, then sent in no transaction, then their result is noted.

A worker that dies in between leaves a lease that runs out; the next one sends the same under the same key.
"""
from __future__ import annotations

import json
import logging
import uuid
from dataclasses import dataclass
from datetime import timedelta
from typing import TYPE_CHECKING, Any

import sqlalchemy as sa

from runtime.automation.doing import Doing
from runtime.automation.matching import stored
from runtime.automation.run_rows import change, finish, logged, note
from runtime.automation.trouble import LeaseLost, Trouble
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
    try:
        with act.connection.begin_nested():
            doing.prepared = json.loads(known.result) if known is not None and known.result else step.prepare(doing)
    except TierloomError as error:
        note(act, row, doing.path, step.type, "failed", message=error.message, tries=tries + 1)
        finish(act, row, "failed", error.message)
        return None
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
        _fenced(connection, outgoing, lease_until=None, lease_by=None, due_at=now, step=automation_run.c.step + 1, tries=0)
        state, message = ("skipped", stored(skipped)) if skipped else ("done", None)
        _line(connection, outgoing, state=state, message=message, result=to_json(result), finished_at=now)


def _try_again(workspace: Workspace, outgoing: Outgoing, message: Message, again: bool, after: float | None) -> None:
    """Puts the step off, or gives up: after as many tries as the automation allows, or at once when another would not help."""
    doing, now, why = outgoing.doing, clock.to_micros(workspace.now()), stored(message)
    try:
        with writing(workspace.engine) as connection:
            tries = _tries(connection, doing)
            if again and tries < doing.automation.retry.times:
                due = now + wait_before(doing.automation, tries, after) // clock.MICROSECOND
                _fenced(connection, outgoing, lease_until=None, lease_by=None, due_at=due, reason=why)
                _line(connection, outgoing, message=why)
                return
            _fenced(connection, outgoing, state="failed", lease_until=None, lease_by=None, reason=why, finished_at=now)
            _line(connection, outgoing, state="failed", message=why, finished_at=now)
    except LeaseLost:
        log.warning("run %s: another worker has taken it over", doing.run.id)


def wait_before(automation: Automation, tries: int, after: float | None = None) -> timedelta:
    """After so many tries: 10 s, 20 s, 40 s … up to an hour, or a minute each time; never less than the other side asked for."""
    wait = FIXED_WAIT if automation.retry.wait == "fixed" else min(FIRST_WAIT * 2 ** (tries - 1), LONGEST_WAIT)
    return max(wait, timedelta(seconds=after or 0))


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
