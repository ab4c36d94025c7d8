"""What people do with runs and automations that are at work: run again, cancel, pause and go on.

Everything here asks for the right to build and leaves a line in the audit log.
"""

from __future__ import annotations

import json
from collections.abc import Iterable
from dataclasses import dataclass
from datetime import datetime
from typing import TYPE_CHECKING, Any

import sqlalchemy as sa

from runtime.automation import lanes
from runtime.automation.matching import stored
from runtime.automation.run_rows import OPEN, UNFINISHED, change, finish
from runtime.errors import NotFound, Problem, Refused
from runtime.people.may import require
from runtime.people.person import SYSTEM
from runtime.system import audit, clock
from runtime.system.database import to_json
from runtime.system.sets import among
from runtime.system.tables import automation_run as table
from runtime.system.tables import automation_step, workspace_setting
from runtime.system.workspace import set_setting
from runtime.texts import Message, _

if TYPE_CHECKING:
    from runtime.system.workspace import Act

AGAIN = ("failed", "stopped")
"""The states in which a run can be run again."""
MOST = 10_000
"""Runs at once."""
PAUSED = "paused:"
"""Settings of the workspace with this prefix name the automations that are paused: every act reads the settings anyway."""


# -- runs ---------------------------------------------------------------------------------------------------------------------------
def replay(act: Act, runs: Iterable[int]) -> int:
    """Runs again those that failed or were stopped, each from the step at which it stood; gives how many. Others are left as they are.

    One that did nothing yet takes the automation as it is now. Steps that are done stay done, and what was sent outside keeps its key.
    """
    require(act.person, "build")
    rows = _rows(act, runs, AGAIN)
    lane = lanes.lane_of(len(rows), "form")
    for row in rows:
        _again(act, row, lane)
    if rows:
        audit.note(act, "runs_replayed", f"automation:{rows[0].automation}", runs=[row.id for row in rows[:100]], count=len(rows))
    return len(rows)


def retry(act: Act, run_id: int) -> None:
    """Runs one run again. Raises NotFound when it did not fail and was not stopped."""
    require(act.person, "build")
    if act.connection.execute(sa.select(table.c.id).where(table.c.id == run_id)).first() is None:
        raise NotFound(_("There is no such run."))
    if not replay(act, [run_id]):
        raise NotFound(_("Only a run that failed or was stopped can be run again."))


def cancel(act: Act, runs: Iterable[int]) -> int:
    """Stops those that have not ended, whether they wait, are queued, paused or under way; gives how many.

    What their steps did stays. A call that is under way outside is not called back, but nothing follows it.
    """
    require(act.person, "build")
    rows = _rows(act, runs, UNFINISHED)
    reason = _("Cancelled by {person}.", person=act.person.name)
    for row in rows:
        same = (automation_step.c.run == row.id, automation_step.c.state.in_(("waiting", "started")))
        act.connection.execute(automation_step.update().where(*same).values(state="stopped", finished_at=act.micros))
        finish(act, row, "stopped", reason)
    if rows:
        audit.note(act, "runs_cancelled", f"automation:{rows[0].automation}", runs=[row.id for row in rows[:100]], count=len(rows))
    return len(rows)


def _rows(act: Act, runs: Iterable[int], states: tuple[str, ...]) -> list[Any]:
    wanted = list(dict.fromkeys(runs))
    if len(wanted) > MOST:
        raise Refused([Problem("", _("At most {count} runs at once.", count=MOST))])
    found = sa.select(table).where(among(table.c.id, wanted), table.c.state.in_(states)).order_by(table.c.id).with_for_update()
    return list(act.connection.execute(found))


def _again(act: Act, row: Any, lane: int) -> None:
    own = automation_step.c
    given_up = (own.run == row.id, own.state.in_(("failed", "stopped")))
    for each in act.connection.execute(sa.select(own.id, own.result).where(*given_up)).all():
        kept = each.result if each.result and "sent" in json.loads(each.result) else None
        act.connection.execute(automation_step.update().where(own.id == each.id).values(result=kept, state="failed"))
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
        lane=lane,
    )


# -- automations --------------------------------------------------------------------------------------------------------------------
@dataclass(frozen=True)
class Pause:
    """Since when an automation is paused, by whom (None: by itself) and why (None: nobody said)."""

    at: datetime | None
    by: int | None
    reason: dict[str, str] | None


def pause(act: Act, automation: str, reason: Message | None = None) -> int:
    """Lets an automation stand still: it goes on being set off, but its runs, those that have begun too, wait until somebody lets it go on.

    Gives how many wait now. A call that is under way outside ends first.
    """
    require(act.person, "build")
    if automation not in act.catalogue.automations:
        raise NotFound(_("There is no automation with the key {key}.", key=automation))
    by = None if act.person == SYSTEM else act.person.id
    set_setting(
        act.connection, PAUSED + automation, to_json({"at": act.micros, "by": by, "reason": None if reason is None else stored(reason)})
    )
    audit.note(act, "automation_paused", f"automation:{automation}")
    waiting = (table.c.automation == automation, table.c.state.in_(OPEN), table.c.lease_by.is_(None))
    return act.connection.execute(table.update().where(*waiting).values(state="paused")).rowcount


def resume(act: Act, automation: str) -> int:
    """Lets a paused automation go on with all that waits, in its order; gives how many runs that is."""
    require(act.person, "build")
    gone = act.connection.execute(workspace_setting.delete().where(workspace_setting.c.name == PAUSED + automation))
    if not gone.rowcount:
        raise NotFound(_("This automation is not paused."))
    audit.note(act, "automation_resumed", f"automation:{automation}")
    goes_on = sa.case((table.c.started_at.is_(None), "waiting"), else_="running")
    return act.connection.execute(
        table.update().where(table.c.automation == automation, table.c.state == "paused").values(state=goes_on)
    ).rowcount


def is_paused(act: Act, automation: str) -> bool:
    return bool(act.workspace.setting(PAUSED + automation))


def paused(act: Act) -> dict[str, Pause]:
    """The automations that are paused, by key."""
    rows = act.connection.execute(sa.select(workspace_setting).where(workspace_setting.c.name.startswith(PAUSED, autoescape=True)))
    found = {row.name.removeprefix(PAUSED): json.loads(row.value) for row in rows}
    return {
        key: Pause(clock.from_micros(each["at"]), each["by"], json.loads(each["reason"]) if each["reason"] else None)
        for key, each in sorted(found.items())
        if key in act.catalogue.automations
    }
