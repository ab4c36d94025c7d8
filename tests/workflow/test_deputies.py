"""Deputies: for a period, for all or some workflows, by the person or an administrator; no chains, no circles; it ends by itself."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta

import pytest

from runtime.errors import NotAllowed, NotFound, Refused
from runtime.people import accounts
from runtime.people.person import SYSTEM
from runtime.system.workspace import Workspace
from runtime.workflow import boxes, deputies, keeping
from tests.workflow.test_running import Office, office_in

ONE = [{"id": "A", "mode": "or", "approvers": ["u1@example.com"]}]
DAY = timedelta(days=1)


@pytest.fixture
def office(sqlite_workspace: Workspace) -> Office:
    return office_in(sqlite_workspace)


def name(office: Office, who: str, deputy: str, first: int = 0, last: int = 3, by: str | None = None, only: list[str] | None = None) -> int:
    with office.act(by or who) as act:
        ids = (office.people[who].id, office.people[deputy].id)
        return deputies.add(act, *ids, act.today + first * DAY, act.today + last * DAY, only, "holiday")


def test_what_is_asked_in_the_period_goes_to_the_deputy_and_ends_by_itself(office: Office) -> None:
    now = datetime(2026, 3, 2, 4, 0, tzinfo=UTC)
    office.workspace.now = lambda: now
    office.publish(ONE)
    name(office, "u1", "u8", 1, 2)
    stood = []
    for _day in range(4):
        stood.append(office.stands(office.start()[0])[1])
        now += DAY
    assert stood == [["a:u1"], ["a:u8"], ["a:u8"], ["a:u1"]]
    with office.act("u8") as act:
        assert {each.instead_of for each in boxes.page(act, "todo")} == {office.people["u1"].id}
        assert deputies.by_deputy(act, act.person.id) == []


def test_only_for_the_workflows_that_are_named(office: Office) -> None:
    office.publish(ONE)
    office.publish(ONE, key="other")
    name(office, "u1", "u8", only=["other"])
    run, _record = office.start()
    assert office.stands(run)[1] == ["a:u1"]
    with pytest.raises(Refused, match="at least one"):
        name(office, "u2", "u8", only=[])


@pytest.mark.parametrize(
    ("who", "deputy", "days", "sentence"),
    [
        ("u8", "u1", (0, 3), "away then too"),  # a circle
        ("u8", "u5", (3, 9), "named you"),  # the deputy of u1 goes as well
        ("u5", "u1", (1, 1), "away then too"),  # to somebody who is away
        ("u1", "u5", (2, 9), "already"),  # a second one at the same time
        ("u2", "u2", (0, 1), "themselves"),
        ("u2", "u5", (3, 1), "before the first"),
        ("u2", "u5", (-5, -1), "passed"),
        ("u2", "u5", (0, 500), "a year"),
    ],
)
def test_chains_circles_and_days_that_cannot_be(office: Office, who: str, deputy: str, days: tuple[int, int], sentence: str) -> None:
    name(office, "u1", "u8")
    with pytest.raises(Refused, match=sentence):
        name(office, who, deputy, *days)


def test_after_one_another_is_no_chain(office: Office) -> None:
    name(office, "u1", "u8", 0, 3)
    name(office, "u8", "u1", 4, 6)


def test_who_may_name_and_end(office: Office) -> None:
    with pytest.raises(NotAllowed):
        name(office, "u1", "u8", by="u2")
    number = name(office, "u1", "u8", by="admin")
    office.publish(ONE)
    with office.act("u2") as act, pytest.raises(NotFound):
        deputies.end(act, number)
    with office.act("u2") as act, pytest.raises(NotAllowed):
        deputies.everybody(act)
    with office.act("admin") as act:
        assert [(each.id, each.made_by, each.reason) for each in deputies.everybody(act)] == [(number, act.person.id, "holiday")]
    with office.act("u8") as act:
        deputies.end(act, number)
    run, _record = office.start()
    assert office.stands(run)[1] == ["a:u1"]
    with office.act("u1") as act, pytest.raises(NotFound):
        deputies.end(act, number)


def test_a_deputy_who_is_switched_off_is_passed_over(office: Office) -> None:
    name(office, "u1", "u8")
    with office.act("admin") as act:
        accounts.deactivate(act, office.people["u8"].id)
    office.publish(ONE)
    run, _record = office.start()
    assert office.stands(run)[1] == ["a:u1"]
    with office.workspace.reading(SYSTEM) as act:
        _row, state = keeping.read(act, run, lock=False)
    assert state.tasks[0].instead_of is None
