"""Runs: an automation's steps, one after the other, each exactly once as far as this workspace goes.

Everything a run knows is in rows. Steps inside change the workspace in the transaction that also notes them as done; steps outside are
told in outside.py.
"""
from __future__ import annotations

import json
from collections.abc import Iterator
from typing import TYPE_CHECKING, Any

import sqlalchemy as sa

from runtime.automation.doing import Doing
from runtime.automation.listening import version_of
from runtime.automation.matching import link, stored
from runtime.automation.outside import Outgoing, go_outside, prepare, wait_before
from runtime.automation.run_rows import change, finish, logged, note
from runtime.automation.starting import in_whose_name, owner_of, starts, tell_that_it_stands_still
from runtime.definitions.automation import Automation
from runtime.errors import DiskFull, NotFound, TierloomError
from runtime.people.may import require
from runtime.people.person import SYSTEM
from runtime.system import clock
from runtime.system.database import reading
from runtime.system.tables import automation_run as table
from runtime.system.tables import automation_step
from runtime.system.workspace import Cause
from runtime.texts import _

if TYPE_CHECKING:
    from runtime.system.workspace import Act, Workspace

OPEN = ("waiting", "running")
FINISHED = ("done", "skipped")


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
            row = act.connection.execute(
                sa.select(table).where(*due).order_by(table.c.due_at, table.c.id).limit(1).with_for_update(skip_locked=True)
            ).first()
            if row is None:
                return False
            outgoing = _go_on(act, row)
    except DiskFull:
        raise  # no fault of the run: it is taken up again as it stands
    except Exception:
        if row is None:
            raise
        _broke_off(workspace, row)
    if outgoing is not None:
        go_outside(workspace, outgoing)
    return True


def _go_on(act: Act, row: sa.Row[Any]) -> Outgoing | None:
    """Starts a run or takes it up again, within one transaction; gives the step outside it comes to, if it does."""
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
    act.cause = Cause(row.event, (*chain, link(row.automation, row.record)))
    if row.started_at is None and not starts(act, row, automation):
        return None
    return _steps(act, row, automation)


def _steps(act: Act, row: sa.Row[Any], automation: Automation) -> Outgoing | None:
    """The steps from where the run stands."""
    known = {each.path: each for each in act.connection.execute(sa.select(automation_step).where(automation_step.c.run == row.id))}
    arms = {path: json.loads(each.result or "{}").get("arm") for path, each in known.items()}
    finished = {path for path, each in known.items() if each.state in FINISHED}
    tries = row.tries
    while True:
        path, step = next(_open_steps(automation.steps, "", finished, arms), (None, None))
        if path is None or step is None:
            return finish(act, row, "done", None)
        doing = Doing(act.workspace, row, automation, path, act)
        if step.outside:
            return prepare(act, row, doing, step, known.get(path), tries)
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
        note(act, row, doing.path, step.type, "failed", message=error.message, tries=tries + 1)
        finish(act, row, "failed", error.message)
        return None
    note(act, row, doing.path, step.type, "skipped" if doing.skipped else "done", result, doing.skipped, tries + 1)
    change(act.connection, row, step=table.c.step + 1, tries=0)
    return result


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
            change(act.connection, row, tries=tries)
            finish(act, row, "failed", message)
            return
        change(
            act.connection,
            row,
            state="waiting" if row.started_at is None else "running",
            tries=tries,
            reason=stored(message),
            due_at=act.micros + wait_before(automation, tries) // clock.MICROSECOND,
        )


def retry(act: Act, run_id: int) -> None:
    """Runs a failed or stopped run again from the step at which it stood. One that did nothing yet takes the automation as it is now."""
    require(act.person, "build")
    row = act.connection.execute(sa.select(table).where(table.c.id == run_id)).first()
    if row is None:
        raise NotFound(_("There is no such run."))
    if row.state not in ("failed", "stopped"):
        raise NotFound(_("Only a run that failed or was stopped can be run again."))
    failed = (automation_step.c.run == run_id, automation_step.c.state == "failed")
    for each in act.connection.execute(sa.select(automation_step.c.id, automation_step.c.result).where(*failed)).all():
        kept = each.result if each.result and "sent" in json.loads(each.result) else None
        act.connection.execute(automation_step.update().where(automation_step.c.id == each.id).values(result=kept))
    version = act.catalogue.versions.get(("automation", row.automation), row.version) if row.step == 0 else row.version
    change(
        act.connection,
        row,
        state="waiting",
        reason=None,
        tries=0,
        due_at=act.micros,
        finished_at=None,
        lease_by=None,
        lease_until=None,
        version=version,
    )
