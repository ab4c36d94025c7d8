"""Second thoughts: whoever decided takes that back within ten seconds, as if it had not been.

What the decision changed is kept in its own transaction, so a crash loses neither. Nothing has left the house by then: letters about
approvals wait those seconds (runtime/collaboration/letters.py), and notices of what is undone go with it. Where somebody has acted since,
an automation has set to work on it, or the record was changed, it says so and everything stays.
"""

from __future__ import annotations

import json
from typing import TYPE_CHECKING, Any

import sqlalchemy as sa

from runtime.errors import Problem, Refused, Stale
from runtime.records.rows import read_record
from runtime.system.sets import among
from runtime.system.tables import automation_run, event, file_use, notification, workflow_copy, workflow_run, workflow_undo
from runtime.texts import _
from runtime.workflow import deciding, keeping, outside, running, undoing
from runtime.workflow.acting import Acts
from runtime.workflow.world import ActWorld

if TYPE_CHECKING:
    from runtime.system.workspace import Act

TOO_LATE = _("The ten seconds are over, so this cannot be undone any more. Ask whoever handles it now to return it to you.")
ACTED = _("Somebody has acted since, so this cannot be undone any more.")
FOLLOWED = _("An automation has already done something because of it, so it cannot be undone. Ask whoever administers to put it right.")
ABOVE = _("Another workflow that waited for this one goes on already, so it cannot be undone any more.")
CHANGED = _("The record was changed since, so this cannot be undone any more.")


def offered(act: Act, run: int) -> bool:
    """Whether the person could undo their own last act on this run now, as far as can be said without trying."""
    kept = _kept(act, run)
    if kept is None or kept[1].get("by") != act.person.id or act.micros > kept[1]["at"] + undoing.SHOWN:
        return False
    acts = act.connection.execute(sa.select(workflow_run.c.acts).where(workflow_run.c.id == run)).scalar()
    return acts == kept[0] and not _goes_on_above(act, run) and not _followed(act, run, kept[1]["events"])


def _kept(act: Act, run: int) -> tuple[int, dict[str, Any]] | None:
    own = workflow_undo.c
    row = act.connection.execute(sa.select(own.acts, own.before).where(own.run == run)).first()
    return None if row is None else (row.acts, json.loads(row.before))


def _goes_on_above(act: Act, run: int) -> bool:
    """Whether it is over and another workflow, which waited for it, goes on."""
    over = act.connection.execute(sa.select(workflow_run.c.ended_at).where(workflow_run.c.id == run)).scalar() is not None
    return over and outside.above(act, run) is not None


def _followed(act: Act, run: int, events: list[int]) -> bool:
    """Whether an automation has been set off by what the decision did."""
    if not events:
        return False
    own, about = automation_run.c, workflow_run.c
    same = sa.and_(own.form == about.form, own.record == about.record)
    found = sa.select(own.id).join(workflow_run, same).where(about.id == run, among(own.event, events))
    return act.connection.execute(found.limit(1)).first() is not None


def undo(act: Act, run: int) -> None:
    """Everything is again as it was before the person's decision: votes, nodes, who is asked, and what they changed in the record."""
    row, state = keeping.read(act, run)
    kept = _kept(act, run)
    if kept is None or kept[0] != row.acts or kept[1].get("by") != act.person.id:
        raise Stale(ACTED)
    before = kept[1]
    if act.micros > before["at"] + undoing.WITHIN:
        raise Stale(TOO_LATE)
    if _goes_on_above(act, run):
        raise Refused([Problem("", ABOVE)])
    quiet = _hold_back(act, run, before["events"])
    flow = running.flow_of(act, row)
    world = ActWorld(act, row.workflow, row.form, row.record, row.starter)
    acts, was = Acts(flow, state, world), keeping.copy_of(state)
    undoing.restore(acts, before)
    acts.walk.note("recalled", act.person.id, state.visit(state.task(before["task"]).visit).node, before["task"])
    _set_values_back(act, row, acts, before, quiet)
    try:
        with act.connection.begin_nested():
            keeping.write(act, row, was, state)
    except sa.exc.IntegrityError:
        raise Stale(_("Another run of this workflow is under way for the record, so this cannot be undone any more.")) from None
    own = workflow_undo.c
    act.connection.execute(workflow_undo.delete().where(own.run == run))
    _take_notices_back(act, row, state, before)
    if before["files"]:
        given = (file_use.c.form == row.form, file_use.c.record == row.record, file_use.c.file.in_(before["files"]))
        act.connection.execute(file_use.update().where(*given, file_use.c.field == deciding.PLACE + str(run)).values(removed_at=act.micros))


def _hold_back(act: Act, run: int, events: list[int]) -> bool:
    """Events of the decision that nobody has looked at yet are looked at by nobody; gives whether that was so of all of them."""
    if not events:
        return True
    waiting = event.update().where(among(event.c.id, events), event.c.handled_at.is_(None)).values(handled_at=act.micros)
    held = act.connection.execute(waiting).rowcount
    if _followed(act, run, events):
        raise Refused([Problem("", FOLLOWED)])
    return held == len(events)


def _set_values_back(act: Act, row: Any, acts: Acts, before: dict[str, Any], quiet: bool) -> None:
    if not before["values"]:
        return
    record = read_record(act, row.form, row.record)
    if record is None or record.version != before["record_version"]:
        raise Stale(CHANGED)
    fires, act.fires = act.fires, act.fires and not quiet
    try:
        running.write_values(act, row, acts, before["values"], before["task"], back=True)
    except Refused as error:
        raise Stale(CHANGED) from error
    finally:
        act.fires = fires


def _take_notices_back(act: Act, row: Any, state: Any, before: dict[str, Any]) -> None:
    """Nobody is asked or told of what has not been: neither in the house nor, later, by letter."""
    own, copies = notification.c, workflow_copy.c
    made = (copies.run == row.id, copies.visit >= before["first"][0])
    told = set(act.connection.execute(sa.select(copies.person).where(*made)).scalars())
    people = sorted(told | {each.person for each in state.tasks} | {state.starter})
    cause = f"workflow:{row.id}:{row.acts - 1}:"
    act.connection.execute(
        notification.delete().where(among(own.person, people), own.at >= before["at"], own.cause.startswith(cause, autoescape=True))
    )
    act.connection.execute(workflow_copy.delete().where(*made))
