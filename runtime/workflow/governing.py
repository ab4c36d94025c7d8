"""What those who administer do with runs: move, put somebody else in a place, end, reactivate, and take the last of that back.

Every act names who did it and why in the run's log, counts as an act of the run, tells those concerned, and can be undone until somebody
else has acted. `seen` is the counter of acts that the administrator saw; where somebody has acted since, they read that instead.
"""

from __future__ import annotations

import json
from collections.abc import Callable, Iterable
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

import sqlalchemy as sa

from runtime.collaboration import telling
from runtime.definitions.node import OutsideNode
from runtime.errors import NotAllowed, NotFound, Problem, Refused, Stale, TierloomError
from runtime.people.may import require
from runtime.system.tables import person as person_table
from runtime.system.tables import workflow_run, workflow_task, workflow_undo, workflow_visit
from runtime.texts import Message, _
from runtime.workflow import keeping, outside, passing, running, undoing
from runtime.workflow.acting import Acts
from runtime.workflow.state import OPEN, QUEUED, Run, Task
from runtime.workflow.walking import Effect
from runtime.workflow.world import ActWorld

if TYPE_CHECKING:
    from runtime.definitions.workflow import Workflow
    from runtime.system.workspace import Act

SAID: dict[str, Message] = {
    "moved": _("{workflow}: “{record}” was moved by those who administer"),
    "replaced": _("{workflow}: somebody else is asked about “{record}”"),
    "reactivated": _("{workflow}: “{record}” goes on again"),
    "migrated": _("{workflow}: “{record}” follows a newer version"),
    "undone": _("{workflow}: an act on “{record}” was taken back"),
}
CHANGED_SINCE = _("Somebody has acted here since you opened the page. Look again, then decide.")
LONGEST_REASON = 2000


@dataclass
class Governing:
    """One run in the hands of an administrator, for one act."""

    act: Act
    row: Any
    flow: Workflow
    run: Run
    acts: Acts
    reason: str

    def note(self, what: str, node: str | None = None, task: int | None = None, **more: Any) -> None:
        self.acts.walk.note(what, self.act.person.id, node, task, self.reason, more)


# -- the acts -------------------------------------------------------------------------------------------------------------------------
def move(act: Act, run: int, node: str, reason: str, seen: int | None = None) -> None:
    """It goes on at another node; what was open there ends."""

    def do(here: Governing) -> None:
        if here.run.is_over:
            raise Stale(_("This is over already. Reactivate it to go on with it."))
        here.acts.move(act.person.id, node, here.reason)

    govern(act, run, reason, do, "moved", seen)


def end(act: Act, run: int, reason: str, seen: int | None = None) -> None:
    govern(act, run, reason, lambda here: here.acts.end(act.person.id, here.reason), None, seen)


def reactivate(act: Act, run: int, node: str, reason: str, seen: int | None = None) -> None:
    """What is over goes on at a node, unless another run of the same record is under way by now."""

    def do(here: Governing) -> None:
        if not here.run.is_over:
            raise Stale(_("This is not over, so there is nothing to reactivate."))
        _free(act, here.row)
        definition = here.flow.by_key[node] if node in here.flow.by_key else None
        if definition is None or definition.passing in ("ends", "joins") or definition.type == "start":
            raise Refused([Problem("node", _("It cannot go on there. Choose a node at which something is done."))])
        here.run.status = "running"
        here.note("reactivated", node)
        here.acts.walk.enter(node, here.run.visits[-1].number if here.run.visits else None, ())
        here.acts.walk.settle()

    try:
        with act.connection.begin_nested():
            govern(act, run, reason, do, "reactivated", seen)
    except sa.exc.IntegrityError:
        raise Stale(BUSY) from None


BUSY = _("Another run of this workflow is under way for the record. End that one first.")


def _free(act: Act, row: Any) -> None:
    own = workflow_run.c
    if act.connection.execute(sa.select(own.id).where(own.workflow == row.workflow, own.open_record == row.record)).first() is not None:
        raise Stale(BUSY)


def replace(act: Act, run: int, task: int, to: int, reason: str, seen: int | None = None) -> None:
    """Somebody else is asked instead of whoever has the task with this number of the run."""
    _known(act, to)
    govern(act, run, reason, lambda here: _replace(here, here.run.task(_number(here.run, task)), to), "replaced", seen)


def _number(run: Run, task: int) -> int:
    if not 0 < task <= len(run.tasks):
        raise NotFound(_("There is no such task."))
    return task


