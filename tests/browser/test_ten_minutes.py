"""The ten-minute task: a form of 40 fields by dragging, looked at on desktop and phone, published with an account of changes, and gone back."""

from __future__ import annotations

import re
from collections.abc import Callable
from decimal import Decimal
from typing import TYPE_CHECKING

import pytest
from playwright.sync_api import Locator, Page, expect

from runtime.definitions import versions
from runtime.people.person import SYSTEM
from runtime.records import gateway, query
from runtime.texts import _
from tests.browser.test_form_designer import APP, CUSTOMER, PHONE, chinese, drag, field, frame, hit, live_body, palette, rename, saved
from tests.support.browser import axe
from tests.tiers.world import ORDER, TAGS, VISIT

if TYPE_CHECKING:
    from tests.support.server import Live

pytestmark = pytest.mark.browser
HERE = "/build/shop/forms/repair_order"


@pytest.fixture
def shop(live: Live) -> Live:
    live.person("admin@example.com")
    with live.workspace.writing(SYSTEM, "publish") as act:
        versions.publish(act, [APP, CUSTOMER, ORDER, VISIT, TAGS])
    with live.workspace.writing(SYSTEM) as act:
        gateway.create(act, "customer", {"name": "Ann"})
    return live


def test_in_chinese_forty_fields_are_built_by_dragging_published_and_taken_back(shop: Live, new_page: Callable[..., Page]) -> None:
    page = new_page(locale="zh-CN")
    shop.sign_in(page)
    chinese(shop)
    _begin(page)
    panel = page.locator(".fd-panel")
    _choice(page, panel)
    for before, kind in (
        ("kind", "date"),
        ("date", "phone"),
        ("phone", "email"),
        ("email", "number"),
        ("number", "rating"),
        ("rating", "url"),
    ):
        put(page, kind, field(page, before))
    rename(page, "date", "Bought on")

    # eight fields, and the same again in three more sections, one of them on a tab of its own
    copies: list[str] = []
    for number, part in enumerate(("Section", "Section", "Tab"), 1):
        page.get_by_role("region", name=zh("Parts of the page")).get_by_role("button", name=zh(part), exact=True).click()
        if part == "Tab":
            page.locator(".fd-parts").get_by_role("button").first.click()
        if copies:
            _select(page, copies)
        else:
            hit(page, "name").click()
            page.keyboard.press("Control+a")
        panel.get_by_role("button", name=zh("Duplicate")).click()
        expect(panel.locator("h2")).to_have_text(zh("{n} fields selected", n=8))
        copies = [str(each.get_attribute("data-fd")) for each in page.locator("[data-fd].active").all()]
        panel.get_by_label(zh("Move to")).select_option(str(number))
        expect(page.locator(f"[data-section='{number}'] [data-fd]")).to_have_count(8)
        if part == "Tab":
            page.locator(".fd-parts").get_by_role("button").first.click()
    page.locator("[id='fd-s:1']").dblclick()
    page.keyboard.type("Second visit")
    page.keyboard.press("Enter")
    expect(page.locator("[data-section='1']")).to_contain_text("Second visit")

    # a customer, a choice out of another form, parts with a total, and what else belongs to it
    last = page.locator("[data-section='2'] [data-fd]").last
    put(page, "reference", last)
    rename(page, "reference", "Customer")
    panel.locator("select[id$='/form']").select_option("customer")
    put(page, "linked_choice", field(page, "customer"))
    rename(page, "linked_choice", "Known as")
    panel.locator("select[id$='/form']").select_option("customer")
    panel.locator("select[id$='/field']").select_option("name")
    panel.get_by_role("button", name=zh("Add {thing}", thing=zh("pair of fields"))).click()
    panel.locator("select[id$='/theirs']").select_option("name")
    panel.locator("select[id$='/ours']").select_option("name")
    put(page, "subform", field(page, "known_as"), 0.8, 0.7)
    rename(page, "subform", "Parts")
    put(page, "number", page.locator("[data-subform=parts]"), 0.95, 0.3)
    put(page, "money", page.locator("[data-subform=parts]"), 0.97, 0.3)
    put(page, "formula", field(page, "parts"), 0.5, 0.97)  # below the rows, not into them
    rename(page, "formula", "Total")
    panel.locator("select[id$='/result']").select_option("money")
    panel.locator(".cm-content").click()
    page.keyboard.type("SUM(parts.number * parts.money)")
    for before, kind in (("total", "long_text"), ("long_text", "checkbox"), ("checkbox", "percent"), ("percent", "slider")):
        put(page, kind, field(page, before), 0.8, 0.7)
    hit(page, "bought_on").click()
    panel.get_by_role("button", name=zh("Show only if …")).click()
    panel.get_by_label(zh("Value"), exact=True).select_option("warranty")
    hit(page, "phone").click()
    panel.get_by_role("button", name=zh("Require if …")).click()
    expect(page.locator("[data-layer=draft]")).to_contain_text("已保存")
    expect(page.locator("[data-layer=problems]")).to_have_count(0)
    expect(page.locator(".fd-counts")).to_contain_text(zh("{n} fields", n=40))
    assert axe(page) == []

    page.get_by_role("button", name=zh("Preview")).click()
    tried = frame(page)
    expect(tried.get_by_label("Bought on", exact=True)).to_be_hidden()
    tried.get_by_role("radio", name="Warranty").first.check()
    expect(tried.get_by_label("Bought on", exact=True)).to_be_visible()
    expect(tried.get_by_role("tab")).to_have_count(2)
    for width in ("desktop", "tablet", "phone"):
        page.get_by_role("button", name=zh(f"On a {width}")).click()
        expect(page.locator(f".fd-frame.fd-w-{width}")).to_be_visible()
    page.get_by_label(zh("Seen as")).select_option("member")
    expect(tried.get_by_role("tab")).to_have_count(2)
    assert axe(page) == []

    _publish(page, 1, "Repair order")
    first = live_body(shop, "repair_order")
    assert len(first["fields"]) == 40 and len(first["layout"]) == 4 and first["rules"][0]["show"] == ["bought_on"]

    _fill_in(shop, page)
    page.goto(HERE, wait_until="networkidle")

    # one field goes, one comes, one is called something else; then version 1 again
    page.get_by_role("link", name=zh("Fields")).click()
    hit(page, "slider").click()
    page.keyboard.press("Delete")
    put(page, "time", field(page, "name"))
    rename(page, "url", "Web page")
    _publish(
        page,
        2,
        added(zh("Time of day")),
        removed(zh("Slider")),
        zh("New columns: {fields}. They begin empty, or with their default value.", fields=zh("Time of day")),
    )
    page.goto(f"{HERE}/versions")
    page.get_by_role("link", name=zh("Restore v{version} …", version=1)).click()
    expect(page.get_by_role("main")).to_contain_text(added(zh("Slider")))
    page.get_by_role("button", name=zh("Put version {number} in force", number=1)).click()
    expect(page.get_by_role("main")).to_contain_text("v3")
    assert live_body(shop, "repair_order") == first


