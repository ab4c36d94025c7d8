"""Going on: from node to node until people, time or something outside have to act.

A run is walked in memory; whoever calls this stores what has changed. What the walk asks of the world around it (people, conditions,
instants) stands in `World`, and what the world has to do afterwards (tell, copy, start) in `effects`.
"""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any, Protocol

from runtime.definitions.node import Due
from runtime.errors import Problem, Refused
from runtime.texts import _
from runtime.workflow.state import OPEN, QUEUED, SEATS, Entry, Run, Task, Visit

if TYPE_CHECKING:
    from runtime.definitions.workflow import Line, Workflow

MOST_STEPS = 1000
"""Nodes passed in one go; more are a circle."""


class World(Protocol):
    """What a run asks of the workspace. People are numbers, instants microseconds."""

    now: int

    def people(self, node: Any, run: Run) -> list[int]: ...
    def head(self, person: int) -> int | None: ...
    def admins(self) -> list[int]: ...
    def delegate(self, person: int) -> int | None: ...
    def holds(self, formula: str) -> bool: ...
    def due(self, due: Due, since: int) -> int | None: ...
    def wakes(self, node: Any) -> int: ...


@dataclass(frozen=True)
class Effect:
    """What is to be done once the act is stored: asked, closed, copied, told, ended, outside, left (nobody waits there any more)."""

    kind: str
    visit: int | None = None
    task: int | None = None
    people: tuple[int, ...] = ()
    node: str | None = None