def _replace(here: Governing, task: Task, to: int) -> None:
    """An open task goes over at once; one whose turn has not come keeps its turn."""
    if task.state not in (OPEN, QUEUED) or here.run.status != "running":
        raise Stale(_("Nobody is asked there any more."))
    new = here.acts.seat_instead(task, to, delegates=False)
    if task.state == QUEUED:
        new.after = task.after
    visit = here.run.visit(task.visit)
    here.note("replaced", visit.node, task.number, to=to, instead_of=task.person)
    task.state, task.acted_at, task.due_at = "replaced", here.act.micros, None
    here.acts.effects.append(Effect("closed", visit.number, task.number, (task.person,)))
    here.acts.walk.count(visit)
    here.acts.walk.settle()


def _known(act: Act, person: int) -> None:
    own = person_table.c
    if act.connection.execute(sa.select(own.id).where(own.id == person, own.active == 1)).first() is None:
        raise Refused([Problem("to", _("Choose somebody who works here."))])


def try_again(act: Act, run: int, visit: int, reason: str, seen: int | None = None) -> None:
    """What a node could not set off, or what failed, is set off once more."""

    def do(here: Governing) -> None:
        if here.run.status != "running" or not 0 < visit <= len(here.run.visits) or not outside.is_held(act, run, visit):
            raise Stale(_("Nothing is held there any more."))
        here.note("tried_again", here.run.visit(visit).node)
        here.acts.effects.append(Effect("outside", visit, node=here.run.visit(visit).node))

    govern(act, run, reason, do, None, seen)


# -- all tasks of somebody --------------------------------------------------------------------------------------------------------------
@dataclass(frozen=True)
class Left:
    """A run that an act on many did not change, and why."""

    run: int
    why: Message


def tasks_of(act: Act, person: int, after: int = 0, limit: int = 50) -> list[Any]:
    """The open tasks of somebody and those whose turn has not come, as (id, run, number), by their id."""
    own = workflow_task.c
    mine = (own.person == person, own.state.in_((OPEN, QUEUED)), own.id > after)
    return list(act.connection.execute(sa.select(own.id, own.run, own.number).where(*mine).order_by(own.id).limit(limit)).all())


def count_tasks_of(act: Act, person: int) -> int:
    own = workflow_task.c
    return act.connection.execute(sa.select(sa.func.count()).where(own.person == person, own.state.in_((OPEN, QUEUED)))).scalar() or 0


def replace_some(act: Act, tasks: Iterable[Any], to: int, reason: str) -> list[Left]:
    """Somebody else in all these places; gives those that were left as they are."""
    _known(act, to)
    return each_in_turn(act, [(each.run, lambda each=each: replace(act, each.run, each.number, to, reason)) for each in tasks])


def each_in_turn(act: Act, work: Iterable[tuple[int, Callable[[], Any]]]) -> list[Left]:
    """Does each by itself: one that is refused leaves nothing behind, and the others go on."""
    left = []
    for run, do in work:
        try:
            with act.connection.begin_nested():
                do()
        except NotAllowed:
            raise
        except TierloomError as error:
            act.workspace.ids.forget()
            left.append(Left(run, error.message))
    return left


# -- one act ----------------------------------------------------------------------------------------------------------------------------
def govern(
    act: Act,
    run: int,
    reason: str,
    do: Callable[[Governing], None],
    said: str | None,
    seen: int | None = None,
    flow: Workflow | None = None,
    version: int | None = None,
) -> None:
    """One act of an administrator, with what it was before kept for taking it back. `flow` and `version`: what it follows from here on."""
    require(act.person, "administer")
    reason = reason.replace("\x00", "").strip()[:LONGEST_REASON]
    if not reason:
        raise Refused([Problem("reason", _("Say why: it is written into the log."))])
    row, state = keeping.read(act, run)
    if seen is not None and seen != row.acts:
        raise Stale(CHANGED_SINCE)
    flow = flow or running.flow_of(act, row)
    world = ActWorld(act, row.workflow, row.form, row.record, row.starter)
    here, before = Governing(act, row, flow, state, Acts(flow, state, world), reason), keeping.copy_of(state)
    do(here)
    if keeping.write(act, row, before, state):
        world.shown()
    if version is not None:
        act.connection.execute(workflow_run.update().where(workflow_run.c.id == run).values(version=version))
    undoing.keep(act, row, before, state)
    passing.tell(act, row.workflow, row.form, [(row.record, row.id, row.starter, before, state)])
    running.follow_up(act, row, flow, state, world, here.acts.effects)
    if said is not None:
        _tell_starter(act, row, flow, SAID[said], reason)


def _tell_starter(act: Act, row: Any, flow: Workflow, subject: Message, reason: str) -> None:
    title = running.titles_of(act, {row.form: {row.record}}).get((row.form, row.record))
    name = title if title and running.shows_title(act, row.form, flow.start) else f"#{row.record}"
    words = Message(subject.text, {"workflow": flow.label, "record": name})
    telling.tell(act, "approval", [row.starter], words, reason, None, f"workflow:{row.id}:{row.acts}:told", f"/approvals/{row.id}")


