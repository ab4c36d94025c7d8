"""Workflows by the API: started, approved, returned and withdrawn; who has nothing to do with one finds nothing; versions and repeats."""

from __future__ import annotations

from collections.abc import Callable

import pytest

from tests.api.caller import Caller
from tests.api.test_effect import publish

APPROVAL = {
    "kind": "workflow",
    "key": "check",
    "label": "Check",
    "form": "customer",
    "withdraw": "before_first_act",
    "nodes": [
        {"key": "start", "type": "start"},
        {"key": "fill", "type": "handle", "approvers": ["user:ada@example.com"], "fields": {"*": "view", "visits": "edit"}},
        {"key": "head", "type": "approval", "approvers": ["user:ada@example.com"], "comment": "required_on_reject"},
        {"key": "end", "type": "end"},
    ],
    "lines": [{"from": "start", "to": "fill"}, {"from": "fill", "to": "head"}, {"from": "head", "to": "end"}],
}


@pytest.fixture
def ann(lite: Caller) -> str:
    publish(lite, APPROVAL)
    return lite.post("/forms/customer/records", {"name": "Ann", "visits": 3})["id"]


def started(lite: Caller, record: str) -> tuple[str, str]:
    run = lite.post("/workflows/check/start", {"record": record, "comment": "Please"})
    return run["id"], run["tasks"][0]["id"]


def test_a_record_goes_from_its_start_to_its_approval(lite: Caller, ann: str):
    run, task = started(lite, ann)
    waiting = lite.get("/tasks")["items"]
    assert [(each["id"], each["kind"], each["actions"]) for each in waiting] == [(task, "handle", ["submit", "return", "transfer"])]
    assert lite.refused("POST", f"/tasks/{task}/approve", {}) == {"": "This cannot be done at this node."}
    assert list(lite.refused("POST", f"/tasks/{task}/submit", {"values": {"visits": "many"}})) == ["values/visits"]
    after = lite.post(f"/tasks/{task}/submit", {"values": {"visits": 7, "name": "Other"}} | {"comment": "Filled"})
    assert (after["status"], [each["node"] for each in after["tasks"]]) == ("running", ["head"])
    saved = lite.get(f"/forms/customer/records/{ann}")
    assert (saved["visits"], saved["name"]) == ("7", "Ann")
    head = after["tasks"][0]["id"]
    assert lite.refused("POST", f"/tasks/{head}/reject", {}) == {"comment": "Write a comment."}
    done = lite.post(f"/tasks/{head}/approve", {})
    assert done["status"] == "approved" and [each["act"] for each in done["log"]] == ["submitted", "submitted", "approved", "finished"]
    assert done["log"][0]["comment"] == "Please" and done == lite.get(f"/workflows/runs/{run}")
    assert lite.get("/tasks")["items"] == []
    assert [each["status"] for each in lite.get("/tasks?box=done&workflow=check")["items"]] == ["approved"] * 2
    assert lite.get("/tasks?box=done&workflow=other")["items"] == []


def test_boxes_come_a_page_at_a_time(lite: Caller, ann: str):
    records = [ann, *(lite.post("/forms/customer/records", {"name": name})["id"] for name in ("Bea", "Cy"))]
    for each in records:
        started(lite, each)
    for box in ("todo", "started"):
        seen, cursor = [], ""
        for _page in range(3):
            found = lite.get(f"/tasks?box={box}&limit=1{cursor}")
            seen += [each["record"] for each in found["items"]]
            cursor = f"&cursor={found['next']}"
        assert seen == records[::-1] and lite.get(f"/tasks?box={box}&limit=1{cursor}")["items"] == []


def test_an_act_sent_twice_is_done_once_and_one_on_an_old_state_is_refused(lite: Caller, ann: str):
    run, task = started(lite, ann)
    mark = lite.send("GET", f"/workflows/runs/{run}").headers["ETag"]
    first = lite.send("POST", f"/tasks/{task}/submit", {}, Idempotency_Key="once", If_Match=mark)
    again = lite.send("POST", f"/tasks/{task}/submit", {}, Idempotency_Key="once", If_Match=mark)
    assert first.status_code == again.status_code == 200 and first.json == again.json
    head = first.json["tasks"][0]["id"]
    assert lite.send("POST", f"/tasks/{head}/approve", {}, If_Match=mark).status_code == 412
    late = lite.send("POST", f"/tasks/{task}/submit", {})
    assert late.status_code == 409 and late.json["detail"] == "You have approved this already."
    assert lite.send("POST", f"/tasks/{head}/approve", {}, If_Match=first.headers["ETag"]).status_code == 200


def test_it_is_returned_withdrawn_and_submitted_again(lite: Caller, ann: str):
    run, task = started(lite, ann)
    assert lite.refused("POST", f"/tasks/{task}/return", {"to": "head"}) == {"to": "It cannot be returned to there from here."}
    assert lite.post(f"/tasks/{task}/return", {"to": "start"})["status"] == "returned"
    back = lite.post(f"/workflows/runs/{run}/submit", {"values": {"name": "Anna"}})
    assert back["status"] == "running" and lite.get(f"/forms/customer/records/{ann}")["name"] == "Anna"
    gone = lite.post(f"/workflows/runs/{run}/withdraw", {})
    assert (gone["status"], gone["tasks"]) == ("withdrawn", [])
    late = lite.send("POST", f"/tasks/{back['tasks'][0]['id']}/submit", {})
    assert late.status_code == 409 and "withdrawn" in late.json["detail"]


def test_a_task_is_given_away_and_others_are_asked(lite: Caller, ann: str, as_person: Callable[[str], Caller]):
    run, task = started(lite, ann)
    assert lite.refused("POST", f"/tasks/{task}/transfer", {"to": "nobody@example.com"})["to"].startswith("Nobody here")
    given = lite.post(f"/tasks/{task}/transfer", {"to": "ben@example.com"})["tasks"]
    assert lite.send("POST", f"/tasks/{given[0]['id']}/submit", {}).status_code == 403
    ben, gus = as_person("ben"), as_person("gus")
    assert [each["id"] for each in ben.get("/tasks")["items"]] == [given[0]["id"]]
    for method, path in (
        ("GET", f"/workflows/runs/{run}"),
        ("POST", f"/tasks/{given[0]['id']}/submit"),
        ("POST", f"/workflows/runs/{run}/remind"),
    ):
        assert gus.send(method, path, {} if method == "POST" else None).status_code == 404
    head = ben.post(f"/tasks/{given[0]['id']}/submit", {})["tasks"][0]["id"]
    asked = lite.post(f"/tasks/{head}/add-approver", {"people": ["ben@example.com"], "where": "before"})
    assert [each["who"] for each in asked["tasks"]] == [given[0]["who"]]
