"""The pages of use, effect and experiments in Chromium, and the reason in the publish dialog."""

from __future__ import annotations

from collections.abc import Callable
from datetime import timedelta
from typing import TYPE_CHECKING

import pytest
from playwright.sync_api import Page, expect

from runtime.automation import engine
from tests.support.browser import axe
from tests.tiers.world import BY_AMOUNT, World, dimension, model

if TYPE_CHECKING:
    from tests.support.server import Live

pytestmark = pytest.mark.browser
APP = {"kind": "app", "key": "shop", "label": "Shop", "menu": [{"section": "Work", "items": ["form:customer", "form:order"]}]}
SOURCE = {"form": "order", "reference": "customer", "amount": "amount", "on": "paid_on"}
PLANS = {"diamond": {"channel": "phone"}, "gold": {"channel": "phone"}}
CHEER = {
    "kind": "automation",
    "key": "cheer",
    "label": "Cheer",
    "app": "shop",
    "trigger": {"type": "record_updated", "form": "customer", "fields": ["note"]},
    "when": "tier in ('gold', 'silver')",
    "steps": [{"type": "add_tag", "tag_set": "customer_tags", "tag": "fair"}],
    "hold_out": {"percent": 50, "goal": {"form": "order", "on": "paid_on", "amount": "amount", "within_days": 7}},
}
TIERS = "/apps/shop/-/tiers/value"


def rated(**more: object) -> dict[str, object]:
    return model(dimension("points", "points", [10, 20, 30]), tiers=BY_AMOUNT, app="shop", plans=PLANS, **more)


def filled(live: Live, count: int) -> World:
    """Customers of two tiers, rated 40 days ago, cheered or held out then, more than half of them with an order since."""
    live.person("admin@example.com")
    now = live.workspace.now
    today = now().astimezone(live.workspace.zone).date()
    effect = {"revenue": [SOURCE], "costs": [{**SOURCE, "when": "amount < 50"}]}
    world = World(live.workspace, APP, rated(effect=effect), CHEER, day=today - timedelta(days=40))
    people = [world.customer(f"Guest {number}", points=(15, 25, 25)[number % 3]) for number in range(count)]
    world.later(minutes=5)
    for each in people:
        world.change("customer", each, note="hello")
    engine.settle(world.workspace)
    for number, each in enumerate(people[: count * 4 // 7]):
        world.order(each, 20 + number * 10, today - timedelta(days=35))
    live.workspace.now = now
    return world


@pytest.fixture
def shop(live: Live) -> World:
    return filled(live, 9)


@pytest.mark.parametrize(
    ("path", "heading"),
    [
        (f"{TIERS}/uses", "What uses the tiers"),
        ("/apps/shop/-/tags/uses", "What uses the tags"),
        (f"{TIERS}/effect", "What the tiers bring and cost"),
        ("/build/shop/tiers/value/effect", "What counts for the tiers"),
        ("/apps/shop/-/experiments", "Experiments"),
    ],
)
def test_a_page_breaks_no_rule_and_fits_a_phone(live: Live, new_page: Callable[..., Page], shop: World, path: str, heading: str) -> None:
    for width in (1280, 390):
        page = new_page(viewport={"width": width, "height": 844})
        live.sign_in(page)
        page.goto(path)
        expect(page.get_by_role("heading", level=1)).to_have_text(heading)
        assert axe(page) == []
        assert page.evaluate("document.documentElement.scrollWidth") <= width


def test_an_experiment_shows_its_difference_with_the_interval(live: Live, page: Page) -> None:
    filled(live, 150)
    live.sign_in(page)
    page.goto("/apps/shop/-/experiments/cheer")
    expect(page.locator("svg.tl-whisker")).to_have_count(2)
    assert axe(page) == []
    page.set_viewport_size({"width": 390, "height": 844})
    assert page.evaluate("document.documentElement.scrollWidth") <= 390


def test_the_dialog_asks_for_the_reason_before_it_publishes(live: Live, page: Page, shop: World) -> None:
    live.sign_in(page)
    page.goto("/build/shop/tiers/value/effect")
    page.get_by_label("Only records for which this holds").first.fill("amount > 1")
    page.get_by_role("button", name="Keep in the draft").click()
    page.get_by_role("button", name="Publish v2").click()
    dialog = page.get_by_role("dialog")
    expect(dialog.get_by_text("This needs a written reason")).to_be_visible()
    expect(dialog.get_by_role("button", name="Publish")).to_be_disabled()
    assert axe(page) == []
    dialog.get_by_label("Reason", exact=True).fill("Basic customers are left to the shop.")
    dialog.get_by_role("button", name="Publish").click()
    expect(dialog).to_be_hidden()
    page.goto(f"{TIERS}/uses")
    expect(page.get_by_text("Why that is right: Basic customers are left to the shop.").first).to_be_visible()