def _fill_in(shop: Live, page: Page) -> None:
    """What was built is filled in: a choice that shows a field, a linked choice narrowed by the name, a row, and the total that follows it."""
    page.goto("/apps/shop/repair_order/new", wait_until="networkidle")
    expect(page.locator("[data-field=f_bought_on]")).to_be_hidden()
    page.locator("[data-field=f_kind]").get_by_role("radio", name="Warranty").check()
    page.locator("[data-field=f_bought_on] input").fill("2026-05-06")
    page.locator("[name=f_phone]").fill("13812345678")
    for tab in page.get_by_role("tab").all():  # the name is needed, and so is each copy of it
        tab.click()
        for name in page.locator("input[name^=f_name]:visible").all():
            name.fill("Ann")
    page.get_by_role("tab").first.click()
    known = page.locator("[data-field=f_known_as]")
    known.locator(".ts-control").click()
    known.get_by_role("option", name="Ann", exact=True).click()
    page.locator("[data-row-add]").click()
    page.locator("[name='f_parts-0-f_number']").fill("3")
    page.locator("[name='f_parts-0-f_money']").fill("12.50")
    page.keyboard.press("Tab")
    expect(page.locator("[data-computed=f_total]")).to_contain_text("37.50")
    page.locator("main .tl-save button.btn-primary").last.click()
    page.wait_for_url(re.compile(r"/repair_order/\d+"))
    with shop.workspace.reading(SYSTEM) as act:
        values = query.get(act, "repair_order", 1).values
    assert (values["kind"], values["known_as"], values["total"]) == ("warranty", "Ann", Decimal("37.5"))


