"""Merging over the API: a dry run, the merge, and the way back."""

from __future__ import annotations

from tests.api.caller import Caller
from tests.api.conftest import an_order

HERE = "/forms/customer/records/merge"


def two(lite: Caller) -> tuple[str, str]:
    made = [lite.post("/forms/customer/records", {"name": f"Lin {code}", "code": code, "interests": [tea]})["id"]
            for code, tea in (("A1", "tea"), ("B2", "juice"))]  # fmt: skip
    lite.post("/forms/order/records", an_order("B2", "200"))
    return made[0], made[1]


def test_a_dry_run_tells_and_does_nothing(lite: Caller) -> None:
    keep, other = two(lite)
    told = lite.post(HERE, {"keep": keep, "other": other, "dry_run": True})
    assert told["id"] is None and told["moved"] == [{"form": "order", "field": "customer", "count": 1}]
    assert {each["field"]: each["taken"] for each in told["fields"]}["interests"] == "both"
    assert lite.get(f"/forms/customer/records/{other}")["code"] == "B2"


def test_two_records_are_merged_and_parted_again(lite: Caller) -> None:
    keep, other = two(lite)
    made = lite.post(HERE, {"keep": keep, "other": other, "take": {"name": "keep", "code": "other"}})
    now = lite.get(f"/forms/customer/records/{keep}")
    assert (now["name"], now["code"], now["interests"], now["spend"]) == ("Lin A1", "B2", ["tea", "juice"], "200.00")
    assert lite.send("GET", f"/forms/customer/records/{other}").status_code == 404
    assert lite.post(f"/merges/{made['id']}/undo") == {"form": "customer", "keep": keep, "other": other, "left": 0}
    assert (lite.get(f"/forms/customer/records/{keep}")["code"], lite.get(f"/forms/customer/records/{other}")["spend"]) == ("A1", "200.00")
    lite.refused("POST", f"/merges/{made['id']}/undo")


def test_what_does_not_fit_is_refused_at_its_path(lite: Caller) -> None:
    keep, other = two(lite)
    assert "nose" in lite.refused("POST", HERE, {"keep": keep, "other": other, "take": {"nose": "keep"}})
    assert "other" in lite.refused("POST", HERE, {"keep": keep, "other": keep})
    lite.refused("POST", HERE, {"keep": keep, "other": other, "versions": {"keep": 7, "other": 1}}, status=409)
    lite.refused("POST", HERE, {"keep": keep, "other": "999999"}, status=404)
    lite.refused("POST", "/merges/999/undo", status=404)
    lite.post(HERE, {"keep": keep, "other": other})
    lite.refused("POST", HERE, {"keep": keep, "other": other}, status=409)
