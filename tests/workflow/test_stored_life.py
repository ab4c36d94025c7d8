"""Random acts on runs that are stored, by everybody and by time: whatever is tried, what stands in the rows is never stuck, never in two
minds, and says the same as the record, the lists of people and the log. `TIERLOOM_LIFE=500` tries so many lives, other ones each time."""

from __future__ import annotations

import os
from collections.abc import Callable
from datetime import UTC, date, datetime, timedelta
from typing import Any

import pytest
from hypothesis import HealthCheck, Phase, settings
from hypothesis import strategies as st
from hypothesis.stateful import RuleBasedStateMachine, initialize, invariant, precondition, rule, run_state_machine_as_test

from runtime.definitions import versions
from runtime.errors import TierloomError
from runtime.people.person import SYSTEM
from runtime.records import query
from runtime.system.tables import person, workflow_delegation
from runtime.system.workspace import Act, Workspace
from runtime.workflow import boxes, deputies, governing, keeping, migrating, running, second_thoughts
from runtime.workflow.state import OPEN, QUEUED, SEATS, Run
from runtime.workflow.walking import outcome
from tests import makers
from tests.workflow.flows import body_of
from tests.workflow.test_running import NOBODY_SEES, Office, office_in

LIVES = int(os.environ.get("TIERLOOM_LIFE", "0"))
PEOPLE = ("u1", "u2", "u5", "u8")
EVERYBODY = ("ini", *PEOPLE, "admin")
FORM = makers.form_json(
    makers.text("name"),
    makers.number("amount"),
    *({"type": f"approval_{each}", "key": each, "label": each, "workflow": "flow"} for each in ("state", "node", "handlers")),
    key="order",
    title="name",
)


def at(key: str, mode: str, *who: str, hours: int = 0, then: str = "remind", **more: Any) -> dict[str, Any]:
    due = {"due": {"hours": hours, "then": then}} if hours else {}
    made = {"id": key, "mode": mode, "approvers": [f"{each}@example.com" for each in who]}
    return {**made, "more": {"fields": {"*": "edit"}, "return_to": ["start", "previous", "a"], **due, **more}, "p": 0.5}


TWO_WAYS = [{"if": "amount > 5", "then": [at("B", "all", "u2", "u5", "ini")]}, {"if": "amount > 1", "then": [at("C", "seq", "u5", "u8")]}]
OTHER = {"default": True, "then": [at("D", "or", "u8", hours=4, then="return")]}
FLOWS: tuple[dict[str, Any], ...] = (
    {
        "parts": [at("A", "or", "u1", "u2", hours=3, then="escalate"), {"inclusive": [*TWO_WAYS, OTHER]}, at("E", "ratio", *PEOPLE)],
        "withdraw": "until_next_handler_acts",
    },
    {
        "parts": [
            at("A", "all", "u1", "ini", returned="straight"),
            {"branch": [TWO_WAYS[0], OTHER]},
            at("E", "seq", "u1", "u2", hours=2, then="approve"),
        ]
    },
    {
        "parts": [
            at("A", "seq", "u1", "u2", "u5", if_starter="pass"),
            at("E", "or", "u1", "u8", if_starter="head", hours=5, then="escalate"),
        ],
        "skip_repeated_approver": "already_approved",
        "withdraw": "no",
    },
    {
        "parts": [
            at("A", "ratio", "u1", "u2", "u5", comment="required_on_both"),
            {"inclusive": [*TWO_WAYS, OTHER]},
            at("E", "all", "u1", "u5"),
        ],
        "skip_repeated_approver": "same_as_previous",
    },
)


