"""What people do with a run: submit, approve, reject, return, transfer, ask others, withdraw; and what happens when nobody does anything.

Every act takes the run as it is, changes it in memory and gives what has to be done besides. Raises a sentence where it is not possible,
and then the run must be thrown away as it is.
"""

from __future__ import annotations

from collections.abc import Iterable
from typing import TYPE_CHECKING, Any, Literal

from runtime.errors import NotAllowed, Problem, Refused, Stale
from runtime.texts import Message, _
from runtime.workflow import deciding
from runtime.workflow.deciding import NOTHING, Given
from runtime.workflow.state import OPEN, QUEUED, SEATS, Run, Task, Visit
from runtime.workflow.walking import Effect, Walk, World

if TYPE_CHECKING:
    from runtime.definitions.workflow import Workflow

SYSTEM = 0
REMINDED_AGAIN = 15 * 60 * 1_000_000
Where = Literal["before", "after", "beside"]


def refuse(message: Message, path: str = "") -> Refused:
    return Refused([Problem(path, message)])


class Acts:
    """The acts on one run. `flow` is the version of the workflow with which it began."""

    def __init__(self, flow: Workflow, run: Run, world: World):
        self.flow, self.run, self.world = flow, run, world
        self.walk = Walk(flow, run, world)
        self.given: Given = NOTHING

    @property
    def effects(self) -> list[Effect]:
        return self.walk.effects

    # -- the starter ----------------------------------------------------------------------------------------------------------
    def submit(self, person: int, comment: str = "") -> None:
        """Begins, or begins a new round after a return to the start or a withdrawal."""
        if self.run.status == "running":
            raise Stale(_("This is under way already."))
        if self.run.is_over:
            raise Stale(_("This is over already. Start it anew."))
        if person != self.run.starter:
            raise NotAllowed(_("Only whoever started this may submit it again."))
        back_to = self._returner() if self.run.status == "returned" else None
        self.run.round += 1
        self.run.status = "running"
        self.walk.note("submitted", person, self.flow.start.key, comment=comment)
        start = self.walk.enter(self.flow.start.key, None, ()) if back_to is None else self._start_back_to(back_to)
        assert start is not None
        self.walk.settle()

    def _start_back_to(self, node: str) -> Visit:
        visit = Visit(len(self.run.visits) + 1, self.flow.start.key, self.world.now, self.run.round, back_to=node)
        self.run.visits.append(visit)
        self.walk.leave(visit)
        return visit

    def _returner(self) -> str | None:
        """The node that sent it back to the start and wants it straight back."""
        last = next((each for each in reversed(self.run.log) if each.act == "returned"), None)
        node = self.flow.by_key.get(last.node or "") if last is not None else None
        return node.key if node is not None and node.returned == "straight" else None

    def withdraw(self, person: int, comment: str = "") -> None:
        """The starter takes it back, as far as the workflow allows that."""
        if self.run.is_over:
            raise Stale(_("This is over already, so it cannot be withdrawn."))
        if person != self.run.starter:
            raise NotAllowed(_("Only whoever started this may withdraw it."))
        if self.run.status != "running":
            raise Stale(_("This is not under way, so there is nothing to withdraw."))
        if self.flow.withdraw == "no":
            raise refuse(_("This workflow cannot be withdrawn. Ask whoever handles it to return it."))
        if any(each.acted_by is not None for each in self._round()):
            raise refuse(_("Somebody has acted already, so it cannot be withdrawn any more. Ask whoever handles it to return it."))
        for visit in self.run.open_visits:
            self.walk.cut_short(visit)
        self._void(1)
        self.run.status = "withdrawn"
        self.walk.note("withdrawn", person, comment=comment)
        self.effects.append(Effect("ended"))

    def _round(self) -> list[Task]:
        visits = {each.number for each in self.run.visits if each.round == self.run.round}
        return [each for each in self.run.tasks if each.visit in visits]

    def _void(self, first: int) -> None:
        """What was done from a visit on counts no more."""
        for visit in self.run.visits[first - 1 :]:
            visit.void = True

    def remind(self, person: int) -> None:
        """Everybody who is asked hears of it once more; once in a quarter of an hour."""
        if self.run.status != "running":
            raise Stale(ENDED.get(self.run.status, ENDED["ended"]))
        last = next((each.at for each in reversed(self.run.log) if each.act == "urged"), None)
        if last is not None and self.world.now - last < REMINDED_AGAIN:
            raise refuse(_("They were reminded a moment ago. Wait a quarter of an hour before you remind them again."))
        self.walk.note("urged", person)
        for task in self.run.open_tasks:
            self.effects.append(Effect("reminded", task.visit, task.number, (task.person,)))

    # -- whoever is asked -----------------------------------------------------------------------------------------------------
    def approve(self, number: int, person: int, comment: str = "") -> None:
        task, node = self._mine(number, person, "approve")
        self._comment_needed(node, comment, "required")
        deciding.needed(node, "approve", self.given)
        self._checked(node)
        self._act(task, "approved", person, comment)
        self.walk.note("submitted" if node.type == "handle" else "approved", person, node.key, number, comment, self._with(task))
        self.walk.count(self.run.visit(task.visit))
        self.walk.settle()

    def reject(self, number: int, person: int, comment: str = "") -> None:
        task, node = self._mine(number, person, "reject")
        self._comment_needed(node, comment, "required", "required_on_reject", "required_on_both")
        deciding.needed(node, "reject", self.given)
        self._act(task, "rejected", person, comment)
        self.walk.note("rejected", person, node.key, number, comment, self._with(task))
        self.walk.count(self.run.visit(task.visit))
        self.walk.settle()

    def return_(self, number: int, person: int, to: str, comment: str = "") -> None:
        """Sends it back: `to` is “start”, “previous” or a node that was visited. What was done since counts no more."""
        task, node = self._mine(number, person, "return")
        self._comment_needed(node, comment, "required", "required_on_return", "required_on_both")
        deciding.needed(node, "return", self.given)
        here = self.run.visit(task.visit)
        target = self.target(here, node, to)
        self._act(task, "returned", person, comment)
        self._send_back(here, target, node, person, comment, number)

    def target(self, here: Visit, node: Any, to: str) -> Visit | None:
        """The visit that a return leads to; None is the start. Raises a sentence where that is not allowed or never was."""
        if to not in node.return_to:
            raise refuse(_("It cannot be returned to there from here."), "to")
        if to == "start":
            return None
        if to == "previous":
            return self.walk.person_visit_before(here)
        earlier = [
            each for each in self.run.visits if each.node == to and not each.void and each.state == "done" and self._within(here, each)
        ]
        if not earlier:
            raise refuse(_("It was never there, so it cannot be returned to there."), "to")
        return earlier[-1]

    @staticmethod
    def _within(here: Visit, earlier: Visit) -> bool:
        """Whether a visit lies before this one on its own line, not on one beside it."""
        return here.forks[: len(earlier.forks)] == earlier.forks

    def _send_back(self, here: Visit, target: Visit | None, node: Any, person: int, comment: str, task: int | None) -> None:
        to = self.flow.start.key if target is None else target.node
        self.walk.note("returned", person, node.key, task, comment, {"to": to, **self.given.more})
        kept = () if target is None else target.forks
        left = set(here.forks) - set(kept)
        for visit in self.run.open_visits:
            if target is None or visit is here or left & set(visit.forks):
                self.walk.cut_short(visit)
        self._void(1 if target is None else target.number)
        if target is None:
            self.run.status = "returned"
            self.effects.append(Effect("ended"))
            return
        back_to = node.key if node.returned == "straight" and here.forks == target.forks else None
        self.walk.enter(target.node, target.previous, target.forks, back_to)
        self.walk.settle()

    def take_back(self, number: int, person: int) -> None:
        """Whoever approved takes that back, as long as nobody has acted on what followed from it."""
        task = self.run.task(number) if 0 < number <= len(self.run.tasks) else None
        if self.run.status != "running":
            raise Stale(ENDED.get(self.run.status, ENDED["ended"]))
        if task is None or task.acted_by != person or task.state != "approved":
            raise refuse(_("You have nothing to take back here."))
        visit = self.run.visit(task.visit)
        following = self._following(visit)
        if self.flow.withdraw != "until_next_handler_acts":
            raise refuse(_("In this workflow nothing can be taken back."))
        outside = any(self.flow.by_key[each.node].passing == "waits" and self.flow.by_key[each.node].type != "wait" for each in following)
        acted = any(each.acted_by is not None for later in following for each in self.run.tasks_of(later.number))
        if visit.void or outside or acted or any(self.flow.by_key[each.node].passing == "joins" for each in following):
            raise refuse(_("What followed is under way already, so it cannot be taken back."))
        for later in following:
            if later.state == OPEN:
                self.walk.cut_short(later)
            later.void = True
        visit.state, visit.ended_at = OPEN, None
        for each in self.run.tasks_of(visit.number):
            if each is task or each.state == "closed":
                each.state, each.acted_at, each.acted_by, each.comment = QUEUED, None, None, ""
        self.walk.note("taken_back", person, visit.node, number)
        self.walk.count(visit)

    def _following(self, visit: Visit) -> list[Visit]:
        numbers = {visit.number}
        for later in self.run.visits[visit.number :]:
            if later.previous in numbers:
                numbers.add(later.number)
        return [each for each in self.run.visits if each.number in numbers and each is not visit]

    def transfer(self, number: int, person: int, to: int, comment: str = "") -> None:
        task, node = self._mine(number, person, "transfer")
        self.seat_instead(task, to, delegates=True)
        self._act(task, "transferred", person, comment)
        self.walk.note("transferred", person, node.key, number, comment, {"to": to, **self._for(task)})
        self.walk.count(self.run.visit(task.visit))

    def seat_instead(self, task: Task, person: int, delegates: bool) -> Task:
        """Somebody else takes the place of a task that is closed besides; nobody has two at one node. `delegates`: a deputy stands in for them."""
        if person in {each.person for each in self.run.tasks_of(task.visit, *SEATS)}:
            raise refuse(_("This person is asked here already. Choose somebody else."), "to")
        visit = self.run.visit(task.visit)
        new = self.walk.add_task(visit, person, (), task.advisory, task.number, delegates)
        for each in self.run.tasks_of(task.visit, QUEUED):
            each.after = tuple(new.number if number == task.number else number for number in each.after)
        return new

    def add(self, number: int, person: int, people: Iterable[int], where: Where, comment: str = "") -> None:
        """Asks others as well. before: they first, then this person again; after: this person agrees and they decide; beside: they vote too."""
        task, node = self._mine(number, person, "add_approver")
        if (where == "beside") != (node.mode in ("all", "ratio")):
            raise refuse(_("Where several must approve, others are asked beside you; otherwise before or after you."), "where")
        seated = {each.person for each in self.run.tasks_of(task.visit, *SEATS)}
        new = [each for each in dict.fromkeys(people) if each not in seated]
        if not new:
            raise refuse(_("Everybody you named is asked here already."), "people")
        visit = self.run.visit(task.visit)
        made: list[Task] = []
        for each in new:
            after = (made[-1].number,) if made and where != "beside" else ()
            made.append(self.walk.add_task(visit, each, after, where == "before", number))
        self.walk.note("added", person, node.key, number, comment, {"people": new, "where": where})
        if where == "before":
            task.state, task.after, task.due_at = QUEUED, (*task.after, made[-1].number), None
        elif where == "after":
            for each in made[:-1]:
                each.advisory = True
            self._hand_on(task, made[-1], person, comment)
        self.walk.count(visit)
        self.walk.settle()

    def _hand_on(self, task: Task, last: Task, person: int, comment: str) -> None:
        self._act(task, "handed_on", person, comment)
        for each in self.run.tasks_of(task.visit, QUEUED):
            each.after = tuple(last.number if number == task.number else number for number in each.after)

    # -- time -----------------------------------------------------------------------------------------------------------------
    def tick(self) -> None:
        """What is due: overdue tasks by the rule of their node, waits that are over."""
        for task in [each for each in self.run.open_tasks if each.due_at is not None and each.due_at <= self.world.now]:
            if task.state == OPEN and self.run.status == "running":
                self._overdue(task, self.flow.by_key[self.run.visit(task.visit).node])
        for visit in [each for each in self.run.open_visits if each.wakes_at is not None and each.wakes_at <= self.world.now]:
            self.walk.leave(visit)
        if self.run.status == "running":
            self.walk.settle()

    def _overdue(self, task: Task, node: Any) -> None:
        visit = self.run.visit(task.visit)
        task.due_at = None
        if node.due.then == "remind":
            self.walk.note("reminded", None, node.key, task.number)
            self.effects.append(Effect("reminded", visit.number, task.number, (task.person,)))
        elif node.due.then == "approve":
            task.state, task.why, task.acted_at = "approved", "overdue", self.world.now
            self.walk.note("passed", task.person, node.key, task.number, more={"why": "overdue"})
            self.effects.append(Effect("closed", visit.number, task.number, (task.person,)))
            self.walk.count(visit)
        elif node.due.then == "return":
            task.state, task.why, task.acted_at = "returned", "overdue", self.world.now
            self.effects.append(Effect("closed", visit.number, task.number, (task.person,)))
            self._send_back(visit, self.walk.person_visit_before(visit), node, SYSTEM, "", task.number)
        else:
            self._escalate(task, node, visit)

    def _escalate(self, task: Task, node: Any, visit: Visit) -> None:
        """To the head of whoever did not act; without one to those who administer, where it stays."""
        seated = {each.person for each in self.run.tasks_of(visit.number, *SEATS)}
        head = self.world.head(task.person)
        admins = self.world.admins()
        if task.person in admins and head is None:
            return
        to = head if head is not None and head not in seated else next((each for each in admins if each not in seated), None)
        if to is None:
            return
        new = self.seat_instead(task, to, delegates=True)
        task.state, task.acted_at = "escalated", self.world.now
        self.walk.note("escalated", task.person, node.key, task.number, more={"to": new.person})
        self.effects.append(Effect("closed", visit.number, task.number, (task.person,)))
        self.walk.count(visit)
        if new.state == OPEN:
            new.due_at = self.world.due(node.due, self.world.now)

    def outside_done(self, number: int, outcome: str | None = None) -> None:
        """What a visit waits for is over, and how; None: there was nothing to be done, or nobody wants to wait. Failures that are to be
        held are no business of the run: it stands where it is."""
        visit = self.run.visit(number)
        if visit.state != OPEN or self.run.status != "running":
            return
        node = self.flow.by_key[visit.node]
        if outcome is not None:
            self.walk.results[visit.node] = outcome
        if outcome is not None and self.missing(node, outcome) == "reject":
            self.walk.finish("rejected")
            return
        self.walk.leave(visit)
        self.walk.settle()

    def missing(self, node: Any, outcome: str) -> str:
        """hold, go_on or reject: what an outcome comes to. A line that is for it always counts."""
        if any(each.result == outcome for each in self.flow.out_of(node.key)):
            return "go_on"
        return str(node.lines_missing(outcome))

    # -- those who administer ---------------------------------------------------------------------------------------------------
    def replace(self, number: int, person: int, to: int, comment: str = "") -> None:
        """Somebody else is asked instead."""
        task = self._open(number)
        self.seat_instead(task, to, delegates=False)
        task.state, task.acted_at = "replaced", self.world.now
        self.walk.note("replaced", person, self.run.visit(task.visit).node, number, comment, {"to": to})
        self.effects.append(Effect("closed", task.visit, number, (task.person,)))
        self.walk.count(self.run.visit(task.visit))

    def move(self, person: int, node: str, comment: str = "") -> None:
        """Everything that is open ends, and it goes on at another node."""
        if node not in self.flow.by_key or self.flow.by_key[node].type in ("start", "join"):
            raise refuse(_("It cannot be moved there."), "node")
        if self.run.status != "running":
            self.run.status = "running"
        for visit in self.run.open_visits:
            self.walk.cut_short(visit)
        self.walk.note("moved", person, node, comment=comment)
        last = self.run.visits[-1].number if self.run.visits else None
        self.walk.enter(node, last, ())
        self.walk.settle()

    def end(self, person: int, comment: str = "") -> None:
        if self.run.is_over:
            raise Stale(_("This is over already."))
        self.walk.note("ended", person, comment=comment)
        self.walk.finish("ended")

    # -- what all share -----------------------------------------------------------------------------------------------------------
    def _open(self, number: int) -> Task:
        """The task, if it still can be acted on; otherwise says who did what, and when."""
        task = self.run.task(number) if 0 < number <= len(self.run.tasks) else None
        if task is None:
            raise refuse(_("There is no such task."))
        if self.run.status != "running":
            raise Stale(ENDED.get(self.run.status, ENDED["ended"]))
        if task.state == QUEUED:
            raise refuse(_("It is not your turn yet."))
        if task.state != OPEN:
            raise Stale(DONE.get(task.state, DONE["closed"]))
        return task

    def _mine(self, number: int, person: int, action: str) -> tuple[Task, Any]:
        task = self._open(number)
        if task.person != person:
            raise NotAllowed(_("Somebody else is asked here, not you."))
        node = self.flow.by_key[self.run.visit(task.visit).node]
        if action not in node.actions:
            raise refuse(_("This cannot be done at this node."))
        return task, node

    def _act(self, task: Task, state: str, person: int, comment: str) -> None:
        task.state, task.acted_at, task.acted_by, task.comment, task.due_at = state, self.world.now, person, comment, None

    def _checked(self, node: Any) -> None:
        """Everything that must hold at the node; all that does not is said at once."""
        wrong = [each for each in node.checks if not self.world.holds(each.check)]
        if wrong:
            raise Refused([Problem("", Message("{said}", {"said": each.message})) for each in wrong])

    @staticmethod
    def _for(task: Task) -> dict[str, Any]:
        return {} if task.instead_of is None else {"instead_of": task.instead_of}

    def _with(self, task: Task) -> dict[str, Any]:
        """What the line of a decision keeps besides its comment."""
        return {**self._for(task), **self.given.more}

    @staticmethod
    def _comment_needed(node: Any, comment: str, *rules: str) -> None:
        if node.comment in rules and not comment.strip():
            raise refuse(_("Write a comment."), "comment")


ENDED: dict[str, Message] = {
    "approved": _("This has been approved already; there is nothing more to do."),
    "rejected": _("This has been rejected already; there is nothing more to do."),
    "withdrawn": _("Whoever started this has withdrawn it; there is nothing more to do."),
    "returned": _("This has been returned to whoever started it; there is nothing to do until it is submitted again."),
    "ended": _("This has been ended; there is nothing more to do."),
}
DONE: dict[str, Message] = {
    "approved": _("You have approved this already."),
    "rejected": _("You have rejected this already."),
    "returned": _("You have returned this already."),
    "transferred": _("You have given this to somebody else."),
    "handed_on": _("You have handed this on already."),
    "escalated": _("This was overdue and went to somebody else."),
    "replaced": _("Somebody else is asked here now."),
    "closed": _("Others have decided this already; there is nothing more to do."),
}
