"""Decisions about tiers over the API: by hand, objections, proposals, past days, what would be."""

from __future__ import annotations

from collections.abc import Callable
from datetime import date, timedelta

import pytest

from runtime.definitions import versions
from runtime.people.person import SYSTEM
from tests.api.caller import Caller
from tests.api.conftest import TIERS, an_order

RATED = "/tier-models/value/records/"


@pytest.fixture
def ann(lite: Caller) -> str:
    number = lite.post("/forms/customer/records", {"name": "Ann", "code": "C1"})["id"]
    lite.post("/forms/order/records", an_order("C1", "200"))
    return number


@pytest.fixture
def today(lite: Caller) -> date:
    return date.fromisoformat(lite.get("/tier-models/value/counts")["day"])


def stewarded(lite: Caller, **movement: object) -> None:
    with lite.app.extensions["workspace"].writing(SYSTEM, "publish") as act:
        versions.publish(act, [{**TIERS, "movement": movement, "review": {"every": "quarter", "owner": "role:lead"}}])


def test_a_tier_is_set_by_hand_and_taken_back(lite: Caller, ann: str, today: date) -> None:
    until = str(today + timedelta(days=30))
    found = lite.send("PUT", f"{RATED}{ann}/override", {"tier": "gold", "reason": "Key account", "until": until}).json
    assert (found["tier"], found["until"], found["person"]) == ("gold", until, found["approver"])
    assert lite.get(f"{RATED}{ann}")["movement"]["by"] == "override"
    assert lite.send("DELETE", f"{RATED}{ann}/override").json == {"lifted": True}
    assert lite.send("DELETE", f"{RATED}{ann}/override").json == {"lifted": False}
    assert [(each["tier"], each["cause"]) for each in lite.get(f"{RATED}{ann}/history")["items"]][:2] == [
        ("basic", "override"),
        ("gold", "override"),
    ]


def test_an_objection_is_answered(lite: Caller, ann: str, today: date, as_person: Callable[[str], Caller]) -> None:
    stewarded(lite)
    ben = as_person("ben")
    assert ben.send("PUT", f"{RATED}{ann}/override", {"tier": "gold", "reason": "Mine"}).status_code == 403
    asked = ben.post(f"{RATED}{ann}/appeals", {"tier": "gold", "reason": "Brings her family"})
    assert (asked["state"], asked["tier_then"], asked["tier"]) == ("open", "basic", "gold")
    assert [each["id"] for each in lite.get("/tier-models/value/appeals?state=open")["items"]] == [asked["id"]]
    answer = {"until": str(today + timedelta(days=9)), "answer": "Yes"}
    assert ben.send("POST", f"/tier-models/value/appeals/{asked['id']}/accept", answer).status_code == 403
    done = lite.post(f"/tier-models/value/appeals/{asked['id']}/accept", answer)
    assert (done["state"], done["answer"], done["until"]) == ("accepted", "Yes", answer["until"])
    assert lite.get(f"{RATED}{ann}")["tier"] == "gold"
    assert lite.refused("POST", f"/tier-models/value/appeals/{asked['id']}/refuse", {"answer": "No"}) == {}


def test_proposed_steps_are_listed_and_decided(lite: Caller, ann: str) -> None:
    stewarded(lite, demotion="propose")
    lite.post("/forms/order/records", an_order("C1", "9000"))
    order = lite.get("/forms/order/records?filter=amount > 1000")["items"][0]
    lite.send("DELETE", f"/forms/order/records/{order['id']}")
    (waiting,) = lite.get("/tier-models/value/proposals")["items"]
    assert (waiting["record"], waiting["tier"], waiting["proposed"]) == (ann, "gold", "basic")
    assert lite.post("/tier-models/value/proposals/refuse", {"reason": "Moving", "records": [ann]}) == {"records": [ann]}
    assert lite.get("/tier-models/value/proposals")["total"] == 0
    assert lite.post("/tier-models/value/proposals/accept") == {"records": []}


def test_past_days_and_moves_are_asked_for(lite: Caller, ann: str, today: date) -> None:
    before = today - timedelta(days=1)
    assert lite.get("/tier-models/value/counts") == {
        "day": str(today),
        "tiers": [{"key": "gold", "count": 0}, {"key": "basic", "count": 1}],
        "tags": [],
        "total": 1,
    }
    assert lite.get(f"/tier-models/value/counts?day={before}")["total"] == 0
    span = f"from={before}&to={today}"
    assert [each["record"] for each in lite.get(f"/tier-models/value/movers?{span}&direction=entered")["items"]] == [ann]
    found = lite.get(f"/tier-models/value/movement?{span}")
    assert (found["entered"], found["mobility_index"], [each["median_days"] for each in found["stickiness"]]) == (1, None, [None, 0])


def test_what_another_band_would_lead_to(lite: Caller, ann: str) -> None:
    would = lite.post(f"{RATED}{ann}/what-if", {"bands": {"spend": 4}})
    assert (would["tier"], would["score"], would["dimensions"][0]["band"]) == ("gold", "100", 4)
    assert list(lite.refused("POST", f"{RATED}{ann}/what-if", {"bands": {"spend": 9}})) == ["bands/spend"]
    assert lite.get(f"{RATED}{ann}")["tier"] == "basic"
