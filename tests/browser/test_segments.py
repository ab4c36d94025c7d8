"""Segments in a real browser: a draft built by picking conditions, its number following, and the page of its members."""

from __future__ import annotations

import os
from collections.abc import Callable
from pathlib import Path
from typing import TYPE_CHECKING

import pytest
from playwright.sync_api import Page, Route, expect

from runtime.automation import engine
from runtime.definitions import versions
from runtime.people import accounts
from runtime.people.person import SYSTEM
from runtime.records import gateway
from runtime.records.gateway import BatchRow
from tests import makers
from tests.support.browser import axe

if TYPE_CHECKING:
    from tests.support.server import Live

pytestmark = pytest.mark.browser

CUSTOMER = makers.form_json(
    makers.text("name", label={"zh": "姓名", "en": "Name"}),
    makers.number("points", decimals=0, label={"zh": "积分", "en": "Points"}),
    makers.choice("stage", "new", "lost", label={"zh": "阶段", "en": "Stage"}),
    title="name",
    app="shop",
    label={"zh": "客户", "en": "Customer"},
)
APP = {"kind": "app", "key": "shop", "label": "Shop", "menu": [{"section": "Work", "items": ["form:customer"]}]}
BIG = {
    "kind": "segment",
    "key": "big",
    "app": "shop",
    "label": {"zh": "大客户", "en": "Big ones"},
    "form": "customer",
    "where": "points >= 50",
}
NEW = {**BIG, "key": "fresh", "label": {"zh": "新客", "en": "Fresh"}, "where": "stage == 'new'"}


@pytest.fixture
def shop(live: Live) -> Live:
    live.person("admin@example.com")
    with live.workspace.writing(SYSTEM, "publish") as act:
        versions.publish(act, [CUSTOMER, APP, BIG, NEW])
    with live.workspace.writing(SYSTEM) as act:
        rows = [{"name": f"C{number}", "points": number, "stage": "new" if number % 2 else "lost"} for number in range(100)]
        gateway.write_batch(act, "customer", [BatchRow(row) for row in rows])
    engine.settle(live.workspace)
    return live


def shot(page: Page, name: str) -> None:
    """Kept only where somebody wants to look: TIERLOOM_SHOTS names the folder."""
    if folder := os.environ.get("TIERLOOM_SHOTS"):
        page.screenshot(path=str(Path(folder) / f"{name}.png"), full_page=True)


def test_a_segment_is_picked_together_counted_published_and_looked_at(new_page: Callable[..., Page], shop: Live) -> None:
    page = new_page()
    shop.sign_in(page)
    page.goto("/apps/shop/-/segments")
    expect(page.get_by_role("row", name="Big ones")).to_contain_text("50")
    page.get_by_label("First segment").select_option("big")
    page.get_by_label("Second segment").select_option("fresh")
    page.get_by_role("button", name="See what comes of them").click()
    line = page.get_by_role("row", name="in “Big ones” and “Fresh”")
    expect(line.get_by_role("link", name="25", exact=True)).to_be_visible()
    assert not axe(page)
    shot(page, "segments-en")
    line.get_by_label("Name: in “Big ones” and “Fresh”").fill("Big and fresh")
    line.get_by_role("button", name="Save as a draft").click()

    count = page.locator("[data-count-panel]")
    expect(count).to_contain_text("25 of 100 records")
    expect(page.get_by_text("is in the segment “Big ones”").first).to_be_visible()
    page.get_by_label("Field, tag, tier or segment").select_option("points")
    page.get_by_label("Relation").select_option("lte")
    page.get_by_label("Value").fill("59")
    page.get_by_role("button", name="Add the condition").click()
    expect(count).to_contain_text("5 of 100 records")
    expect(count.get_by_role("link", name="C59")).to_be_visible()
    expect(page.get_by_label("All of these must hold").get_by_role("listitem")).to_have_count(3)
    assert not axe(page)
    shot(page, "editor-en")
    page.get_by_role("button", name="Remove: is in the segment “Fresh”").click()
    expect(count).to_contain_text("10 of 100 records")
    expect(page.get_by_text("Draft saved")).to_be_visible()
    page.get_by_role("button", name="Publish v1 …").click()
    page.get_by_role("dialog").get_by_role("button", name="Publish", exact=True).click()
    expect(page.get_by_text("Published as version 1.")).to_be_visible()
    engine.settle(shop.workspace)
    page.goto("/apps/shop/-/segments/big_and_fresh")
    expect(page.get_by_role("heading", name="Big and fresh")).to_be_visible()
    page.get_by_role("link", name="See the members").click()
    expect(page.get_by_role("link", name="C59")).to_be_visible()
    expect(page.get_by_text("is in the segment “Big and fresh”")).to_be_visible()


