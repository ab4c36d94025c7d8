"""The main job, clicked through in a real browser: from an empty workspace to tiered customers, a changed model and work that follows."""
from __future__ import annotations

import re
from collections.abc import Callable

import pytest
from playwright.sync_api import Page, expect

from runtime.automation import engine
from runtime.people.person import SYSTEM
from runtime.records import query
from tests.support.browser import axe
from tests.support.server import Live

PHONE = {"viewport": {"width": 390, "height": 844}, "has_touch": True, "is_mobile": True}
PASSWORD = "a long enough sentence 42"


def set_up(page: Page) -> None:
    page.goto("/")
    page.locator("#name").fill("Meng")
    page.locator("#email").fill("meng@example.com")
    page.locator("#password").fill(PASSWORD)
    page.locator("#workspace").fill("Meng's shop")
    page.locator("form[action='/setup'] button.btn-primary").click()
    page.wait_for_url("**/templates**")


def install_retail(page: Page) -> None:
    if not page.locator(".tl-gallery-form button.btn-primary").is_visible():
        page.locator("[data-card]").first.click()  # on the phone a template has a page of its own
    page.locator(".tl-gallery-form button.btn-primary").click()
    page.wait_for_url("**/apps/retail", timeout=60_000)


@pytest.mark.parametrize("locale", ["en-US", "zh-CN"])
def test_from_an_empty_workspace_to_tiers_that_move(new_page: Callable[..., Page], live: Live, locale: str) -> None:
    page = new_page(locale=locale)
    set_up(page)
    install_retail(page)
    expect(page.locator(".tl-spread")).to_contain_text("54")
    assert axe(page) == []

    # a customer and why
    page.locator(".tl-spread a").first.click()
    row = page.locator("tr[data-row-key]").first
    expect(row).to_be_visible()
    row.locator("a.tl-row-title").click()
    expect(page.locator(".tl-card-tier .tl-figure")).to_be_visible()
    points = [float(text) for text in page.locator(".tl-why tbody tr td:last-child").all_inner_texts() if re.fullmatch(r"[\d.]+", text)]
    score = float(page.locator(".tl-card-tier .tl-figure").inner_text())
    assert abs(sum(points[:-1] if len(points) > 3 else points) - score) < 0.0001
    assert axe(page) == []

    # an end user fills a form, and the customer's tier changes at once
    with live.workspace.reading(SYSTEM) as act:
        low = query.page(act, "customer", filter="tier == 'low' and spend_365d == 0", columns=["name", "tier"], limit=1).records[0]
    page.goto(f"/apps/retail/order/new?customer={low.id}")
    page.get_by_role("button", name=re.compile("Add a row|添加一行|加一行")).click()
    page.locator("[name='f_items-0-f_product']").fill("Coat")
    page.locator("[name='f_items-0-f_quantity']").fill("3")
    page.locator("[name='f_items-0-f_price']").fill("9000")
    page.locator(".tl-choice:has(input[name=f_status][value=done])").click()
    page.locator("button[data-busy].btn-primary").click()
    page.wait_for_url(re.compile(r"/apps/retail/order/\d+"))
    with live.workspace.reading(SYSTEM) as act:
        tier = query.get(act, "customer", low.id).values["tier"]
    assert tier != "low"

    # the automation gives the promoted customer a follow-up
    engine.settle(live.workspace)
    page.goto(f"/apps/retail/customer/{low.id}")
    expect(page.locator("aside .tl-task").first).to_contain_text(re.compile("恭喜|Congrat"))


def test_a_business_user_changes_a_threshold_and_sees_the_tiers_move(new_page: Callable[..., Page], live: Live) -> None:
    page = new_page()
    set_up(page)
    install_retail(page)
    page.get_by_role("link", name="Adjust the model").first.click()
    page.get_by_role("link", name="Tiers and borders").click()
    border = page.get_by_role("textbox", name="Gold: From score")
    expect(border).to_be_visible()
    gold = page.locator(".td-counts tr[data-tier=gold]")
    expect(gold).to_contain_text("74", timeout=30_000)
    border.fill("60")
    border.blur()
    expect(gold).not_to_contain_text("74", timeout=30_000)
    expect(page.locator(".td-counts tr[data-tier=high]")).to_contain_text("54")
    expect(page.locator(".td-sentence")).to_contain_text(re.compile(r"\d customers would change tier"), timeout=20_000)
    page.get_by_role("button", name=re.compile("^Publish")).first.click()
    dialog = page.locator("dialog[open]")
    # what names a tier that goes is published with the model, and says what it changes
    beside = dialog.locator(".tb-beside")
    expect(beside).to_contain_text("Segment", timeout=30_000)
    beside.locator("summary").first.click()
    expect(beside.locator("details[open] li").first).to_contain_text("→")
    assert axe(page) == []
    dialog.get_by_role("button", name=re.compile(r"Publish, with \d+ drafts: ")).click()
    expect(page.locator(".tb-outcome")).to_contain_text(re.compile(r"Published|Rating"), timeout=30_000)
    engine.settle(live.workspace)
    expect(page.locator(".tb-outcome")).to_contain_text("moved", timeout=30_000)
    with live.workspace.reading(SYSTEM) as act:
        assert act.catalogue.broken == {} and "gold" in act.catalogue.tier_models["retail_value"].by_key
    page.goto("/apps/retail")
    expect(page.locator(".tl-spread")).to_contain_text("Diamond")
    expect(page.locator(".tl-spread")).not_to_contain_text(re.compile(r"\b180\b"))


def test_an_order_is_filled_in_on_the_phone_in_chinese(new_page: Callable[..., Page], live: Live) -> None:
    page = new_page(locale="zh-CN", **PHONE)
    page.watch.expected.append("status of 422")  # type: ignore[attr-defined]
    set_up(page)
    install_retail(page)
    page.goto("/apps/retail/customer/new")
    assert axe(page) == []
    page.locator("button[data-busy].btn-primary").click()
    expect(page.locator("[name=f_name]")).to_have_attribute("aria-invalid", "true")
    page.locator("[name=f_name]").fill("测试客户")
    page.locator("[name=f_mobile]").fill("139 1234 567")
    page.locator("button[data-busy].btn-primary").click()
    expect(page.locator("[name=f_mobile]")).to_have_attribute("aria-invalid", "true")
    expect(page.locator("[name=f_name]")).to_have_value("测试客户")
    page.locator("[name=f_mobile]").fill("139 1234 5678")
    page.locator("button[data-busy].btn-primary").click()
    page.wait_for_url(re.compile(r"/apps/retail/customer/\d+"))
    expect(page.locator("h1")).to_contain_text("测试客户")
    assert page.evaluate("document.documentElement.scrollWidth") <= 391
    assert axe(page) == []
