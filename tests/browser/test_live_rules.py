"""Rules of a form, followed in the browser while somebody types: what is shown, needed, locked, checked and computed."""

from __future__ import annotations

import re
from collections.abc import Callable
from typing import TYPE_CHECKING, Any

import pytest
from playwright.sync_api import Locator, Page, Route, expect

from runtime import kinds
from runtime.definitions import versions
from runtime.people.person import SYSTEM
from runtime.records import gateway, query
from tests import makers
from tests.support.browser import axe

if TYPE_CHECKING:
    from tests.support.server import Live

pytestmark = pytest.mark.browser
PHONE = {"viewport": {"width": 390, "height": 844}, "has_touch": True, "is_mobile": True}
NEW = "/apps/shop/quote/new"
APP = {"kind": "app", "key": "shop", "label": "Shop", "menu": [{"section": "Work", "items": ["form:client", "form:quote"]}]}
CLIENT = makers.form_json(makers.text("name"), makers.money("credit"), key="client")
QUOTE = makers.form_json(
    makers.text("subject"),
    makers.choice("sort", "company", "person", default="'person'"),
    makers.text("reg_no"),
    makers.phone("mobile"),
    makers.email("email"),
    makers.day("starts_on"),
    makers.day("ends_on"),
    makers.checkbox("signed"),
    makers.number("discount", decimals=0, unit="%", default="5"),
    makers.reference("client", "client"),
    makers.subform(
        "items",
        makers.text("product"),
        makers.number("quantity", decimals=0, default="1"),
        makers.money("price"),
        makers.formula("line_total", "quantity * price", result="money", currency="CNY"),
    ),
    makers.formula("total", "SUM(items.line_total) * (1 - discount / 100)", result="money", currency="CNY"),
    key="quote",
    rules=[
        {"show": ["reg_no"], "when": "sort == 'company'"},
        {"require": ["reg_no"], "when": "sort == 'company' and total > 100"},
        {"read_only": ["discount"], "when": "signed"},
        {
            "check": "not (ISEMPTY(mobile) and ISEMPTY(email))",
            "fields": ["mobile", "email"],
            "message": {"zh": "手机和邮箱至少填写一项。", "en": "Give a mobile number or an e-mail address."},
        },
        {
            "check": "ends_on >= starts_on",
            "when": "not ISEMPTY(ends_on)",
            "fields": ["ends_on"],
            "message": {"zh": "结束早于开始。", "en": "It ends before it starts."},
        },
        {
            "check": "total <= client.credit",
            "when": "not ISEMPTY(client)",
            "fields": ["items"],
            "message": {"zh": "超过客户额度。", "en": "More than the client's credit."},
        },
    ],
)


@pytest.fixture
def shop(live: Live) -> Live:
    kinds.load()
    with live.workspace.writing(SYSTEM, "publish") as act:
        versions.publish(act, [APP, CLIENT, QUOTE])
    with live.workspace.writing(SYSTEM) as act:
        gateway.create(act, "client", {"name": "Ann", "credit": "500"})
    return live


def control(page: Page, key: str) -> Locator:
    return page.locator(f"[name='f_{key}']")


def error(page: Page, key: str) -> Locator:
    return page.locator(f"[data-field='f_{key}'] > [data-error]")


def computed(page: Page, name: str) -> Locator:
    return page.locator(f"[data-computed='f_{name}']")


def pick(page: Page, key: str, option: str) -> None:
    page.locator(f".tl-choice:has(input[name=f_{key}][value={option}])").click()


def add_row(page: Page, number: int, **values: Any) -> None:
    page.locator("[data-row-add]").click()
    for key, value in values.items():
        control(page, f"items-{number}-f_{key}").fill(str(value))


def without_server(page: Page) -> None:
    """From now on no check reaches the server: what the page does, it does by itself."""
    page.route("**/check", lambda route: route.fulfill(status=503, body="{}"))
    page.watch.expected.append("status of 503")  # type: ignore[attr-defined]


def open_new(new_page: Callable[..., Page], live: Live, locale: str = "en-US", **options: Any) -> Page:
    page = new_page(locale=locale, **options)
    live.person("admin@example.com")
    live.sign_in(page, "meng@example.com")  # whose language is that of the browser
    with page.expect_response(lambda answer: "chunk" in answer.url):
        page.goto(NEW)
    expect(control(page, "subject")).to_be_visible()
    expect(page.locator("[name=_left_out]")).to_have_value("f_reg_no")
    return page


