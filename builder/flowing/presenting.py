"""A simulation as the designer's page shows it: visit by visit who is asked, what was decided about the lines, and what nobody being found leads to."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from builder.flowing.names import CHOICES
from builder.flowing.palette import label_of
from runtime.definitions.node import OutsideNode
from runtime.definitions.workflow import Workflow
from runtime.records import query
from runtime.system import clock
from runtime.system.workspace import Act
from runtime.texts import Message, _
from runtime.workflow.simulating import Simulation
from runtime.workflow.state import Task, Visit

Say = Callable[[Any], str]

TASKS: dict[str, Message] = {
    "closed": _("not needed any more"),
    "rejected": _("rejects it"),
    "returned": _("returns it"),
    "starter": _("started it: counts as approved"),
    "repeated": _("has approved before"),
    "overdue": _("overdue: counts as approved"),
}
NOBODY: dict[str, Message] = {
    "admin": _("Nobody is found here: whoever administers is asked instead."),
    "pass": _("Nobody is found here: it goes on without anybody."),
}
ENDS: dict[str, Message] = {
    "approved": _("In the end it is approved."),
    "rejected": _("In the end it is rejected."),
    "returned": _("It is returned to whoever started it."),
}
PLACES: dict[str, Message] = {"start": _("whoever started it"), "previous": _("the one before")}


def simulated(act: Act, flow: Workflow, found: Simulation, say: Say, moment: Callable[[int], str]) -> dict[str, Any]:
    """{visits, end, stopped}: `visits` in the order in which they began."""
    return _Page(act, flow, found, say, moment).page()


class _Page:
    def __init__(self, act: Act, flow: Workflow, found: Simulation, say: Say, moment: Callable[[int], str]):
        self.act, self.flow, self.found, self.say, self.moment = act, flow, found, say, moment
        everybody = {each for task in found.run.tasks for each in (task.person, task.instead_of) if each is not None}
        self.names = query.people_names(act, everybody | {each for some in found.told.values() for each in some})

    def page(self) -> dict[str, Any]:
        run = self.found.run
        return {
            "visits": [self._visit(each) for each in run.visits],
            "end": self.say(ENDS[run.status]) if run.status in ENDS and self.found.stopped is None else None,
            "stopped": None if self.found.stopped is None else self.say(self.found.stopped),
        }

    def _visit(self, visit: Visit) -> dict[str, Any]:
        tasks = self.found.run.tasks_of(visit.number)
        return {
            "number": visit.number,
            "node": visit.node,
            "from": visit.previous,
            "line": self._line(visit),
            "over": visit.state == "done",
            "until": None if visit.wakes_at is None else self.moment(visit.wakes_at),
            "people": [self._asked(each) for each in tasks],
            "choices": self._choices(visit),
            "decided": self.found.decided.get(visit.number),
            "told": [self.names.get(each, "?") for each in self.found.told.get(visit.number, ())],
            "notes": self._notes(visit),
            "followed": self.found.followed.get(visit.number, []),
            "asked": [
                {"line": each.line, "held": each.held, "because": each.explanation} for each in self.found.asked.get(visit.number, [])
            ],
        }

    def _choices(self, visit: Visit) -> list[dict[str, str]]:
        """What can be decided at a visit in the simulation; what goes well stands first."""
        return [{"key": key, "label": self.say(label)} for key, label in self._ways(visit)]

    def _ways(self, visit: Visit) -> list[tuple[str, Any]]:
        node = self.flow.by_key[visit.node]
        if isinstance(node, OutsideNode):
            return [(each, CHOICES[each]) for each in node.results] if node.wait else []
        if node.passing != "people" or not self.found.run.tasks_of(visit.number):
            return []
        found: list[tuple[str, Any]] = [("approve", _("submit it") if node.type == "handle" else _("approve"))]
        if "reject" in node.actions:
            found.append(("reject", _("reject")))
        if "return" in node.actions:
            found += [(f"return:{each}", _("return it to {node}", node=self._place(each))) for each in node.return_to]
        return found

    def _place(self, name: str) -> Any:
        if name in PLACES:
            return PLACES[name]
        node = self.flow.by_key[name]
        return node.label or label_of(node.type, lambda message: str(self.say(message)))

    def _line(self, visit: Visit) -> int | None:
        if visit.previous is None:
            return None
        lines = self.found.followed.get(visit.previous, [])
        return next((each for each in lines if self.flow.lines[each].to == visit.node), None)

    def _asked(self, task: Task) -> dict[str, Any]:
        said = TASKS.get(task.why or "") or TASKS.get(task.state)
        instead = None if task.instead_of is None else self.say(_("for {name}", name=self.names.get(task.instead_of, "?")))
        return {"name": self.names.get(task.person, "?"), "instead_of": instead, "note": None if said is None else self.say(said)}

    def _notes(self, visit: Visit) -> list[str]:
        node = self.flow.by_key[visit.node]
        said = [each for each in self.found.run.log if each.node == visit.node and each.at == visit.at and each.person is None]
        found = [NOBODY["admin"] for each in said if each.act == "nobody"]
        found += [NOBODY["pass"] for each in said if each.act == "passed" and each.more.get("why") == "nobody"]
        if not found and node.passing == "people" and not self.found.run.tasks_of(visit.number) and visit.state == "open":
            found = [_("Nobody at all is found here, so it would stand still.")]
        return [self.say(each) for each in found[:1]]


def instant(moment: Callable[[Any], str]) -> Callable[[int], str]:
    """A way to write microseconds, from one that writes instants."""
    return lambda micros: moment(clock.from_micros(micros))
