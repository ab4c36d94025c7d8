"""What administrators do with runs: moving, replacing, ending, reactivating, migrating; each named, told, and taken back where that is possible."""

from __future__ import annotations

import threading
from typing import Any

import pytest
import sqlalchemy as sa

from runtime.errors import NotAllowed, Refused, Stale, TierloomError
from runtime.people.person import SYSTEM
from runtime.system import jobs
from runtime.system.tables import notification, workflow_run
from runtime.system.workspace import Workspace
from runtime.workflow import governing, keeping, migrating, running
from tests.workflow.test_running import Office, office_in

ONE = [{"id": "A", "mode": "or", "approvers": ["u1@example.com"]}]
TWO = [*ONE, {"id": "B", "mode": "or", "approvers": ["u2@example.com"]}]
ALL = [{"id": "A", "mode": "all", "approvers": ["u1@example.com", "u2@example.com"]}]


@pytest.fixture
def office(workspace: Workspace) -> Office:
    return office_in(workspace)


@pytest.fixture
def small(sqlite_workspace: Workspace) -> Office:
    return office_in(sqlite_workspace)


def log(office: Office, run: int) -> list[tuple[str, Any, str]]:
    names = {each.id: name for name, each in office.people.items()}
    with office.workspace.reading(SYSTEM) as act:
        _row, state = keeping.read(act, run, lock=False)
    return [(each.act, names.get(each.person or 0), each.comment) for each in state.log]


def told(office: Office, name: str) -> list[str]:
    with office.workspace.reading(SYSTEM) as act:
        own = notification.c
        return list(act.connection.execute(sa.select(own.subject).where(own.person == office.people[name].id).order_by(own.id)).scalars())


def acts_of(office: Office, run: int) -> int:
    with office.workspace.reading(SYSTEM) as act:
        return act.connection.execute(sa.select(workflow_run.c.acts).where(workflow_run.c.id == run)).scalar() or 0


# -- one run ------------------------------------------------------------------------------------------------------------------------------
def test_each_act_names_who_did_it_and_why_and_can_be_taken_back(small: Office) -> None:
    small.publish(TWO)
    run, _record = small.start()
    boss = small.people["admin"].id
    acts: list[tuple[Any, tuple[str, list[str]]]] = [
        (lambda act: governing.move(act, run, "b", "why"), ("running", ["b:u2"])),
        (lambda act: governing.replace(act, run, 1, small.people["u5"].id, "why"), ("running", ["a:u5"])),
        (lambda act: governing.end(act, run, "why"), ("ended", [])),
    ]
    for do, expected in acts:
        with small.act("admin") as act:
            do(act)
        assert small.stands(run) == expected
        assert log(small, run)[-1 if expected[0] == "running" else -2][1:] == ("admin", "why")
        with small.act("admin") as act:
            governing.undo(act, run, "a slip")
        assert small.stands(run) == ("running", ["a:u1"]), do
        assert log(small, run)[-1] == ("undone", "admin", "a slip")
    assert boss and any("moved by those who administer" in each or "移" in each for each in told(small, "ini"))
    small.approve(run, "u1")
    with small.act("admin") as act, pytest.raises(Stale, match="since"):
        governing.undo(act, run, "too late")


def test_nobody_else_may_and_a_reason_is_asked_for(small: Office) -> None:
    small.publish(ONE)
    run, _record = small.start()
    with small.act("u1") as act, pytest.raises(NotAllowed):
        governing.end(act, run, "no")
    with small.act("admin") as act, pytest.raises(Refused, match="why"):
        governing.end(act, run, "  ")
    with small.act("admin") as act, pytest.raises(Stale, match="since you opened"):
        governing.end(act, run, "seen too early", seen=0)


def test_what_is_over_goes_on_unless_another_run_is_under_way(office: Office) -> None:
    office.publish(TWO)
    run, record = office.start()
    with office.act("u1") as act:
        running.reject(act, office.task(run, "u1"))
    with office.act("admin") as act:
        governing.reactivate(act, run, "b", "by mistake")
    assert office.stands(run) == ("running", ["b:u2"]) and log(office, run)[-1] == ("reactivated", "admin", "by mistake")
    with office.act("admin") as act:
        governing.undo(act, run, "it was right")
    assert office.stands(run) == ("rejected", [])
    with office.act("ini") as act:
        running.start(act, "flow", record)
    with office.act("admin") as act, pytest.raises(Stale, match="Another run"):
        governing.reactivate(act, run, "b", "again")


def test_somebody_who_leaves_is_replaced_wherever_they_are_asked(small: Office) -> None:
    """Also where their turn has not come; where the other is asked already, the run is named and stays."""
    small.publish([{"id": "A", "mode": "seq", "approvers": ["u1@example.com", "u2@example.com"]}])
    first, _record = small.start()
    small.publish(ALL)
    second, _other = small.start()
    small.publish([{"id": "A", "mode": "all", "approvers": ["u2@example.com", "u5@example.com"]}])
    third, _third = small.start()
    with small.act("admin") as act:
        number = migrating.start_replacing(act, small.people["u2"].id, small.people["u5"].id, "u2 left")
    job = jobs.run_now(small.workspace, number)
    assert job.state == "done" and '"done":2' in job.result.replace(" ", "") and f'"run":{third}' in job.result.replace(" ", "")
    assert small.stands(second) == ("running", ["a:u1", "a:u5"]) and small.stands(third) == ("running", ["a:u2", "a:u5"])
    small.approve(first, "u1")
    assert small.stands(first) == ("running", ["a:u5"])