@pytest.mark.parametrize("locale", ["en-US", "zh-CN"])
def test_a_form_follows_its_rules_without_the_server(new_page: Callable[..., Page], shop: Live, locale: str) -> None:
    page = open_new(new_page, shop, locale)
    without_server(page)
    chinese = locale == "zh-CN"

    # shown and needed
    expect(control(page, "reg_no")).to_be_hidden()
    expect(control(page, "reg_no")).to_be_disabled()
    pick(page, "sort", "company")
    expect(control(page, "reg_no")).to_be_visible()
    expect(page.locator("#spoken")).to_contain_text("Reg_no")
    expect(control(page, "reg_no")).not_to_have_attribute("required", "")

    # rows and totals while typing
    add_row(page, 0, product="Coat", quantity="3", price="1,200.50")
    expect(computed(page, "items-0-f_line_total")).to_have_text("¥3,601.50")
    expect(computed(page, "total")).to_have_text("¥3,421.43")
    add_row(page, 1, product="Hat", price="99")
    expect(computed(page, "items-1-f_line_total")).to_have_text("¥99.00")
    expect(computed(page, "total")).to_have_text("¥3,515.48")
    control(page, "discount").fill("10")
    expect(computed(page, "total")).to_have_text("¥3,330.45")
    page.locator("[data-row-remove]").first.click()
    expect(computed(page, "total")).to_have_text("¥89.10")
    control(page, "items-0-f_quantity").fill("2")
    expect(computed(page, "total")).to_have_text("¥178.20")
    expect(control(page, "reg_no")).to_have_attribute("required", "")
    control(page, "items-0-f_quantity").fill("two")
    late = {"en-US": "worked out once everything it needs can be read", "zh-CN": "所需内容都填写正确后得出"}[locale]
    expect(computed(page, "total")).to_have_text(late)  # no figure stands for what cannot be read

    # checks speak once their field has been left
    sentence = "手机和邮箱至少填写一项。" if chinese else "Give a mobile number or an e-mail address."
    expect(error(page, "mobile")).to_be_hidden()
    control(page, "mobile").fill("138")
    control(page, "mobile").blur()
    control(page, "mobile").fill("")
    control(page, "mobile").blur()
    expect(error(page, "mobile")).to_have_text(sentence)
    expect(error(page, "email")).to_be_hidden()
    expect(control(page, "mobile")).to_have_attribute("aria-invalid", "true")
    control(page, "email").press_sequentially("ann@example.com")
    expect(error(page, "mobile")).to_be_hidden()
    control(page, "starts_on").fill("2026-05-02")
    control(page, "ends_on").fill("2026-05-01")
    control(page, "ends_on").blur()
    expect(error(page, "ends_on")).to_have_text("结束早于开始。" if chinese else "It ends before it starts.")
    control(page, "ends_on").fill("2026-05-02")
    expect(error(page, "ends_on")).to_be_hidden()
    assert axe(page) == []


def test_a_locked_field_keeps_its_value_and_a_changed_one_says_why_it_is_refused(new_page: Callable[..., Page], shop: Live) -> None:
    page = open_new(new_page, shop)
    without_server(page)
    control(page, "signed").check()
    expect(control(page, "discount")).to_have_attribute("readonly", "")
    expect(page.locator("[data-save-bar]")).to_have_text("1 unsaved change")
    control(page, "signed").uncheck()
    expect(control(page, "discount")).not_to_have_attribute("readonly", "")
    control(page, "discount").fill("7")
    control(page, "signed").check()
    expect(error(page, "discount")).to_have_text("This cannot be changed now.")
    control(page, "discount").fill("5")
    expect(error(page, "discount")).to_be_hidden()
    expect(control(page, "discount")).to_have_attribute("readonly", "")


def test_fields_of_a_referenced_record_come_from_the_server_once_and_count_while_typing(new_page: Callable[..., Page], shop: Live) -> None:
    page = open_new(new_page, shop)
    page.locator("[data-field=f_client] .ts-control").click()
    with page.expect_response("**/check"):
        page.locator(".ts-dropdown .option").first.click()
    without_server(page)
    add_row(page, 0, product="Coat", quantity="1", price="500")
    control(page, "items-0-f_price").blur()
    expect(error(page, "items")).to_be_hidden()
    control(page, "items-0-f_price").fill("600")
    expect(error(page, "items")).to_have_text("More than the client's credit.")
    control(page, "items-0-f_price").fill("520")
    expect(error(page, "items")).to_be_hidden()


