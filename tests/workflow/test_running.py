"""Workflows on records, on both databases: fields of a node, two clicks at once, versions, events, withdrawals, people who are away."""

from __future__ import annotations

import threading
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest
import sqlalchemy as sa

from runtime import kinds
from runtime.definitions import versions
from runtime.errors import NotAllowed, Refused, Stale, TierloomError
from runtime.people import accounts
from runtime.people.person import SYSTEM, Person
from runtime.records import gateway, query
from runtime.system.tables import event, notification, record_change, workflow_delegation, workflow_run, workflow_task
from runtime.system.workspace import Workspace
from runtime.workflow import keeping, running
from tests import makers
from tests.workflow.flows import body_of

NAMES = ("ini", "u1", "u2", "u5", "u8")
ORDER = makers.form_json(
    makers.text("name"), makers.number("amount"), makers.number("discount"), makers.number("cost"), key="order", title="name"
)
NOBODY_SEES = {
    "kind": "permission_set",
    "key": "orders",
    "label": "Orders",
    "form": "order",
    "for": ["role:sales"],
    "actions": ["view", "add"],
    "fields": {"*": "edit"},
}
FIELDS = {"amount": "view", "discount": "edit", "cost": "hidden"}
TWO = [{"id": "A", "mode": "or", "approvers": ["u1@example.com"]}, {"id": "B", "mode": "or", "approvers": ["u2@example.com"]}]


@dataclass
class Office:
    workspace: Workspace
    people: dict[str, Person] = field(default_factory=dict)

    def publish(self, parts: list[dict[str, Any]], **more: Any) -> None:
        with self.workspace.writing(SYSTEM, "publish") as act:
            versions.publish(act, [body_of(parts, **more)])

    def act(self, name: str) -> Any:
        return self.workspace.writing(self.people[name])

    def start(self, **values: Any) -> tuple[int, int]:
        with self.act("ini") as act:
            record = gateway.create(act, "order", {"name": "Deal", **values}).id
            return running.start(act, "flow", record), record

    def task(self, run: int, name: str) -> int:
        with self.workspace.reading(SYSTEM) as act:
            own = workflow_task.c
            where = (own.run == run, own.person == self.people[name].id)
            return act.connection.execute(sa.select(own.id).where(*where).order_by(own.id.desc())).scalars().first() or 0

    def stands(self, run: int) -> tuple[str, list[str]]:
        with self.workspace.reading(SYSTEM) as act:
            _row, state = keeping.read(act, run, lock=False)
        names = {each.id: name for name, each in self.people.items()}
        return state.status, sorted(f"{state.visit(each.visit).node}:{names[each.person]}" for each in state.open_tasks)

    def approve(self, run: int, name: str, **values: Any) -> None:
        with self.act(name) as act:
            running.approve(act, self.task(run, name), values)

    def values(self, record: int) -> dict[str, Any]:
        with self.workspace.reading(SYSTEM) as act:
            return query.get(act, "order", record).values


def office_in(workspace: Workspace) -> Office:
    kinds.load()
    office = Office(workspace)
    with workspace.writing(SYSTEM, "publish") as act:
        for name in NAMES:
            roles = ("sales",) if name == "ini" else ()
            office.people[name] = accounts.add(act, email=f"{name}@example.com", name=name, roles=roles, password=None)
        office.people["admin"] = accounts.add(act, email="admin@example.com", name="admin", roles=("builder",), password=None)
        versions.publish(act, [ORDER, NOBODY_SEES])
    return office


@pytest.fixture
def office(workspace: Workspace) -> Office:
    return office_in(workspace)


@pytest.fixture
def small(sqlite_workspace: Workspace) -> Office:
    return office_in(sqlite_workspace)


def test_fields_of_a_node(office: Office) -> None:
    """Who approves writes what the node lets them, even without a right to the form; everything else stays."""
    first, second = ({**each, "more": {"fields": rights}} for each, rights in zip(TWO, (FIELDS, {"discount": "view"}), strict=True))
    office.publish([first, second])
    run, record = office.start(amount=1000, discount="0.1", cost=700)
    office.approve(run, "u1", discount="0.05", amount=1, cost=0)
    assert office.stands(run) == ("running", ["b:u2"])
    office.approve(run, "u2", discount="0.5")
    found = office.values(record)
    assert [float(found[key]) for key in ("amount", "discount", "cost")] == [1000, 0.05, 700] and office.stands(run)[0] == "approved"
    with office.workspace.reading(SYSTEM) as act:
        changed = act.connection.execute(sa.select(record_change.c.person).where(record_change.c.record == record)).scalars().all()
    assert changed == [office.people["ini"].id, office.people["u1"].id]


