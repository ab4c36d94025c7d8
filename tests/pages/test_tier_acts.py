"""What is done at a tier card, the card of a past day, and the lists of what waits."""

from __future__ import annotations

import re
from datetime import timedelta
from typing import Any

import pytest

from runtime.definitions import versions
from runtime.people.person import SYSTEM
from runtime.system.workspace import Workspace
from runtime.tiers.proposals import waiting
from tests.pages.conftest import PASSWORD
from tests.pages.visitor import Visitor, words
from tests.tiers.test_deciding import RIGHTS
from tests.tiers.world import BY_AMOUNT, TODAY, World, dimension, model

APP = {"kind": "app", "key": "shop", "label": "Shop", "menu": [{"section": "Work", "items": ["form:customer", "form:order"]}]}
BEFORE = TODAY - timedelta(days=30)
STEWARDS = {"review": {"every": "quarter", "owner": "role:lead"}}


def by_points(**more: Any) -> dict[str, Any]:
    return model(dimension("points", "points", [10, 20, 30]), tiers=BY_AMOUNT, **more)


@pytest.fixture
def world(sqlite_workspace: Workspace, signed_in: Visitor) -> World:
    world = World(sqlite_workspace, APP, by_points(**STEWARDS), RIGHTS, day=BEFORE)
    world.ann = world.customer("Ann", points=15)
    world.on(TODAY)
    return world


@pytest.fixture
def seller(world: World, app: Any, add_person: Any) -> Visitor:
    return Visitor(app).sign_in(add_person("ning@example.com", "member", name="Ning").email, PASSWORD)


@pytest.fixture
def lead(world: World, app: Any, add_person: Any) -> Visitor:
    return Visitor(app).sign_in(add_person("lead@example.com", "member", "lead", name="Lead").email, PASSWORD)


def at(world: World, part: str = "") -> str:
    return f"/apps/shop/customer/{world.ann}{part}"


def test_an_objection_is_sent_from_the_card_and_answered_there(world: World, seller: Visitor, lead: Visitor) -> None:
    assert "Object" in words(seller.get(at(world))) and "Set by hand" not in words(seller.get(at(world)))
    assert seller.post(at(world, "/tier/appeal"), {"tier": "gold", "reason": "Brings her family"}).status_code == 303
    page = lead.get(at(world))
    assert "Ning holds 金卡 for right" in words(page) and "Brings her family" in words(page)
    number = re.search(r"/tier/appeal/(\d+)", page.get_data(as_text=True))[1]
    answer = {"do": "accept", "until": str(TODAY + timedelta(days=90)), "answer": "True"}
    assert lead.post(at(world, f"/tier/appeal/{number}"), answer).status_code == 303
    text = words(seller.get(at(world)))
    assert "By hand: Lead, until 2027-02-19" in text and "Brings her family" in text
    assert "Ning objects to 银卡; 金卡 would be right: Brings her family" in text and "Lead agreed with the objection: True" in text
    assert "Lead 同意异议：Ann 改判为金卡，到 2027-02-19" in words(seller.get("/notifications"))


def test_what_is_wrong_with_an_objection_is_said_in_its_dialog(world: World, seller: Visitor) -> None:
    answer = seller.post(at(world, "/tier/appeal"), {"tier": "gold", "reason": " "})
    page = answer.get_data(as_text=True)
    assert answer.status_code == 422 and "Say why" in words(answer)
    assert re.search(r'<dialog[^>]*id="tier-appeal"[^>]*data-open', page) and re.search(r'value="gold" selected', page)


def test_turning_down_without_a_reason_is_not_possible(world: World, seller: Visitor, lead: Visitor) -> None:
    seller.post(at(world, "/tier/appeal"), {"tier": "gold", "reason": "Family"})
    number = re.search(r"/tier/appeal/(\d+)", lead.get(at(world)).get_data(as_text=True))[1]
    assert lead.post(at(world, f"/tier/appeal/{number}"), {"do": "refuse", "answer": ""}).status_code == 422
    assert seller.post(at(world, f"/tier/appeal/{number}"), {"do": "refuse", "answer": "mine"}).status_code == 403
    assert lead.post(at(world, f"/tier/appeal/{number}"), {"do": "refuse", "answer": "One order"}).status_code == 303
    assert "Lead turned the objection down: One order" in words(seller.get(at(world)))


