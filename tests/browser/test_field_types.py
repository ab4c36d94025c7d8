"""A form with every type of field, filled in with the keyboard alone on a phone, in Chinese; and its record."""

from __future__ import annotations

import re
from collections.abc import Callable
from typing import TYPE_CHECKING, Any

import pytest
from playwright.sync_api import Page, expect

from runtime import kinds
from runtime.definitions import versions
from runtime.people.person import SYSTEM
from runtime.records import query
from tests import makers
from tests.makers import field
from tests.support.browser import axe, wait_until

if TYPE_CHECKING:
    from tests.support.server import Live

pytestmark = pytest.mark.browser
PHONE = {"viewport": {"width": 390, "height": 844}, "has_touch": True, "is_mobile": True}
NEW = "/apps/shop/visit/new"
APP = {"kind": "app", "key": "shop", "label": "Shop", "menu": [{"section": "Work", "items": ["form:visit"]}]}
VISIT = makers.form_json(
    makers.text("name"),
    field("section_text", "intro", text={"zh": "请如实填写。", "en": "Fill in."}, look="note"),
    field("rating", "score", required=True),
    field("percent", "discount"),
    field("time", "arrives"),
    field("duration", "length"),
    field("slider", "mood"),
    makers.choice("source", "web", "store", other=True),
    field("region", "city"),
    field("address", "home"),
    field("location", "place"),
    field("id_number", "id_no", mask=False),
    field("company_number", "reg_no"),
    field("color", "shade"),
    field("barcode", "code"),
    field("cascading", "product", tree=makers.tree()),
    makers.url("site", shown_as={"zh": "官网", "en": "Site"}),
    makers.serial("no", "V-{source}-{##}", reset="none", each="source"),
    makers.formula("total", "100 * (1 - discount) + score"),
    makers.formula("leaves", "arrives + length", decimals=0),
    makers.subform("steps", field("duration", "took"), field("region", "at"), field("rating", "stars", stars=3)),
    key="visit",
    rules=[{"show": ["reg_no"], "when": "STARTSWITH(city, '广东省')"}],
)
VALUES = {
    "name": "林", "score": 4, "discount": "12.5%", "arrives": "09:30", "length": 90, "mood": "3", "source": "朋友介绍", "city": "广东省/深圳市/南山区",
    "home": {"province": "北京市", "district": "东城区", "detail": "长安街1号"}, "place": {"lng": 114.057868, "lat": 22.543099, "text": "市民中心"},
    "id_no": "11010519491231002X", "reg_no": "91350100M000100Y43", "shade": "#1E90FF", "code": "6901234567892", "product": "green",
    "site": "https://example.com", "no": "V-朋友介绍-01", "total": "91.50", "leaves": "660",
}  # fmt: skip


@pytest.fixture
def shop(live: Live) -> Live:
    kinds.load()
    with live.workspace.writing(SYSTEM, "publish") as act:
        versions.publish(act, [APP, VISIT])
    return live


class Keyboard:
    """Goes from control to control with Tab and uses nothing else."""

    def __init__(self, page: Page):
        self.page = page

    def to(self, key: str) -> None:
        """Tab until the focus stands in the field."""
        for _step in range(12):
            self.page.keyboard.press("Tab")
            if self.page.evaluate("key => document.activeElement.closest('[data-field]')?.dataset.field === key", f"f_{key}"):
                return
        raise AssertionError(f"Tab does not reach {key}")

    def type(self, key: str, *texts: str) -> None:
        self.to(key)
        for number, text in enumerate(texts):
            if number:
                self.page.keyboard.press("Tab")
            self.page.keyboard.type(text)

    def press(self, *keys: str) -> None:
        for each in keys:
            self.page.keyboard.press(each)


def open_new(new_page: Callable[..., Page], live: Live) -> Page:
    page = new_page(locale="zh-CN", **PHONE)
    live.person("admin@example.com")
    live.sign_in(page, "meng@example.com")
    page.goto(NEW)
    expect(page.locator("[data-field=f_city] select").first).to_be_visible()
    expect(page.locator("[data-field=f_home] select").first).to_be_visible()
    expect(page.locator("[data-field=f_mood] input[type=range]")).to_be_visible()
    return page


def choose(page: Page, key: str, *names: str) -> None:
    """Walks down the lists of a field with the arrow key, one after the other, until each says its name."""
    for number, name in enumerate(names):
        if number:
            page.keyboard.press("Tab")
        said = page.locator(f"[data-field=f_{key}] select:not([name])").nth(number).locator("option:checked")
        for _step in range(40):
            if said.text_content() == name:
                break
            page.keyboard.press("ArrowDown")
        expect(said).to_have_text(name)


