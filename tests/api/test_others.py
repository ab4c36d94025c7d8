"""Formulas, tiers, tags, automations and jobs."""

from __future__ import annotations

from typing import Any

import pytest

from runtime.automation import engine
from runtime.system.tables import automation_run
from runtime.system.workspace import Workspace
from tests.api.caller import Caller
from tests.api.conftest import an_order

CUSTOMERS, ORDERS = "/forms/customer/records", "/forms/order/records"
GREET = {
    "kind": "automation",
    "key": "greet",
    "label": "Greet",
    "enabled": True,
    "trigger": {"type": "record_created", "form": "customer"},
    "sources": ["api"],
    "steps": [{"type": "update_record", "values": {"visits": "1"}}],
}


@pytest.fixture
def lin(ada: Caller) -> str:
    made = ada.post(CUSTOMERS, {"name": "Lin", "code": "C1", "visits": 4})
    ada.post(ORDERS, an_order("C1", "999.50", "0.5", paid_on="2026-11-20"))
    return made["id"]


def test_a_formula_is_checked_and_tells_what_it_reads(ada: Caller, lin: str) -> None:
    found = ada.post("/formulas/check", {"form": "order", "formula": "SUM(items.price) * LEN(customer.name)"})
    assert (found["type"]["kind"], found["type"]["currency"], found["names"]["relations"], found["names"]["paths"]) == (
        "money",
        "CNY",
        ["items"],
        ["customer.name"],
    )
    evaluated = ada.post("/formulas/evaluate", {"form": "customer", "formula": "visits * 2 + 0.5", "record": lin})
    explanation = evaluated["explanation"]
    assert (evaluated["value"], explanation["value"], explanation["sentence"]) == ("8.5", "8.5", "4 × 2 + 0.5 = 8.5")
    assert [(each["text"], each["value"]) for each in explanation["children"]] == [("Visits × 2", "8")]
    assert ada.post("/formulas/evaluate", {"form": "customer", "formula": "visits > 1", "values": {"visits": "2"}})["value"] is True
    assert ada.post("/formulas/evaluate", {"form": "customer", "formula": "since"})["value"] is None
    rows = {"items": [{"product": "Tea", "quantity": 2, "price": "1.5"}]}
    assert ada.post("/formulas/evaluate", {"form": "order", "formula": "amount", "values": rows})["value"] in ("3.00", "3", "3.0")


def test_a_formula_that_does_not_pass_is_422_with_its_place(lite: Caller) -> None:
    answer = lite.send("POST", "/formulas/check", {"form": "customer", "formula": "visits + nothing"})
    assert answer.status_code == 422 and [(each["path"], each["position"], each["length"]) for each in answer.json["errors"]] == [
        ("formula", 9, 7)
    ]
    assert lite.refused("POST", "/formulas/check", {"form": "nothing", "formula": "1"}) == {
        "form": "There is no form with the key nothing."
    }
    assert set(lite.refused("POST", "/formulas/evaluate", {"form": "customer", "formula": "1", "values": {"visits": "many"}})) == {
        "values/visits"
    }
    assert set(lite.refused("POST", "/formulas/evaluate", {"form": "customer", "formula": "1", "record": "99"})) == {"record"}


def test_why_a_record_has_its_tier(ada: Caller, lin: str) -> None:
    found = ada.get(f"/tier-models/value/records/{lin}")
    assert (found["model"], found["version"], found["tier"], found["score"]) == ("value", 1, "gold", "66.6667")
    assert [(each["key"], each["value"], each["band"], each["share"], each["missing"]) for each in found["dimensions"]] == [
        ("spend", "1000", 3, "66.6667", False)
    ]
    assert (
        ada.refused("GET", "/tier-models/value/records/0", status=404)
        == {}
        == ada.refused("GET", "/tier-models/worth/records/1", status=404)
    )


def test_a_recompute_is_a_job_that_can_be_asked_and_cancelled(ada: Caller, lin: str, workspace: Workspace) -> None:
    job = ada.post("/tier-models/value/recompute")["job"]
    assert ada.get(f"/jobs/{job}")["state"] == "waiting"
    engine.settle(workspace)
    done = ada.get(f"/jobs/{job}")
    assert (done["state"], done["kind"], done["result"]["up"]) == ("done", "tier_recompute", 0)
    other = ada.post("/tier-models/value/recompute", {"as_of": "2026-10-01"})["job"]
    assert ada.post(f"/jobs/{other}/cancel")["state"] == "cancelled"
    assert ada.refused("POST", "/tier-models/value/recompute", {"as_of": "1900-01-01"}) == {
        "as_of": "Give a day from 1970-01-01 to 2999-12-31."
    }


def test_a_job_is_seen_by_those_who_began_it_and_by_builders(lite: Caller, as_person: Any) -> None:
    job = lite.post("/tier-models/value/recompute")["job"]
    as_person("ben").refused("GET", f"/jobs/{job}", status=404)
    as_person("ben").refused("POST", f"/jobs/{job}/cancel", status=404)


def test_who_moved_between_two_days(ada: Caller, lin: str) -> None:
    today = ada.get("/me")["today"]
    found = ada.get(f"/tier-models/value/movement?from=2020-01-01&to={today}")
    assert (found["flows"], found["entered"]) == ([{"from": None, "to": "gold", "count": 1}], 1)
    assert set(ada.refused("GET", f"/tier-models/value/movement?from={today}&to=2020-01-01")) == {"from"}
    assert set(ada.refused("GET", "/tier-models/value/movement?from=2020-13-01")) == {"from", "to"}


def test_tags_are_given_and_taken(ada: Caller, lin: str) -> None:
    tags = f"{CUSTOMERS}/{lin}/tags"
    assert [(each["tag"], each["label"], each["reason"]) for each in ada.post(tags, {"tag": "vip", "reason": "met"})["items"]] == [
        ("vip", "VIP", "met")
    ]
    assert len(ada.post(tags, {"tag": "vip"})["items"]) == 1
    assert ada.get(tags, Accept_Language="zh")["items"][0]["label"] == "贵宾"
    assert ada.get(f"{CUSTOMERS}/{lin}")["tags"] == ["vip"]
    assert ada.refused("POST", tags, {"tag": "nothing"}) == {"tag": "The tag dictionary of this form has no tag nothing."}
    assert ada.send("DELETE", f"{tags}/vip").json == {"items": [], "next": None}
    assert ada.refused("DELETE", f"{tags}/nothing", status=404) == {}


def test_runs_are_listed_and_what_failed_is_run_again(ada: Caller, workspace: Workspace) -> None:
    ada.post("/definitions/publish", {"definitions": [GREET]})
    made = ada.post(CUSTOMERS, {"name": "Chen"})
    engine.settle(workspace)
    found = ada.get("/automations/greet/runs")
    run = found["items"][0]
    assert (run["record"], run["state"], found["next"]) == (made["id"], "done", None)
    assert ada.get(f"/runs/{run['id']}")["steps"][0]["state"] == "done"
    assert ada.refused("POST", f"/runs/{run['id']}/retry", status=404) == {}
    with workspace.engine.begin() as connection:
        connection.execute(automation_run.update().values(state="failed"))
    assert ada.post(f"/runs/{run['id']}/retry")["state"] == "waiting"
    assert ada.get("/automations/greet/runs?state=failed")["items"] == []
    assert ada.refused("GET", "/automations/nothing/runs", status=404) == {}