def put(page: Page, kind: str, to: Locator, right: float = 0.8, down: float = 0.7) -> None:
    """Drags a type from the palette to a place of the form."""
    to.evaluate("each => each.scrollIntoView({ block: 'center' })")
    drag(page, palette(page, kind), to, right, down)


def zh(text: str, **values: object) -> str:
    """A word of the screen, as a Chinese reader sees it."""
    return str(_(text, **values).in_language("zh"))


def added(name: str) -> str:
    return zh("Added: {thing} “{name}”", thing=zh("field"), name=name)


def removed(name: str) -> str:
    return zh("Removed: {thing} “{name}”", thing=zh("field"), name=name)


def _begin(page: Page) -> None:
    page.goto("/build/shop")
    page.get_by_role("button", name=zh("New"), exact=True).click()
    page.get_by_label(zh("Name"), exact=True).fill("Repair order")
    page.get_by_role("button", name=zh("Begin a draft")).click()
    expect(field(page, "name")).to_be_visible()


def _choice(page: Page, panel: Locator) -> None:
    put(page, "choice", field(page, "name"))
    rename(page, "choice", "Kind")
    panel.get_by_role("button", name=zh("Paste a list")).click()
    panel.get_by_label(zh("One option a line")).fill("Warranty\nPaid")
    panel.get_by_role("button", name=zh("Add them")).click()
    for _number in range(3):
        panel.locator(".fd-options").get_by_role("button", name=zh("Remove")).first.click()


def _select(page: Page, keys: list[str]) -> None:
    hit(page, keys[0]).click()
    hit(page, keys[-1]).click(modifiers=["Shift"])


def _publish(page: Page, number: int, *account: str) -> None:
    page.get_by_role("button", name=zh("Publish v{version} …", version=number)).click()
    dialog = page.get_by_role("dialog")
    for sentence in account:
        expect(dialog).to_contain_text(sentence)
    dialog.get_by_role("button", name=zh("Publish")).click()
    expect(page.get_by_text(zh("Published as version {version}.", version=number))).to_be_visible()


def test_on_a_phone_several_fields_are_duplicated_dragged_and_published_by_touch(shop: Live, new_page: Callable[..., Page]) -> None:
    page = new_page(**{**PHONE, "locale": "en-US"})
    shop.sign_in(page)
    page.goto("/build/shop")
    page.get_by_role("button", name="New", exact=True).tap()
    page.get_by_label("Name", exact=True).fill("Repair order")
    page.get_by_role("button", name="Begin a draft").tap()
    for kind in ("choice", "date", "phone", "money"):
        page.locator(".td-switch").get_by_role("button", name="Field types").tap()
        palette(page, kind).tap()
        expect(field(page, kind)).to_be_visible()
    expect(hit(page, "money")).to_be_focused()  # only then the canvas has scrolled to it
    touch_drag(page, field(page, "money").locator(".fd-grip"), field(page, "choice"))
    for place, key in enumerate(("name", "money", "choice", "date", "phone")):
        expect(page.locator("[data-fd]").nth(place)).to_have_attribute("data-fd", key)
    hit(page, "money").tap()
    page.get_by_role("button", name="Select several").tap()
    for key in ("choice", "date", "phone"):
        hit(page, key).tap()
    page.locator(".td-switch").get_by_role("button", name="Settings").tap()
    for _number in range(9):  # each time the copies are selected
        page.locator(".fd-panel").get_by_role("button", name="Duplicate").tap()
    assert page.evaluate("document.documentElement.scrollWidth") <= 390 and axe(page) == []
    page.locator(".td-switch").get_by_role("button", name="Form", exact=True).tap()
    expect(page.locator("[data-fd]")).to_have_count(41)
    page.get_by_role("button", name="Select several").tap()
    _the_rest_by_touch(page)
    assert page.evaluate("document.documentElement.scrollWidth") <= 390 and axe(page) == []
    saved(page)
    page.get_by_role("button", name="Preview").tap()
    tried = frame(page)
    expect(tried.get_by_label("Name").first).to_be_visible(timeout=20_000)
    expect(tried.locator("[data-field=f_date]")).to_be_hidden()
    tried.get_by_role("radio", name="Option 1").first.check()
    expect(tried.locator("[data-field=f_date]")).to_be_visible()
    page.locator("[data-publish]").tap()
    page.get_by_role("dialog").get_by_role("button", name="Publish").tap()
    expect(page.get_by_text("Published as version 1.")).to_be_visible()
    body = live_body(shop, "repair_order")
    assert len(body["fields"]) == 45 and len(body["layout"]) == 2
    rows = next(each for each in body["fields"] if each["type"] == "subform")
    assert {"money_2", "money_10"} <= {each["key"] for each in body["fields"]}
    assert [each["type"] for each in rows["fields"]] == ["text", "number", "money"] and body["rules"][0]["show"] == ["date"]