def test_a_tier_is_set_by_hand_and_taken_back_by_the_message(world: World, lead: Visitor, seller: Visitor) -> None:
    given = {"tier": "diamond", "reason": "Key account", "until": str(TODAY + timedelta(days=10))}
    assert seller.post(at(world, "/tier/override"), given).status_code == 403
    assert lead.post(at(world, "/tier/override"), given).status_code == 303
    page = lead.get(at(world))
    assert "By hand: Lead, until 12-01" in words(page) and f'action="{at(world, "/tier/lift")}"' in page.get_data(as_text=True)
    assert world.tier(world.ann) == "diamond"
    lead.post(at(world, "/tier/lift"), {})
    assert world.tier(world.ann) == "silver" and "钻石 by hand has ended: taken back" in words(lead.get(at(world)))


def test_a_day_that_cannot_be_read_is_said_beside_the_field(world: World, lead: Visitor) -> None:
    answer = lead.post(at(world, "/tier/override"), {"tier": "gold", "reason": "Key account", "until": "soon"})
    assert answer.status_code == 422 and "Give a day as year-month-day" in words(answer)


def test_the_card_of_a_past_day_shows_what_was_in_force_then(world: World, lead: Visitor) -> None:
    world.change("customer", world.ann, points=35)
    text = words(lead.get(at(world, f"?day={BEFORE}")))
    assert f"On {BEFORE}" in text and "银卡 33.3333" in text and "Band 2" in text and "From 10-22" in text
    assert "钻石 100.00" in words(lead.get(at(world)))
    assert "had not been rated yet" in words(lead.get(at(world, f"?day={BEFORE - timedelta(days=1)}")))
    assert "What if" in words(lead.get(at(world, f"?day={TODAY}"))) and "What if" in words(lead.get(at(world, "?day=soon")))


def test_a_past_day_is_explained_by_the_model_of_that_day(world: World, lead: Visitor) -> None:
    other = model(
        dimension("points", "points", [100]), dimension("advance", "credit", [1]), tiers=[{"key": "all", "label": "All", "from": 0}]
    )
    world.publish({**other, **STEWARDS})
    text = words(lead.get(at(world, f"?day={BEFORE}")))
    assert "银卡 33.3333" in text and "version 1" in text and "Band 2" in text and "Advance" not in text


def test_trying_out_answers_with_the_bars_and_saves_nothing(world: World, seller: Visitor) -> None:
    found = seller.get(at(world, "/tier/try?b.points=4")).get_json()
    assert (found["tier"], found["score_text"]) == ("钻石", "100.00")
    assert found["rows"] == [{"key": "points", "band": 4, "start": 0.0, "points": 100.0, "text": "100.00", "words": "30 or more"}]
    assert seller.get(at(world, "/tier/try?b.points=9")).status_code == 422
    assert world.tier(world.ann) == "silver"


def test_the_card_on_hover_is_small_kept_a_while_and_only_for_those_who_see_the_tier(
    world: World, seller: Visitor, app: Any, add_person: Any
) -> None:
    answer = seller.get(at(world, "/tier/hover"))
    assert "银卡 33.3333" in words(answer) and "Easiest way to 金卡: Points: 20.00 or more" in words(answer)
    assert answer.headers["Cache-Control"] == "private, max-age=60"
    secret = world.customer("Secret", points=15)
    assert seller.get(f"/apps/shop/customer/{secret}/tier/hover").status_code == 404


# -- lists of what waits --------------------------------------------------------------------------------------------------------------
@pytest.fixture
def falling(sqlite_workspace: Workspace, signed_in: Visitor) -> World:
    world = World(sqlite_workspace, APP, by_points(movement={"demotion": "propose"}, **STEWARDS), RIGHTS)
    world.people = [world.customer(name, points=35) for name in ("Ann", "Bo", "Cy")]
    for record in world.people:
        world.change("customer", record, points=15)
    return world


PROPOSALS = "/apps/shop/-/tiers/value/proposals"


def test_proposed_steps_are_accepted_and_refused_in_bulk(falling: World, signed_in: Visitor) -> None:
    assert "3 steps down are proposed" in words(signed_in.get("/apps/shop/-/tiers"))
    assert "Ann 钻石 银卡" in words(signed_in.get(PROPOSALS))
    signed_in.post(PROPOSALS, {"do": "accept", "id": [falling.people[0]]})
    answer = signed_in.post(PROPOSALS, {"do": "refuse", "all": "1", "reason": ""})
    assert answer.status_code == 422 and "Say why" in words(answer)
    signed_in.post(PROPOSALS, {"do": "refuse", "all": "1", "reason": "Moving house", "until": str(TODAY + timedelta(days=20))})
    assert [falling.tier(each) for each in falling.people] == ["silver", "diamond", "diamond"]
    with falling.workspace.reading(SYSTEM) as act:
        assert waiting(act, "value").total == 0
    text = words(signed_in.get(f"/apps/shop/customer/{falling.people[1]}"))
    assert "kept 钻石 instead of 银卡 until 2026-12-11: Moving house" in text
    assert "accepted the step from 钻石 to 银卡" in words(signed_in.get(f"/apps/shop/customer/{falling.people[0]}"))


