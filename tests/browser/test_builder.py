"""The design pages in a browser: the generic form, by keyboard and on a phone; two people at one draft; new definitions."""

from __future__ import annotations

import json
import re
from collections.abc import Callable
from datetime import timedelta
from typing import TYPE_CHECKING

import pytest
from playwright.sync_api import Page, expect

from runtime.definitions import versions
from runtime.people.person import SYSTEM
from runtime.records import gateway
from runtime.system.clock import now
from runtime.system.tables import person
from tests.makers import Json
from tests.support.browser import axe
from tests.tiers.world import CUSTOMER, ORDER, TAGS, VISIT, dimension, model

if TYPE_CHECKING:
    from tests.support.server import Live

pytestmark = pytest.mark.browser

APP = {
    "kind": "app",
    "key": "shop",
    "label": {"zh": "小店", "en": "Shop"},
    "menu": [{"section": {"zh": "客户", "en": "Customers"}, "items": ["form:customer"]}],
}
SPEND = {**dimension(cuts=[1000, 5000, 20000], weight=60), "label": {"zh": "净消费", "en": "Net spend"}}
POINTS = {**dimension("points", "points", [10, 50], weight=40), "label": {"zh": "积分", "en": "Points"}}
VALUE: Json = {**model(SPEND, POINTS), "label": {"zh": "客户价值", "en": "Customer value"}, "app": "shop"}
EDITOR = "/build/shop/tiers/value"
PHONE = {"viewport": {"width": 390, "height": 844}, "locale": "zh-CN"}


@pytest.fixture
def shop(live: Live) -> Live:
    """Nine customers with spending from 700 to 6,300, rated by a model of two dimensions."""
    live.person("admin@example.com")
    with live.workspace.writing(SYSTEM, "publish") as act:
        versions.publish(act, [APP, CUSTOMER, ORDER, VISIT, TAGS, VALUE])
    with live.workspace.writing(SYSTEM) as act:
        for number in range(1, 10):
            customer = gateway.create(act, "customer", {"name": f"Customer {number}", "points": number * 8}).id
            gateway.create(
                act,
                "order",
                {"customer": customer, "amount": 700 * number, "paid_on": (now() - timedelta(days=3)).date(), "status": "done"},
            )
    return live


def test_the_whole_is_usable_in_chinese_on_a_phone(shop: Live, new_page: Callable[..., Page]) -> None:
    page = new_page(**PHONE)
    shop.sign_in(page)
    with shop.workspace.writing(SYSTEM) as act:
        act.connection.execute(person.update().values(language="zh"))
    for address in ("/build/shop", EDITOR, "/build/shop/forms/customer", f"{EDITOR}/versions"):
        page.goto(address)
        expect(page.locator("h1").first).to_be_visible()
        assert page.evaluate("document.documentElement.scrollWidth") <= 390, address
        assert axe(page) == [], address
    page.goto("/build/shop/tags/customer_tags")
    page.locator("[id='f-label']").fill("来宾")
    for tab in ("JSON", "问题", "用在哪里"):
        page.get_by_role("button", name=tab).first.click()
        assert page.evaluate("document.documentElement.scrollWidth") <= 390 and axe(page) == [], tab
    page.locator("[data-publish]").click()
    expect(page.get_by_role("dialog")).to_contain_text("来宾")
    assert axe(page) == []


def test_form_and_json_are_the_same_draft(shop: Live, page: Page) -> None:
    shop.sign_in(page)
    page.goto("/build/shop/forms/customer?tab=json")
    text = page.get_by_label("The whole draft as JSON")
    page.get_by_label("Name (English)").first.fill("Guest")
    expect(text).to_have_value(re.compile('"label": "Guest"'))
    body = json.loads(text.input_value())
    body["label"] = {"zh": "来宾", "en": "Visitor"}
    text.fill(json.dumps(body))
    expect(page.get_by_label("Name (English)").first).to_have_value("Visitor")
    text.fill("{ nonsense")
    expect(page.get_by_text("This is no JSON yet")).to_be_visible()
    expect(page.get_by_label("Name (English)").first).to_have_value("Visitor")
    page.locator("h1").click()
    page.keyboard.press("Control+z")
    expect(page.get_by_label("Name (English)").first).to_have_value("Guest")
    page.keyboard.press("Control+Shift+z")
    expect(page.get_by_label("Name (English)").first).to_have_value("Visitor")
    assert axe(page) == []


