"""The formula editor: chips, suggestions, problems, the side panel, a live result; a plain box on the phone."""

from __future__ import annotations

import json
import re
from collections.abc import Callable
from datetime import timedelta
from typing import TYPE_CHECKING

import pytest
from playwright.sync_api import Locator, Page, expect

from runtime.definitions import versions
from runtime.people.person import SYSTEM
from runtime.records import gateway
from runtime.system.clock import now
from runtime.system.tables import person
from tests.browser.test_builder import APP, PHONE, VALUE
from tests.support.browser import axe, wait_until
from tests.tiers.world import CUSTOMER, ORDER, TAGS, VISIT

if TYPE_CHECKING:
    from tests.support.server import Live

pytestmark = pytest.mark.browser

NUMBER = [each["key"] for each in CUSTOMER["fields"]].index("spend")
LABELS = {"points": {"zh": "积分", "en": "Points"}, "name": {"zh": "姓名", "en": "Name"}, "spend": {"zh": "净消费", "en": "Net spend"}}
AMOUNT = {"amount": {"zh": "金额", "en": "Amount"}, "status": {"zh": "状态", "en": "Status"}}


def with_labels(form: dict, labels: dict) -> dict:
    fields = [{**each, "label": labels.get(each["key"], each["label"])} for each in form["fields"]]
    return {**form, "fields": fields}


@pytest.fixture
def shop(live: Live) -> Live:
    """Ann with two orders of 3,500 together, and Bob; their forms have labels in both languages."""
    live.person("admin@example.com")
    customer, order = with_labels(CUSTOMER, LABELS), {**with_labels(ORDER, AMOUNT), "label": {"zh": "订单", "en": "Orders"}}
    with live.workspace.writing(SYSTEM, "publish") as act:
        versions.publish(act, [APP, customer, order, VISIT, TAGS, VALUE])
    with live.workspace.writing(SYSTEM) as act:
        ann = gateway.create(act, "customer", {"name": "Ann", "points": 7}).id
        gateway.create(act, "customer", {"name": "Bob", "points": 4})
        for amount in (3000, 500):
            day = (now() - timedelta(days=3)).date()
            gateway.create(act, "order", {"customer": ann, "amount": amount, "paid_on": day, "status": "done"})
    return live


def box(page: Page) -> Locator:
    """The formula of the customer's net spend, opened."""
    page.goto("/build/shop/forms/customer?tab=json")
    page.locator(f"[id='e-fields/{NUMBER}']").click()
    page.locator(f"[id='f-fields/{NUMBER}/formula']").scroll_into_view_if_needed()
    found = page.locator(f"[id='f-fields/{NUMBER}/formula'].cm-content")
    expect(found).to_be_visible()
    expect(found.locator(".tf-chip").first).to_be_visible()
    return found


def emptied(page: Page, editor: Locator) -> None:
    editor.click()
    page.keyboard.press("Control+a")
    page.keyboard.press("Delete")


def stored(page: Page) -> str:
    """The formula in the draft, as the page shows it as JSON."""
    text = page.get_by_role("textbox", name=re.compile("JSON")).first.input_value()
    return json.loads(text)["fields"][NUMBER]["formula"]


def chinese(shop: Live) -> None:
    with shop.workspace.writing(SYSTEM) as act:
        act.connection.execute(person.update().values(language="zh"))


def test_a_label_typed_in_chinese_becomes_a_chip_and_is_stored_by_its_key(shop: Live, new_page: Callable[..., Page]) -> None:
    page = new_page(locale="zh-CN")
    shop.sign_in(page)
    chinese(shop)
    editor = box(page)
    expect(editor.locator(".tf-chip").first).to_have_text("订单 · 金额")
    emptied(page, editor)
    page.keyboard.insert_text("积分")
    expect(editor.locator(".tf-chip")).to_have_count(0)
    page.keyboard.type(" * 2", delay=20)
    expect(editor.locator(".tf-chip")).to_have_text(["积分"])
    assert stored(page) == "points * 2"
    page.keyboard.insert_text(" ＋ IF（积分 ＞＝ 3，1，0）")
    expect(editor.locator(".tf-chip")).to_have_text(["积分", "积分"])
    expect(page.locator(".tf-field .tl-error").first).to_contain_text("金额")
    assert axe(page) == []


def test_an_input_method_composes_undisturbed(shop: Live, new_page: Callable[..., Page]) -> None:
    page = new_page(locale="zh-CN")
    shop.sign_in(page)
    chinese(shop)
    editor = box(page)
    emptied(page, editor)
    keys = page.context.new_cdp_session(page)
    for text in ("j", "ji", "jif", "jifen"):
        keys.send("Input.imeSetComposition", {"text": text, "selectionStart": len(text), "selectionEnd": len(text)})
        page.wait_for_timeout(120)
        expect(editor).to_have_text(text)
    keys.send("Input.insertText", {"text": "积分"})
    expect(editor).to_have_text("积分")
    page.keyboard.press("Escape")
    page.keyboard.type(" + 1", delay=20)
    expect(editor.locator(".tf-chip")).to_have_text(["积分"])
    assert stored(page) == "points + 1"