def test_a_person_is_searched_for_and_picked_with_the_keyboard(new_page: Callable[..., Page], shop: Live) -> None:
    shop.person("ning@example.com")
    owner = makers.member("owner", label={"zh": "负责人", "en": "Owner"})
    with shop.workspace.writing(SYSTEM, "publish") as act:
        versions.publish(act, [{**CUSTOMER, "fields": [*CUSTOMER["fields"], owner]}])
    with shop.workspace.writing(SYSTEM) as act:
        ning = accounts.by_email(act.connection, "ning@example.com")
        assert ning is not None
        gateway.update(act, "customer", 71, {"owner": ning.id})
    page = new_page()
    shop.sign_in(page)
    page.goto("/build/shop/segments/big", wait_until="networkidle")
    page.get_by_label("Field, tag, tier or segment").select_option("owner")
    search = page.locator(".tb-adding .ts-control input")
    search.click()
    search.press_sequentially("nin")
    expect(page.get_by_role("option", name="ning")).to_be_visible()
    assert not axe(page)
    search.press("Enter")
    page.get_by_role("button", name="Add the condition").click()
    count = page.locator("[data-count-panel]")
    expect(count).to_contain_text("1 of 100 records")
    expect(count.get_by_role("link", name="C70")).to_be_visible()
    expect(page.get_by_label("All of these must hold").get_by_role("listitem").last).to_contain_text("ning")


def test_an_older_question_does_not_overwrite_the_answer_to_a_newer_one(new_page: Callable[..., Page], shop: Live) -> None:
    page = new_page()
    shop.sign_in(page)
    held: list[Route] = []
    page.goto("/build/shop/segments/big")
    count = page.locator("[data-count-panel]")
    expect(count).to_contain_text("The same as live: 50.")

    def hold_first(route: Route) -> None:
        if held:
            route.continue_()
        else:
            held.append(route)

    page.route("**/segments/big/try", hold_first)
    formula = page.locator("#f-where.cm-content")
    formula.click()
    with page.expect_request("**/segments/big/try"):
        page.keyboard.press("End")
        page.keyboard.insert_text(" and points < 60")
    page.keyboard.insert_text(" and stage == 'new'")
    expect(count).to_contain_text("5 of 100 records")
    held[0].abort()
    expect(count).to_contain_text("Live: 50. 0 would come, 45 would go.")
    page.keyboard.insert_text(" and (")
    expect(count).to_contain_text("Once the condition can be read, the number comes.")


def test_on_a_phone_nothing_is_cut_off(new_page: Callable[..., Page], shop: Live) -> None:
    page = new_page(viewport={"width": 390, "height": 844}, locale="zh-CN")
    shop.person("lin@example.com", "builder", "member")
    shop.sign_in(page, "lin@example.com")
    for address, sentence in (
        ("/apps/shop/-/segments?a=big&b=fresh", "组合两个人群"),
        ("/apps/shop/-/segments/big", "最近进入"),
        ("/build/shop/segments/big", "50 条，共 100 条记录"),
    ):
        page.goto(address)
        expect(page.get_by_text(sentence).first).to_be_visible()
        assert page.evaluate("document.documentElement.scrollWidth <= innerWidth"), address
        assert not axe(page)
        shot(page, f"phone-{address.split('/')[1]}-{len(address)}")