def test_every_type_is_filled_in_with_the_keyboard_on_a_phone(new_page: Callable[..., Page], shop: Live) -> None:
    page = open_new(new_page, shop)
    keys = Keyboard(page)
    page.locator("[name=f_name]").focus()
    page.keyboard.type("林")
    keys.to("score")
    keys.press("Space", "ArrowRight", "ArrowRight", "ArrowRight")
    keys.type("discount", "12.5")
    keys.to("arrives")
    page.locator("[name=f_arrives]").fill("09:30")  # what the keys of a time control are depends on the device's language
    keys.type("length", "1", "30")
    keys.to("mood")
    keys.press("ArrowRight", "ArrowRight", "ArrowRight")
    expect(page.locator("[name=f_mood]")).to_have_value("3")
    keys.press("Tab")
    keys.to("source")
    keys.press("Tab")
    page.keyboard.type("朋友介绍")
    keys.to("city")
    choose(page, "city", "广东省", "深圳市", "南山区")
    expect(page.locator("[data-field=f_reg_no]")).to_be_visible()
    keys.to("home")
    choose(page, "home", "北京市", "东城区")
    keys.press("Tab")
    page.keyboard.type("长安街1号")
    keys.type("place", "114.057868, 22.543099")
    keys.press("Tab", "Tab")
    page.keyboard.type("市民中心")
    keys.type("id_no", "11010519491231002x")
    keys.type("reg_no", "9135 0100 M000 100Y43")
    keys.type("shade", "#1e90ff")
    keys.press("Tab")
    keys.type("code", "6901234567892")
    keys.to("product")
    choose(page, "product", "茶", "绿茶")
    keys.type("site", "example.com")
    expect(page.locator("[data-computed=f_total]")).to_have_text("91.50")
    expect(page.locator("[data-computed=f_leaves]")).to_have_text("660")
    page.locator("[data-row-add]").focus()
    keys.press("Enter")
    page.keyboard.type("0")
    keys.press("Tab")
    page.keyboard.type("20")
    assert axe(page) == []
    assert page.evaluate("document.documentElement.scrollWidth <= innerWidth")
    page.locator(".tl-save .btn-primary").focus()
    keys.press("Enter")
    expect(page).to_have_url(re.compile("done=new"))
    with shop.workspace.reading(SYSTEM) as act:
        record = query.get(act, "visit", query.page(act, "visit").records[0].id)
        kinds_of = act.catalogue.forms["visit"].by_key
        found = {key: kinds_of[key].to_json(record.values.get(key)) for key in VALUES}
    assert found == VALUES and [row["took"] for row in record.values["steps"]] == [20]
    body = page.locator("main")
    for said in (
        "★★★★☆",
        "12.5%",
        "1 小时 30 分钟",
        "广东省深圳市南山区",
        "北京市东城区长安街1号",
        "市民中心（114.057868, 22.543099）",
        "茶 / 绿茶",
        "官网",
    ):
        expect(body).to_contain_text(said)
    expect(body.locator("svg.tl-qr")).to_be_visible()
    assert axe(page) == []


def test_an_opened_record_stands_in_its_controls_again(new_page: Callable[..., Page], shop: Live) -> None:
    from runtime.records import gateway

    with shop.workspace.writing(SYSTEM) as act:
        given: dict[str, Any] = {key: value for key, value in VALUES.items() if key not in ("no", "total", "leaves")}
        saved = gateway.create(act, "visit", given)
    page = open_new(new_page, shop)
    page.goto(f"/apps/shop/visit/{saved.id}/edit")
    lists = page.locator("[data-field=f_city] select")
    expect(lists.nth(2).locator("option:checked")).to_have_text("南山区")
    expect(page.locator("[data-field=f_product] select:visible").nth(1).locator("option:checked")).to_have_text("绿茶")
    expect(page.locator("[name=f_length]").first).to_have_value("1")
    expect(page.locator("[name=f_source][type=text]")).to_have_value("朋友介绍")
    lists.nth(0).select_option("北京市")
    expect(lists.nth(2)).to_be_hidden()
    expect(page.locator("[name=f_city]")).to_have_value("北京市")
    page.locator(".tl-choice:has(input[name=f_source][value=web])").click()
    expect(page.locator("[name=f_source][type=text]")).to_have_value("")
    page.locator(".tl-save .btn-primary").click()
    expect(page).to_have_url(re.compile("done=edit"))
    with shop.workspace.reading(SYSTEM) as act:
        record = query.get(act, "visit", saved.id)
    assert (record.values["city"], record.values["source"], record.values["reg_no"]) == ("北京市", "web", None)
    assert record.values["home"] == "北京市/东城区 长安街1号"


def test_the_device_says_where_it_is(new_page: Callable[..., Page], shop: Live) -> None:
    page = open_new(new_page, shop)
    page.context.grant_permissions(["geolocation"])
    page.context.set_geolocation({"longitude": 121.4737, "latitude": 31.2304})
    page.get_by_role("button", name="获取当前位置").click()
    expect(page.locator("[name=f_place]").first).to_have_value("121.473700, 31.230400")


def test_unfinished_input_of_several_boxes_is_put_back(new_page: Callable[..., Page], shop: Live) -> None:
    page = open_new(new_page, shop)
    for number, text in enumerate(("1", "30")):
        page.locator("[name=f_length]").nth(number).fill(text)
    page.locator("[name=f_source][type=text]").fill("朋友介绍")
    page.locator("[data-field=f_city] select").first.select_option("北京市")
    wait_until(page, lambda: "北京市" in page.evaluate("JSON.stringify(localStorage)"), "the input is kept")
    page.reload()
    expect(page.locator("[name=f_length]").nth(1)).to_have_value("30")
    expect(page.locator("[name=f_length]").nth(0)).to_have_value("1")
    expect(page.locator("[name=f_source][type=text]")).to_have_value("朋友介绍")
    expect(page.locator("[data-field=f_city] select").first.locator("option:checked")).to_have_text("北京市")
