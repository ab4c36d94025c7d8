"""Drafts that need one another: what a draft names and what was never published is tried out and published together with it."""

from __future__ import annotations

from typing import TYPE_CHECKING

from runtime.definitions import versions
from runtime.people.person import SYSTEM
from tests.builder.conftest import HOME, VALUE, Designer

if TYPE_CHECKING:
    from werkzeug.test import TestResponse

    from tests.tiers.world import World

TIERS = f"{HOME}/tiers/value"
LANE = {**VALUE, "key": "value_new", "label": {"zh": "新客", "en": "New customers"}}
LANE.pop("lanes", None)
WITH_LANE = {**VALUE, "lanes": [{"key": "new", "label": {"zh": "新客", "en": "New"}, "when": "spend < 10", "tier_model": "value_new"}]}


def save(shop: World, *bodies: dict) -> None:
    with shop.workspace.writing(SYSTEM) as act:
        for each in bodies:
            versions.save_draft(act, each["kind"], each["key"], each, 0)


def publish(ada: Designer) -> TestResponse:
    read = {name: ada.given(TIERS)[name] for name in ("edit", "stamp", "live")}
    return ada.ask("POST", f"{TIERS}/publish", {**read, "note": "", "reason": "its plans follow"})


def test_a_model_is_tried_out_with_the_lane_that_is_only_a_draft(ada: Designer, shop: World) -> None:
    save(shop, LANE, WITH_LANE)
    found = ada.ask("POST", f"{TIERS}/distribution", {"draft": WITH_LANE, "dimension": VALUE["dimensions"][0]["key"]})
    assert found.status_code == 200 and "problems" not in found.get_json()


def test_the_publish_dialog_names_the_lane_and_both_are_published(ada: Designer, shop: World) -> None:
    save(shop, LANE, WITH_LANE)
    preview = ada.ask("POST", f"{TIERS}/preview", {"body": WITH_LANE}).get_json()
    assert preview["together"] == ["Tier model · New customers"] and preview["problems"] == []
    assert publish(ada).status_code == 200
    with shop.workspace.reading(SYSTEM) as act:
        assert set(act.catalogue.tier_models) == {"value", "value_new"}
        assert versions.drafts(act.connection) == []


def test_what_is_wrong_with_the_lane_is_said_at_the_model(ada: Designer, shop: World) -> None:
    faulty = {**LANE, "dimensions": [{**LANE["dimensions"][0], "value": "nonsense"}]}
    save(shop, faulty, WITH_LANE)
    messages = [each["message"] for each in ada.ask("POST", f"{TIERS}/preview", {"body": WITH_LANE}).get_json()["problems"]]
    assert any(each.startswith("“New customers” is published together with this and has a problem") for each in messages)


def test_a_lane_that_nobody_began_is_a_problem_of_the_model(ada: Designer, shop: World) -> None:
    save(shop, WITH_LANE)
    preview = ada.ask("POST", f"{TIERS}/preview", {"body": WITH_LANE}).get_json()
    assert preview["together"] == [] and [each["path"] for each in preview["problems"]] == ["lanes/0/tier_model"]


def test_a_draft_of_what_is_live_stays_a_draft(ada: Designer, shop: World) -> None:
    with shop.workspace.writing(SYSTEM) as act:
        versions.publish(act, [LANE])
    save(shop, {**LANE, "label": {"zh": "新", "en": "Newcomers"}}, WITH_LANE)
    assert ada.ask("POST", f"{TIERS}/preview", {"body": WITH_LANE}).get_json()["together"] == []