def _the_rest_by_touch(page: Page) -> None:
    """A section with a customer, a linked choice, rows and their total, and a rule."""
    switch, panel = page.locator(".td-switch"), page.locator(".fd-panel")
    switch.get_by_role("button", name="Field types").tap()
    page.get_by_role("region", name="Parts of the page").get_by_role("button", name="Section", exact=True).tap()
    for kind in ("reference", "linked_choice", "subform", "formula"):
        switch.get_by_role("button", name="Field types").tap()
        palette(page, kind).tap()
        expect(field(page, kind)).to_be_visible()
        if kind == "subform":
            page.locator("[data-subform=subform] [data-column]").first.tap()
            for column in ("number", "money"):
                switch.get_by_role("button", name="Field types").tap()
                palette(page, column).tap()
            expect(page.locator("[data-subform=subform] [data-column]")).to_have_count(3)
            hit(page, "subform").tap(position={"x": 40, "y": 8})  # above its columns
    settings = switch.get_by_role("button", name="Settings")
    hit(page, "formula").tap()
    settings.tap()
    panel.locator("select[id$='/result']").select_option("money")
    panel.locator("textarea[id$='/formula']").fill("SUM(subform.number * subform.money)")  # the phone's own keyboard writes in a plain box
    for key in ("reference", "linked_choice"):
        switch.get_by_role("button", name="Form", exact=True).tap()
        hit(page, key).tap()
        settings.tap()
        panel.locator("select[id$='/form']").select_option("customer")
    panel.locator("select[id$='/field']").select_option("name")
    switch.get_by_role("button", name="Form", exact=True).tap()
    hit(page, "date").tap()
    settings.tap()
    panel.get_by_role("button", name="Show only if …").tap()
    panel.get_by_label("Value", exact=True).select_option("option_1")
    switch.get_by_role("button", name="Form", exact=True).tap()
    field(page, "reference").evaluate("each => each.scrollIntoView({ block: 'center' })")
    expect(field(page, "linked_choice").locator(".fd-grip")).to_be_in_viewport(ratio=1)
    touch_drag(page, field(page, "linked_choice").locator(".fd-grip"), field(page, "reference"))
    expect(page.locator("[data-section='1'] [data-fd]").first).to_have_attribute("data-fd", "linked_choice")


def touch_drag(page: Page, what: Locator, to: Locator) -> None:
    """By a finger, in steps."""
    start, end = what.bounding_box(), to.bounding_box()
    assert start is not None and end is not None
    touch = page.context.new_cdp_session(page)
    ways = [(start["x"] + 20, start["y"] + 20), (end["x"] + 60, end["y"] + 4)]
    touch.send("Input.dispatchTouchEvent", {"type": "touchStart", "touchPoints": [{"x": ways[0][0], "y": ways[0][1]}]})
    for part in (0.3, 0.6, 1):
        point = {axis: ways[0][n] + (ways[1][n] - ways[0][n]) * part for n, axis in enumerate("xy")}
        touch.send("Input.dispatchTouchEvent", {"type": "touchMove", "touchPoints": [point]})
    touch.send("Input.dispatchTouchEvent", {"type": "touchEnd", "touchPoints": []})