# -- taking it back ---------------------------------------------------------------------------------------------------------------------
def can_undo(act: Act, row: Any) -> bool:
    """Whether the last act on a run was an administrator's that can be taken back."""
    own = workflow_undo.c
    found = act.connection.execute(sa.select(own.acts, own.before).where(own.run == row.id)).first()
    return found is not None and found.acts == row.acts and "by" not in json.loads(found.before)


def undo(act: Act, run: int, reason: str, seen: int | None = None) -> None:
    """Everything is again as it was before the administrator's last act. Whoever was told then is told that now."""
    own = workflow_undo.c
    row, _state = keeping.read(act, run)
    kept = act.connection.execute(sa.select(workflow_undo).where(own.run == run)).first()
    before = None if kept is None or kept.acts != row.acts else json.loads(kept.before)
    if before is None or "by" in before:
        raise Stale(_("Somebody has acted since, so this cannot be taken back any more."))
    if before["status"] not in ("approved", "rejected", "ended") and row.open_record is None:
        _free(act, row)
    try:
        with act.connection.begin_nested():
            govern(act, run, reason, lambda here: _restore(here, before), "undone", seen, version=before["version"])
    except sa.exc.IntegrityError:
        raise Stale(BUSY) from None
    act.connection.execute(workflow_undo.delete().where(own.run == run))
    if before["ended_at"] is not None:
        act.connection.execute(workflow_run.update().where(workflow_run.c.id == run).values(ended_at=before["ended_at"]))


def _restore(here: Governing, before: dict[str, Any]) -> None:
    """As it was; who is asked again hears of it."""
    run = here.run
    asked = {each.number for each in run.open_tasks}
    undoing.restore(here.acts, before)
    here.note("undone")
    for task in run.open_tasks:
        if task.number not in asked:
            here.acts.effects.append(Effect("asked", task.visit, task.number, (task.person,)))
    for visit in run.open_visits:
        if isinstance(here.flow.by_key[visit.node], OutsideNode):
            here.acts.effects.append(Effect("outside", visit.number, node=visit.node))


# -- finding ----------------------------------------------------------------------------------------------------------------------------
STATES = ("running", "returned", "withdrawn", "approved", "rejected", "ended")


def runs(
    act: Act,
    workflows: Iterable[str],
    *,
    state: str | None = None,
    node: str | None = None,
    person: int | None = None,
    starter: int | None = None,
    since: int | None = None,
    until: int | None = None,
    overdue: bool = False,
    record: int | None = None,
    before: int | None = None,
    limit: int = 50,
) -> list[Any]:
    """Runs of these workflows, the newest first; `since` and `until` are instants of their beginning, `before` the last one seen."""
    own = workflow_run.c
    found = sa.select(workflow_run).where(own.workflow.in_(list(workflows)))
    if state is not None:
        found = found.where(own.status == state)
    if node is not None:
        open_there = sa.exists().where(workflow_visit.c.run == own.id, workflow_visit.c.state == OPEN, workflow_visit.c.node == node)
        found = found.where(open_there)
    if person is not None:
        asked = (workflow_task.c.run == own.id, workflow_task.c.state == OPEN, workflow_task.c.person == person)
        found = found.where(sa.exists().where(*asked))
    if overdue:
        late = (workflow_task.c.run == own.id, workflow_task.c.state == OPEN, workflow_task.c.due_at <= act.micros)
        found = found.where(sa.exists().where(*late))
    for column, value in ((own.starter, starter), (own.record, record)):
        if value is not None:
            found = found.where(column == value)
    if since is not None:
        found = found.where(own.at >= since)
    if until is not None:
        found = found.where(own.at < until)
    if before is not None:
        found = found.where(own.id < before)
    return list(act.connection.execute(found.order_by(own.id.desc()).limit(limit)).all())


def standing(act: Act, numbers: list[int]) -> dict[int, list[Any]]:
    """Of each of these runs who is asked: rows with run, node, person, instead_of, at and due_at; a node where nobody is asked has no person."""
    if not numbers:
        return {}
    visit, task = workflow_visit.c, workflow_task.c
    same = sa.and_(task.run == visit.run, task.visit == visit.number, task.state == OPEN)
    rows = act.connection.execute(
        sa.select(visit.run, visit.node, task.person, task.instead_of, visit.at, task.due_at)
        .select_from(workflow_visit.outerjoin(workflow_task, same))
        .where(visit.run.in_(numbers), visit.state == OPEN)
        .order_by(visit.run, visit.number, task.number)
    ).all()
    found: dict[int, list[Any]] = {}
    for each in rows:
        found.setdefault(each.run, []).append(each)
    return found