@dataclass
class Walk:
    flow: Workflow
    run: Run
    world: World
    effects: list[Effect] = field(default_factory=list)
    results: dict[str, str] = field(default_factory=dict)
    """How what a node set off has ended, of the nodes that are left in this act."""
    _steps: int = 0

    # -- from node to node ----------------------------------------------------------------------------------------------------
    def enter(self, node: str, previous: int | None, forks: tuple[int, ...], back_to: str | None = None) -> Visit:
        self._steps += 1
        if self._steps > MOST_STEPS:
            raise Refused([Problem("", _("The workflow goes round in a circle and comes to no end. Tell whoever designed it."))])
        visit = Visit(len(self.run.visits) + 1, node, self.world.now, self.run.round, previous, forks, back_to)
        self.run.visits.append(visit)
        definition = self.flow.by_key[node]
        passing = definition.passing
        if passing == "people":
            self._ask(visit, definition)
        elif passing == "waits":
            self._outside(visit, definition)
        elif passing == "ends":
            visit.state, visit.ended_at = "done", self.world.now
        elif passing != "joins":
            if definition.type == "copy":
                self.effects.append(Effect("copied", visit.number, node=node))
            self.leave(visit)
        return visit

    def leave(self, visit: Visit) -> None:
        """The visit is over; what follows is entered."""
        visit.state, visit.ended_at = "done", self.world.now
        if visit.back_to is not None:
            self.enter(visit.back_to, visit.number, visit.forks)
            return
        node = self.flow.by_key[visit.node]
        lines = self.lines_on(visit.node)
        forks = (*visit.forks, visit.number) if node.passing == "splits" else visit.forks
        for line in lines:
            if not self.run.is_over:
                self.enter(line.to, visit.number, forks)

    def lines_on(self, node: str) -> list[Line]:
        """The lines that are followed now: one, or those of a splitting node. Raises Refused where none fits."""
        out, definition = self.flow.out_of(node), self.flow.by_key[node]
        if definition.type == "parallel":
            return out
        found = [each for each in out if each.conditional and self._fits(node, each)]
        found = found or [each for each in out if not each.conditional]
        if not found:
            raise Refused([Problem("", _("No line leads on from {node} for these values. Tell whoever designed the workflow.", node=node))])
        return found if definition.passing == "splits" else found[:1]

    def _fits(self, node: str, line: Line) -> bool:
        if line.result is not None and line.result != self.results.get(node):
            return False
        return line.when is None or self.world.holds(line.when)

    def _outside(self, visit: Visit, definition: Any) -> None:
        if definition.type == "wait":
            visit.wakes_at = self.world.wakes(definition)
            if visit.wakes_at <= self.world.now:
                self.leave(visit)
        else:
            self.effects.append(Effect("outside", visit.number, node=visit.node))

    def settle(self) -> None:
        """Joins whose lines have all come or ended let pass; where nothing is open any more, the run is approved. Ends every act."""
        while self.run.status == "running" and (ready := self._ready_join()) is not None:
            visit, forks = ready
            self._pass_join(visit, forks)
        if not self.run.open_visits and self.run.status == "running":
            self.finish("approved")

    def _ready_join(self) -> tuple[Visit, tuple[int, ...]] | None:
        for visit in self.run.open_visits:
            if self.flow.by_key[visit.node].passing != "joins":
                continue
            fork = visit.forks[-1] if visit.forks else None
            others = [
                each for each in self.run.open_visits if fork is not None and fork in each.forks and not self._waits_at_join(each, fork)
            ]
            if not others:
                return visit, visit.forks[:-1]
        return None

    def _waits_at_join(self, visit: Visit, fork: int) -> bool:
        return self.flow.by_key[visit.node].passing == "joins" and visit.forks[-1] == fork

    def _pass_join(self, visit: Visit, forks: tuple[int, ...]) -> None:
        """All that came here from the same split go on as one."""
        same = [each for each in self.run.open_visits if each.node == visit.node and each.forks == visit.forks]
        for each in same:
            each.state, each.ended_at = "done", self.world.now
        for line in self.lines_on(visit.node):
            self.enter(line.to, visit.number, forks)

    def finish(self, status: str) -> None:
        for each in self.run.open_visits:
            self.cut_short(each)
        self.run.status = status
        self.note("finished", None, more={"status": status})
        self.effects.append(Effect("ended"))

    def cut_short(self, visit: Visit) -> None:
        """The visit ends without having passed; whoever was asked is asked no longer."""
        visit.state, visit.ended_at = "left", self.world.now
        self.close(visit)
        if self.flow.by_key[visit.node].passing == "waits":
            self.effects.append(Effect("left", visit.number))

    def close(self, visit: Visit) -> None:
        for task in self.run.tasks_of(visit.number, OPEN, QUEUED):
            task.state = "closed"
            self.effects.append(Effect("closed", visit.number, task.number, (task.person,)))

    # -- people ---------------------------------------------------------------------------------------------------------------
    def _ask(self, visit: Visit, node: Any) -> None:
        people = list(dict.fromkeys(self.world.people(node, self.run)))
        passing: dict[int, str] = {}
        if node.if_starter == "head" and self.run.starter in people:
            head = self.world.head(self.run.starter)
            people = [each for each in (head if each == self.run.starter else each for each in people) if each is not None]
            people = list(dict.fromkeys(people))
        elif node.if_starter == "pass" and self.run.starter in people:
            passing[self.run.starter] = "starter"
        for person in self._repeated(visit):
            if person in people:
                passing.setdefault(person, "repeated")
        if not people:
            people = self._nobody(visit, node)
            if not people:
                return
        if node.copy_to:
            self.effects.append(Effect("copied", visit.number, node=node.key))
        for person, instead_of in self._deputies(people).items():
            self._seat(visit, node, person, instead_of, passing.get(instead_of or person))
        self.count(visit)

    def _deputies(self, people: list[int]) -> dict[int, int | None]:
        """Who is really asked → whom they stand in for. Somebody who is asked for themselves and for another has one task that counts once."""
        found: dict[int, int | None] = {}
        for person in people:
            deputy = self.world.delegate(person)
            if deputy is None:
                found.setdefault(person, None)
            else:
                found[deputy] = found.get(deputy) or person
        return found

    def _nobody(self, visit: Visit, node: Any) -> list[int]:
        if node.if_nobody == "refuse":
            raise Refused(
                [Problem("", _("Nobody is found who could act at {node}. Ask whoever designed the workflow.", node=node.label or node.key))]
            )
        if node.if_nobody == "admin":
            self.note("nobody", None, visit.node, more={"asked": "admin"})
            return self.world.admins()
        self.note("passed", None, visit.node, more={"why": "nobody"})
        self.leave(visit)
        return []

    def _seat(self, visit: Visit, node: Any, person: int, instead_of: int | None, why: str | None) -> None:
        before = [each.number for each in self.run.tasks_of(visit.number)] if node.mode == "sequence" else []
        task = self.add_task(visit, person, after=tuple(before[-1:]), delegates=False)
        task.instead_of = instead_of
        if why is not None:
            task.state, task.why, task.acted_at = "approved", why, self.world.now
            self.note("passed", person, visit.node, task.number, more={"why": why})

    def add_task(
        self,
        visit: Visit,
        person: int,
        after: Iterable[int] = (),
        advisory: bool = False,
        came_from: int | None = None,
        delegates: bool = True,
    ) -> Task:
        """A seat for a person, or for whoever stands in for them. It opens at once, or when those before it have approved."""
        deputy = self.world.delegate(person) if delegates else None
        seated = {each.person for each in self.run.tasks_of(visit.number, *SEATS)}
        instead = person if deputy is not None and deputy not in seated else None
        task = Task(
            len(self.run.tasks) + 1, visit.number, deputy if instead is not None and deputy is not None else person, QUEUED, instead
        )
        task.after, task.advisory, task.came_from = tuple(after), advisory, came_from
        self.run.tasks.append(task)
        return task

    def _repeated(self, visit: Visit) -> set[int]:
        """Who need not be asked again, because they have approved before."""
        rule = self.flow.skip_repeated_approver
        if rule == "no":
            return set()
        if rule == "same_as_previous":
            before = self.person_visit_before(visit)
            visits = {before.number} if before is not None else set()
        else:
            visits = {each.number for each in self.run.visits if each.round == self.run.round and not each.void}
        return {each.person for each in self.run.tasks if each.visit in visits and each.state == "approved"}

    def person_visit_before(self, visit: Visit) -> Visit | None:
        """The visit before it at which somebody acted: of lines that were joined, the one before they split."""
        here: Visit | None = visit
        while here is not None and here.previous is not None:
            before = self.run.visit(here.previous)
            if self.flow.by_key[before.node].passing == "joins":
                before = self.run.visit(before.forks[-1]) if before.forks else before
            if self.flow.by_key[before.node].passing == "people":
                return before
            here = before
        return None

    # -- votes ----------------------------------------------------------------------------------------------------------------
    def count(self, visit: Visit) -> None:
        """Opens the tasks whose turn has come, and lets the node pass or reject where the votes say so."""
        node = self.flow.by_key[visit.node]
        result = outcome(node.mode, node.ratio, self.run.tasks_of(visit.number, *SEATS))
        if result == "rejected":
            self.finish("rejected")
        elif result == "approved":
            self.close(visit)
            self.leave(visit)
        else:
            self._open(visit, node)

    def _open(self, visit: Visit, node: Any) -> None:
        for task in self.run.tasks_of(visit.number, QUEUED):
            if all(self.run.task(each).state == "approved" for each in task.after):
                task.state, task.at = OPEN, self.world.now
                task.due_at = self.world.due(node.due, visit.at) if node.due is not None else None
                self.effects.append(Effect("asked", visit.number, task.number, (task.person,)))

    def note(
        self,
        act: str,
        person: int | None,
        node: str | None = None,
        task: int | None = None,
        comment: str = "",
        more: dict[str, Any] | None = None,
    ) -> None:
        self.run.log.append(Entry(self.world.now, act, person, node, task, comment, more or {}))


def outcome(mode: str, ratio: float | None, seats: list[Task]) -> str | None:
    """What the votes at a node say: approved, rejected, or None while it is open.

    any: the first vote decides. all, sequence: all must approve, one rejection rejects. ratio: approvals ÷ seats reach `ratio`; it rejects
    as soon as that cannot be reached. A rejection of somebody who was asked for advice rejects as well.
    """
    if any(each.advisory and each.state == "rejected" for each in seats):
        return "rejected"
    votes = [each for each in seats if not each.advisory]
    approved, rejected = (sum(each.state == state for each in votes) for state in ("approved", "rejected"))
    if mode == "any":
        return "approved" if approved else "rejected" if rejected else None
    needed = 1.0 if mode in ("all", "sequence") or ratio is None else ratio
    if approved + 1e-9 >= needed * len(votes):
        return "approved"
    return "rejected" if len(votes) - rejected + 1e-9 < needed * len(votes) else None
