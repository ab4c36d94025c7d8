"""The pages of what uses tiers and tags, what tiers bring, and experiments."""

from __future__ import annotations

import re
from datetime import timedelta
from typing import Any

import pytest

from runtime.automation import engine
from runtime.definitions import versions
from runtime.people.person import SYSTEM
from runtime.system.tables import automation_run
from runtime.system.workspace import Workspace
from tests.pages.conftest import PASSWORD
from tests.pages.visitor import Visitor, words
from tests.tiers.world import BY_AMOUNT, TODAY, World, dimension, model

APP = {"kind": "app", "key": "shop", "label": "Shop", "menu": [{"section": "Work", "items": ["form:customer", "form:order"]}]}
STEP = {"type": "add_tag", "tag_set": "customer_tags", "tag": "fair"}
REVENUE = {"form": "order", "reference": "customer", "amount": "amount", "on": "paid_on"}
CHEER = {
    "kind": "automation",
    "key": "cheer",
    "label": "Cheer",
    "app": "shop",
    "trigger": {"type": "record_updated", "form": "customer", "fields": ["note"]},
    "when": "tier == 'gold' or 'vip' in tags",
    "steps": [STEP],
}
USES, EFFECT = "/apps/shop/-/tiers/value/uses", "/apps/shop/-/tiers/value/effect"


def by_points(**more: Any) -> dict[str, Any]:
    return model(dimension("points", "points", [10, 20, 30]), tiers=BY_AMOUNT, app="shop", **more)


@pytest.fixture
def world(sqlite_workspace: Workspace, signed_in: Visitor) -> World:
    """Ann is gold and was cheered; nothing uses the other tiers but a plan for silver and a list of the basic ones."""
    view = {"kind": "view", "key": "rest", "label": "The rest", "form": "customer", "app": "shop", "filter": "tier == 'basic'"}
    world = World(sqlite_workspace, APP, by_points(plans={"silver": {"channel": "phone"}}), CHEER, view)
    world.ann = world.customer("Ann", points=25)
    world.change("customer", world.ann, note="hello")
    engine.settle(world.workspace)
    return world


def section(answer: Any, key: str) -> str:
    """The words of a tier's or a tag's card."""
    found = re.search(rf'id="(?:tier|tag)-{key}".*?</section>', answer.get_data(as_text=True), re.S)
    return re.sub(r"\s+", " ", re.sub(r"<[^>]+>", " ", found[0].partition(">")[2] if found else ""))


# -- who uses it ------------------------------------------------------------------------------------------------------------------------
def test_each_tier_says_who_uses_it_and_for_how_many_something_was_done(world: World, signed_in: Visitor):
    answer = signed_in.get(USES)
    assert "used" in section(answer, "gold") and "Something was done for 1 of 1 in 30 days" in section(answer, "gold")
    assert "Cheer did something for 1 record" in section(answer, "gold")
    assert "nothing uses it" in section(answer, "diamond")
    assert "only shown, nothing is done" in section(answer, "basic") and "The rest" in section(answer, "basic")
    assert "Service plan" in section(answer, "silver")
    assert "/build/shop/automations/cheer" in answer.get_data(as_text=True)


def test_the_overview_marks_what_nothing_uses_and_leads_to_the_page(world: World, signed_in: Visitor):
    page = signed_in.get("/apps/shop/-/tiers").get_data(as_text=True)
    used = page.partition("used-title")[2].partition("</section>")[0]
    assert used.count("nothing uses it") == 1 and f"{USES}?tier=diamond#tier-diamond" in used
    assert "Can the data be trusted?" in page and "Every dimension has a value" in page


def test_a_tag_says_who_uses_it(world: World, signed_in: Visitor):
    answer = signed_in.get("/apps/shop/-/tags/uses")
    assert "Cheer" in section(answer, "vip") and "nothing uses it" in section(answer, "fair")
    assert "/apps/shop/-/tags/uses?set=customer_tags" in signed_in.get("/apps/shop/-/tags").get_data(as_text=True)


def test_who_does_not_build_sees_no_links_into_the_design(world: World, app: Any, add_person: Any):
    member = Visitor(app).sign_in(add_person("m@example.com", "member").email, PASSWORD)
    page = member.get(USES).get_data(as_text=True)
    assert "Cheer" in page and "/build/shop" not in page


@pytest.mark.parametrize(
    "path",
    [f"{USES}?tier=bronze", "/apps/shop/-/tiers/nothing/uses", "/apps/shop/-/experiments/cheer", "/apps/shop/-/tiers/nothing/effect"],
)
def test_what_is_not_there_is_not_found(world: World, signed_in: Visitor, path: str):
    assert signed_in.get(path).status_code == 404