def test_a_problem_leads_to_its_place_and_a_formula_says_what_was_meant(shop: Live, page: Page) -> None:
    shop.sign_in(page)
    page.goto("/build/shop/forms/customer?tab=json")
    number = [each["key"] for each in CUSTOMER["fields"]].index("spend")
    page.locator(f"[id='e-fields/{number}']").click()
    formula = page.locator(f"[id='f-fields/{number}/formula']")
    formula.fill("SUM(ordrs.amount)")
    expect(page.locator(".tl-error").first).to_contain_text("orders")
    formula.fill("SUM(orders.amount)")
    expect(page.get_by_text("gives an amount of money (CNY)")).to_be_visible()
    formula.fill("met_on")
    expect(page.locator("[data-layer=problems]")).to_contain_text("1 problem")
    page.locator("[data-layer=problems]").click()
    page.locator(".td-layer-box .tb-problem").first.click()
    expect(page.locator("[data-fd=spend] .fd-hit")).to_have_attribute("aria-pressed", "true")
    expect(formula).to_be_focused()
    assert axe(page) == []


def test_entries_are_moved_and_removed_by_keyboard_alone(shop: Live, page: Page) -> None:
    shop.sign_in(page)
    page.goto("/build/shop/forms/customer?tab=json")
    page.locator("[id='e-fields/1']").focus()
    page.keyboard.press("Alt+ArrowUp")
    expect(page.locator("[id='e-fields/0']")).to_be_focused()
    expect(page.locator("[id='e-fields/0']")).to_contain_text("Stage")
    expect(page.locator("#spoken")).to_have_text("Moved up to place 1")
    page.keyboard.press("Delete")
    expect(page.locator("[id='e-fields/0']")).to_contain_text("Name")
    page.keyboard.press("Control+z")
    expect(page.locator("[id='e-fields/0']")).to_contain_text("Stage")


def test_somebody_else_saving_is_told_and_decided(shop: Live, page: Page) -> None:
    shop.sign_in(page)
    page.watch.expected.append("status of 409")  # type: ignore[attr-defined]
    page.goto("/build/shop/forms/customer?tab=json")
    bo = shop.person("bo@example.com", "builder")
    with shop.workspace.writing(bo) as act:
        versions.save_draft(act, "form", "customer", {**CUSTOMER, "label": "Bo’s"}, 0)
    page.get_by_label("Name (English)").first.fill("Mine")
    expect(page.get_by_role("dialog")).to_contain_text("bo saved it")
    page.get_by_role("button", name="Go on with mine").click()
    expect(page.locator(".tb-state")).to_contain_text("saved")
    with shop.workspace.reading(SYSTEM) as act:
        draft = versions.find_draft(act.connection, "form", "customer")
    assert draft is not None and draft.body["label"] == "Mine"


def test_a_new_definition_begins_with_a_proposed_key(shop: Live, page: Page) -> None:
    shop.sign_in(page)
    page.goto("/build/shop")
    assert axe(page) == []
    page.get_by_role("button", name="New", exact=True).click()
    page.get_by_label("Name", exact=True).fill("Repair order")
    expect(page.get_by_label("Key", exact=True)).to_have_value("repair_order")
    page.get_by_role("button", name="Begin a draft").click()
    expect(page).to_have_url(f"{shop.url}/build/shop/forms/repair_order")
    expect(page.locator(".tb-state")).to_contain_text("saved")
    page.goto("/build/shop/forms/repair_order?tab=json")
    page.get_by_role("button", name="Add field").click()
    page.locator("[id='f-fields/1/type']").select_option("money")
    page.locator("[id='f-fields/1/key']").fill("price")
    page.locator("[id='f-fields/1/label']").fill("Price")
    page.get_by_role("button", name="Publish v1").click()
    page.get_by_role("dialog").get_by_role("button", name="Publish").click()
    expect(page.get_by_text("Published as version 1.")).to_be_visible()
    with shop.workspace.reading(SYSTEM) as act:
        assert list(act.catalogue.forms["repair_order"].by_key) == ["name", "price"]