def test_the_same_person_clicks_twice_at_once(office: Office) -> None:
    office.publish([{"id": "A", "mode": "all", "approvers": ["u1@example.com", "u2@example.com"]}])
    run, _record = office.start()
    task, said = office.task(run, "u1"), []

    def click() -> None:
        try:
            with office.act("u1") as act:
                running.approve(act, task)
            said.append("done")
        except TierloomError as error:
            said.append(str(error))

    threads = [threading.Thread(target=click) for _number in range(4)]
    for each in threads:
        each.start()
    for each in threads:
        each.join()
    assert sorted(said) == ["You have approved this already."] * 3 + ["done"]
    assert office.stands(run) == ("running", ["a:u2"])


def test_two_decide_at_once_and_one_of_them_hears_it(office: Office) -> None:
    """Of an approval and a rejection at the same moment one counts, and the run ends once."""
    office.publish([{"id": "A", "mode": "or", "approvers": ["u1@example.com", "u2@example.com"]}])
    for _round in range(3):
        run, _record = office.start()
        said: list[str] = []

        def decide(name: str, what: Any, run: int = run, said: list[str] = said) -> None:
            try:
                with office.act(name) as act:
                    what(act, office.task(run, name))
                said.append("done")
            except TierloomError as error:
                said.append(str(error))

        threads = [threading.Thread(target=decide, args=each) for each in (("u1", running.approve), ("u2", running.reject))]
        for each in threads:
            each.start()
        for each in threads:
            each.join()
        assert said.count("done") == 1 and any("already" in each for each in said)
        with office.workspace.reading(SYSTEM) as act:
            ends = act.connection.execute(sa.select(sa.func.count()).where(event.c.kind == "workflow_finished", event.c.record == _record))
            assert ends.scalar() == 1


def test_a_run_keeps_the_version_it_began_with(small: Office) -> None:
    small.publish(TWO)
    run, _record = small.start()
    small.publish([TWO[0], {**TWO[1], "approvers": ["u5@example.com"]}])
    small.approve(run, "u1")
    assert small.stands(run) == ("running", ["b:u2"])
    later, _other = small.start()
    small.approve(later, "u1")
    assert small.stands(later) == ("running", ["b:u5"])
    small.approve(run, "u2")
    assert small.stands(run)[0] == "approved"


def test_one_run_at_a_time_for_a_record_and_a_new_one_when_it_is_over(office: Office) -> None:
    office.publish(TWO[:1])
    run, record = office.start()
    with office.act("ini") as act, pytest.raises(Stale, match="under way"):
        running.start(act, "flow", record)
    office.approve(run, "u1")
    with office.act("ini") as act:
        assert running.start(act, "flow", record) != run


def test_who_may_start_and_act(small: Office) -> None:
    small.publish(TWO, may_start=["role:bosses"])
    with pytest.raises(NotAllowed):
        small.start()
    small.publish(TWO)
    run, _record = small.start()
    for name in ("u2", "ini"):
        with small.act(name) as act, pytest.raises(NotAllowed):
            running.approve(act, small.task(run, "u1"))
    with small.act("u1") as act, pytest.raises(NotAllowed):
        running.replace_person(act, small.task(run, "u1"), small.people["u5"].id)
    with small.act("admin") as act:
        running.replace_person(act, small.task(run, "u1"), small.people["u5"].id)
    assert small.stands(run) == ("running", ["a:u5"])


def test_what_is_withdrawn_can_be_submitted_again_with_new_values(small: Office) -> None:
    small.publish(TWO)
    run, record = small.start(amount=5)
    with small.act("ini") as act:
        running.withdraw(act, run)
    with small.act("u1") as act, pytest.raises(Stale, match="withdrawn"):
        running.approve(act, small.task(run, "u1"))
    with small.act("ini") as act:
        running.submit(act, run, {"amount": 7})
    assert small.stands(run) == ("running", ["a:u1"]) and float(small.values(record)["amount"]) == 7


def test_a_refused_act_leaves_nothing_behind(office: Office) -> None:
    """A condition that fits no line refuses the approval and keeps the record's values as they were."""
    parts = [TWO[0], {"branch": [{"if": "amount > 10", "then": [TWO[1]]}]}]
    office.publish([TWO[0]])
    with office.workspace.writing(SYSTEM, "publish") as act, pytest.raises(Refused, match="otherwise"):
        versions.publish(act, [body_of(parts)])
    office.publish([{**TWO[0], "more": {"fields": {"*": "edit"}, "comment": "required"}}])
    run, record = office.start(amount=1)
    with pytest.raises(Refused, match="comment"), office.act("u1") as act:
        running.approve(act, office.task(run, "u1"), {"amount": 99})
    assert float(office.values(record)["amount"]) == 1 and office.stands(run) == ("running", ["a:u1"])


