"""What a run sets off outside itself: another workflow, an automation. It goes on when that is over, and stands still for nobody for ever.

A row of `workflow_child` says what a visit waits for. Nothing is locked over two runs at once: a run that ends says nothing to the one that
waits for it; whoever looks after them (right after an end, and the clock every few seconds) finds what is over, what nobody waits for any
more and what is to be tried again, each in a transaction of its own. So a process that dies in between leaves nothing behind that would stay.
"""

from __future__ import annotations

import logging
from dataclasses import dataclass
from functools import partial
from typing import TYPE_CHECKING, Any

import sqlalchemy as sa

from runtime.automation.given import kept
from runtime.automation.once import insert_once
from runtime.collaboration import telling
from runtime.definitions.node import OutsideNode
from runtime.errors import Problem, Refused, TierloomError
from runtime.people import accounts
from runtime.people.person import SYSTEM
from runtime.records import gateway
from runtime.records.rows import read_record
from runtime.system.tables import automation_run, workflow_child, workflow_run, workflow_visit
from runtime.texts import Message, _
from runtime.workflow import boxes, keeping, running
from runtime.workflow.world import ActWorld

if TYPE_CHECKING:
    from runtime.definitions.workflow import Workflow
    from runtime.system.workspace import Act, Workspace
    from runtime.workflow.state import Run
    from runtime.workflow.walking import Effect

log = logging.getLogger("tierloom.workflow")

DEEPEST = 10
"""Workflows that start each other one below the other."""
AT_ONCE = 100
FIRST_WAIT = 60 * 1_000_000
HELD = _("{workflow}: “{record}” stands still, for what it sets off at {node} cannot be done")
DONE = ("done", "skipped", "held_out")
"""Ends of an automation's run in which nothing went wrong."""
UNFINISHED = ("waiting", "running", "paused", "queued")
ENDED = ("approved", "rejected", "ended")


@dataclass(frozen=True)
class Child:
    """What was set off. `own`: it was not there before, so that it can end with what set it off."""

    sort: str
    number: int
    own: bool


class Outside:
    """What a node may ask for when it sets something off: its record, its formulas, and ways to start. It is done in trust, as a definition
    says so; where a designer does not build in the whole workspace, publishing has looked at what may be written (records/authoring.py)."""

    def __init__(self, act: Act, row: Any, world: ActWorld, visit: int, tries: int):
        self.act, self.row, self.world, self.visit, self.tries = act, row, world, visit, tries

    def value(self, text: str) -> Any:
        return self.world._evaluated(text)

    def meant(self, target: str | None) -> int | None:
        """The record itself, or the one that a field points at; None where that is blank."""
        if target is None:
            return int(self.row.record)
        found = self.world.values.field(target)
        return None if found is None else int(found)

    def made(self, form: str, values: dict[str, Any]) -> int:
        return self._as_system(lambda: gateway.create(self.act, form, values).id)

    def changed(self, target: str, record: int, values: dict[str, Any]) -> None:
        form = getattr(self.act.catalogue.forms[self.row.form].field(target), "form", "")
        self._as_system(lambda: gateway.update(self.act, form, record, values))

    def _as_system(self, do: Any) -> Any:
        act, person = self.act, self.act.person
        act.act_for(SYSTEM)
        try:
            return do()
        finally:
            act.act_for(person)

    # -- workflows ------------------------------------------------------------------------------------------------------------
    def started(self, key: str, record: int) -> Child:
        """The workflow is started in the name of whoever started this one; one that is under way for the record is waited for."""
        act, flow = self.act, self.act.catalogue.workflows.get(key)
        if flow is None:
            raise Refused([Problem("", _("There is no workflow with the key {key}.", key=key))])
        found = read_record(act, flow.form, record)
        if found is None or found.deleted_at is not None:
            raise Refused([Problem("", _("The record for which it would be started has been deleted."))])
        there = boxes.under_way(act, key, record)
        if there is not None:
            return Child("workflow", there, self._adopted(there))
        if not flow.enabled:
            raise Refused([Problem("", _("The workflow {workflow} is switched off.", workflow=flow.label))])
        if self._depth() >= DEEPEST:
            raise Refused([Problem("", _("{n} workflows have already started each other one below the other.", n=DEEPEST))])
        person = act.person
        act.act_for(telling.person_in(act, self.row.starter) or SYSTEM)
        try:
            return Child("workflow", running.open_run(act, flow, record), True)
        finally:
            act.act_for(person)

    def _adopted(self, child: int) -> bool:
        """Whether this run itself had started it and does not wait for it any more: then it is not ended, but waited for again."""
        own, visit = workflow_child.c, workflow_visit.c
        over = sa.exists().where(visit.run == own.run, visit.number == own.visit, visit.state != "open")
        mine = (own.run == self.row.id, own.sort == "workflow", own.child == child, own.own == 1, over)
        return bool(self.act.connection.execute(workflow_child.update().where(*mine).values(own=0, state="left")).rowcount)

    def _depth(self) -> int:
        """How many runs stand above this one."""
        own, here, found = workflow_child.c, self.row.id, 0
        while here is not None and found < DEEPEST:
            above = sa.select(own.run).where(own.sort == "workflow", own.child == here, own.own == 1)
            here = self.act.connection.execute(above).scalar()
            found += here is not None
        return found

    # -- automations ----------------------------------------------------------------------------------------------------------
    def automation(self, key: str) -> Any:
        found = self.act.catalogue.automations.get(key)
        if found is None:
            raise Refused([Problem("", _("There is no automation with the key {key}.", key=key))])
        if found.trigger.type != "called":
            raise Refused([Problem("", _("This automation does not begin by being called by another. Change what sets it off."))])
        return found

    def called(self, automation: Any, record: int | None, inputs: dict[str, Any]) -> Child:
        from runtime.automation.matching import add, runs_of  # the kinds of steps ask for workflows, and are there first

        act = self.act
        facts = {"inputs": {key: kept(value) for key, value in inputs.items()}}
        cause = f"workflow:{self.row.id}:{self.visit}:{self.tries}"
        chain = act.cause.automations if act.cause is not None else ()
        (run,) = runs_of(act, automation, [(record, facts)], cause, "automation", None, chain)
        add(act, [run], chained=act.cause is not None and act.cause.bulk)
        own = automation_run.c
        found = act.connection.execute(
            sa.select(own.id).where(own.automation == automation.key, own.cause_key == run["cause_key"])
        ).scalar()
        assert found is not None
        return Child("automation", found, False)