def test_suggestions_are_taken_by_keyboard(shop: Live, page: Page) -> None:
    shop.sign_in(page)
    editor = box(page)
    emptied(page, editor)
    page.keyboard.type("sum", delay=40)
    options = page.locator(".cm-tooltip li")
    expect(options.first).to_contain_text("SUM")
    expect(page.locator(".cm-completionInfo")).to_contain_text("The sum")
    page.keyboard.press("Enter")
    expect(page.locator(".tf-signature")).to_contain_text("SUM(number")
    page.keyboard.type("orders.am", delay=40)
    expect(options.first).to_contain_text("Amount")
    page.keyboard.press("Tab")
    page.keyboard.type(", where=orders.status == ", delay=40)
    page.keyboard.type("do", delay=40)
    expect(options.first).to_contain_text("done")
    page.keyboard.press("ArrowDown")
    page.keyboard.press("ArrowUp")
    page.keyboard.press("Enter")
    expect(editor.locator(".tf-chip")).to_have_text(["Orders · Amount", "Orders · Status"])
    expect(page.get_by_text("gives an amount of money (CNY)")).to_be_visible()
    assert stored(page) == "SUM(orders.amount, where=orders.status == 'done')"
    assert axe(page) == []


def test_a_wrong_name_is_underlined_and_says_what_was_meant(shop: Live, page: Page) -> None:
    shop.sign_in(page)
    editor = box(page)
    emptied(page, editor)
    page.keyboard.type("SUM(ordrs.amount)", delay=10)
    expect(editor.locator(".tf-fault")).to_have_text("ordrs")
    expect(editor).to_have_attribute("aria-invalid", "true")
    problem = page.locator(".tf-field .tl-error button")
    expect(problem).to_contain_text("orders")
    problem.click()
    expect(editor).to_be_focused()
    page.keyboard.type("orders", delay=10)
    expect(page.locator(".tf-field .tl-error")).to_have_count(0)
    expect(page.get_by_text("gives an amount of money (CNY)")).to_be_visible()


def test_fields_are_picked_from_the_panel_and_a_record_shows_the_result(shop: Live, page: Page) -> None:
    shop.sign_in(page)
    editor = box(page)
    emptied(page, editor)
    page.get_by_role("button", name=re.compile("^Fields and functions")).click()
    panel = page.get_by_role("complementary", name=re.compile("^Fields and functions"))
    search = panel.get_by_label("Find a field or function")
    expect(search).to_be_focused()
    search.fill("net")
    page.keyboard.press("ArrowDown")
    page.keyboard.press("ArrowDown")
    expect(panel.get_by_role("button", name="Net spend")).to_be_focused()
    search.fill("sum")
    assert axe(page) == []
    panel.get_by_role("button", name="SUM Sum", exact=True).click()
    expect(editor).to_be_focused()
    search.fill("amount")
    panel.get_by_role("button", name="Amount").first.click()
    expect(editor.locator(".tf-chip")).to_have_text(["Orders · Amount"])
    assert stored(page) == "SUM(orders.amount)"
    panel.get_by_role("button", name="Try it out").click()
    panel.get_by_label("For this record").first.fill("Ann")
    panel.get_by_role("button", name="Ann").click()
    expect(panel.locator(".tf-figure")).to_have_text("¥3,500.00")
    expect(panel.locator(".tl-part").first).to_contain_text("2 of 2 count")
    expect(page.locator(".tf-live")).to_contain_text("Ann")
    expect(page.locator(".tf-live")).to_contain_text("¥3,500.00")
    assert axe(page) == []
    page.keyboard.press("Escape")
    expect(panel).to_have_count(0)
    expect(editor).to_be_focused()
    wait_until(page, lambda: kept(shop) == "SUM(orders.amount)", "the draft is saved")


def kept(shop: Live) -> str | None:
    with shop.workspace.reading(SYSTEM) as act:
        draft = versions.find_draft(act.connection, "form", "customer")
        return draft.body["fields"][NUMBER]["formula"] if draft is not None else None


def test_undo_takes_back_what_was_typed(shop: Live, page: Page) -> None:
    shop.sign_in(page)
    editor = box(page)
    before = stored(page)
    editor.click()
    page.keyboard.press("Control+End")
    page.keyboard.type(" + 1", delay=20)
    assert stored(page) == f"{before} + 1"
    page.keyboard.press("Control+z")
    wait_until(page, lambda: stored(page) == before, "the formula is what it was")
    expect(editor.locator(".tf-chip").first).to_have_text("Orders · Amount")


def test_the_editor_is_loaded_only_where_a_formula_opens(shop: Live, page: Page) -> None:
    shop.sign_in(page)
    asked: list[str] = []
    page.on("request", lambda request: asked.append(request.url))
    page.goto("/build/shop/forms/customer?tab=json")
    expect(page.locator(f"[id='e-fields/{NUMBER}']")).to_be_visible()
    before = {url for url in asked if url.endswith(".js")}
    page.locator(f"[id='e-fields/{NUMBER}']").click()
    page.locator(f"[id='f-fields/{NUMBER}/formula']").scroll_into_view_if_needed()
    expect(page.locator(".cm-content").first).to_be_visible()
    assert len({url for url in asked if url.endswith(".js")} - before) >= 1


def test_on_a_phone_it_is_a_plain_box_with_the_same_checks(shop: Live, new_page: Callable[..., Page]) -> None:
    page = new_page(**PHONE, has_touch=True, is_mobile=True)
    shop.sign_in(page)
    chinese(shop)
    page.goto("/build/shop/forms/customer?tab=json")
    page.locator(f"[id='e-fields/{NUMBER}']").click()
    page.locator(f"[id='f-fields/{NUMBER}/formula']").scroll_into_view_if_needed()
    area = page.locator(f"textarea[id='f-fields/{NUMBER}/formula']")
    expect(area).to_be_visible()
    expect(page.locator(".cm-content")).to_have_count(0)
    area.fill("SUM(ordrs.金额)")
    expect(page.locator(".tf-field .tl-error").first).to_contain_text("orders")
    area.fill("SUM(订单.金额)")
    expect(page.locator(".tl-good").first).to_be_visible()
    assert page.evaluate("document.documentElement.scrollWidth") <= 390
    assert axe(page) == []
