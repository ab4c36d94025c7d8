"""The tier overview and the lists behind its figures."""

from __future__ import annotations

import json
import re
from datetime import timedelta
from typing import Any

import pytest
from werkzeug.test import TestResponse

from runtime.pages.tiers import high_tiers
from runtime.system.workspace import Workspace
from tests.makers import form_json, text, tier_model_of
from tests.pages.conftest import PASSWORD
from tests.pages.visitor import Visitor, words
from tests.tiers.world import BY_AMOUNT, TODAY, World, dimension, model

APP = {"kind": "app", "key": "shop", "label": "Shop", "menu": [{"section": "Work", "items": ["form:customer", "form:order"]}]}
BEFORE = TODAY - timedelta(days=30)
OVERVIEW = f"/apps/shop/-/tiers?from={BEFORE}&to={TODAY}"
MOVERS = f"/apps/shop/-/tiers/value/movers?from={BEFORE}&to={TODAY}"


def by_points(**more: Any) -> dict[str, Any]:
    return model(dimension("points", "points", [10, 20, 30]), tiers=BY_AMOUNT, **more)


@pytest.fixture
def world(sqlite_workspace: Workspace, signed_in: Visitor) -> World:
    """Four customers thirty days ago; since then one rose to gold, one fell to basic, one left and one is new."""
    world = World(sqlite_workspace, APP, by_points(population="stage != 'lost'"), day=BEFORE)
    world.people = {name: world.customer(name, points=points) for name, points in {"Ann": 5, "Bo": 15, "Cy": 15, "Di": 35}.items()}
    world.on(TODAY)
    world.change("customer", world.people["Ann"], points=25)
    world.change("customer", world.people["Bo"], points=5)
    world.change("customer", world.people["Di"], stage="lost")
    world.customer("Eve", points=15)
    return world


def option(answer: TestResponse, chart: str) -> dict[str, Any]:
    """What a picture is drawn from."""
    place = answer.get_data(as_text=True).partition(f'data-chart="{chart}"')[2]
    return json.loads(re.search(r"data-chart-option>(.*?)</script>", place, re.S)[1])


def links(answer: TestResponse) -> list[str]:
    return [each.replace("&amp;", "&") for each in re.findall(r'href="([^"]*)"', answer.get_data(as_text=True))]


# -- what to do while there is nothing ----------------------------------------------------------------------------------------------
def test_an_app_without_a_model_says_how_to_get_one(sqlite_workspace: Workspace, signed_in: Visitor, app: Any, add_person: Any):
    World(sqlite_workspace)  # the clock of these tests
    World(sqlite_workspace).publish({**APP, "key": "empty"})
    World(sqlite_workspace).publish({**by_points(), "app": "elsewhere"}, {**APP, "key": "elsewhere"})
    assert "no tier model yet" in words(signed_in.get("/apps/empty/-/tiers"))
    assert "/build/empty" in links(signed_in.get("/apps/empty/-/tiers"))
    member = Visitor(app).sign_in(add_person("m@example.com", "member").email, PASSWORD)
    assert "Ask somebody who builds" in words(member.get("/apps/empty/-/tiers"))


def test_a_model_that_has_rated_nobody_leads_to_the_import(sqlite_workspace: Workspace, signed_in: Visitor):
    World(sqlite_workspace, APP)
    answer = signed_in.get("/apps/shop/-/tiers")
    assert "No customer has a tier yet" in words(answer)
    assert "/apps/shop/customer/import" in links(answer)


def test_days_before_the_first_rating_offer_the_first_day(world: World, signed_in: Visitor):
    answer = signed_in.get(f"/apps/shop/-/tiers?from={BEFORE - timedelta(days=5)}&to={TODAY}")
    assert f"the first rating is of {BEFORE}" in words(answer)
    assert f"/apps/shop/-/tiers?model=value&from={BEFORE}&to={TODAY}" in links(answer)
    assert signed_in.get(f"/apps/shop/-/tiers?from={BEFORE}").status_code == 200


# -- figures ------------------------------------------------------------------------------------------------------------------------
def test_the_five_figures_are_of_the_two_days_and_lead_to_their_records(world: World, signed_in: Visitor):
    answer = signed_in.get(OVERVIEW)
    text = words(answer)
    assert "Customer 4 1 new, 1 left" in text
    assert "金卡 and above 1 ±0 since then" in text
    assert "Up / down 1 / 1 67% have moved" in text
    assert "In grace 0 none ends today" in text
    found = links(answer)
    assert "/apps/shop/customer?where=tier%7Cany_of%7Cdiamond%2Cgold" in found
    assert f"{MOVERS}&direction=moved" in found
    assert "/apps/shop/-/tiers/value/grace" in found and "/apps/shop/-/tiers/value/provisional" in found
    assert "/build/shop/tiers/value" in found


