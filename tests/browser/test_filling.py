"""Filling in a form: what a choice fills in, options that depend on others, rows from a spreadsheet, duplicates, drafts."""

from __future__ import annotations

from collections.abc import Callable
from typing import TYPE_CHECKING, Any

import pytest
from playwright.sync_api import Locator, Page, expect

from runtime import kinds
from runtime.definitions import versions
from runtime.people.person import SYSTEM
from runtime.records import gateway, query
from tests import makers
from tests.support.browser import axe, wait_until

if TYPE_CHECKING:
    from tests.support.server import Live

pytestmark = pytest.mark.browser
PHONE = {"viewport": {"width": 390, "height": 844}, "has_touch": True, "is_mobile": True}
NEW = "/apps/shop/quote/new"
APP = {"kind": "app", "key": "shop", "label": "Shop", "menu": [{"section": "Work", "items": ["form:client", "form:quote"]}]}
CLIENT = makers.form_json(
    makers.text("name"),
    makers.field("address", "address"),
    makers.phone("mobile", unique=True),
    makers.number("discount", decimals=0),
    key="client",
)
PRODUCT = makers.form_json(makers.text("name", unique=True), makers.money("price"), key="product")
QUOTE = makers.form_json(
    makers.text("subject"),
    makers.reference("client", "client"),
    makers.field("address", "place"),
    makers.number("discount", decimals=0),
    makers.choice("province", "gd", "bj"),
    makers.choice("city", "sz", "gz", "hd", "none", control="select"),
    makers.checkbox("special"),
    makers.number("rebate", decimals=0, default="3"),
    makers.day("sent_on"),
    makers.day("valid_until", default="sent_on + DAYS(30)"),
    makers.subform(
        "items",
        makers.reference("product", "product", match="name"),
        makers.number("quantity", decimals=0),
        makers.money("price"),
        makers.day("due_on"),
        makers.choice("color", "red", "blue"),
        makers.text("engraving"),
        makers.formula("line_total", "quantity * price", result="money", currency="CNY"),
    ),
    makers.formula("total", "SUM(items.line_total)", result="money", currency="CNY"),
    key="quote",
    duplicates=[{"match": [{"field": "subject", "by": "similar", "at_least": "0.8"}]}],
    rules=[
        {"fill": [{"field": "place", "by": "client.address"}, {"field": "discount", "by": "client.discount"}], "chosen": "client"},
        {"fill": [{"field": "price", "by": "product.price"}], "chosen": "product", "subform": "items"},
        {"limit": ["city"], "options": ["sz", "gz"], "when": "province == 'gd'"},
        {"limit": ["city"], "options": ["hd"], "when": "province == 'bj'"},
        {"show": ["rebate"], "when": "special", "hidden_value": "keep"},
        {"show": ["engraving"], "when": "color == 'red'", "subform": "items"},
        {"check": "quantity < 1000", "when": "not ISEMPTY(quantity)", "fields": ["quantity"], "message": "Too many.", "subform": "items"},
    ],
)
TABLE = 'product\tquantity\tprice\tdue_on\tcolor\tengraving\nCoat\t2\t1,200.50\t5/31/2026\tRed\tAnn\nHat\tmany\t¥99\t2026-06-01\tBlue\tBob\n"Sc""arf"\t1\t5\t\tgreen\n'


@pytest.fixture
def shop(live: Live) -> Live:
    kinds.load()
    with live.workspace.writing(SYSTEM, "publish") as act:
        versions.publish(act, [APP, CLIENT, PRODUCT, QUOTE])
    with live.workspace.writing(SYSTEM) as act:
        gateway.create(
            act, "client", {"name": "Ann", "address": "广东省/深圳市/南山区 科技园路 1 号", "mobile": "13812342046", "discount": 8}
        )
        for name, price in (("Coat", "1000"), ("Hat", "90")):
            gateway.create(act, "product", {"name": name, "price": price})
        gateway.create(act, "quote", {"subject": "Winter coats for the north"})
    return live


def control(page: Page, key: str) -> Locator:
    return page.locator(f"[name='f_{key}']")


def choose(page: Page, name: str, number: int = 0) -> None:
    page.locator(f"[data-field='f_{name}'] .ts-control").click()
    page.locator(f"[data-field='f_{name}'] .ts-dropdown .option").nth(number).click()


def paste(page: Page, name: str, text: str) -> None:
    control(page, name).evaluate(
        """(control, text) => { control.focus(); const data = new DataTransfer(); data.setData('text/plain', text);
        control.dispatchEvent(new ClipboardEvent('paste', { clipboardData: data, bubbles: true, cancelable: true })); }""",
        text,
    )


