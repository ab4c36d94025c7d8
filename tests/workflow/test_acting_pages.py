"""Acting one after the other: the next task follows, what is over offers nothing to press, and several are decided together from the list."""

from __future__ import annotations

from collections.abc import Callable

from runtime.definitions.loading import load
from runtime.definitions.workflow import Workflow
from runtime.pages import approval_parts
from runtime.records import gateway
from runtime.system.workspace import Workspace
from runtime.workflow import running
from runtime.workflow.state import Run, Visit
from tests.ownership.conftest import files  # noqa: F401
from tests.pages.visitor import Visitor, words
from tests.workflow.test_pages import visit  # noqa: F401
from tests.workflow.test_running import Office, office_in
import pytest

from runtime.definitions import versions
from runtime.people.person import SYSTEM
from tests.workflow.test_pages import APP

PAIR = ["u1@example.com", "u2@example.com"]
SHOWN = {"fields": {"name": "view", "amount": "view", "cost": "hidden"}}


@pytest.fixture
def office(sqlite_workspace: Workspace) -> Office:
    """One of two approves; then u5 is told. What costs more than 5,000 needs a comment and may not be approved."""
    office = office_in(sqlite_workspace)
    check = {"check": "amount <= 5000", "message": "At most 5,000."}
    both = {"id": "A", "mode": "or", "approvers": PAIR, "more": {**SHOWN, "in_bulk": True, "checks": [check]}}
    alone = {"id": "A", "mode": "or", "approvers": PAIR[:1], "more": SHOWN}
    office.publish([both, {"id": "B", "mode": "or", "approvers": ["u5@example.com"], "more": SHOWN}], label="Contract approval")
    office.publish([alone], key="alone", label="Large contract")
    with sqlite_workspace.writing(SYSTEM, "publish") as act:
        versions.publish(act, [APP])
    return office


def begin(office: Office, name: str, amount: int, flow: str = "flow") -> str:
    with office.act("ini") as act:
        record = gateway.create(act, "order", {"name": name, "amount": amount, "cost": 77777}).id
        return f"/approvals/{running.start(act, flow, record)}"


def tasks_of(page: str) -> list[str]:
    return [each.split('"')[0] for each in page.split('type="checkbox" name="task" value="')[1:]]


def test_the_next_one_follows_until_nothing_waits(office: Office, visit: Callable[[str], Visitor]) -> None:  # noqa: F811
    first, second, third = (begin(office, name, 1000) for name in ("Oats", "Rye", "Corn"))
    one, two, ini = visit("u1"), visit("u2"), visit("ini")
    page = one.get(third)
    assert "1 / 3" in words(page) and f'href="{second}" data-next' in page.get_data(as_text=True)
    assert "Oats" in words(page) and "Rye" in words(page) and "77777" not in page.get_data(as_text=True)
    page = words(one.get(second))
    assert "2 / 3" in page and "You are asked" in page and "u2: has yet to decide" in page and "ini: submitted" in page
    assert one.post(third, {"act": "approve", "task": "1", "comment": "Good grain"}).location == second
    gone = two.get(third)
    assert "u1: approved" in words(gone) and "Nothing more is wanted of you here" in words(gone) and "Good grain" in words(gone)
    assert 'value="approve"' not in gone.get_data(as_text=True) and f'href="{second}"' in gone.get_data(as_text=True)
    assert 'value="withdraw"' not in ini.get(third).get_data(as_text=True), "somebody has acted"
    assert 'value="withdraw"' in ini.get(second).get_data(as_text=True)
    assert one.post(first, {"act": "reject", "task": "1"}).location == second, "after the last it begins from the top"
    ini.post(second, {"act": "withdraw"})
    late = one.post(second, {"act": "approve", "task": "1"})
    assert late.status_code == 409 and "withdrew" in words(late) and 'value="approve"' not in late.get_data(as_text=True)
    assert "Nothing waits for you" in words(one.get("/approvals"))
    last = begin(office, "Last", 1)
    assert one.post(last, {"act": "approve", "task": "1"}).location == "/approvals"


def test_several_are_decided_together_each_with_its_own_result(office: Office, visit: Callable[[str], Visitor]) -> None:  # noqa: F811
    for name, amount in (("Oats", 1000), ("Rye", 9000), ("Corn", 2000)):
        begin(office, name, amount)
    begin(office, "Alone", 5, "alone")
    one, two = visit("u1"), visit("u2")
    picked = tasks_of(one.get("/approvals").get_data(as_text=True))
    assert len(picked) == 3, "only where the node allows it"
    alone = str(office.task(4, "u1"))
    assert two.post("/approvals/3", {"act": "reject", "task": "2"}).status_code == 303
    sent = {"act": "approve", "comment": "All fine", "task": [*picked, alone, str(office.task(1, "u2")), "no", "9" * 30]}
    answer = words(one.post("/approvals/together", sent))
    assert "1 of 5 are done. The others are as they were." in answer
    for name, said in (("Oats", "Approved."), ("Rye", "At most 5,000."), ("Alone", "This is decided on its own page. Open it.")):
        assert f"{name} {said}" in answer
    assert "There is no such task." in answer and "Corn This has been rejected already" in answer
    assert office.stands(1) == ("running", ["b:u5"]) and office.stands(2)[1] == ["a:u1", "a:u2"] and office.stands(4)[1] == ["a:u1"]
    assert "All fine" in words(one.get("/approvals/1"))
    assert "Nothing was picked." in words(one.post("/approvals/together", {"act": "approve"}))
    assert "This is decided on its own page" in words(
        one.post("/approvals/together", {"act": "return", "task": [str(office.task(2, "u1"))]})
    )
    answer = words(one.post("/approvals/together", {"act": "reject", "task": [str(office.task(2, "u1"))]}))
    assert "1 of 1 are done." in answer and office.stands(2)[0] == "rejected"