def test_the_lists_that_figures_lead_to_have_as_many_records(world: World, signed_in: Visitor):
    high = words(signed_in.get("/apps/shop/customer?where=tier%7Cany_of%7Cdiamond%2Cgold"))
    assert "Ann" in high and "Cy" not in high
    assert "2 records" in words(signed_in.get(f"{MOVERS}&direction=moved"))


@pytest.mark.parametrize(("tiers", "high"), [("abcd", "ab"), ("abc", "a"), ("a", "a"), ("abcde", "ab")])
def test_the_upper_half_of_the_tiers_is_high(tiers: str, high: str):
    assert high_tiers(tier_model_of(*tiers)) == [*high]


@pytest.mark.parametrize(
    ("asked", "first", "last"),
    [
        ("", BEFORE, TODAY),
        ("?from=soon&to=2026-13-01", BEFORE, TODAY),
        ("?to=2026-10-01", "2026-07-03", "2026-10-01"),
        ("?from=2026-11-20&to=2026-11-01", "2026-11-01", "2026-11-20"),
        ("?from=2026-11-01&to=2030-01-01", "2026-11-01", TODAY),
        ("?from=2030-01-01", TODAY, TODAY),
    ],
)
def test_the_days_of_the_address_are_put_into_order_and_otherwise_begin_with_the_first_rating(
    world: World, signed_in: Visitor, asked: str, first: Any, last: Any
):
    page = signed_in.get(f"/apps/shop/-/tiers{asked}").get_data(as_text=True)
    assert f'name="from" value="{first}"' in page and f'name="to" value="{last}"' in page


# -- pictures -----------------------------------------------------------------------------------------------------------------------
def test_the_bands_of_the_flow_are_the_moves_and_open_their_lists(world: World, signed_in: Visitor):
    (drawn,) = option(signed_in.get(OVERVIEW), "moves")["series"]
    bands = {(each["source"], each["target"]): each["value"] for each in drawn["links"]}
    assert bands == {
        ("then:basic", "now:gold"): 1,
        ("then:silver", "now:basic"): 1,
        ("then:silver", "now:silver"): 1,
        ("then:diamond", "now:None"): 1,
        ("then:None", "now:silver"): 1,
    }
    rose = next(each for each in drawn["links"] if each["source"] == "then:basic")
    assert rose["href"] == f"{MOVERS}&then=basic&now=gold"
    assert rose["lineStyle"]["color"] == "var(--tl-good-chart)"


def test_the_matrix_has_the_same_figures_as_links(world: World, signed_in: Visitor):
    page = signed_in.get(OVERVIEW)
    assert f"{MOVERS}&then=silver&now=basic" in links(page)
    assert re.search(r'tl-moved-down"><a [^>]*>1</a>', page.get_data(as_text=True))
    assert re.search(r'tl-moved-up"><a [^>]*>1</a>', page.get_data(as_text=True))


def test_customers_are_shown_beside_what_they_bring(sqlite_workspace: Workspace, signed_in: Visitor):
    world = World(sqlite_workspace, APP, model(dimension(cuts=[1000, 5000, 20000]), tiers=BY_AMOUNT))
    for amount in (30_000, 500, 500):
        world.orders(world.customer(), amount)
    world.recompute()
    drawn = option(signed_in.get("/apps/shop/-/tiers"), "shares")
    assert [each["name"] for each in drawn["series"]] == ["share of Customer", "share of Spend"]
    assert [each["label"]["formatter"] for each in drawn["series"][0]["data"]] == ["33%", "0%", "0%", "67%"]
    assert [each["label"]["formatter"] for each in drawn["series"][1]["data"]] == ["97%", "0%", "0%", "3.2%"]
    assert drawn["series"][1]["data"][0]["href"] == "/apps/shop/customer?where=tier%7Cany_of%7Cdiamond"
    assert "¥30,000" in words(signed_in.get("/apps/shop/-/tiers"))


def test_without_an_amount_among_the_dimensions_only_customers_are_shared_out(world: World, signed_in: Visitor):
    assert len(option(signed_in.get(OVERVIEW), "shares")["series"]) == 1


def test_the_histogram_has_a_line_where_each_tier_begins(world: World, signed_in: Visitor):
    drawn = option(signed_in.get(OVERVIEW), "scores")
    assert [line["xAxis"] for line in drawn["series"][0]["markLine"]["data"]] == [30.0, 60.0, 100.0]
    assert sum(each["value"][1] for series in drawn["series"] for each in series["data"]) == 4


def test_a_tier_that_nothing_is_done_for_is_told(world: World, signed_in: Visitor):
    assert "Is the tiering used?" in words(signed_in.get(OVERVIEW))
    assert re.search(r'<b class="tl-bad">0</b>', signed_in.get(OVERVIEW).get_data(as_text=True))
    trigger = {"type": "tier_changed", "tier_model": "value", "to": ["gold"]}
    steps = [{"type": "add_tag", "tag_set": "customer_tags", "tag": "vip"}]
    world.publish({"kind": "automation", "key": "cheer", "label": "Cheer", "trigger": trigger, "steps": steps})
    used = signed_in.get(OVERVIEW).get_data(as_text=True).partition("tl-used")[2]
    assert used.count(">Add one<") == 3  # every tier but gold