# -- setting off ------------------------------------------------------------------------------------------------------------------------
def set_off(act: Act, row: Any, flow: Workflow, run: Run, world: ActWorld, effect: Effect) -> None:
    """What a visit wants done. Whatever goes wrong is not the fault of whoever acts: the run stands there, and those who administer hear of it."""
    visit = run.visit(effect.visit or 0)
    node = flow.by_key[visit.node]
    if visit.state != "open" or not isinstance(node, OutsideNode):
        return
    before = act.connection.execute(_of_visit(row.id, visit.number)).first()
    if before is not None and before.state == "open" and not _is_over(act, before):
        return  # taken back in time: what it waits for is still under way
    _try(act, row, flow, node, visit.number, world, 0 if before is None else before.tries + 1, 0)


def _of_visit(run: int, visit: int) -> Any:
    own = workflow_child.c
    return sa.select(workflow_child).where(own.run == run, own.visit == visit)


def _try(act: Act, row: Any, flow: Workflow, node: Any, visit: int, world: ActWorld, number: int, failures: int) -> None:
    """`number` is of this try, `failures` of those that count until it is given up."""
    after_commit = len(act.after_commit)
    try:
        with act.connection.begin_nested():
            child = node.set_off(Outside(act, row, world, visit, number))
    except TierloomError as error:
        del act.after_commit[after_commit:]
        act.workspace.ids.forget()
        _failed(act, row, flow, node, visit, number, failures, error.message)
        return
    waits = child is not None and node.wait
    keep(
        act,
        row.id,
        visit,
        sort=node.sets_off,
        child=None if child is None else child.number,
        state="open" if waits else "again",
        own=int(child is not None and child.own and getattr(node, "ends_with", False)),
        tries=number,
        due_at=None if waits else act.micros,
        result=None,
        reason=None,
    )
    _look_soon(act)


