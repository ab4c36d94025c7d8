"""What goes wrong around an approval: each is a sentence, and nothing of the act stays behind."""

from __future__ import annotations

from typing import Any

import pytest

from runtime.definitions import versions
from runtime.errors import Refused, Stale, TierloomError
from runtime.people.person import SYSTEM
from runtime.records import gateway
from runtime.system.tables import person
from runtime.system.workspace import Workspace
from runtime.workflow import keeping, running
from tests import makers
from tests.workflow.flows import body_of
from tests.workflow.test_running import NOBODY_SEES, TWO, Office, office_in


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


# -- on the page and by API: the sentence, and nothing lost --------------------------------------------------------------------------------
def test_who_lost_access_is_still_asked_and_sees_what_their_node_shows_and_no_more_afterwards(office: Office) -> None:
    """A right to the form that is taken away meanwhile takes no task away: the node gives what is needed for it."""
    office.publish([{**TWO[0], "more": {"fields": {"name": "view", "discount": "edit"}}}, TWO[1]])
    run, record = office.start(amount=5)
    with office.workspace.writing(SYSTEM, "publish") as act:
        versions.publish(act, [{**NOBODY_SEES, "for": ["role:nobody"]}])
    office.approve(run, "u1", discount="0.1")
    assert office.stands(run) == ("running", ["b:u2"]) and float(office.values(record)["discount"]) == 0.1
    with office.act("u1") as act, pytest.raises(TierloomError):
        gateway.update(act, "order", record, {"discount": "0.5"})


def test_who_was_taken_off_a_task_reads_who_is_asked_now(office: Office) -> None:
    office.publish(TWO)
    run, _record = office.start()
    with office.act("admin") as act:
        running.replace_person(act, office.task(run, "u1"), office.people["u8"].id)
    with pytest.raises(Stale, match="Somebody else is asked here now."):
        office.approve(run, "u1")
    assert office.stands(run) == ("running", ["a:u8"])


def test_a_condition_that_cannot_be_worked_out_any_more_is_said_and_nothing_is_lost(office: Office) -> None:
    """The formula asks for a field that a newer version of the form has no more."""
    arms = [{"if": "amount > 1", "then": [TWO[1]]}, {"default": True, "then": [{**TWO[1], "id": "C"}]}]
    office.publish([{**TWO[0], "more": {"fields": {"*": "edit"}}}, {"branch": arms}])
    run, record = office.start(amount=1)
    with office.workspace.writing(SYSTEM, "publish") as act:
        versions.publish(act, [makers.form_json(makers.text("name"), key="order", title="name")])
    with pytest.raises(TierloomError) as said:
        office.approve(run, "u1", amount=7)
    assert "amount" in str(said.value) and str(said.value).rstrip("”")[-1] == "."
    assert office.stands(run) == ("running", ["a:u1"]) and record


def test_nobody_agrees_to_a_record_in_the_trash_and_it_is_still_not_stuck(office: Office) -> None:
    office.publish(TWO)
    run, record = office.start()
    with office.act("admin") as act:
        gateway.delete(act, "order", record)
    with pytest.raises(Refused, match="in the trash"):
        office.approve(run, "u1", amount=3)
    assert office.stands(run) == ("running", ["a:u1"])
    with office.act("u1") as act:
        running.reject(act, office.task(run, "u1"))
    assert office.stands(run)[0] == "rejected"


def test_no_way_to_an_end_is_not_published(office: Office) -> None:
    body = body_of(TWO)
    body["lines"] = [each if each["from"] != "b" else {"from": "b", "to": "a"} for each in body["lines"]]
    with office.workspace.writing(SYSTEM, "publish") as act, pytest.raises(TierloomError, match="No way leads from here to an end"):
        versions.publish(act, [body])


@pytest.mark.parametrize(
    "field",
    [
        {"in_bulk": True, "signature": "every"},
        {"attachments": 21},
        {"brief": ["nothing"]},
        {"brief": ["cost"], "fields": {"*": "view", "cost": "hidden"}},
    ],
)
def test_settings_that_contradict_each_other_are_not_published(office: Office, field: dict[str, Any]) -> None:
    with pytest.raises(TierloomError):
        office.publish([{**TWO[0], "more": field}])
