"""Letting runs that are under way follow a newer version of their workflow, with a look at it beforehand.

A run lands at the node of the same key. Where the node is as it was, whoever is asked there stays asked and what was decided counts; where
it has changed, it is entered anew by the new rules. For a node that is gone, another is chosen; without one the run stays as it is.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any

import sqlalchemy as sa

from runtime.definitions.workflow import Workflow
from runtime.errors import NotFound, Problem, Refused, TierloomError
from runtime.people.may import require
from runtime.system import jobs
from runtime.system.jobs import Job
from runtime.system.tables import workflow_run, workflow_visit
from runtime.system.workspace import Workspace
from runtime.texts import Message, _
from runtime.workflow import governing, keeping, running
from runtime.workflow.governing import Governing, Left
from runtime.workflow.state import OPEN, Run
from runtime.workflow.walking import Walk
from runtime.workflow.world import ActWorld

if TYPE_CHECKING:
    from runtime.system.workspace import Act

MIGRATE, REPLACE = "workflow_migrate", "workflow_replace"
AT_ONCE = 50
SHOWN = 100
UNFINISHED = ("running", "returned", "withdrawn")
LOOKS = ("key", "label", "at")
"""What a node may change in without being another."""


# -- which --------------------------------------------------------------------------------------------------------------------------
def behind(act: Act, workflow: str) -> sa.Select[Any]:
    """Runs that are under way and follow an older version than the one in force."""
    own = workflow_run.c
    return sa.select(workflow_run).where(own.workflow == workflow, own.status.in_(UNFINISHED), own.version < in_force(act, workflow))


def in_force(act: Act, workflow: str) -> int:
    if workflow not in act.catalogue.workflows:
        raise NotFound(_("There is no workflow with the key {key}.", key=workflow))
    return act.catalogue.versions[("workflow", workflow)]


def count_behind(act: Act, workflow: str) -> int:
    return act.connection.execute(sa.select(sa.func.count()).select_from(behind(act, workflow).subquery())).scalar() or 0


def nodes_behind(act: Act, workflow: str) -> dict[str, int]:
    """At how many places of those runs each node is open."""
    late = behind(act, workflow).subquery()
    own = workflow_visit.c
    found = (
        sa.select(own.node, sa.func.count())
        .select_from(workflow_visit.join(late, late.c.id == own.run))
        .where(own.state == OPEN)
        .group_by(own.node)
        .order_by(own.node)
    )
    return {node: count for node, count in act.connection.execute(found)}


def gone(act: Act, workflow: str) -> dict[str, int]:
    """Nodes at which runs stand and which the version in force has no more."""
    flow = act.catalogue.workflows[workflow]
    return {node: count for node, count in nodes_behind(act, workflow).items() if node not in flow.by_key}


def targets(flow: Workflow) -> list[Any]:
    """Nodes at which a run may land."""
    return [each for each in flow.nodes if each.type not in ("start", "join")]


# -- beforehand -----------------------------------------------------------------------------------------------------------------------
@dataclass
class Landing:
    """What would become of one run. `people` are those who will have to act; `failing` sentences of conditions that cannot be worked out."""

    run: int
    form: str
    record: int
    stands: list[str]
    lands: list[str] = field(default_factory=list)
    people: list[int] = field(default_factory=list)
    status: str = "running"
    anew: bool = False
    problem: Message | None = None
    failing: list[Message] = field(default_factory=list)


def preview(act: Act, workflow: str, instead: Mapping[str, str], after: int = 0, limit: int = SHOWN) -> list[Landing]:
    """What would become of the runs, the oldest first; nothing is written."""
    require(act.person, "administer")
    flow = act.catalogue.workflows[workflow]
    rows = act.connection.execute(behind(act, workflow).where(workflow_run.c.id > after).order_by(workflow_run.c.id).limit(limit)).all()
    return [_landing(act, flow, row.id, instead) for row in rows]


def _landing(act: Act, flow: Workflow, number: int, instead: Mapping[str, str]) -> Landing:
    row, run = keeping.read(act, number, lock=False)
    found = Landing(row.id, row.form, row.record, [each.node for each in run.open_visits])
    world = ActWorld(act, row.workflow, row.form, row.record, row.starter)
    try:
        found.anew = carry_over(Walk(flow, run, world), running.flow_of(act, row), instead)
    except TierloomError as error:
        found.problem = error.message
        return found
    found.lands, found.status = [each.node for each in run.open_visits], run.status
    found.people = list(dict.fromkeys(each.person for each in run.open_tasks))
    found.failing = _failing(flow, world, found.lands)
    return found


def _failing(flow: Workflow, world: ActWorld, places: list[str]) -> list[Message]:
    """Conditions of lines that the run may come to and that cannot be worked out for its record as it is now."""
    found: list[Message] = []
    reached, waiting = set(places), list(places)
    while waiting:
        for line in flow.out_of(waiting.pop()):
            if line.to not in reached:
                reached.add(line.to)
                waiting.append(line.to)
            if line.when is None:
                continue
            try:
                world.holds(line.when)
            except TierloomError as error:
                found.append(_("The condition “{formula}” cannot be worked out: {reason}", formula=line.when, reason=error.message))
    return found


# -- the change itself ------------------------------------------------------------------------------------------------------------------
def carry_over(walk: Walk, old: Workflow, instead: Mapping[str, str]) -> bool:
    """Puts what is open into the new version; gives whether anything was entered anew. Raises Refused where no place is known."""
    run, flow, anew = walk.run, walk.flow, False
    here = [(visit, _place(flow, visit.node, instead)) for visit in run.open_visits]
    for visit, _to in here:
        visit.forks = tuple(each for each in visit.forks if _splits(flow, run, each))
        visit.back_to = visit.back_to if visit.back_to in flow.by_key else None
    for visit, to in here:
        if visit.state != OPEN or run.status != "running" or (to == visit.node and _same(old.by_key[to], flow.by_key[to])):
            continue
        anew = True
        walk.cut_short(visit)
        walk.enter(to, visit.previous, visit.forks, visit.back_to)
    walk.settle()
    return anew


def _place(flow: Workflow, node: str, instead: Mapping[str, str]) -> str:
    to = instead.get(node) or node
    if to not in flow.by_key or (to != node and flow.by_key[to].type in ("start", "join")):
        raise Refused([Problem(node, _("The node {node} is gone in the newer version. Choose where it goes on.", node=node))])
    return to


def _splits(flow: Workflow, run: Run, fork: int) -> bool:
    node = run.visit(fork).node
    return node in flow.by_key and flow.by_key[node].passing == "splits"


def _same(old: Any, new: Any) -> bool:
    """Whether a node asks the same people for the same thing as before."""
    return type(old) is type(new) and old.model_dump(exclude=set(LOOKS)) == new.model_dump(exclude=set(LOOKS))


def migrate(act: Act, run: int, reason: str, instead: Mapping[str, str] | None = None, seen: int | None = None) -> bool:
    """Lets one run follow the version in force; False where it does so already, or is over."""
    row, state = keeping.read(act, run)
    version, old = in_force(act, row.workflow), running.flow_of(act, row)
    if row.version >= version or state.is_over:
        return False
    flow = act.catalogue.workflows[row.workflow]

    def do(here: Governing) -> None:
        here.note("migrated", **{"from": row.version, "version": version})
        carry_over(here.acts.walk, old, instead or {})

    governing.govern(act, run, reason, do, "migrated", seen, flow, version)
    return True


# -- many, as long work -------------------------------------------------------------------------------------------------------------------
def start_migrating(act: Act, workflow: str, instead: Mapping[str, str], reason: str) -> int:
    """Queues it for all runs that are behind; gives the job."""
    require(act.person, "administer")
    flow, total = act.catalogue.workflows[workflow], count_behind(act, workflow)
    for node, to in instead.items():
        _place(flow, node, {node: to})
    if not reason.strip():
        raise Refused([Problem("reason", _("Say why: it is written into the log."))])
    if not total:
        raise Refused([Problem("", _("No run follows an older version."))])
    payload = {"workflow": workflow, "instead": dict(instead), "reason": reason}
    return jobs.start(act, MIGRATE, payload, subject=f"workflow:{workflow}", total=total)


def work_migrating(workspace: Workspace, job: Job) -> dict[str, Any]:
    """Chunk by chunk, so that nobody waits for all of them; what is done stays done when it is cancelled or the process dies."""
    given, person = job.payload, job.person()
    after, moved, left = 0, 0, []
    total = job.total or 0
    while True:
        with workspace.writing(person, "workflow") as act:
            chunk = behind(act, given["workflow"]).where(workflow_run.c.id > after).order_by(workflow_run.c.id).limit(AT_ONCE)
            numbers = [each.id for each in act.connection.execute(chunk)]
            some = governing.each_in_turn(act, [(each, _migrating(act, each, given)) for each in numbers])
        left += some
        moved += len(numbers) - len(some)
        if not numbers:
            return _result(moved, left)
        after = numbers[-1]
        job.progress(min(moved + len(left), total), total)


def _migrating(act: Act, run: int, given: dict[str, Any]) -> Callable[[], bool]:
    return lambda: migrate(act, run, given["reason"], given["instead"])


def start_replacing(act: Act, person: int, to: int, reason: str) -> int:
    """Queues that somebody else is asked wherever a person is asked; gives the job."""
    require(act.person, "administer")
    governing._known(act, to)
    total = governing.count_tasks_of(act, person)
    if not reason.strip():
        raise Refused([Problem("reason", _("Say why: it is written into the log."))])
    if to == person:
        raise Refused([Problem("to", _("Choose somebody else."))])
    if not total:
        raise Refused([Problem("person", _("Nothing waits for this person."))])
    return jobs.start(act, REPLACE, {"person": person, "to": to, "reason": reason}, subject=f"person:{person}", total=total)


def work_replacing(workspace: Workspace, job: Job) -> dict[str, Any]:
    given, person = job.payload, job.person()
    after, moved, left = 0, 0, []
    total = job.total or 0
    while True:
        with workspace.writing(person, "workflow") as act:
            tasks = governing.tasks_of(act, given["person"], after, AT_ONCE)
            some = governing.replace_some(act, tasks, given["to"], given["reason"])
        left += some
        moved += len(tasks) - len(some)
        if not tasks:
            return _result(moved, left)
        after = tasks[-1].id
        job.progress(min(moved + len(left), total), total)


def _result(moved: int, left: list[Left]) -> dict[str, Any]:
    shown = [{"run": each.run, "why": {"zh": each.why.in_language("zh"), "en": each.why.in_language("en")}} for each in left[:SHOWN]]
    return {"done": moved, "left": len(left), "runs": shown}


def register() -> None:
    jobs.KINDS[MIGRATE] = work_migrating
    jobs.KINDS[REPLACE] = work_replacing