def _failed(act: Act, row: Any, flow: Workflow, node: Any, visit: int, number: int, failures: int, why: Message) -> None:
    """Tried again after a while, as often as the node says; then held, or settled as the node says."""
    from runtime.automation.matching import stored

    values = {"sort": node.sets_off, "child": None, "own": 0, "tries": number, "result": None, "reason": stored(why)}
    again = failures < node.tries
    held = not again and node.if_failed == "hold"
    due = act.micros + (FIRST_WAIT << min(failures, 10) if again else 0)
    state = "held" if held else "again"
    keep(act, row.id, visit, **{**values, "state": state, "due_at": None if held else due, "result": None if held or again else "failed"})
    if held:
        _tell(act, row, flow, node, visit, why, number)
    _look_soon(act)


def keep(act: Act, run: int, visit: int, **values: Any) -> None:
    own = workflow_child.c
    changed = act.connection.execute(workflow_child.update().where(own.run == run, own.visit == visit).values(**values))
    if not changed.rowcount:
        insert_once(act.connection, workflow_child, {"run": run, "visit": visit, **values})


def _tell(act: Act, row: Any, flow: Workflow, node: Any, visit: int, why: Message, number: int) -> None:
    name = running.titles_of(act, {row.form: {row.record}}).get((row.form, row.record)) or f"#{row.record}"
    words = Message(HELD.text, {"workflow": flow.label, "record": name, "node": node.label or node.key})
    people = [each.id for each in accounts.builders(act.connection)]
    telling.tell(act, "approval", people, words, "", None, f"workflow:{row.id}:held:{visit}:{number}", f"/approvals/{row.id}")


def is_held(act: Act, run: int, visit: int) -> bool:
    found = act.connection.execute(_of_visit(run, visit)).first()
    return found is not None and found.state == "held"


def _look_soon(act: Act) -> None:
    if look_after_quietly not in [getattr(each, "func", None) for each in act.after_commit]:
        act.after_commit.append(partial(look_after_quietly, act.workspace))


def look_after_end(act: Act) -> None:
    """A run of an automation is over for which a workflow may wait."""
    _look_soon(act)


# -- looking after ----------------------------------------------------------------------------------------------------------------------
def look_after(workspace: Workspace) -> None:
    """Everything that is over, is to be tried again, or is waited for by nobody; each by itself, so that one that goes wrong holds up no other."""
    while True:
        with workspace.reading(SYSTEM) as act:
            due = list(_due(act))
        went = [_dealt_with(workspace, run, visit) for run, visit in due]
        if len(due) < AT_ONCE or not any(went):
            return


def look_after_quietly(workspace: Workspace) -> None:
    """Right after an act: whatever goes wrong here is made good by the clock, and whoever acted hears nothing of it."""
    try:
        with workspace.reading(SYSTEM) as act:
            waits = act.connection.execute(
                sa.select(workflow_child.c.run).where(workflow_child.c.state.in_(("open", "again"))).limit(1)
            ).first()
        if waits is not None:
            look_after(workspace)
    except Exception:
        log.exception("What waits for the end of workflows was not looked after; the clock does it.")


def _due(act: Act) -> Any:
    own, visit, flow, run = workflow_child.c, workflow_visit.c, workflow_run.alias("flow"), automation_run
    joined = (
        workflow_child.join(workflow_visit, sa.and_(visit.run == own.run, visit.number == own.visit))
        .outerjoin(flow, sa.and_(own.sort == "workflow", flow.c.id == own.child))
        .outerjoin(run, sa.and_(own.sort == "automation", run.c.id == own.child))
    )
    over = sa.case(
        (own.sort == "workflow", sa.or_(flow.c.id.is_(None), flow.c.ended_at.is_not(None))),
        else_=sa.or_(run.c.id.is_(None), run.c.state.not_in(UNFINISHED)),
    )
    open_ = sa.and_(own.state == "open", sa.or_(visit.state != "open", over))
    again = sa.and_(own.state == "again", sa.or_(visit.state != "open", own.due_at <= act.micros))
    wanted = sa.select(own.run, own.visit).select_from(joined).where(own.state.in_(("open", "again")), sa.or_(open_, again))
    return act.connection.execute(wanted.order_by(own.run, own.visit).limit(AT_ONCE)).all()


