"""Service plans by the API: how well they are kept, what they ask for, and commission."""

from __future__ import annotations

from tests.api.caller import Caller
from tests.api.conftest import TIERS, an_order
from tests.api.test_effect import publish

WIDE = "from=2020-01-01&to=2030-01-01"
PLANS = {each["key"]: {"tasks": True, "steps": [{"on_day": 0, "todo": "Greet"}], "contact_every_days": 9} for each in TIERS["tiers"]}
EARNED = {"form": "order", "amount": "amount", "on": "paid_on", "percent": "10"}


def test_plans_are_started_stopped_and_listed_and_amounts_earn_a_commission(ada: Caller):
    publish(ada, {**TIERS, "plans": PLANS, "commission": EARNED})
    ann = ada.post("/forms/customer/records", {"name": "Ann", "code": "A1"})["id"]
    ada.post("/forms/order/records", an_order("A1", "50"))
    plan = f"/tier-models/value/records/{ann}/follow-up-plan"
    assert ada.get(plan)["plan"] is None
    begun = ada.post(f"{plan}/start", {})
    assert begun["plan"].startswith("value/") and [each["what"] for each in begun["open"]] == ["0"]
    waiting = ada.get("/tier-models/value/follow-ups?box=open")
    assert (waiting["counts"]["open"], [each["record"] for each in waiting["items"]]) == (1, [ann])
    assert ada.post(f"{plan}/stop", {})["plan"] is None and ada.get("/tier-models/value/follow-ups")["items"] == []
    assert [each["commission"] for each in ada.get(f"/tier-models/value/commission?{WIDE}")["rows"]] == ["5.00"]
    kept = ada.get(f"/tier-models/value/adherence?{WIDE}")
    assert kept["state"] == "ready" and ada.send("POST", f"/tier-models/value/adherence?{WIDE}", {}).status_code == 200


def test_a_box_that_is_not_there_days_out_of_order_and_no_commission_are_refused(lite: Caller):
    assert list(lite.refused("GET", "/tier-models/value/follow-ups?box=none")) == ["box"]
    assert list(lite.refused("GET", "/tier-models/value/adherence?from=2026-02-01&to=2026-01-01")) == ["from"]
    assert lite.send("GET", f"/tier-models/value/commission?{WIDE}").status_code == 404
