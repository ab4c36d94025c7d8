"""The tier overview in Chromium: pictures that can be clicked, their tables, the phone; and the pages beside it."""

from __future__ import annotations

from collections.abc import Callable
from datetime import timedelta
from typing import TYPE_CHECKING

import pytest
from playwright.sync_api import Page

from runtime.people.person import SYSTEM
from runtime.records import gateway
from runtime.system.tables import notification
from tests.support.browser import axe, wait_until
from tests.tiers.world import World, dimension, model

if TYPE_CHECKING:
    from tests.support.server import Live

pytestmark = pytest.mark.browser
APP = {"kind": "app", "key": "shop", "label": "Shop", "menu": [{"section": "Work", "items": ["form:customer", "form:order"]}]}
CARD = model(dimension("points", "points", [10, 20, 30], weight=60), dimension(cuts=[1000, 5000], weight=40))
PHONE = {"viewport": {"width": 390, "height": 844}, "has_touch": True, "is_mobile": True}
OVERVIEW = "/apps/shop/-/tiers"


@pytest.fixture
def shop(live: Live) -> World:
    """Six customers rated 40 days ago, of whom two have moved since."""
    live.person("admin@example.com")
    today, now = live.workspace.now().astimezone(live.workspace.zone).date(), live.workspace.now
    world = World(live.workspace, APP, CARD, day=today - timedelta(days=40))
    people = [world.customer(f"Guest {number}", points=points) for number, points in enumerate((5, 5, 15, 25, 35, 35))]
    world.on(today - timedelta(days=3))
    world.change("customer", people[0], points=35)
    world.change("customer", people[4], points=5)
    world.order(people[5], 6000, today - timedelta(days=5))
    live.workspace.now = now
    world.people = people
    return world


def is_drawn(page: Page, chart: str) -> bool:
    return page.locator(f'[data-chart="{chart}"] canvas').count() > 0


def test_the_pictures_are_drawn_and_the_page_breaks_no_rule(live: Live, page: Page, shop: World) -> None:
    live.sign_in(page)
    page.goto(OVERVIEW)
    for chart in ("shares", "moves", "scores"):
        wait_until(page, lambda chart=chart: is_drawn(page, chart), f"{chart} is drawn")
    assert axe(page) == []
    assert page.evaluate("document.documentElement.scrollWidth") <= 1280


def test_the_flow_turns_into_the_matrix_and_a_figure_opens_its_list(live: Live, page: Page, shop: World) -> None:
    live.sign_in(page)
    page.goto(OVERVIEW)
    moves = page.locator('[data-chart="moves"]')
    moves.get_by_role("button", name="Matrix").click()
    assert moves.locator("canvas").is_hidden() or not moves.locator("[data-chart-picture]").is_visible()
    moves.locator(".tl-moved-down a").first.click()
    page.wait_for_url("**/movers?**")
    assert page.locator(".tl-row-title").all_inner_texts() == ["Guest 4"]


def test_a_figure_opens_the_list_of_its_records(live: Live, page: Page, shop: World) -> None:
    live.sign_in(page)
    page.goto(OVERVIEW)
    stat = page.locator(".tl-stat", has_text="Gold and above")
    count = stat.locator(".tl-stat-value").inner_text()
    stat.click()
    page.wait_for_url("**/customer?where=**")
    assert page.locator("tbody tr").count() == int(count)


def test_another_day_is_compared_as_soon_as_it_is_chosen(live: Live, page: Page, shop: World) -> None:
    live.sign_in(page)
    page.goto(OVERVIEW)
    day = (shop.workspace.now() - timedelta(days=10)).astimezone(shop.workspace.zone).date().isoformat()
    page.locator("#to").fill(day)
    page.wait_for_url(f"**to={day}")
    assert page.locator(".tl-stat", has_text="Up / down").locator(".tl-stat-value").inner_text() == "0 / 0"


def test_on_the_phone_the_matrix_is_shown_and_nothing_is_cut_off(live: Live, new_page: Callable[..., Page], shop: World) -> None:
    page = new_page(locale="zh-CN", **PHONE)
    live.sign_in(page)
    page.goto(OVERVIEW)
    page.locator('[data-chart="moves"] table').wait_for()
    assert not page.locator('[data-chart="moves"] [data-chart-picture]').is_visible()
    others = ("/apps/shop", "/apps/shop/-/tags", "/apps/shop/-/runs", "/apps/shop/-/trash", "/notifications")
    for address in (OVERVIEW, f"{OVERVIEW}/value/movers", *others):
        page.goto(address)
        assert page.evaluate("document.documentElement.scrollWidth") <= 390, address
        assert axe(page) == [], address


@pytest.mark.parametrize("width", [1024, 1100, 1280, 1600])
@pytest.mark.parametrize("locale", ["en-US", "zh-CN"])
def test_the_borders_on_a_tier_card_are_labelled_apart(
    live: Live, new_page: Callable[..., Page], shop: World, width: int, locale: str
) -> None:
    page = new_page(locale=locale, viewport={"width": width, "height": 800})
    live.sign_in(page)
    page.goto(f"/apps/shop/customer/{shop.people[2]}")
    boxes = [box for label in page.locator(".tl-why thead text").all() if (box := label.bounding_box()) is not None]
    assert len(boxes) >= 3
    for number, one in enumerate(boxes):
        for other in boxes[number + 1 :]:
            beside = one["x"] + one["width"] <= other["x"] or other["x"] + other["width"] <= one["x"]
            above = one["y"] + one["height"] <= other["y"] + 4 or other["y"] + other["height"] <= one["y"] + 4
            assert beside or above, (one, other)


def test_picked_records_are_brought_back_from_the_trash(live: Live, page: Page, shop: World) -> None:
    live.sign_in(page)
    with live.workspace.writing(SYSTEM) as act:
        for record in shop.people[:2]:
            gateway.delete(act, "customer", record)
    page.goto("/apps/shop/-/trash")
    page.locator("[data-pick-all]").check()
    page.locator("[data-bulk] button").click()
    page.get_by_text("2 records are back.").wait_for()
    assert page.get_by_text("The trash is empty.").is_visible()


def test_opening_a_notification_leaves_one_fewer_unread(live: Live, page: Page, shop: World) -> None:
    person = live.sign_in(page)
    with live.workspace.writing(SYSTEM) as act:
        for number in (1, 2):
            told = {"id": act.take_ids("notification"), "person": person.id, "at": act.micros, "cause": str(number)}
            act.connection.execute(notification.insert().values(**told, subject=f"Look {number}", link="/apps/shop"))
    page.goto("/notifications")
    page.get_by_role("link", name="Look 1").click()
    page.wait_for_url("**/apps/shop")
    page.goto("/notifications?unread=1")
    assert page.locator(".tl-line-title").all_inner_texts() == ["Look 2"]
