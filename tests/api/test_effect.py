"""What uses tiers and tags, what tiers bring, and experiments, by the API; and the reason that publishing may need."""

from __future__ import annotations

import pytest

from tests.api.caller import Caller
from tests.api.conftest import TIERS, an_order

REVENUE = {"form": "order", "amount": "amount", "on": "paid_on"}
CHEER = {
    "kind": "automation",
    "key": "cheer",
    "label": "Cheer",
    "trigger": {"type": "record_created", "form": "customer"},
    "when": "'vip' in tags",
    "steps": [{"type": "add_tag", "tag_set": "customer_tags", "tag": "bargain"}],
    "hold_out": {"percent": 50, "goal": {"form": "order", "on": "paid_on"}},
}
WITH_EFFECT = {**TIERS, "effect": {"revenue": [REVENUE]}}


def publish(caller: Caller, *definitions, **more):
    return caller.post("/definitions/publish", {"definitions": list(definitions), **more})


def test_uses_of_tiers_are_told_with_trust_and_reason(ada: Caller):
    publish(ada, WITH_EFFECT, reason="No need yet.")
    found = ada.get("/tier-models/value/uses")
    assert [(each["tier"], each["used"], each["reason"]) for each in found["tiers"]] == [
        ("gold", False, "No need yet."),
        ("basic", False, "No need yet."),
    ]
    assert found["days"] == 30 and found["tiers"][0]["trust"]["count"] == 0


def test_uses_of_tags_are_told(ada: Caller):
    publish(ada, CHEER)
    (bargain,) = [each for each in ada.get("/tag-sets/customer_tags/uses")["tags"] if each["tag"] == "bargain"]
    (vip,) = [each for each in ada.get("/tag-sets/customer_tags/uses")["tags"] if each["tag"] == "vip"]
    assert not bargain["used"] and vip["consumers"] == [
        {"kind": "automation", "key": "cheer", "label": "Cheer", "through": None, "off": False}
    ]


def test_the_effect_is_a_table_by_tier(ada: Caller):
    publish(ada, WITH_EFFECT, reason="No need yet.")
    ada.post("/forms/customer/records", {"name": "Ann", "code": "A1"})
    ada.post("/forms/order/records", an_order("A1", "50"))
    found = ada.get("/tier-models/value/effect?from=2020-01-01&to=2030-01-01")
    assert sum(float(each["now"]["revenue"]) for each in found["rows"]) == 50 and found["currency"] == "CNY"


def test_without_sources_there_is_no_table_and_days_are_in_order(lite: Caller):
    missing = lite.send("GET", "/tier-models/value/effect?from=2026-01-01&to=2026-02-01")
    assert missing.status_code == 404 and "where revenue and cost come from" in missing.json["detail"]
    assert list(lite.refused("GET", "/tier-models/value/effect?from=2026-02-01&to=2026-01-01")) == ["from"]


def test_an_experiment_is_told_and_only_to_those_who_build(lite: Caller, as_person):
    publish(lite, CHEER)
    found = lite.get("/automations/cheer/experiment")
    assert (found["verdict"], found["percent"], found["treated"]["entered"], found["difference"]) == ("early", 50, 0, None)
    assert as_person("ben").send("GET", "/automations/cheer/experiment").status_code == 403
    publish(lite, {name: value for name, value in CHEER.items() if name != "hold_out"})
    assert lite.send("GET", "/automations/cheer/experiment").status_code == 404


@pytest.mark.parametrize("dry_run", [True, False])
def test_publishing_a_tier_that_nothing_uses_asks_for_the_reason_at_its_path(lite: Caller, dry_run: bool):
    found = lite.refused("POST", "/definitions/publish", {"definitions": [WITH_EFFECT], "dry_run": dry_run})
    assert list(found) == ["reason"] and "Write down why that is right" in found["reason"]
    assert publish(lite, WITH_EFFECT, dry_run=dry_run, reason="No need yet.")
