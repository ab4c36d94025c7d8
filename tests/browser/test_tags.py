"""Tags in a real browser: asked for, approved, given to many and taken back, merged; every page on a phone too."""

from __future__ import annotations

from collections.abc import Callable
from typing import TYPE_CHECKING

import pytest
from playwright.sync_api import Page, expect

from runtime.people.person import SYSTEM
from runtime.system import jobs
from runtime.tags import assigning, bulk, requests, usefulness
from tests.support.browser import axe
from tests.tiers.world import TAGS, World

if TYPE_CHECKING:
    from tests.support.server import Live

pytestmark = pytest.mark.browser

APP = {"kind": "app", "key": "shop", "label": "Shop", "menu": [{"section": "Work", "items": ["form:customer", "form:order"]}]}
OWN = {
    **TAGS,
    "label": {"zh": "客户标签", "en": "Customer tags"},
    "may_request": ["role:sales"],
    "may_approve": ["role:lead"],
    "archive_unused_after_days": 90,
    "tags": [
        {**TAGS["tags"][0], "family": "potential", "meaning": "Spends much", "use": "Call first"},
        *TAGS["tags"][1:],
        {"key": "gold", "label": {"zh": "金牌", "en": "Golden"}, "meaning": "Spends much", "use": "Call first"},
    ],
}
SEGMENT = {"kind": "segment", "key": "best", "label": {"zh": "最好的", "en": "Best"}, "form": "customer", "where": "'vip' in tags"}
PHONE = {"viewport": {"width": 390, "height": 844}, "has_touch": True, "is_mobile": True}
DICTIONARY = "/apps/shop/-/tags"


@pytest.fixture
def shop(live: Live) -> World:
    """Thirty customers, two tags that nearly are one, a seller and a lead."""
    now = live.workspace.now
    live.person("admin@example.com")
    live.person("ning@example.com", "member", "sales")
    live.person("lead@example.com", "member", "lead")
    world = World(live.workspace, APP, OWN, SEGMENT)
    world.people = [world.customer(f"Guest {number}", points=number) for number in range(30)]
    with live.workspace.writing(SYSTEM) as act:
        assigning.give(act, "customer_tags", "vip", world.people[:24])
        assigning.give(act, "customer_tags", "gold", world.people[:26])
    live.workspace.now = now
    return world


def having(live: Live, shop: World, tag: str) -> list[int]:
    with live.workspace.reading(SYSTEM) as act:
        return [record for record, tags in assigning.tags_of(act, "customer", shop.people).items() if tag in tags]


def test_a_tag_is_asked_for_approved_given_to_many_and_taken_back(live: Live, new_page: Callable[..., Page], shop: World) -> None:
    ning, lead = new_page(), new_page()
    live.sign_in(ning, "ning@example.com")
    ning.goto(DICTIONARY)
    ning.get_by_role("link", name="Ask for a tag").click()
    ning.get_by_label("Name in English").fill("Comes back")
    ning.get_by_label("Meaning: who has it?").fill("Two orders in a year")
    ning.get_by_label("Use: what is done differently then?").fill("Invite first")
    ning.get_by_role("button", name="Ask for the tag").click()
    expect(ning.get_by_text("The request is on its way.")).to_be_visible()

    live.sign_in(lead, "lead@example.com")
    lead.goto(DICTIONARY)
    lead.locator(".tl-tabs a", has_text="Requests").click()
    lead.get_by_role("button", name="Approve").click()
    expect(lead.get_by_text("The tag is in the dictionary now.")).to_be_visible()

    ning.goto("/apps/shop/customer")
    for box in ning.locator("[data-pick]").all()[:3]:
        box.check()
    ning.get_by_role("button", name="Add a tag").click()
    ning.locator(".dropdown-menu.show button", has_text="Comes back").click()
    ning.get_by_role("button", name="All 30 records of the list").click()
    ning.get_by_role("button", name="Give it to 30 records").click()
    toast = ning.locator(".tl-toast", has_text="30 records have got the tag.")
    expect(toast).to_be_visible()
    assert len(having(live, shop, "comes_back")) == 30
    toast.get_by_role("button", name="Undo").click()
    expect(ning.get_by_text("Taken back.")).to_be_visible()
    assert having(live, shop, "comes_back") == []


def test_what_the_figures_propose_is_merged_with_all_that_names_it(live: Live, new_page: Callable[..., Page], shop: World) -> None:
    lead = new_page()
    live.sign_in(lead, "lead@example.com")
    lead.goto(f"{DICTIONARY}/usefulness")
    lead.get_by_label("or a formula").fill("points >= 15")
    lead.get_by_role("button", name="Measure now").click()
    lead.locator('[data-chart="lift"] canvas').wait_for()
    row = lead.locator("tr", has_text="VIP").filter(has_text="merge")
    expect(row).to_contain_text("two names for nearly the same records")
    row.get_by_role("link", name="Merge …").click()
    lead.get_by_label("Rewrite the 1 places that name it").check()
    lead.get_by_role("button", name="Merge into “Golden”").click()
    expect(lead.get_by_text("merged the tag “VIP” into “Golden”")).to_be_visible()
    with live.workspace.reading(SYSTEM) as act:
        assert act.catalogue.segments["best"].where == "'gold' in tags"
    assert having(live, shop, "vip") == [] and len(having(live, shop, "gold")) == 26


@pytest.mark.parametrize(("locale", "options"), [("en-US", {}), ("zh-CN", {}), ("zh-CN", PHONE), ("en-US", PHONE)])
def test_every_page_is_readable_and_nothing_is_cut_off(
    live: Live, new_page: Callable[..., Page], shop: World, locale: str, options: dict[str, object]
) -> None:
    with live.workspace.writing(SYSTEM) as act:
        requests.ask(act, "customer_tags", {"label": {"zh": "回头客", "en": "Comes back"}, "meaning": "Two orders", "use": "Invite first"})
        bulk.start(act, "customer_tags", "fair", False, shop.people[:9])
        number = usefulness.queue(act, "customer_tags", "points >= 15")
    jobs.run_now(live.workspace, number)
    page = new_page(locale=locale, **options)
    live.sign_in(page, "lead@example.com")
    width = page.viewport_size["width"]
    for place in ("", "/requests", "/requests/new", "/of/vip?into=gold", "/usefulness", "/clean-up", "/changes"):
        page.goto(DICTIONARY + place)
        assert page.evaluate("document.documentElement.scrollWidth") <= width, place
        assert axe(page) == [], place