# -- newer versions ---------------------------------------------------------------------------------------------------------------------
def test_running_ones_follow_a_newer_version_at_the_node_of_the_same_key(small: Office) -> None:
    """At a node that is as it was, votes count; one that has changed is entered anew; for one that is gone another is chosen."""
    small.publish([*ALL, TWO[1]])
    votes, _record = small.start()
    small.approve(votes, "u1")
    at_b, _other = small.start()
    small.approve(at_b, "u1")
    small.approve(at_b, "u2")
    small.publish([*ALL, {"id": "C", "mode": "or", "approvers": ["u8@example.com"]}])
    with small.act("admin") as act:
        assert migrating.gone(act, "flow") == {"b": 1} and migrating.count_behind(act, "flow") == 2
        seen = {each.run: each for each in migrating.preview(act, "flow", {"b": "c"})}
        unknown = {each.run: each for each in migrating.preview(act, "flow", {})}
        assert (seen[votes].lands, seen[votes].anew) == (["a"], False)
        assert (seen[at_b].lands, seen[at_b].people, seen[at_b].anew) == (["c"], [small.people["u8"].id], True)
        assert unknown[at_b].problem is not None and "gone" in str(unknown[at_b].problem)
    assert small.stands(at_b) == ("running", ["b:u2"])
    with small.act("admin") as act:
        number = migrating.start_migrating(act, "flow", {"b": "c"}, "new rules")
    assert jobs.run_now(small.workspace, number).state == "done"
    assert small.stands(votes) == ("running", ["a:u2"]) and small.stands(at_b) == ("running", ["c:u8"])
    with small.act("admin") as act:
        assert migrating.count_behind(act, "flow") == 0
    small.approve(votes, "u2")
    assert small.stands(votes) == ("running", ["c:u8"])
    with small.act("admin") as act:
        governing.undo(act, at_b, "back")
    assert small.stands(at_b) == ("running", ["b:u2"])
    small.approve(at_b, "u2")
    assert small.stands(at_b)[0] == "approved"


def test_a_condition_that_fails_is_named_beforehand(small: Office) -> None:
    small.publish(ONE)
    small.start(amount=1)
    small.start(amount=10**12)
    condition = "amount * amount * amount > 3"
    parts = [*ONE, {"branch": [{"if": condition, "then": [TWO[1]]}, {"default": True, "then": [{**TWO[1], "id": "D"}]}]}]
    small.publish(parts)
    with small.act("admin") as act:
        found = migrating.preview(act, "flow", {})
    assert [each.problem for each in found] == [None, None]
    assert [len(each.failing) for each in found] == [0, 1]
    assert f"The condition “{condition}” cannot be worked out" in str(found[1].failing[0])


def test_what_a_return_looks_for_is_found_where_nodes_are_gone(small: Office) -> None:
    """The step before is gone: it goes back to the one before that, or to the start."""
    small.publish([*TWO, {"id": "C", "mode": "or", "approvers": ["u5@example.com"]}])
    run, _record = small.start()
    small.approve(run, "u1")
    small.approve(run, "u2")
    small.publish([ONE[0], {"id": "C", "mode": "or", "approvers": ["u5@example.com"]}])
    with small.act("admin") as act:
        assert migrating.migrate(act, run, "b is gone")
        assert not migrating.migrate(act, run, "twice")
    with small.act("u5") as act:
        running.return_(act, small.task(run, "u5"), "previous")
    assert small.stands(run) == ("running", ["a:u1"])


def test_two_administrators_at_once_migrate_each_run_once(office: Office) -> None:
    office.publish(TWO)
    numbers = [office.start()[0] for _number in range(6)]
    office.publish([{**ONE[0], "approvers": ["u5@example.com"]}, TWO[1]])
    waiting = []
    for _admin in range(2):
        with office.act("admin") as act:
            waiting.append(migrating.start_migrating(act, "flow", {}, "both"))
    said: list[str] = []

    def work(number: int) -> None:
        said.append(jobs.run_now(office.workspace, number).state)

    threads = [threading.Thread(target=work, args=(each,)) for each in waiting]
    for each in threads:
        each.start()
    for each in threads:
        each.join()
    assert said == ["done", "done"]
    for run in numbers:
        assert office.stands(run) == ("running", ["a:u5"])
        assert [act for act, _who, _why in log(office, run)].count("migrated") == 1 and acts_of(office, run) == 2


def test_a_run_keeps_its_version_while_a_newer_one_is_published(office: Office) -> None:
    """Case P41."""
    office.publish(TWO)
    run, _record = office.start()
    office.publish([TWO[0], {**TWO[1], "approvers": ["u5@example.com"]}])
    assert office.stands(run) == ("running", ["a:u1"])
    office.approve(run, "u1")
    assert office.stands(run) == ("running", ["b:u2"])
    office.approve(run, "u2")
    assert office.stands(run)[0] == "approved"


def test_an_administrator_and_an_approver_at_once_have_one_effect(office: Office) -> None:
    office.publish(TWO)
    run, _record = office.start()
    seen, said = acts_of(office, run), []

    def do(name: str, what: Any) -> None:
        try:
            with office.act(name) as act:
                what(act)
            said.append(name)
        except TierloomError as error:
            assert isinstance(error, Stale) and str(error).endswith(".")

    task = office.task(run, "u1")
    both = (
        ("admin", lambda act: governing.end(act, run, "stop", seen=seen)),
        ("u1", lambda act: running.approve(act, task)),
    )
    threads = [threading.Thread(target=do, args=each) for each in both]
    for each in threads:
        each.start()
    for each in threads:
        each.join()
    assert len(said) == 1
    assert office.stands(run) == (("ended", []) if said == ["admin"] else ("running", ["b:u2"]))
