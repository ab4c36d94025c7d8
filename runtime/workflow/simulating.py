"""A workflow played through for values that somebody chose, in memory only: everybody who is asked agrees unless it was chosen that they
reject or return it, and waits are over at once.

The walk is the real one (runtime/workflow/walking.py) over the real people and days; nothing is stored and nobody is told.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any

from runtime.errors import NotFound, Problem, Refused, TierloomError
from runtime.formulas import Scope
from runtime.formulas.definitions import formula
from runtime.formulas.evaluate import evaluate
from runtime.people import accounts
from runtime.records import query
from runtime.records.entries import prepare
from runtime.records.gateway import plan_for
from runtime.records.guard import reads_whole
from runtime.records.lookup import ActLookup
from runtime.records.rows import read_record
from runtime.records.unfolding import unfold
from runtime.records.values import RecordValues
from runtime.texts import Message, _
from runtime.workflow.acting import Acts
from runtime.workflow.state import OPEN, Run, Task, Visit
from runtime.workflow.walking import Walk
from runtime.workflow.world import ActWorld

if TYPE_CHECKING:
    from runtime.definitions.workflow import Line, Workflow
    from runtime.people.person import Person
    from runtime.system.workspace import Act

MOST_ACTS = 300
PERSON = frozenset({"person"})


@dataclass
class Asked:
    """One condition of a line as it was asked: whether it held, and how that came about (runtime/records/unfolding.py)."""

    line: int
    held: bool
    explanation: dict[str, Any] | None


@dataclass
class Simulation:
    """The run as it would be; for each visit by its number the lines that were followed, and what they asked."""

    run: Run
    stopped: Message | None = None
    followed: dict[int, list[int]] = field(default_factory=dict)
    asked: dict[int, list[Asked]] = field(default_factory=dict)
    told: dict[int, list[int]] = field(default_factory=dict)
    """Who gets a copy at a visit."""
    decided: dict[int, str] = field(default_factory=dict)
    """What was chosen for a visit: approve, reject, return:PLACE, or how what it sets off has ended."""


def simulate(
    act: Act,
    flow: Workflow,
    starter: int,
    record: int | None,
    values: Mapping[str, Any],
    language: str,
    decisions: Mapping[str, str] | None = None,
) -> Simulation:
    """Plays the workflow through. `decisions`: by node what is decided when it is first come to; afterwards, and at all others, everybody
    agrees. Raises Refused and NotFound for a starter or values that make no sense; what stops the run is part of the answer."""
    someone = accounts.by_id(act.connection, starter)
    if someone is None or not someone.active:
        raise Refused([Problem("starter", _("Choose somebody who is active."))])
    world = _World(act, flow, record, someone, given(act, flow.form, record, values), language)
    found = Simulation(Run(starter))
    acts = Acts(flow, found.run, world)
    acts.walk = _Watched(flow, found.run, world, found)
    try:
        acts.submit(starter)
        _go_on(acts, world, found, dict(decisions or {}))
    except TierloomError as error:
        found.stopped = error.message
    found.told = {each.number: world.meant(_copied(flow.by_key[each.node]), found.run) for each in found.run.visits}
    return found


def _copied(node: Any) -> tuple[str, ...]:
    """Whom a node tells, be it a copy or an approval with copies."""
    return tuple((getattr(node, "to", ()) if node.type == "copy" else getattr(node, "copy_to", ())) or ())


def _go_on(acts: Acts, world: _World, found: Simulation, decisions: dict[str, str]) -> None:
    run = acts.run
    for _turn in range(MOST_ACTS):
        if run.status == "returned":
            world.acts_as(run.starter)
            acts.submit(run.starter)
        if run.status != "running":
            return
        tasks, waiting = run.open_tasks, [each for each in run.open_visits if acts.flow.by_key[each.node].passing == "waits"]
        timed = [each.wakes_at for each in waiting if each.wakes_at is not None]
        if tasks:
            world.acts_as(tasks[0].person)
            decision = _decision(found, tasks[0].visit, run.visit(tasks[0].visit).node, decisions)
            _decide(acts, tasks[0], decision)
        elif timed:
            world.now = max(world.now, min(timed))
            acts.tick()
        elif waiting:
            node = acts.flow.by_key[waiting[0].node]
            decision = _decision(found, waiting[0].number, node.key, decisions) if node.wait else None
            acts.outside_done(waiting[0].number, decision if decision in node.results else next(iter(node.results)) if node.wait else None)
        else:
            return
    raise Refused([Problem("", _("After {n} approvals it is still not over: it goes round in a circle.", n=MOST_ACTS))])


def _decision(found: Simulation, visit: int, node: str, decisions: dict[str, str]) -> str | None:
    """What was chosen for a node counts the first time it is come to: else what is returned would be returned for ever."""
    if visit not in found.decided and node in decisions:
        found.decided[visit] = decisions.pop(node)
    return found.decided.get(visit)


def _decide(acts: Acts, task: Task, decision: str | None) -> None:
    """What a decision comes to, without what a form asks of a real one: a comment, a signature, filled in fields."""
    visit = acts.run.visit(task.visit)
    node = acts.flow.by_key[visit.node]
    how, _colon, to = (decision or "approve").partition(":")
    if how == "return" and "return" in node.actions:
        target = acts.target(visit, node, to)
        task.state, task.acted_at, task.acted_by, task.due_at = "returned", acts.walk.world.now, task.person, None
        acts._send_back(visit, target, node, task.person, "", task.number)
        return
    state = "rejected" if how == "reject" and "reject" in node.actions else "approved"
    task.state, task.acted_at, task.acted_by, task.due_at = state, acts.walk.world.now, task.person, None
    acts.walk.note(state, task.person, visit.node, task.number)
    acts.walk.count(visit)
    acts.walk.settle()


def given(act: Act, form: str, record: int | None, values: Mapping[str, Any]) -> dict[str, Any]:
    """The values of a record with those that were typed in, computed fields worked out. What is only missing does not matter here."""
    plan = plan_for(act, form)
    before = None
    if record is not None:
        query.get(act, form, record)  # whoever tries it out has to be allowed to see it
        before = read_record(act, form, record)
        if before is None:
            raise NotFound(_("This record does not exist any more."))
    wanted = {key: value for key, value in values.items() if key in plan.writable}
    entry = prepare(act, plan, wanted, before, ActLookup(act) if before is None else ActLookup(act, present=before), trusted=set(wanted))
    wrong = [each for each in entry.problems if each.path.partition("/")[0] in wanted]
    if wrong:
        raise Refused([each.under("values") for each in wrong])
    return entry.values


class _Values(RecordValues):
    """Values as whoever acts at this moment of the simulation reads them."""

    someone: Person

    @property
    def person(self) -> Person:
        return self.someone


class _World(ActWorld):
    def __init__(self, act: Act, flow: Workflow, record: int | None, starter: Person, values: dict[str, Any], language: str):
        super().__init__(act, flow.key, flow.form, record or 0, starter.id)
        self.language, self.lines = language, flow.lines
        self.read = _Values(act, act.catalogue.forms[flow.form], values, record)
        self.read.someone = starter
        self.heard: dict[str, tuple[bool, dict[str, Any] | None]] = {}

    @property
    def values(self) -> RecordValues:  # type: ignore[override]
        return self.read

    def acts_as(self, person: int) -> None:
        self.read.someone = accounts.by_id(self.act.connection, person) or self.read.someone

    def holds(self, text: str) -> bool:
        asked = formula(self.act.catalogue, self.form, text, {}, PERSON)
        if not self.act.person.is_builder and not reads_whole(self.act, self.form, asked, self.read.record):
            raise Refused([], _("The condition {formula} reads fields that you may not see, so you cannot try it out.", formula=text))
        found = bool(evaluate(asked, self.read))
        scope = Scope(self.act.catalogue, self.form, None, {}, PERSON, False, self.language)
        self.heard[text] = found, unfold(self.act, asked, self.read, scope, self.language)
        return found


class _Watched(Walk):
    """The walk, with a note of which lines were followed from where and why."""

    def __init__(self, flow: Workflow, run: Run, world: _World, notes: Simulation):
        super().__init__(flow, run, world)
        self.seen, self.notes = world, notes

    def lines_on(self, node: str) -> list[Line]:
        self.seen.heard = {}
        found = super().lines_on(node)
        visit = self._leaving(node)
        if visit is not None:
            numbers = {id(line): number for number, line in enumerate(self.flow.lines)}
            self.notes.followed[visit.number] = [numbers[id(each)] for each in found]
            self.notes.asked[visit.number] = [
                Asked(numbers[id(each)], *self.seen.heard[each.when])
                for each in self.flow.out_of(node)
                if each.when is not None and each.when in self.seen.heard
            ]
        return found

    def _leaving(self, node: str) -> Visit | None:
        """The latest visit of the node that is over and whose lines are not known yet."""
        visits = [each for each in self.run.visits if each.node == node and each.state != OPEN and each.number not in self.notes.followed]
        return visits[-1] if visits else None