def test_strangers_see_none_of_it(world: World, app: Any, add_person: Any):
    stranger = Visitor(app).sign_in(add_person("x@example.com", "service").email, PASSWORD)
    for path in (USES, EFFECT, "/apps/shop/-/tags/uses", "/apps/shop/-/experiments", "/build/shop/tiers/value/effect"):
        assert stranger.get(path).status_code in (403, 404)


# -- what it brings ---------------------------------------------------------------------------------------------------------------------
def test_without_sources_the_page_says_what_to_set(world: World, signed_in: Visitor):
    answer = signed_in.get(EFFECT)
    assert "Say which form holds what customers pay" in words(answer)
    assert "/build/shop/tiers/value/effect" in answer.get_data(as_text=True)


def test_the_sources_are_chosen_on_a_page_and_kept_in_the_draft(world: World, signed_in: Visitor):
    place = "/build/shop/tiers/value/effect"
    assert "Order: Amount" in words(signed_in.get(place))
    sent = {"revenue_what": "amount:order.customer.amount", "revenue_day": "order.customer.paid_on", "revenue_when": "amount > 1"}
    assert signed_in.post(place, sent).status_code == 303
    with world.workspace.reading(SYSTEM) as act:
        found = versions.find_draft(act.connection, "tier_model", "value")
    assert found is not None and found.body["effect"] == {"revenue": [{**REVENUE, "when": "amount > 1"}]}
    assert "amount &gt; 1" in signed_in.get(place).get_data(as_text=True)


def test_a_wrong_source_is_said_and_not_kept(world: World, signed_in: Visitor):
    sent = {"revenue_what": "amount:order.customer.amount", "revenue_day": "", "revenue_when": "nothing > 1"}
    answer = signed_in.post("/build/shop/tiers/value/effect", sent)
    assert answer.status_code == 422 and "One thing needs your attention" in words(answer)
    with world.workspace.reading(SYSTEM) as act:
        assert versions.find_draft(act.connection, "tier_model", "value") is None


def test_the_table_shows_what_each_tier_brought(world: World, signed_in: Visitor):
    world.publish(by_points(effect={"revenue": [REVENUE], "costs": [{**REVENUE, "when": "amount > 100"}]}))
    world.on(TODAY + timedelta(days=2))
    world.order(world.ann, 200, TODAY + timedelta(days=1))
    world.order(world.ann, 100, TODAY + timedelta(days=1))
    text = words(signed_in.get(EFFECT))
    assert "金卡 1 ¥300 ¥200 ¥100 1.5 ¥0 +¥100" in text
    assert "All ¥300 ¥200 ¥100 1.5 ¥0 +¥100" in text


# -- experiments ------------------------------------------------------------------------------------------------------------------------
def test_an_experiment_is_reached_from_the_run_log_and_says_when_it_is_too_early(world: World, signed_in: Visitor):
    assert "/-/experiments" not in signed_in.get("/apps/shop/-/runs").get_data(as_text=True)
    world.publish({**CHEER, "hold_out": {"percent": 50, "goal": {"form": "order", "on": "paid_on"}}})
    people = [world.customer(f"Guest {number}", points=25) for number in range(12)]
    for each in people:
        world.change("customer", each, note="hello")
    engine.settle(world.workspace)
    assert "/apps/shop/-/experiments/cheer" in signed_in.get("/apps/shop/-/runs?automation=cheer").get_data(as_text=True)
    text = words(signed_in.get("/apps/shop/-/experiments/cheer"))
    assert "Too early to say" in text and "Treated" in text and "Held out" in text
    assert "held out" in words(signed_in.get("/apps/shop/-/runs?automation=cheer&state=held_out"))
    assert "Cheer" in words(signed_in.get("/apps/shop/-/experiments"))


def test_an_experiment_that_is_over_shows_the_difference_with_its_interval(world: World, signed_in: Visitor):
    goal = {"form": "order", "on": "paid_on", "amount": "amount", "within_days": 7}
    world.publish({**CHEER, "hold_out": {"percent": 50, "goal": goal}})
    people = [world.customer(f"Guest {number}", points=25) for number in range(150)]
    for each in people:
        world.change("customer", each, note="hello")
    engine.settle(world.workspace)
    treated = {run.record for run in world.rows(automation_run.select().where(automation_run.c.state == "done"))}
    world.on(TODAY + timedelta(days=9))
    for number, each in enumerate(people):
        if each in treated and number % 4:
            world.order(each, 100 + number, TODAY + timedelta(days=1))
    page = signed_in.get("/apps/shop/-/experiments/cheer")
    assert "It works" in words(page) and "for each record, from +¥" in words(page)
    assert page.get_data(as_text=True).count('<svg class="tl-whisker"') == 2
