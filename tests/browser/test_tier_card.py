"""The tier card in Chromium: an objection in three clicks, sliders on the same bars, and the card on hover in a list."""

from __future__ import annotations

from collections.abc import Callable
from datetime import timedelta
from typing import TYPE_CHECKING

import pytest
from playwright.sync_api import Page

from tests.support.browser import axe, wait_until
from tests.tiers.test_deciding import RIGHTS
from tests.tiers.world import World, dimension, model

if TYPE_CHECKING:
    from tests.support.server import Live

pytestmark = pytest.mark.browser
APP = {"kind": "app", "key": "shop", "label": "Shop", "menu": [{"section": "Work", "items": ["form:customer", "form:order"]}]}
CARD = model(
    dimension("points", "points", [10, 20, 30], weight=60),
    dimension(cuts=[1000, 5000], weight=40),
    review={"every": "quarter", "owner": "role:lead"},
)
PHONE = {"viewport": {"width": 390, "height": 844}, "has_touch": True, "is_mobile": True}


@pytest.fixture
def shop(live: Live) -> World:
    """Three customers, rated forty days ago and moved since; Ning sells, Lea decides."""
    live.person("admin@example.com")
    live.person("ning@example.com", "member")
    live.person("lea@example.com", "member", "lead")
    today, now = live.workspace.now().astimezone(live.workspace.zone).date(), live.workspace.now
    world = World(live.workspace, APP, CARD, RIGHTS, day=today - timedelta(days=40))
    world.people = [world.customer(f"Guest {number}", points=points) for number, points in enumerate((5, 15, 25))]
    world.on(today - timedelta(days=3))
    world.change("customer", world.people[0], points=25)
    live.workspace.now = now
    return world


def test_a_tier_is_disputed_in_three_clicks_and_answered_by_the_steward(live: Live, new_page: Callable[..., Page], shop: World) -> None:
    page = new_page()
    live.sign_in(page, "ning@example.com")
    page.goto("/apps/shop")
    page.keyboard.press("Control+k")
    page.keyboard.type("Guest 1")
    page.locator("#jump-list [role=option]", has_text="Guest 1").first.wait_for()
    page.keyboard.press("Enter")  # 1: open the customer
    page.get_by_role("button", name="Object").click()  # 2
    page.locator("#tier-appeal textarea").fill("Brings her whole family")
    page.locator("#tier-appeal .btn-primary").click()  # 3
    page.get_by_text("Your objection is with those who decide").wait_for()
    other = new_page()
    live.sign_in(other, "lea@example.com")
    other.goto("/tasks")
    other.get_by_text("Brings her whole family").first.wait_for()
    other.goto(f"/apps/shop/customer/{shop.people[1]}")
    other.get_by_role("button", name="Agree …").click()
    other.get_by_role("button", name="Set to Silver").click()
    other.get_by_text("By hand: lea, until").first.wait_for()
    assert axe(other) == []


def test_sliders_move_the_same_bars_and_nothing_is_saved(live: Live, new_page: Callable[..., Page], shop: World) -> None:
    for options in ({}, PHONE):
        page = new_page(**options)
        live.sign_in(page)
        page.goto(f"/apps/shop/customer/{shop.people[1]}")
        page.get_by_role("button", name="What if …").click()
        slider = page.get_by_role("slider", name="Points")
        row = page.locator('tr[data-dimension="points"]')
        before = row.locator(".tl-fill-got").get_attribute("width")
        slider.press("ArrowRight")
        slider.press("ArrowRight")
        wait_until(page, lambda row=row: row.locator(".tl-why-points").inner_text() == "60.00", "the bar follows")
        assert row.locator(".tl-fill-got").get_attribute("width") == "60%" != before
        start = page.locator('tr[data-dimension="spend"] .tl-fill-rest').get_attribute("x")
        assert start == "60%"
        assert page.locator("[data-try-badge]").inner_text() == "Gold" and page.locator("[data-try-score]").inner_text() == "60.00"
        assert slider.get_attribute("aria-valuetext") == "30 or more"
        assert axe(page) == [] and page.evaluate("document.documentElement.scrollWidth <= innerWidth")
        page.get_by_role("button", name="What if …").click()
        assert row.locator(".tl-fill-got").get_attribute("width") == before and page.get_by_role("slider").count() == 0
        assert shop.tier(shop.people[1]) == "basic"


def test_staying_on_a_badge_shows_its_bars_with_one_request_by_mouse_and_keyboard(live: Live, page: Page, shop: World) -> None:
    live.sign_in(page)
    asked: list[str] = []
    page.on("request", lambda request: asked.append(request.url) if request.url.endswith("/tier/hover") else None)
    page.goto("/apps/shop/customer")
    badge = page.locator("tr[data-href] .tl-tier").first
    card = page.locator("#tier-hover")
    badge.hover()
    card.get_by_text("Points", exact=True).wait_for()
    assert badge.get_attribute("aria-describedby") == "tier-hover"
    page.mouse.move(1270, 790)
    card.wait_for(state="hidden")
    badge.focus()
    card.wait_for(state="visible")
    assert axe(page) == []
    page.keyboard.press("Escape")
    card.wait_for(state="hidden")
    assert len(asked) == 1


def test_a_past_day_is_chosen_on_the_card_and_leads_back(live: Live, new_page: Callable[..., Page], shop: World) -> None:
    page = new_page(**PHONE)
    live.sign_in(page)
    page.goto(f"/apps/shop/customer/{shop.people[0]}")
    day = (shop.workspace.now() - timedelta(days=20)).astimezone(shop.workspace.zone).date().isoformat()
    page.locator("#tier-day").fill(day)
    page.locator(".tl-choose-day button").click()
    page.wait_for_url(f"**?day={day}")
    assert page.locator(".tl-card-past .card-header .tl-tier").inner_text() == "Basic"
    assert axe(page) == [] and page.evaluate("document.documentElement.scrollWidth <= innerWidth")
    page.get_by_role("link", name="Back to today").click()
    assert page.locator(".tl-card-tier .card-header .tl-tier").inner_text() == "Silver"