# -- lists --------------------------------------------------------------------------------------------------------------------------
@pytest.mark.parametrize(
    ("asked", "names"),
    [
        ("then=silver&now=basic", ["Bo"]),
        ("then=-&now=silver", ["Eve"]),
        ("now=-", ["Di"]),
        ("then=silver", ["Bo", "Cy"]),
        ("direction=up", ["Ann"]),
        ("direction=down", ["Bo"]),
        ("direction=stayed", ["Cy"]),
        ("direction=entered", ["Eve"]),
        ("direction=left", ["Di"]),
        ("", ["Ann", "Bo"]),
    ],
)
def test_a_list_of_movers_has_those_that_moved_like_this(world: World, signed_in: Visitor, asked: str, names: list[str]):
    page = signed_in.get(f"{MOVERS}&{asked}").get_data(as_text=True)
    assert re.findall(r'class="tl-row-title" href="[^"]*"><b>(\w+)</b>', page) == names


def test_a_mover_is_shown_with_both_tiers_and_scores_and_leads_to_the_record(world: World, signed_in: Visitor):
    answer = signed_in.get(f"{MOVERS}&direction=up")
    assert "Ann 普通 金卡 0.00 → 66.67" in words(answer)
    assert f"/apps/shop/customer/{world.people['Ann']}" in links(answer)


def test_who_is_in_grace_is_listed_with_its_end(sqlite_workspace: Workspace, signed_in: Visitor):
    world = World(sqlite_workspace, APP, by_points(movement={"grace_days": 14}))
    ann = world.customer("Ann", points=35)
    world.change("customer", ann, points=0)
    assert "In grace 1 none ends today" in words(signed_in.get("/apps/shop/-/tiers"))
    assert "Ann 钻石 0.00 12-05" in words(signed_in.get("/apps/shop/-/tiers/value/grace"))
    world.on(TODAY + timedelta(days=14))
    assert "In grace 1 1 end today" in words(signed_in.get("/apps/shop/-/tiers"))


def test_who_is_provisional_is_listed(sqlite_workspace: Workspace, signed_in: Visitor):
    world = World(sqlite_workspace, APP, by_points(movement={"provisional_below_quality": 100}))
    world.customer("Ann", points=35)
    assert "Provisional 1 100%, because data are missing" in words(signed_in.get("/apps/shop/-/tiers"))
    assert "Ann" in words(signed_in.get("/apps/shop/-/tiers/value/provisional"))


def test_a_long_list_of_movers_goes_on_at_a_next_page(sqlite_workspace: Workspace, signed_in: Visitor):
    world = World(sqlite_workspace, APP, by_points(), day=BEFORE)
    for number in range(53):
        world.customer(f"Guest{number}", points=5)
    world.on(TODAY)
    answer = signed_in.get(f"{MOVERS}&direction=stayed")
    assert "Guest49" in words(answer) and "Guest50" not in words(answer)
    following = next(each for each in links(answer) if "after=" in each)
    assert "Guest50" in words(signed_in.get(following)) and "53 records" in words(signed_in.get(following))


# -- who may ------------------------------------------------------------------------------------------------------------------------
@pytest.mark.parametrize(
    "path", ["shop/-/tiers?model=nothing", "shop/-/tiers/nothing/movers", "nowhere/-/tiers", "shop/-/tiers/value/later"]
)
def test_what_is_not_there_is_not_found(world: World, signed_in: Visitor, path: str):
    assert signed_in.get(f"/apps/{path}").status_code == 404
    assert signed_in.get(f"{MOVERS}&then=bronze").status_code == 404


def test_who_works_in_another_app_does_not_get_in(world: World, app: Any, add_person: Any):
    stranger = Visitor(app).sign_in(add_person("x@example.com", "service").email, PASSWORD)
    assert stranger.get(OVERVIEW).status_code == 404
    assert stranger.get(MOVERS).status_code == 404


def test_the_overview_speaks_chinese(world: World, app: Any, builder: Any):
    reader = Visitor(app, language="zh").sign_in(builder.email, PASSWORD)
    text = words(reader.get(OVERVIEW))
    assert all(word in text for word in ("分层总览", "金卡以上", "升级 / 降级", "宽限期", "谁升谁降", "得分落在哪里"))


def test_a_form_without_a_field_for_the_tier_has_figures_without_links(sqlite_workspace: Workspace, signed_in: Visitor):
    world = World(sqlite_workspace, APP)
    world.publish(form_json(text("name"), key="shop_form"), {**model(dimension("one", "1", [2]), key="plain"), "form": "shop_form"})
    world.add("shop_form", name="One")
    answer = signed_in.get("/apps/shop/-/tiers?model=plain")
    assert answer.status_code == 200 and "where=" not in "".join(links(answer))