def test_what_is_looked_up_stands_as_soon_as_a_record_is_chosen(new_page: Callable[..., Page], live: Live) -> None:
    kinds.load()
    offer = makers.form_json(
        makers.text("subject"),
        makers.reference("client", "client"),
        makers.lookup("credit", reference="client", field="credit", result="money", currency="CNY"),
        makers.number("share", unit="%"),
        makers.formula("most", "credit * share / 100", result="money", currency="CNY"),
        makers.subform(
            "items",
            makers.reference("payer", "client"),
            makers.money("price"),
            makers.formula("payer_credit", "payer.credit", result="money", currency="CNY"),
        ),
        makers.formula("total", "SUM(items.price)", result="money", currency="CNY"),
        key="offer",
    )
    with live.workspace.writing(SYSTEM, "publish") as act:
        versions.publish(act, [{**APP, "menu": [{"section": "Work", "items": ["form:client", "form:offer"]}]}, CLIENT, offer])
    with live.workspace.writing(SYSTEM) as act:
        gateway.create(act, "client", {"name": "Ann", "credit": "500"})
        gateway.create(act, "client", {"name": "Bob", "credit": "80"})
    page = new_page(locale="en-US")
    live.sign_in(page)
    with page.expect_response(lambda answer: "chunk" in answer.url):
        page.goto("/apps/shop/offer/new")

    def choose(field: Locator, name: str) -> None:
        with page.expect_response(re.compile(rf"[?&]q={name}")):
            field.locator(".ts-control input").fill(name)
        expect(field.locator(".ts-wrapper")).not_to_have_class(re.compile("loading"))  # the list is what was searched for
        field.locator(".ts-dropdown .option", has_text=name).click()
        expect(field.locator(".item")).to_contain_text(name)

    control(page, "share").fill("10")
    choose(page.locator("[data-field=f_client]"), "Ann")
    expect(computed(page, "credit")).to_have_text("¥500.00")
    expect(computed(page, "most")).to_have_text("¥50.00")
    choose(page.locator("[data-field=f_client]"), "Bob")
    expect(computed(page, "credit")).to_have_text("¥80.00")
    expect(computed(page, "most")).to_have_text("¥8.00")
    control(page, "share").fill("50")
    expect(computed(page, "most")).to_have_text("¥40.00")
    add_row(page, 0, price="12")
    choose(page.locator("[data-field='f_items-0-f_payer']"), "Ann")
    expect(computed(page, "items-0-f_payer_credit")).to_have_text("¥500.00")
    expect(computed(page, "total")).to_have_text("¥12.00")
    with page.expect_response("**/check"):
        control(page, "items-0-f_price").fill("twelve")
        expect(computed(page, "total")).to_have_text("worked out once everything it needs can be read")
        control(page, "items-0-f_price").blur()
    expect(computed(page, "total")).to_have_text("worked out once everything it needs can be read")
    control(page, "items-0-f_price").fill("13")
    expect(computed(page, "total")).to_have_text("¥13.00")
    assert axe(page) == []


def test_what_the_browser_showed_is_what_the_server_stores(new_page: Callable[..., Page], shop: Live) -> None:
    page = open_new(new_page, shop, **PHONE)
    control(page, "subject").fill("Winter")
    pick(page, "sort", "company")
    control(page, "reg_no").fill("91330106")
    pick(page, "sort", "person")
    expect(control(page, "reg_no")).to_be_hidden()
    control(page, "email").fill("ann@example.com")
    add_row(page, 0, product="Coat", quantity="3", price="19.99")
    add_row(page, 1, product="Hat", price="5")
    expect(computed(page, "total")).to_have_text("¥61.72")
    control(page, "signed").check()
    assert page.evaluate("document.documentElement.scrollWidth") <= 391
    page.locator("button[data-busy].btn-primary").click()
    page.wait_for_url("**/apps/shop/quote/1?**")
    with shop.workspace.reading(SYSTEM) as act:
        stored = query.get(act, "quote", 1).values
    assert (stored["reg_no"], str(stored["discount"]), str(stored["total"])) == (None, "5", "61.72")
    assert [str(row["line_total"]) for row in stored["items"]] == ["59.97", "5.00"]


def test_a_refused_form_says_the_same_as_before_and_goes_on_following(new_page: Callable[..., Page], shop: Live) -> None:
    page = open_new(new_page, shop)
    page.watch.expected.append("status of 422")  # type: ignore[attr-defined]
    control(page, "subject").fill("Winter")
    page.locator("button[data-busy].btn-primary").click()
    sentence = "Give a mobile number or an e-mail address."
    expect(error(page, "email")).to_have_text(sentence)
    expect(error(page, "mobile")).to_have_text(sentence)
    expect(page.locator("[name=_left_out]")).to_have_value("f_reg_no")
    control(page, "email").press_sequentially("ann@example.com")
    expect(error(page, "email")).to_be_hidden()
    expect(error(page, "mobile")).to_be_hidden()


def test_a_rule_about_other_records_is_left_to_the_server(new_page: Callable[..., Page], live: Live) -> None:
    kinds.load()
    client = makers.form_json(
        makers.text("name"), makers.text("reason"), key="client", rules=[{"show": ["reason"], "when": "COUNT(quotes) > 0 or name == 'Bob'"}]
    )
    quote = makers.form_json(makers.text("subject"), makers.reference("client", "client", many_name="quotes"), key="quote")
    with live.workspace.writing(SYSTEM, "publish") as act:
        versions.publish(act, [APP, client, quote])
    page = new_page()
    live.sign_in(page)
    asked: list[Route] = []
    page.route("**/check", lambda route: (asked.append(route), route.continue_()))
    page.goto("/apps/shop/client/new")
    expect(control(page, "reason")).to_be_hidden()
    control(page, "name").fill("Bob")
    control(page, "name").blur()
    expect(control(page, "reason")).to_be_visible()
    assert len(asked) == 1
