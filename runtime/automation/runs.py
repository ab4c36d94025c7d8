"""Runs: an automation's steps, one after the other, each exactly once as far as this workspace goes.

Everything a run knows is in rows. Steps inside change the workspace in the transaction that also notes them as done. A step outside is noted
with all it will send, then sends it in no transaction, then its result is noted; a worker that dies in between leaves a lease that runs out,
and the next one sends the same under the same key.
"""
from __future__ import annotations

import json
import logging
import uuid
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import timedelta
from typing import TYPE_CHECKING, Any

import sqlalchemy as sa

from runtime.automation.doing import Doing
from runtime.automation.listening import problems_of, version_of
from runtime.automation.matching import link, stored
from runtime.automation.trouble import LeaseLost, Trouble
from runtime.definitions.automation import Automation
from runtime.errors import NotFound, TierloomError
from runtime.people.accounts import by_email
from runtime.people.may import require
from runtime.people.person import SYSTEM, Person
from runtime.records.rows import read_record
from runtime.system import clock
from runtime.system.database import reading, to_json, writing
from runtime.system.tables import automation_run as table
from runtime.system.tables import automation_step as steps
from runtime.system.workspace import Cause
from runtime.texts import Message, _

if TYPE_CHECKING:
    from runtime.system.workspace import Act, Workspace

log = logging.getLogger("tierloom.automation")

LEASE = timedelta(minutes=3)
FIRST_WAIT, LONGEST_WAIT = timedelta(seconds=10), timedelta(hours=1)
FIXED_WAIT = timedelta(minutes=1)
MINUTE = 60_000_000
WORKERS_AT_MOST = 64
OPEN = ("waiting", "running")
FINISHED = ("done", "skipped")


@dataclass
class Outgoing:
    """A step outside, noted and ready to be done in no transaction."""

    doing: Doing
    step: Any
    lease: str


def run_due(workspace: Workspace) -> bool:
    """Takes up the run that has waited longest and goes on with it as far as it gets. False when none is due."""
    now = clock.to_micros(workspace.now())
    due = (table.c.state.in_(OPEN), table.c.due_at <= now)
    with reading(workspace.engine) as connection:
        if connection.execute(sa.select(table.c.id).where(*due).limit(1)).first() is None:
            return False
    row, outgoing = None, None
    try:
        with workspace.writing(SYSTEM, "automation") as act:
            row = act.connection.execute(sa.select(table).where(*due).order_by(table.c.due_at, table.c.id).limit(1).with_for_update(skip_locked=True)).first()
            if row is None:
                return False
            outgoing = _go_on(act, row)
    except Exception:
        if row is None:
            raise
        _broke_off(workspace, row)
    if outgoing is not None:
        _go_outside(workspace, outgoing)
    return True


# -- inside -----------------------------------------------------------------------------------------------------------------------
def _go_on(act: Act, row: sa.Row[Any]) -> Outgoing | None:
    """Starts a run or takes it up again, within one transaction; gives the step outside it comes to, if it does."""
    automation = version_of(act, row.automation, row.version)
    if automation is None:
        return _finish(act, row, "stopped", _("The version of the automation it began with cannot be read any more."))
    owner = _owner(act, automation)
    if owner is None:
        return _finish(act, row, "stopped", _("It runs in the name of {owner}, who is not active any more. Choose another owner, then run it again.", owner=automation.owner or ""))
    chain = tuple(json.loads(row.cause)) if row.cause else ()
    act.person, act.cause = owner, Cause(row.event, (*chain, link(row.automation, row.record)))
    if row.started_at is None and not _starts(act, row, automation):
        return None
    return _steps(act, row, automation)


def _owner(act: Act, automation: Automation) -> Person | None:
    """In whose name it writes: its owner, if that is a person, else the system. None when that person has left."""
    if automation.owner is None or not automation.owner.startswith("user:"):
        return SYSTEM
    person = by_email(act.connection, automation.owner.removeprefix("user:"))
    return person if person is not None and person.active else None