def test_somebody_stands_in_for_who_is_away_and_both_are_named(office: Office) -> None:
    office.publish(TWO[:1])
    with office.workspace.writing(SYSTEM) as act:
        day = {"first_day": act.day - 1, "last_day": act.day + 1, "at": act.micros, "workflows": None}
        ids = {"person": office.people["u1"].id, "deputy": office.people["u8"].id}
        act.connection.execute(workflow_delegation.insert().values(id=act.take_ids("workflow_delegation"), **ids, **day))
    run, _record = office.start()
    assert office.stands(run) == ("running", ["a:u8"])
    office.approve(run, "u8")
    with office.workspace.reading(SYSTEM) as act:
        _row, state = keeping.read(act, run, lock=False)
        approved = next(each for each in state.log if each.act == "approved")
        assert (approved.person, approved.more) == (office.people["u8"].id, {"instead_of": office.people["u1"].id})
        told = set(act.connection.execute(sa.select(notification.c.person)).scalars())
    assert {office.people["u8"].id, office.people["ini"].id} <= told


def test_what_is_overdue_goes_up(office: Office, monkeypatch: pytest.MonkeyPatch) -> None:
    now = datetime(2026, 3, 2, 4, 0, tzinfo=UTC)
    office.workspace.now = lambda: now
    office.publish([{**TWO[0], "timeout": {"after": "8h", "do": "escalate"}}])
    run, _record = office.start()
    now += timedelta(hours=7)
    with office.workspace.writing(SYSTEM, "schedule") as act:
        assert running.tick(act) == 0
    now += timedelta(hours=2)
    with office.workspace.writing(SYSTEM, "schedule") as act:
        assert running.tick(act) == 1
        assert running.tick(act) == 0
    assert office.stands(run) == ("running", ["a:admin"])


def test_all_that_a_run_is_stands_in_rows(small: Office) -> None:
    small.publish(TWO)
    run, _record = small.start()
    with small.workspace.reading(SYSTEM) as act:
        row, state = keeping.read(act, run, lock=False)
        assert keeping.copy_of(state) == state and row.acts == 1
        assert act.connection.execute(sa.select(sa.func.count()).select_from(workflow_run)).scalar() == 1


def test_many_are_started_at_once_and_whoever_is_asked_is_told_once(office: Office) -> None:
    """The same as one by one: where each stands, its log, and that a record has one run at a time."""
    from runtime.workflow import bulk_starting

    small = [{"branch": [{"if": "amount > 10", "then": [TWO[1]]}, {"default": True, "then": [TWO[0]]}]}]
    office.publish(small)
    with office.act("ini") as act:
        records = [gateway.create(act, "order", {"name": f"Deal {each}", "amount": each}).id for each in range(9, 13)]
        one = running.start(act, "flow", records[0])
    with office.act("ini") as act:
        done = bulk_starting.start_many(act, "flow", [*records, 999_999])
        assert set(done.left) == {records[0], 999_999} and set(done.runs) == set(records[1:])
    assert [office.stands(done.runs[each])[1] for each in records[1:]] == [["a:u1"], ["b:u2"], ["b:u2"]]
    with office.workspace.reading(SYSTEM) as act:
        alike = [keeping.read(act, each, lock=False)[1] for each in (one, done.runs[records[1]])]
        assert [[(line.act, line.person, line.node) for line in each.log] for each in alike][0] == [
            (line.act, line.person, line.node) for line in alike[1].log
        ]
        own = notification.c
        of_two = act.connection.execute(sa.select(own.subject).where(own.person == office.people["u2"].id)).scalars().all()
    assert len(of_two) == 1 and "2" in of_two[0]
    office.approve(done.runs[records[1]], "u1")
    assert office.stands(done.runs[records[1]])[0] == "approved"


def test_a_node_lets_nobody_agree_before_its_checks_hold(small: Office) -> None:
    """They see what is changed with the act; all that do not hold are said, and a return needs none of them."""
    checks = [
        {"check": "discount <= 0.2", "message": {"en": "At most 20 %.", "zh": "最多 20%。"}},
        {"check": "NOT ISBLANK(name)", "message": "It needs a name."},
    ]
    small.publish([{**TWO[0], "more": {"fields": {"*": "edit"}, "checks": checks}}, TWO[1]])
    run, record = small.start(discount="0.5")
    with pytest.raises(Refused) as refused, small.act("u1") as act:
        running.approve(act, small.task(run, "u1"), {"name": ""})
    assert [each.message.in_language("zh") for each in refused.value.problems] == ["最多 20%。", "It needs a name."]
    assert small.stands(run) == ("running", ["a:u1"]) and small.values(record)["name"] == "Deal"
    small.approve(run, "u1", discount="0.1")
    assert small.stands(run) == ("running", ["b:u2"])
    with pytest.raises(TierloomError, match="no field"):
        small.publish([{**TWO[0], "more": {"checks": [{"check": "nothing > 1", "message": "x"}]}}])