@pytest.mark.parametrize("options", [{}, PHONE], ids=["desktop", "phone"])
def test_a_quote_is_filled_in_from_what_is_there_already(new_page: Callable[..., Page], shop: Live, options: Any) -> None:
    page = new_page(locale="en-US", **options)
    live = shop
    live.person("admin@example.com")
    live.sign_in(page, "meng@example.com")
    with page.expect_response(lambda answer: "chunk" in answer.url):
        page.goto(NEW)
    expect(page.locator("[name=_left_out]")).to_have_value("f_rebate")

    # a choice fills in other fields, a rich one among them; it can be taken back
    choose(page, "client")
    expect(control(page, "discount")).to_have_value("8")
    expect(control(page, "place").last).to_have_value("科技园路 1 号")
    expect(page.locator(".tl-toast")).to_contain_text("Filled in: Place, Discount")
    page.locator(".tl-toast button", has_text="Undo").click()
    expect(control(page, "discount")).to_have_value("")
    choose(page, "client")
    expect(control(page, "discount")).to_have_value("")  # the same record again is no new choice

    # options that depend on another field
    city = page.locator("select[name=f_city]")
    page.locator(".tl-choice:has(input[value=gd])").click()
    expect(city.locator("option:not([hidden])")).to_have_count(3)
    city.select_option("sz")
    page.locator(".tl-choice:has(input[value=bj])").click()
    expect(city).to_have_value("")
    expect(city.locator("option[value=hd]")).not_to_have_attribute("hidden", "")

    # a default follows other fields until somebody writes into it
    control(page, "sent_on").fill("2026-05-01")
    expect(control(page, "valid_until")).to_have_value("2026-05-31")
    control(page, "valid_until").fill("2026-06-15")
    control(page, "sent_on").fill("2026-05-02")
    expect(control(page, "valid_until")).to_have_value("2026-06-15")

    # a record like it, while typing
    control(page, "subject").press_sequentially("Winter coats for the nort")
    note = page.locator("[data-field=f_subject] [data-duplicates]")
    expect(note).to_contain_text("Winter coats for the north")
    assert axe(page) == []
    note.locator("button").click()
    expect(note).to_have_count(0)

    # a table from a spreadsheet, with what does not fit, and back
    page.locator("[data-row-add]").click()
    paste(page, "items-0-f_quantity", TABLE)
    unfit = page.locator("[data-paste-note]")
    expect(unfit).to_contain_text("Did not fit: 4")
    expect(unfit).to_contain_text("Row 2, Engraving: “Bob”. It is not asked for in this row.")
    expect(control(page, "items-0-f_engraving")).to_have_value("Ann")
    expect(unfit).to_contain_text("Row 2, Quantity: “many”")
    expect(control(page, "items-0-f_price")).to_have_value("1200.50")
    expect(control(page, "items-0-f_due_on")).to_have_value("2026-05-31")
    control(page, "items-1-f_quantity").fill("1")
    expect(page.locator("[data-computed=f_total]")).to_have_text("¥2,505.00")
    expect(control(page, "items-0-f_engraving")).to_be_visible()
    expect(control(page, "items-1-f_engraving")).to_be_hidden()
    page.locator(".tl-toast button", has_text="Undo").click()
    expect(page.locator("[data-row]")).to_have_count(1)
    expect(control(page, "items-0-f_price")).to_have_value("")

    # rows by the keyboard: a chosen product brings its price, Enter goes down
    choose(page, "items-0-f_product")
    expect(control(page, "items-0-f_price")).not_to_have_value("")
    control(page, "items-0-f_quantity").fill("2000")
    control(page, "items-0-f_quantity").press("Enter")
    expect(control(page, "items-1-f_quantity")).to_be_focused()
    expect(page.locator("[data-field='f_items-0-f_quantity'] [data-error]")).to_have_text("Too many.")
    control(page, "items-0-f_quantity").fill("2")
    control(page, "items-1-f_quantity").fill("1")

    # put aside, taken up again elsewhere, saved
    page.locator("button[value=draft]").click()
    page.wait_for_url("**/quote/new?draft=*")
    expect(control(page, "items-0-f_quantity")).to_have_value("2")
    other = new_page(locale="en-US", **options)
    live.sign_in(other, "meng@example.com")
    other.goto(NEW)
    other.locator(".tl-drafts summary").click()
    other.locator(".tl-drafts a", has_text="Winter coats for the nort").click()
    expect(control(other, "valid_until")).to_have_value("2026-06-15")
    expect(other.locator("[data-field='f_items-0-f_product'] .item")).to_be_visible()
    assert axe(other) == []
    assert other.evaluate("document.documentElement.scrollWidth") <= options.get("viewport", {"width": 1280})["width"] + 1
    other.locator(".tl-save .btn-primary").click()
    other.wait_for_url("**/quote/2?**")
    with live.workspace.reading(SYSTEM) as act:
        stored = query.get(act, "quote", 2).values
    assert (str(stored["rebate"]), stored["province"], stored["city"]) == ("3", "bj", None)
    assert [str(row["quantity"]) for row in stored["items"]] == ["2", "1"]
    other.goto(NEW)
    expect(other.locator(".tl-drafts")).to_have_count(0)


def test_what_a_rule_hid_is_still_there_after_coming_back(page: Page, shop: Live) -> None:
    shop.person("admin@example.com")
    shop.sign_in(page, "meng@example.com")
    page.goto(NEW, wait_until="networkidle")
    control(page, "subject").fill("Coats")
    control(page, "special").check()
    control(page, "rebate").fill("7")
    control(page, "special").uncheck()
    expect(control(page, "rebate")).to_be_hidden()
    kept = "Object.values(localStorage).some(each => each.includes('Coats') && !each.includes('f_special'))"
    wait_until(page, lambda: page.evaluate(kept), "it is kept on this device")
    page.goto(NEW, wait_until="networkidle")
    expect(control(page, "subject")).to_have_value("Coats")
    expect(control(page, "rebate")).to_be_hidden()
    control(page, "special").check()
    expect(control(page, "rebate")).to_have_value("7")