def _starts(act: Act, row: sa.Row[Any], automation: Automation) -> bool:
    """Whether the run really begins now; else it is skipped, stopped, failed or put off, and the log says why."""
    current = act.catalogue.automations.get(row.automation)
    if current is None or not current.enabled:
        _finish(act, row, "stopped", _("The automation has been switched off."))
        return False
    wrong = problems_of(current, act.catalogue)
    if wrong:
        _finish(act, row, "stopped", _("The automation is broken: {problem}", problem=wrong[0].message))
        return False
    if row.record is not None and not _is_there(act, row):
        _finish(act, row, "skipped", _("The record has been deleted."))
        return False
    doing = Doing(act.workspace, row, automation, given_act=act)
    try:
        if not automation.trigger.begins(doing):  # type: ignore[attr-defined]
            _finish(act, row, "skipped", _("The condition of its trigger did not become true."))
            return False
        if automation.when is not None and not doing.holds(automation.when):
            _finish(act, row, "skipped", _("Its condition did not hold."))
            return False
    except TierloomError as error:
        _finish(act, row, "failed", _("Its condition cannot be worked out: {reason}", reason=error.message))
        return False
    if _is_too_fast(act, row, automation):
        return False
    _set(act.connection, row, started_at=act.micros, state="running")
    return True


def _is_there(act: Act, row: sa.Row[Any]) -> bool:
    found = read_record(act, row.form, row.record) if row.form in act.catalogue.forms else None
    return found is not None and found.deleted_at is None


def _is_too_fast(act: Act, row: sa.Row[Any], automation: Automation) -> bool:
    """Keeps to `runs_per_minute`: all that wait are put off, in their order, until a minute after the run that filled the limit."""
    limit = automation.limit.runs_per_minute
    recent = sa.select(table.c.started_at).where(table.c.automation == row.automation, table.c.started_at > act.micros - MINUTE).order_by(table.c.started_at.desc()).limit(limit)
    started = act.connection.execute(recent).scalars().all()
    if act.connection.dialect.name == "postgresql" and len(started) + WORKERS_AT_MOST >= limit:
        act.connection.execute(sa.select(sa.func.pg_advisory_xact_lock(sa.func.hashtext(f"automation {row.automation}"))))
        started = act.connection.execute(recent).scalars().all()
    if len(started) < limit:
        return False
    free_at = started[-1] + MINUTE
    act.connection.execute(table.update().where(table.c.automation == row.automation, table.c.state == "waiting", table.c.started_at.is_(None), table.c.due_at < free_at)
                           .values(due_at=free_at))
    return True


def _steps(act: Act, row: sa.Row[Any], automation: Automation) -> Outgoing | None:
    """The steps from where the run stands."""
    known = {each.path: each for each in act.connection.execute(sa.select(steps).where(steps.c.run == row.id))}
    arms = {path: json.loads(each.result or "{}").get("arm") for path, each in known.items()}
    finished = {path for path, each in known.items() if each.state in FINISHED}
    tries = row.tries
    while True:
        path, step = next(_open_steps(automation.steps, "", finished, arms), (None, None))
        if path is None or step is None:
            return _finish(act, row, "done", None)
        doing = Doing(act.workspace, row, automation, path, act)
        if step.outside:
            return _prepare(act, row, doing, step, known.get(path), tries)
        result = _do_inside(act, row, doing, step, tries)
        if result is None:
            return None
        finished.add(path)
        arms[path] = result.get("arm")
        tries = 0


def _open_steps(given: Any, prefix: str, finished: set[str], arms: dict[str, Any]) -> Iterator[tuple[str, Any]]:
    """Paths and steps that are not finished, in order; of a branch only the arm it has taken."""
    for number, step in enumerate(given):
        path = f"{prefix}{number}"
        if path not in finished:
            yield path, step
        elif arms.get(path):
            yield from _open_steps(getattr(step, arms[path]), f"{path}/{arms[path]}/", finished, arms)


def _do_inside(act: Act, row: sa.Row[Any], doing: Doing, step: Any, tries: int) -> dict[str, Any] | None:
    """One step with its line in the log. None when it failed: what it wrote is taken back, what steps before it wrote stays."""
    after_commit = len(act.after_commit)
    try:
        with act.connection.begin_nested():
            result = step.run(doing) or {}
    except TierloomError as error:
        del act.after_commit[after_commit:]
        act.workspace.ids.forget()  # a block of ids taken by the step went back with it
        _note(act, row, doing.path, step.type, "failed", message=error.message, tries=tries + 1)
        _finish(act, row, "failed", error.message)
        return None
    _note(act, row, doing.path, step.type, "skipped" if doing.skipped else "done", result, doing.skipped, tries + 1)
    _set(act.connection, row, step=table.c.step + 1, tries=0)
    return result


