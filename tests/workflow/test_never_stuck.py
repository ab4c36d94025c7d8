"""Random acts on random flows: whatever people try, a run is never stuck and never in two minds."""

from __future__ import annotations

import copy
from typing import Any

from hypothesis import settings
from hypothesis import strategies as st
from hypothesis.stateful import RuleBasedStateMachine, invariant, precondition, rule

from runtime.errors import TierloomError
from runtime.workflow.acting import Acts
from runtime.workflow.state import OPEN, SEATS
from tests.workflow.flows import HOUR, People, flow_of, opened

NAMES = ["ini", "u1", "u2", "u3", "u4"]
PEOPLE = st.lists(st.sampled_from(NAMES), min_size=1, max_size=3, unique=True)
DUE = st.sampled_from([None, "remind", "approve", "return", "escalate"])


@st.composite
def persons(draw: Any, key: str) -> dict[str, Any]:
    mode = draw(st.sampled_from(["or", "all", "ratio", "seq"]))
    more: dict[str, Any] = {
        "if_starter": draw(st.sampled_from(["self", "pass", "head"])),
        "returned": draw(st.sampled_from(["again", "straight"])),
        "return_to": ["start", "previous", "n1"],
        "if_nobody": draw(st.sampled_from(["admin", "pass"])),
    }
    if draw(st.sampled_from([False, False, True])):
        more["checks"] = [{"check": "x >= 1", "message": "Not yet."}]
    then = draw(DUE)
    if then is not None:
        more["due"] = {"hours": draw(st.integers(1, 9)), "then": then}
    part = {"id": key, "mode": mode, "approvers": draw(PEOPLE), "more": more}
    return {**part, "p": draw(st.sampled_from([0.3, 0.5, 0.6, 1.0]))} if mode == "ratio" else part


@st.composite
def flows(draw: Any) -> dict[str, Any]:
    parts: list[dict[str, Any]] = [draw(persons("N1"))]
    for number in range(draw(st.integers(0, 2))):
        if draw(st.booleans()):
            arms = [
                {"if": "x >= 1", "then": [draw(persons(f"A{number}"))]},
                {"if": "x >= 2", "then": [draw(persons(f"B{number}")), draw(persons(f"C{number}"))]},
                {"default": True, "then": [draw(persons(f"D{number}"))]},
            ]
            parts.append({draw(st.sampled_from(["inclusive", "branch"])): arms})
        parts.append(draw(persons(f"M{number}")))
    rules = {
        "withdraw": draw(st.sampled_from(["no", "before_first_act", "until_next_handler_acts"])),
        "skip_repeated_approver": draw(st.sampled_from(["no", "same_as_previous", "already_approved"])),
    }
    return {"parts": parts, **rules}