def test_nothing_picked_is_said_and_others_see_no_buttons(falling: World, signed_in: Visitor, app: Any, add_person: Any) -> None:
    assert "Pick at least one row" in words(signed_in.post(PROPOSALS, {"do": "accept"}))
    seller = Visitor(app).sign_in(add_person("ning@example.com", "member").email, PASSWORD)
    assert "Accept the picked" not in words(seller.get(PROPOSALS)) and "Ann" in words(seller.get(PROPOSALS))
    assert seller.post(PROPOSALS, {"do": "accept", "all": "1"}).status_code == 403


def test_one_proposed_step_is_decided_at_the_card(falling: World, signed_in: Visitor) -> None:
    here = f"/apps/shop/customer/{falling.people[0]}"
    assert "Accept the step down" in words(signed_in.get(here))
    signed_in.post(f"{here}/tier/step", {"do": "accept"})
    assert falling.tier(falling.people[0]) == "silver"
    signed_in.post(f"{here}/tier/step", {"do": "accept"})
    assert "Nothing is proposed" in words(signed_in.get(here))


def test_objections_are_listed_by_what_became_of_them(world: World, seller: Visitor, lead: Visitor) -> None:
    seller.post(at(world, "/tier/appeal"), {"tier": "gold", "reason": "Family"})
    assert "1 objection waits for an answer" in words(lead.get("/apps/shop/-/tiers"))
    listed = "/apps/shop/-/tiers/value/appeals"
    assert "Ann 银卡 → 金卡 Family" in words(lead.get(listed)) and "Ann" not in words(lead.get(f"{listed}?state=refused"))


# -- the overview on a past day -------------------------------------------------------------------------------------------------------
def test_the_overview_of_a_past_day_shows_the_tiers_of_that_day(world: World, signed_in: Visitor) -> None:
    world.change("customer", world.ann, points=35)
    world.customer("Eve", points=15)
    past = signed_in.get(f"/apps/shop/-/tiers?day={BEFORE}")
    assert f"You are looking at {BEFORE}" in words(past) and "Customer 1 1 new, 0 left" in words(past)
    table = words(past).partition("Customer by tier")[2]
    assert "银卡 1 100%" in table and "钻石 0 0%" in table
    assert "You are looking at" not in words(signed_in.get("/apps/shop/-/tiers"))


def test_the_overview_tells_how_much_moves(world: World, signed_in: Visitor) -> None:
    bo = world.on(BEFORE).customer("Bo", points=15)
    world.on(TODAY).change("customer", bo, points=35)
    text = words(signed_in.get(f"/apps/shop/-/tiers?from={BEFORE}&to={TODAY}"))
    assert "Mobility index 0.67" in text and "Stayed 50%" in text and "Net rise +50%" in text
    assert "银卡 50% 50% 0% 30 days" in text


def test_nobody_told_of_grace_is_said(world: World, signed_in: Visitor) -> None:
    grace = "/apps/shop/-/tiers/value/grace"
    assert "Nobody is told" not in words(signed_in.get(grace))
    world.publish({**by_points(movement={"grace_days": 14}), **STEWARDS})
    assert "Nobody is told when a grace period begins. Add" in words(signed_in.get(grace))
    steps = [{"type": "add_tag", "tag_set": "customer_tags", "tag": "vip"}]
    trigger = {"type": "tier_grace", "tier_model": "value"}
    world.publish({"kind": "automation", "key": "save", "label": "Save", "trigger": trigger, "steps": steps})
    assert "Nobody is told" not in words(signed_in.get(grace))


def test_what_happened_keeps_the_names_of_tiers_that_the_model_has_no_more(world: World, lead: Visitor) -> None:
    until = str(TODAY + timedelta(days=90))
    assert lead.post(at(world, "/tier/override"), {"tier": "gold", "reason": "Family", "until": until}).status_code == 303
    tiers = [{"key": "top", "label": "Top", "from": 50}, {"key": "rest", "label": "Rest", "from": 0}]
    with world.workspace.writing(SYSTEM, "publish") as act:
        versions.publish(act, [{**by_points(**STEWARDS), "tiers": tiers}])
    world.recompute(source="publish")
    told = words(lead.get(at(world)))
    assert re.search("金卡 → (Top|Rest)", told) and "银卡 → 金卡" in told
    assert "gold" not in told and "silver" not in told