# -- outside ----------------------------------------------------------------------------------------------------------------------
def _prepare(act: Act, row: sa.Row[Any], doing: Doing, step: Any, known: sa.Row[Any] | None, tries: int) -> Outgoing | None:
    """Notes what will be sent and takes the lease; the transaction is committed before anything leaves the house."""
    try:
        with act.connection.begin_nested():
            doing.prepared = json.loads(known.result) if known is not None and known.result else step.prepare(doing)
    except TierloomError as error:
        _note(act, row, doing.path, step.type, "failed", message=error.message, tries=tries + 1)
        _finish(act, row, "failed", error.message)
        return None
    if tries >= doing.automation.retry.times:
        message = _("It was broken off {times} times in a row.", times=tries)
        _note(act, row, doing.path, step.type, "failed", doing.prepared, message, tries)
        _finish(act, row, "failed", message)
        return None
    lease = uuid.uuid4().hex
    until = act.micros + LEASE // clock.MICROSECOND
    _note(act, row, doing.path, step.type, "started", doing.prepared, tries=tries + 1)
    _set(act.connection, row, state="running", lease_by=lease, lease_until=until, due_at=until, tries=tries + 1)
    return Outgoing(doing, step, lease)


def _go_outside(workspace: Workspace, outgoing: Outgoing) -> None:
    doing, step = outgoing.doing, outgoing.step
    doing.given_act = None
    doing.keep = lambda result: _keep(workspace, outgoing, result)
    try:
        result = step.run(doing) or {}
        _came_back(workspace, outgoing, result)
    except LeaseLost:
        log.warning("run %s: another worker has taken it over", doing.run.id)
    except Trouble as trouble:
        _try_again(workspace, outgoing, trouble.message, trouble.again, trouble.after)
    except TierloomError as error:
        _try_again(workspace, outgoing, error.message, False, None)
    except Exception:
        _try_again(workspace, outgoing, _logged(doing.run.id), True, None)


def _keep(workspace: Workspace, outgoing: Outgoing, result: dict[str, Any]) -> None:
    """Notes what has been done so far, and renews the lease."""
    now = clock.to_micros(workspace.now())
    until = now + LEASE // clock.MICROSECOND
    with writing(workspace.engine) as connection:
        _fenced(connection, outgoing, lease_until=until, due_at=until)
        connection.execute(steps.update().where(steps.c.run == outgoing.doing.run.id, steps.c.path == outgoing.doing.path).values(result=to_json(result)))


def _came_back(workspace: Workspace, outgoing: Outgoing, result: dict[str, Any]) -> None:
    doing, now = outgoing.doing, clock.to_micros(workspace.now())
    with writing(workspace.engine) as connection:
        _fenced(connection, outgoing, lease_until=None, lease_by=None, due_at=now, step=table.c.step + 1, tries=0)
        connection.execute(steps.update().where(steps.c.run == doing.run.id, steps.c.path == doing.path).values(
            state="skipped" if doing.skipped else "done", result=to_json(result), message=stored(doing.skipped) if doing.skipped else None, finished_at=now))


def _try_again(workspace: Workspace, outgoing: Outgoing, message: Message, again: bool, after: float | None) -> None:
    """Puts the step off, or gives up: after as many tries as the automation allows, or at once when another would not help."""
    doing, now = outgoing.doing, clock.to_micros(workspace.now())
    try:
        with writing(workspace.engine) as connection:
            tries = _tries(connection, doing)
            if again and tries < doing.automation.retry.times:
                due = now + wait_before(doing.automation, tries, after) // clock.MICROSECOND
                _fenced(connection, outgoing, lease_until=None, lease_by=None, due_at=due, reason=stored(message))
                connection.execute(steps.update().where(steps.c.run == doing.run.id, steps.c.path == doing.path).values(message=stored(message)))
                return
            _fenced(connection, outgoing, state="failed", lease_until=None, lease_by=None, reason=stored(message), finished_at=now)
            connection.execute(steps.update().where(steps.c.run == doing.run.id, steps.c.path == doing.path).values(state="failed", message=stored(message), finished_at=now))
    except LeaseLost:
        log.warning("run %s: another worker has taken it over", doing.run.id)