class Life(RuleBasedStateMachine):
    acts: Acts | None = None

    @precondition(lambda self: self.acts is None)
    @rule(given=flows(), x=st.integers(0, 3), away=st.sampled_from([{}, {"u1": "u5"}, {"u1": "u2"}]))
    def begin(self, given: dict[str, Any], x: int, away: dict[str, str]) -> None:
        parts = given.pop("parts")
        self.world = People(heads={"ini": "u8", "u1": "u2", "u2": "u3"}, away=away, values={"x": x})
        self.acts = opened(flow_of(parts, **given), self.world)
        self.told: list[tuple[str, Any]] = []
        self.do("submit", self.acts.run.starter)

    def do(self, name: str, *given: Any) -> None:
        assert self.acts is not None
        tried = Acts(self.acts.flow, copy.deepcopy(self.acts.run), self.world)
        try:
            getattr(tried, name)(*given)
        except TierloomError as error:
            assert str(error)[-1] == ".", error
            return
        assert tried.run.log[: len(self.acts.run.log)] == self.acts.run.log
        self.acts = tried

    def a_task(self, number: int, any_person: bool, who: str) -> tuple[int, int]:
        """Mostly an open task and whoever is asked there; now and then any task by anybody."""
        assert self.acts is not None
        tasks = self.acts.run.open_tasks or self.acts.run.tasks
        task = tasks[number % len(tasks)] if tasks else None
        if task is None or any_person:
            return number, self.world.number(who)
        return task.number, task.person

    ANY = st.sampled_from([False, False, False, False, True])

    @precondition(lambda self: self.acts is not None)
    @rule(
        number=st.integers(0, 9),
        wild=ANY,
        who=st.sampled_from(NAMES),
        what=st.sampled_from(["approve", "approve", "approve", "reject", "take_back"]),
    )
    def vote(self, number: int, wild: bool, who: str, what: str) -> None:
        self.do(what, *self.a_task(number, wild, who))

    @precondition(lambda self: self.acts is not None)
    @rule(number=st.integers(0, 9), wild=ANY, who=st.sampled_from(NAMES), to=st.sampled_from(["start", "previous", "n1", "m0"]))
    def send_back(self, number: int, wild: bool, who: str, to: str) -> None:
        self.do("return_", *self.a_task(number, wild, who), to)

    @precondition(lambda self: self.acts is not None)
    @rule(number=st.integers(0, 9), wild=ANY, who=st.sampled_from(NAMES), to=st.sampled_from([*NAMES, "u6"]))
    def give_away(self, number: int, wild: bool, who: str, to: str) -> None:
        self.do("transfer", *self.a_task(number, wild, who), self.world.number(to))

    @precondition(lambda self: self.acts is not None)
    @rule(
        number=st.integers(0, 9), wild=ANY, who=st.sampled_from(NAMES), people=PEOPLE, where=st.sampled_from(["before", "after", "beside"])
    )
    def ask_others(self, number: int, wild: bool, who: str, people: list[str], where: str) -> None:
        self.do("add", *self.a_task(number, wild, who), [self.world.number(each) for each in people], where)

    @precondition(lambda self: self.acts is not None)
    @rule(what=st.sampled_from(["submit", "withdraw"]), who=st.sampled_from(["ini", "ini", "u1"]))
    def of_the_starter(self, what: str, who: str) -> None:
        self.do(what, self.world.number(who))

    @precondition(lambda self: self.acts is not None)
    @rule(hours=st.integers(1, 20))
    def later(self, hours: int) -> None:
        self.world.now += hours * HOUR
        self.do("tick")

    @precondition(lambda self: self.acts is not None)
    @rule(number=st.integers(0, 9), to=st.sampled_from(NAMES))
    def by_an_administrator(self, number: int, to: str) -> None:
        task, _person = self.a_task(number, False, "ini")
        self.do("replace", task, self.world.number("admin"), self.world.number(to))

    @invariant()
    def it_can_go_on_or_is_over(self) -> None:
        if self.acts is None:
            return
        run = self.acts.run
        asked = [each for each in run.open_tasks if run.visit(each.visit).state == OPEN]
        if run.status == "running":
            assert asked and len(asked) == len(run.open_tasks), "it is stuck, or somebody is asked where it stands no more"
        else:
            assert not run.open_visits and not run.open_tasks and not any(each.state == "queued" for each in run.tasks)

    @invariant()
    def nobody_is_asked_twice_at_one_node(self) -> None:
        if self.acts is None:
            return
        run = self.acts.run
        for visit in run.open_visits:
            people = [each.person for each in run.tasks_of(visit.number, *SEATS)]
            assert len(people) == len(set(people))

    @invariant()
    def every_open_visit_lacks_votes(self) -> None:
        from runtime.workflow.walking import outcome

        if self.acts is None or self.acts.run.status != "running":
            return
        for visit in self.acts.run.open_visits:
            node = self.acts.flow.by_key[visit.node]
            if node.passing == "people":
                assert outcome(node.mode, node.ratio, self.acts.run.tasks_of(visit.number, *SEATS)) is None


Life.TestCase.settings = settings(max_examples=60, stateful_step_count=25, deadline=None)
TestLife = Life.TestCase
