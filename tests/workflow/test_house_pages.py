"""The pages of those who run the house: finding runs, acts with a reason that can be taken back, newer versions, deputies, figures."""

from __future__ import annotations

from collections.abc import Callable

import pytest

from runtime.system import jobs
from runtime.workflow import running
from tests.ownership.conftest import files  # noqa: F401
from tests.pages.visitor import Visitor, words
from tests.workflow.test_pages import office, visit  # noqa: F401
from tests.workflow.test_running import TWO, Office

BASE = "/apps/shop/-/workflows"


@pytest.mark.usefixtures("files")
def test_an_administrator_runs_the_house(office: Office, visit: Callable[[str], Visitor]) -> None:  # noqa: F811
    run, _record = office.start(amount=1000)
    other, _record = office.start(amount=5)
    office.approve(other, "u1")
    boss, first = visit("admin"), visit("u1")
    for page in (BASE, f"{BASE}/{run}", f"{BASE}/flow/versions", f"{BASE}/statistics", f"/admin/people/{office.people['u1'].id}/approvals"):
        assert boss.get(page).status_code == 200, page
        assert first.get(page).status_code == 403, page
    assert words(boss.get(f"{BASE}?node=b")).count("Deal") == 1 and "No run is like this" in words(boss.get(f"{BASE}?overdue=1"))
    assert words(boss.get(f"{BASE}?person={office.people['u1'].id}&state=running&workflow=flow")).count("Deal") == 1

    refused = boss.post(f"{BASE}/{run}", {"what": "move", "node": "b", "reason": " ", "seen": "1"})
    assert refused.status_code == 422 and "Say why" in words(refused)
    assert boss.post(f"{BASE}/{run}", {"what": "move", "node": "b", "reason": "u1 is ill", "seen": "1"}).status_code == 303
    assert office.stands(run) == ("running", ["b:u2"]) and "u1 is ill" in words(boss.get(f"{BASE}/{run}"))
    stale = boss.post(f"{BASE}/{run}", {"what": "end", "reason": "late", "seen": "1"})
    assert stale.status_code == 409 and "since you opened" in words(stale)
    assert boss.post(f"{BASE}/{run}", {"what": "undo", "seen": "2"}).status_code == 303
    assert office.stands(run) == ("running", ["a:u1"])

    office.publish([TWO[0]], label="Contract approval")
    page = words(boss.get(f"{BASE}/flow/versions"))
    assert "is gone in the newer version" in page and "asked anew" in words(boss.get(f"{BASE}/flow/versions?to-b=a"))
    assert boss.post(f"{BASE}/flow/versions", {"to-b": "a", "reason": "simpler"}).status_code == 303
    while jobs.run_next(office.workspace):
        pass
    assert office.stands(other) == ("running", ["a:u1"]) and "2 done." in words(boss.get(f"{BASE}/flow/versions"))

    day = office.workspace.now().astimezone(office.workspace.zone).date().isoformat()
    given = {"deputy": "u8@example.com", "first": day, "last": "2099-01-01", "which": "all"}
    assert "a year" in words(first.post("/me/deputies", given))
    assert first.post("/me/deputies", {**given, "last": day, "reason": "holiday"}).status_code == 303
    assert "holiday" in words(first.get("/me/deputies")) and "u8 for u1" in words(boss.get("/me/deputies"))
    third, _record = office.start(amount=7)
    assert "for u1" in words(visit("u8").get("/approvals"))
    with office.act("u8") as act:
        running.approve(act, office.task(third, "u8"))
    assert "u8 for u1" in words(boss.get(f"{BASE}/{third}"))
    figures = words(boss.get(f"{BASE}/statistics"))
    assert "3 runs" in figures and "only those who administer see this" in figures