def test_what_was_decided_together_is_undone_beside_its_line(office: Office, visit: Callable[[str], Visitor]) -> None:  # noqa: F811
    for name, amount in (("Oats", 1000), ("Rye", 9000)):
        begin(office, name, amount)
    one = visit("u1")
    page = one.post("/approvals/together", {"act": "approve", "task": tasks_of(one.get("/approvals").get_data(as_text=True))}).get_data(as_text=True)
    assert 'action="/approvals/1/undo"' in page and "/approvals/2/undo" not in page, "only where something was decided"
    assert one.post("/approvals/1/undo").location == "/approvals/1"
    assert office.stands(1)[1] == ["a:u1", "a:u2"]


def test_the_lists_are_narrowed_and_say_how_many_there_are(office: Office, visit: Callable[[str], Visitor]) -> None:  # noqa: F811
    begin(office, "Small one", 10), begin(office, "Large one", 9000, "alone")
    one, ini = visit("u1"), visit("ini")
    page = words(one.get("/approvals"))
    assert "Small one" in page and "Large one" in page and "Waiting for me 2" in page
    page = words(one.get("/approvals?workflow=alone"))
    assert "Small one" not in page and "Large one" in page and "Show all" in page
    page = words(one.get("/approvals?overdue=1"))
    assert "Nothing in this list is like that." in page and "Waiting for me 2" in page
    assert one.post("/approvals/2", {"act": "reject", "task": "1"}).status_code == 303
    assert "Waiting for me 1" in words(one.get("/approvals")) and "Decided by me 1" in words(one.get("/approvals"))
    page = words(ini.get("/approvals?box=started&status=rejected"))
    assert "Large one" in page and "Small one" not in page
    assert "Large one" in words(ini.get("/approvals?box=started&workflow=nothing&status=gone")), "what is not there narrows nothing"


def test_an_open_page_is_told_where_its_run_stands_now(office: Office, visit: Callable[[str], Visitor]) -> None:  # noqa: F811
    begin(office, "Small one", 10)
    one, two, other = visit("u1"), visit("u2"), visit("u5")
    assert "<title>Small one · waits for you" in two.get("/approvals/1").get_data(as_text=True)
    before = two.get("/approvals/standing?run=1").get_json()
    assert before["counts"]["todo"] == "1" and before["run"]["standing"] == "waits for you"
    assert "run" not in other.get("/approvals/standing?run=1").get_json(), "who has nothing to do with it hears nothing"
    one.post("/approvals/1", {"act": "approve", "task": "1"})
    after = two.get("/approvals/standing?run=1").get_json()
    assert after["counts"]["todo"] == "" and after["run"] == {"acts": before["run"]["acts"] + 1, "standing": "under way"}


def test_what_may_be_passed_by_comes_perhaps_and_what_closes_every_way_comes_last() -> None:
    flow = load_flow([("manager", "approval"), ("finance", "approval"), ("legal", "approval")], [
        ("start", "manager", {}), ("manager", "finance", {"when": "amount > 5"}), ("manager", "legal", {"otherwise": True}),
        ("finance", "legal", {}), ("legal", "end", {}),
    ])  # fmt: skip
    assert ahead_of(flow, "manager") == [("finance", "maybe"), ("legal", "later")]


def test_of_lines_that_are_all_followed_each_comes() -> None:
    flow = load_flow([("split", "parallel"), ("one", "approval"), ("two", "approval"), ("meet", "join")], [
        ("start", "split", {}), ("split", "one", {}), ("split", "two", {}), ("one", "meet", {}), ("two", "meet", {}), ("meet", "end", {}),
    ])  # fmt: skip
    assert ahead_of(flow, "start") == [("one", "later"), ("two", "later")]


def load_flow(nodes: list[tuple[str, str]], lines: list[tuple[str, str, dict[str, object]]]) -> Workflow:
    asked = {"approvers": ["role:finance"]}
    every = [("start", "start"), *nodes, ("end", "end")]
    body = {"kind": "workflow", "key": "flow", "label": "Flow", "form": "order"}
    body["nodes"] = [{"key": key, "type": sort, **(asked if sort == "approval" else {})} for key, sort in every]  # type: ignore[assignment]
    body["lines"] = [{"from": source, "to": to, **more} for source, to, more in lines]  # type: ignore[assignment]
    flow = load(body)
    assert isinstance(flow, Workflow)
    return flow


def ahead_of(flow: Workflow, node: str) -> list[tuple[str, str]]:
    run = Run(1, "running", 1, [Visit(1, node, 0, 1)])
    return [(each["name"], each["state"]) for each in approval_parts._ahead(flow, run)]


def test_at_a_fill_in_nobody_is_said_to_approve(office: Office, visit: Callable[[str], Visitor]) -> None:  # noqa: F811
    fill_in = {"type": "handle", "fields": {"name": "view", "amount": "edit"}, "actions": ["approve"]}
    after = {"id": "B", "mode": "or", "approvers": ["u5@example.com"], "more": SHOWN}
    office.publish([{"id": "A", "mode": "or", "approvers": PAIR[:1], "more": fill_in}, after], key="fills", label="Delivery")
    place, ini, one = begin(office, "Oats", 10, "fills"), visit("ini"), visit("u1")
    assert "u1: has yet to fill it in" in words(ini.get(place))
    assert one.post(place, {"act": "approve", "task": "1", "f_amount": "12"}).status_code == 303
    assert "u1: submitted" in words(ini.get(place)) and "u1: approved" not in words(ini.get(place))
