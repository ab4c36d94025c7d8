"""What goes wrong around an approval: each is a sentence, and nothing of the act stays behind."""

from __future__ import annotations

from typing import Any

import pytest

from runtime.definitions import versions
from runtime.errors import Refused, Stale, TierloomError
from runtime.people.person import SYSTEM
from runtime.system.tables import person
from runtime.system.workspace import Workspace
from runtime.workflow import keeping, running
from tests.workflow.flows import body_of
from tests.workflow.test_running import TWO, Office, office_in


@pytest.fixture
def office(sqlite_workspace: Workspace) -> Office:
    return office_in(sqlite_workspace)


def node(key: str, *who: str, **more: Any) -> dict[str, Any]:
    return {"id": key, "mode": "or", "approvers": [], "more": {"approvers": list(who), **more}}


def leaves(office: Office, name: str) -> None:
    with office.workspace.writing(SYSTEM) as act:
        act.connection.execute(person.update().where(person.c.id == office.people[name].id).values(active=0))


@pytest.mark.parametrize("who", ["head_of:nowhere", "role:deleted", "handler_of:b"])
def test_where_nobody_is_found_those_who_administer_are_asked_or_it_is_refused(office: Office, who: str) -> None:
    office.publish([node("A", who), TWO[1]])
    run, _record = office.start()
    assert office.stands(run) == ("running", ["a:admin"])
    with office.workspace.reading(SYSTEM) as act:
        assert "nobody" in [each.act for each in keeping.read(act, run, lock=False)[1].log]
    office.publish([node("A", who, if_nobody="refuse"), TWO[1]])
    with pytest.raises(Refused, match="Nobody is found who could act at a."):
        office.start()


def test_approving_twice_and_what_was_withdrawn_a_second_ago(office: Office) -> None:
    office.publish([{**TWO[0], "mode": "all", "approvers": ["u1@example.com", "u2@example.com"]}])
    run, _record = office.start()
    office.approve(run, "u1")
    with pytest.raises(Stale, match="You have approved this already."):
        office.approve(run, "u1")
    run, _record = office.start()
    with office.act("ini") as act:
        running.withdraw(act, run)
    with pytest.raises(Stale, match="has withdrawn it"):
        office.approve(run, "u1")
    assert office.stands(run) == ("withdrawn", [])


def test_returning_to_a_node_that_was_never_visited(office: Office) -> None:
    office.publish([{**TWO[0], "more": {"return_to": ["b"]}}, TWO[1]])
    run, _record = office.start()
    with office.act("u1") as act, pytest.raises(Refused, match="It was never there"):
        running.return_(act, office.task(run, "u1"), "b")
    assert office.stands(run) == ("running", ["a:u1"])


def test_a_circle_in_which_nobody_acts_is_not_published(office: Office) -> None:
    body = body_of(TWO)
    body["nodes"] += [{"key": "one", "type": "branch"}, {"key": "two", "type": "branch"}]
    body["lines"] = [each for each in body["lines"] if each["from"] != "b"]
    body["lines"] += [
        {"from": "b", "to": "one"},
        {"from": "one", "to": "two"},
        {"from": "two", "to": "one", "otherwise": True},
        {"from": "two", "to": "end", "when": "amount > 1"},
    ]
    with office.workspace.writing(SYSTEM, "publish") as act, pytest.raises(TierloomError, match="turn without an end"):
        versions.publish(act, [body])


def test_a_condition_that_divides_by_nothing_takes_the_otherwise_line(office: Office) -> None:
    """It is blank, and a blank does not hold."""
    arms = [{"if": "amount / discount > 1", "then": [TWO[1]]}, {"default": True, "then": [{**TWO[1], "id": "C"}]}]
    office.publish([TWO[0], {"branch": arms}])
    run, _record = office.start(amount=1, discount=0)
    office.approve(run, "u1")
    assert office.stands(run) == ("running", ["c:u2"])


def test_nobody_is_asked_who_has_left(office: Office) -> None:
    office.publish([{**TWO[0], "mode": "all", "approvers": ["u1@example.com", "u2@example.com"]}])
    run, _record = office.start()
    leaves(office, "u5")
    task, gone = office.task(run, "u1"), office.people["u5"].id
    for acts in (lambda act: running.transfer(act, task, gone), lambda act: running.add(act, task, [gone], "beside")):
        with office.act("u1") as act, pytest.raises(Refused, match="does not work here any more"):
            acts(act)
    with office.act("u1") as act, pytest.raises(Refused, match="does not work here any more"):
        running.transfer(act, task, 999)
    assert office.stands(run) == ("running", ["a:u1", "a:u2"])