def _dealt_with(workspace: Workspace, run: int, visit: int) -> bool:
    """Whether anything is different now. What cannot be gone on with is held, so that it is seen."""
    try:
        with workspace.writing(SYSTEM, "workflow") as act:
            return _deal_with(act, run, visit)
    except TierloomError as error:
        why = error.message
    except Exception:
        log.exception("What run %s waits for at visit %s could not be looked after; it is tried again.", run, visit)
        return False
    with workspace.writing(SYSTEM, "workflow") as act:
        row, state = keeping.read(act, run)
        child = act.connection.execute(_of_visit(run, visit)).first()
        if child is None or child.state not in ("open", "again"):
            return False
        from runtime.automation.matching import stored

        keep(act, run, visit, state="held", due_at=None, reason=stored(why))
        flow = running.flow_of(act, row)
        _tell(act, row, flow, flow.by_key[state.visit(visit).node], visit, why, child.tries)
    return True


def _deal_with(act: Act, run: int, visit: int) -> bool:
    row, state = keeping.read(act, run)
    child = act.connection.execute(_of_visit(run, visit)).first()
    if child is None or child.state not in ("open", "again"):
        return False
    here = state.visit(visit)
    if here.state != "open" or state.status != "running":
        return _left(act, run, visit, child)
    flow = running.flow_of(act, row)
    node = flow.by_key[here.node]
    if child.state == "open":
        outcome = _outcome(act, child)
        if outcome is None:
            return False
        return _over(act, row, flow, node, child, outcome)
    if child.due_at is not None and child.due_at > act.micros:
        return False
    if child.reason is not None and child.result is None:  # it failed, and is tried once more
        world = ActWorld(act, row.workflow, row.form, row.record, row.starter)
        _try(act, row, flow, node, visit, world, child.tries + 1, child.tries + 1)
        return True
    return _over(act, row, flow, node, child, child.result)


def _over(act: Act, row: Any, flow: Workflow, node: Any, child: Any, outcome: str | None) -> bool:
    """The run goes on, or what failed is tried again or held."""
    if outcome == "failed" and child.state == "open":
        why = _("Run {run} of the automation did not end well.", run=child.child)
        has_line = any(each.result == "failed" for each in flow.out_of(node.key))
        if child.tries < node.tries or (node.if_failed == "hold" and not has_line):
            _failed(act, row, flow, node, child.visit, child.tries, child.tries, why)
            return True
    keep(act, row.id, child.visit, state="done", due_at=None, result=outcome or "passed")
    if outcome == "failed" and child.child is None and "failed" not in node.results and node.if_failed == "reject":
        running.act_on_run(act, row.id, lambda acts: acts.walk.finish("rejected"))
        return True
    named = outcome if outcome in node.results else None
    more = {"sort": child.sort, "child": child.child, "result": outcome}

    def go_on(acts: Any) -> None:
        if child.child is not None and node.wait:
            acts.walk.note("came_back", None, node.key, more=more)
        elif child.reason is not None:
            acts.walk.note("went_past", None, node.key, more=more)
        acts.outside_done(child.visit, named)

    running.act_on_run(act, row.id, go_on)
    return True


def _left(act: Act, run: int, visit: int, child: Any) -> bool:
    """Nobody waits for it any more: what this one has started ends with it, where the node says so."""
    keep(act, run, visit, state="left", due_at=None)
    if child.own and child.sort == "workflow" and child.child is not None and not _is_over(act, child):

        def end(acts: Any) -> None:
            if not acts.run.is_over:
                acts.walk.note("ended_above", None, more={"run": run})
                acts.walk.finish("ended")

        running.act_on_run(act, child.child, end)
    return True


def _is_over(act: Act, child: Any) -> bool:
    return _outcome(act, child) is not None


def _outcome(act: Act, child: Any) -> str | None:
    """How what was set off has ended; None while it is under way. What is not there any more has failed."""
    if child.sort == "workflow":
        found = act.connection.execute(sa.select(workflow_run.c.status).where(workflow_run.c.id == child.child)).scalar()
        return "ended" if found is None else found if found in ENDED else None
    state = act.connection.execute(sa.select(automation_run.c.state).where(automation_run.c.id == child.child)).scalar()
    if state is None:
        return "failed"
    if state in UNFINISHED:
        return None
    return "done" if state in DONE else "failed"


def of_run(act: Act, run: int) -> dict[int, Any]:
    """By visit what a run has set off."""
    return {each.visit: each for each in act.connection.execute(sa.select(workflow_child).where(workflow_child.c.run == run))}


def above(act: Act, run: int) -> int | None:
    """The run that has started this one."""
    own = workflow_child.c
    return act.connection.execute(sa.select(own.run).where(own.sort == "workflow", own.child == run).order_by(own.run).limit(1)).scalar()