class Life(RuleBasedStateMachine):
    """One run from its beginning on. `office` is put there by the test."""

    office: Office
    now: datetime

    @initialize(flow=st.sampled_from(range(len(FLOWS))), amount=st.integers(0, 9))
    def begin(self, flow: int, amount: int) -> None:
        own = self.office
        with own.workspace.writing(SYSTEM) as act:
            act.connection.execute(workflow_delegation.delete())
            act.connection.execute(person.update().values(active=1))
        self.flow, self.amount = flow, amount
        own.publish(**FLOWS[flow])
        self.run, self.record = own.start(amount=amount)
        self.before = self.read()

    # -- one act ---------------------------------------------------------------------------------------------------------------------
    def read(self) -> tuple[Any, Run]:
        with self.office.workspace.reading(SYSTEM) as act:
            return keeping.read(act, self.run, lock=False)

    def do(self, name: str, what: Callable[[Act], Any], counts: bool = True) -> None:
        """The act in a transaction of its own: it is one more line of the log at least, or a sentence, and then nothing else."""
        row, run = self.before
        try:
            with self.office.act(name) as act:
                what(act)
        except TierloomError as error:
            assert str(error).rstrip("”")[-1] in ".。" and len(str(error)) > 10, error
            self.office.workspace.ids.forget()
            assert self.read() == self.before, f"refused, and yet something is different: {error}"
            return
        self.before = self.read()
        assert self.before[1].log[: len(run.log)] == run.log, "the log is only ever added to"
        if counts:
            assert self.before[0].acts == row.acts + 1 and len(self.before[1].log) > len(run.log)

    def task(self, number: int, wild: bool, who: str) -> tuple[int, str]:
        """Mostly a task that is open and whoever is asked there; now and then any by anybody."""
        run = self.before[1]
        tasks = [each for each in run.tasks if each.state == OPEN] or run.tasks
        chosen = tasks[number % len(tasks)] if tasks else None
        names = {each.id: name for name, each in self.office.people.items()}
        with self.office.workspace.reading(SYSTEM) as act:
            found = 0 if chosen is None else running.task_id(act, self.run, chosen.number)
        return found, who if wild or chosen is None else names[chosen.person]

    NUMBER, WILD, WHO = st.integers(0, 9), st.sampled_from([False] * 5 + [True]), st.sampled_from(EVERYBODY)

    @rule(number=NUMBER, wild=WILD, who=WHO, amount=st.none() | st.integers(0, 9))
    def approves(self, number: int, wild: bool, who: str, amount: int | None) -> None:
        task, name = self.task(number, wild, who)
        self.do(name, lambda act: running.approve(act, task, {} if amount is None else {"amount": amount}))

    @rule(number=NUMBER, wild=WILD, who=WHO, comment=st.sampled_from(["", "no"]))
    def rejects(self, number: int, wild: bool, who: str, comment: str) -> None:
        task, name = self.task(number, wild, who)
        self.do(name, lambda act: running.reject(act, task, comment))

    @rule(number=NUMBER, wild=WILD, who=WHO, to=st.sampled_from(["start", "previous", "a", "b"]))
    def returns(self, number: int, wild: bool, who: str, to: str) -> None:
        task, name = self.task(number, wild, who)
        self.do(name, lambda act: running.return_(act, task, to, {}, "why"))

    @rule(number=NUMBER, wild=WILD, who=WHO, to=WHO)
    def transfers(self, number: int, wild: bool, who: str, to: str) -> None:
        task, name = self.task(number, wild, who)
        self.do(name, lambda act: running.transfer(act, task, self.office.people[to].id))

    @rule(number=NUMBER, wild=WILD, who=WHO, people=st.lists(WHO, min_size=1, max_size=2), where=st.sampled_from(["before", "after", "beside"]))
    def asks_others(self, number: int, wild: bool, who: str, people: list[str], where: Any) -> None:
        task, name = self.task(number, wild, who)
        self.do(name, lambda act: running.add(act, task, [self.office.people[each].id for each in people], where))

    @rule(who=st.sampled_from(["ini", "ini", "u1"]), what=st.sampled_from([running.withdraw, running.submit, running.remind]))
    def the_starter(self, who: str, what: Any) -> None:
        self.do(who, lambda act: what(act, self.run))

    @rule(who=WHO, seconds=st.sampled_from([1, 20]))
    def thinks_better_of_it(self, who: str, seconds: int) -> None:
        self.now += timedelta(seconds=seconds)
        last = next((each.person for each in reversed(self.before[1].log) if each.person), None)
        names = {each.id: name for name, each in self.office.people.items()}
        self.do(names.get(last or 0, who), lambda act: second_thoughts.undo(act, self.run))

    @rule(number=NUMBER, who=WHO)
    def takes_back(self, number: int, who: str) -> None:
        done = [each for each in self.before[1].tasks if each.acted_by is not None]
        if done:
            with self.office.workspace.reading(SYSTEM) as act:
                task = running.task_id(act, self.run, done[number % len(done)].number)
            names = {each.id: name for name, each in self.office.people.items()}
            self.do(names[done[number % len(done)].person], lambda act: running.take_back(act, task))

    # -- time ------------------------------------------------------------------------------------------------------------------------
    @rule(hours=st.integers(1, 30))
    def time_passes(self, hours: int) -> None:
        self.now += timedelta(hours=hours)
        running.tick_all(self.office.workspace)
        log = self.before[1].log
        self.before = self.read()
        assert self.before[1].log[: len(log)] == log

    @rule(away=st.sampled_from(PEOPLE), deputy=st.sampled_from(EVERYBODY))
    def goes_on_holiday(self, away: str, deputy: str) -> None:
        today = self.now.date()
        people = self.office.people
        self.do(
            "admin", lambda act: deputies.add(act, people[away].id, people[deputy].id, today, date.max.replace(year=today.year)), counts=False
        )

    @rule(who=st.sampled_from(PEOPLE), here=st.booleans())
    def comes_and_goes(self, who: str, here: bool) -> None:
        with self.office.workspace.writing(SYSTEM) as act:
            act.connection.execute(person.update().where(person.c.id == self.office.people[who].id).values(active=int(here)))

    # -- those who administer ------------------------------------------------------------------------------------------------------------
    @rule(node=st.sampled_from(["a", "b", "e", "end", "start", "nowhere"]), what=st.sampled_from([governing.move, governing.reactivate]))
    def puts_elsewhere(self, node: str, what: Any) -> None:
        self.do("admin", lambda act: what(act, self.run, node, "why"))

    @rule(number=NUMBER, to=WHO)
    def puts_somebody_else(self, number: int, to: str) -> None:
        self.do("admin", lambda act: governing.replace(act, self.run, number, self.office.people[to].id, "why"))

    @rule(what=st.sampled_from([governing.undo, governing.undo, governing.end]))
    def ends_or_takes_back(self, what: Any) -> None:
        self.do("admin", lambda act: what(act, self.run, "why"))

    @precondition(lambda self: len(self.before[1].log) > 3)
    @rule(flow=st.sampled_from(range(len(FLOWS))))
    def follows_another_version(self, flow: int) -> None:
        self.office.publish(**FLOWS[flow])
        self.do("admin", lambda act: migrating.migrate(act, self.run, "why", {each: "e" for each in "bcd"}), counts=False)

    # -- what always holds -----------------------------------------------------------------------------------------------------------------
    @invariant()
    def it_can_go_on_or_is_over(self) -> None:
        row, run = self.before
        asked = [each for each in run.open_tasks if run.visit(each.visit).state == OPEN]
        assert len(asked) == len(run.open_tasks), "somebody is asked where it stands no more"
        if run.status == "running":
            assert asked, "it is stuck"
        else:
            assert not run.open_visits and not run.open_tasks and not any(each.state == QUEUED for each in run.tasks)
        assert (row.open_record is None) == run.is_over == (row.ended_at is not None) and row.status == run.status

    @invariant()
    def every_open_node_lacks_votes_and_asks_nobody_twice(self) -> None:
        row, run = self.before
        with self.office.workspace.reading(SYSTEM) as act:
            flow = running.flow_of(act, row)
        for visit in run.open_visits if run.status == "running" else ():
            node = flow.by_key[visit.node]
            seats = run.tasks_of(visit.number, *SEATS)
            assert len({each.person for each in seats}) == len(seats)
            if node.passing == "people":
                assert outcome(node.mode, node.ratio, seats) is None
                assert any(each.state == OPEN for each in seats), "nobody’s turn has come"

    @invariant()
    def the_record_the_lists_and_the_log_say_the_same(self) -> None:
        _row, run = self.before
        with self.office.workspace.reading(SYSTEM) as act:
            values = query.get(act, "order", self.record).values
        asked = {each.person for each in run.open_tasks} if run.status == "running" else set()
        assert values["state"] == run.status and set(values.get("handlers") or ()) == asked
        assert (values.get("node") is not None) == (run.status == "running")
        for each in self.office.people.values():
            with self.office.workspace.reading(each) as act:
                listed = [row for row in boxes.page(act, "todo", limit=1000) if row.run == self.run]
            assert len(listed) == sum(task.person == each.id for task in run.open_tasks)
        instants = [each.at for each in run.log]
        assert instants == sorted(instants)

    def teardown(self) -> None:
        """Out of the way of the next life."""
        if hasattr(self, "run") and not self.before[1].is_over:
            with self.office.act("admin") as act:
                governing.end(act, self.run, "over")


@pytest.fixture
def office(workspace: Workspace) -> Office:
    office = office_in(workspace)
    for body in ({**NOBODY_SEES, "rows": "created_by == CURRENT_USER()"}, body_of([at("A", "or", "u1")]), FORM):
        with workspace.writing(SYSTEM, "publish") as act:
            versions.publish(act, [body])
    return office


def test_whatever_is_tried_what_is_stored_goes_on(office: Office) -> None:
    class Here(Life):
        def __init__(self) -> None:
            super().__init__()
            self.office, self.now = office, datetime(2026, 3, 2, 4, 0, tzinfo=UTC)
            office.workspace.now = lambda: self.now

    checks = [HealthCheck.too_slow, HealthCheck.data_too_large, HealthCheck.filter_too_much]
    phases = [Phase.generate, Phase.shrink] if LIVES else [Phase.generate]
    run_state_machine_as_test(
        Here,
        settings=settings(
            max_examples=LIVES or 12,
            stateful_step_count=25,
            deadline=None,
            derandomize=not LIVES,
            database=None,
            phases=phases,
            suppress_health_check=checks,
        ),
    )