def wait_before(automation: Automation, tries: int, after: float | None = None) -> timedelta:
    """How long to wait after so many tries: 10 s, 20 s, 40 s … up to an hour, or a minute each time; never less than the other side asked for."""
    wait = FIXED_WAIT if automation.retry.wait == "fixed" else min(FIRST_WAIT * 2 ** (tries - 1), LONGEST_WAIT)
    return max(wait, timedelta(seconds=after or 0))


def _tries(connection: sa.Connection, doing: Doing) -> int:
    return connection.execute(sa.select(steps.c.tries).where(steps.c.run == doing.run.id, steps.c.path == doing.path)).scalar() or 1


def _fenced(connection: sa.Connection, outgoing: Outgoing, **values: Any) -> None:
    """Changes the run's row if this worker still holds the lease."""
    done = connection.execute(table.update().where(table.c.id == outgoing.doing.run.id, table.c.lease_by == outgoing.lease).values(**values))
    if done.rowcount != 1:
        raise LeaseLost


# -- rows -------------------------------------------------------------------------------------------------------------------------
def _set(connection: sa.Connection, row: sa.Row[Any], **values: Any) -> None:
    connection.execute(table.update().where(table.c.id == row.id).values(**values))


def _finish(act: Act, row: sa.Row[Any], state: str, reason: Message | None) -> None:
    _set(act.connection, row, state=state, reason=None if reason is None else stored(reason), finished_at=act.micros, lease_until=None, lease_by=None)


def _note(act: Act, row: sa.Row[Any], path: str, kind: str, state: str, result: dict[str, Any] | None = None, message: Message | None = None, tries: int = 1) -> None:
    """The step's line in the run log, new or brought up to date."""
    values: dict[str, Any] = {"state": state, "tries": tries, "message": None if message is None else stored(message), "finished_at": None if state == "started" else act.micros}
    if result is not None:
        values["result"] = to_json(result)
    there = act.connection.execute(steps.update().where(steps.c.run == row.id, steps.c.path == path).values(**values))
    if not there.rowcount:
        act.connection.execute(steps.insert().values(id=act.take_ids("automation_step"), run=row.id, path=path, type=kind, started_at=act.micros, **values))


def _broke_off(workspace: Workspace, row: sa.Row[Any]) -> None:
    """Something of ours went wrong and everything of this turn was taken back: the run waits for another try, or gives up."""
    message = _logged(row.id)
    with workspace.writing(SYSTEM, "automation") as act:
        automation = version_of(act, row.automation, row.version)
        tries = row.tries + 1
        if automation is None or tries >= automation.retry.times:
            _set(act.connection, row, tries=tries)
            _finish(act, row, "failed", message)
            return
        _set(act.connection, row, state="waiting" if row.started_at is None else "running", tries=tries, reason=stored(message),
             due_at=act.micros + wait_before(automation, tries) // clock.MICROSECOND)


def _logged(run_id: int) -> Message:
    number = uuid.uuid4().hex[:8]
    log.exception("run %s was broken off, number %s", run_id, number)
    return _("Something went wrong on our side. Quote number {number} when you ask for help.", number=number)


def retry(act: Act, run_id: int) -> None:
    """Runs a failed or stopped run again from the step at which it stood; one that did nothing yet takes the automation as it is now. The builder's act."""
    require(act.person, "build")
    row = act.connection.execute(sa.select(table).where(table.c.id == run_id)).first()
    if row is None:
        raise NotFound(_("There is no such run."))
    if row.state not in ("failed", "stopped"):
        raise NotFound(_("Only a run that failed or was stopped can be run again."))
    failed = (steps.c.run == run_id, steps.c.state == "failed")
    for each in act.connection.execute(sa.select(steps.c.id, steps.c.result).where(*failed)).all():
        kept = each.result if each.result and "sent" in json.loads(each.result) else None
        act.connection.execute(steps.update().where(steps.c.id == each.id).values(result=kept))
    version = act.catalogue.versions.get(("automation", row.automation), row.version) if row.step == 0 else row.version
    _set(act.connection, row, state="waiting", reason=None, tries=0, due_at=act.micros, finished_at=None, lease_by=None, lease_until=None, version=version)
