"""The form designer in a browser: a form built by dragging, by keyboard and by touch; what people will see; publishing; two people."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from threading import Event
from typing import TYPE_CHECKING, Any

import pytest
from playwright.sync_api import FrameLocator, Locator, Page, expect

from runtime.definitions import versions
from runtime.people.person import SYSTEM
from runtime.records import gateway, publishing
from runtime.system.tables import person
from tests.makers import Json
from tests.support.browser import axe, wait_until
from tests.tiers.world import CUSTOMER as RATED
from tests.tiers.world import ORDER, TAGS, VISIT

if TYPE_CHECKING:
    from tests.support.server import Live

pytestmark = pytest.mark.browser

APP = {
    "kind": "app",
    "key": "shop",
    "label": {"zh": "小店", "en": "Shop"},
    "menu": [{"section": {"zh": "客户", "en": "Customers"}, "items": ["form:customer"]}],
}
CUSTOMER: Json = {**RATED, "fields": [each for each in RATED["fields"] if each["type"] != "tier"]}
PLACE = "/build/shop/forms/customer"
PHONE = {"viewport": {"width": 390, "height": 844}, "has_touch": True, "is_mobile": True, "locale": "zh-CN"}


@pytest.fixture
def shop(live: Live) -> Live:
    live.person("admin@example.com")
    with live.workspace.writing(SYSTEM, "publish") as act:
        versions.publish(act, [APP, CUSTOMER, ORDER, VISIT, TAGS])
    with live.workspace.writing(SYSTEM) as act:
        for name in ("Ann", "Bob", "12"):
            gateway.create(act, "customer", {"name": name})
    return live


def chinese(live: Live) -> None:
    with live.workspace.writing(SYSTEM) as act:
        act.connection.execute(person.update().values(language="zh"))


def begin(page: Page, name: str = "Repair order") -> None:
    """A new form from the hub, in the designer."""
    page.goto("/build/shop")
    page.get_by_role("button", name="New", exact=True).click()
    page.get_by_label("Name", exact=True).fill(name)
    page.get_by_role("button", name="Begin a draft").click()
    expect(field(page, "name")).to_be_visible()


def field(page: Page, key: str) -> Locator:
    return page.locator(f"[data-fd='{key}']")


def hit(page: Page, key: str) -> Locator:
    return page.locator(f"[id='fd-f:{key}']")


def saved(page: Page) -> None:
    expect(page.locator("[data-layer=draft]")).to_contain_text("saved")


def draft_of(shop: Live, key: str) -> Json:
    with shop.workspace.reading(SYSTEM) as act:
        found = versions.find_draft(act.connection, "form", key)
    assert found is not None
    return found.body


def live_body(shop: Live, key: str) -> Json:
    with shop.workspace.reading(SYSTEM) as act:
        return versions.find_version(act.connection, "form", key).body


def drag(page: Page, what: Locator, to: Locator, right: float = 0.8, down: float = 0.5) -> None:
    """By mouse, in steps as a hand makes them."""
    what.scroll_into_view_if_needed()
    start, end = what.bounding_box(), to.bounding_box()
    assert start is not None and end is not None
    page.mouse.move(start["x"] + 20, start["y"] + 10)
    page.mouse.down()
    page.mouse.move(start["x"] + 40, start["y"] + 20, steps=3)
    page.mouse.move(end["x"] + end["width"] * right, end["y"] + end["height"] * down, steps=5)
    page.mouse.up()


def palette(page: Page, kind: str) -> Locator:
    return page.locator(f".fd-type[data-type='{kind}']")


def rename(page: Page, key: str, label: str) -> None:
    """Writes the name in its place."""
    hit(page, key).focus()
    page.keyboard.press("F2")
    expect(page.locator(".fd-label-editor input").first).to_be_focused()
    page.keyboard.type(label)
    page.keyboard.press("Enter")


def frame(page: Page) -> FrameLocator:
    return page.frame_locator(".fd-frame iframe")


# -- the ten-minute task, by dragging -------------------------------------------------------------------------------------------------
def test_a_form_with_sections_a_sub_form_rules_and_a_total_is_built_by_dragging_and_published(shop: Live, page: Page) -> None:
    shop.sign_in(page)
    begin(page)
    drag(page, palette(page, "choice"), field(page, "name"))
    rename(page, "choice", "Kind")
    panel = page.locator(".fd-panel")
    panel.get_by_role("button", name="Paste a list").click()
    panel.get_by_label("One option a line").fill("Warranty\nPaid")
    panel.get_by_role("button", name="Add them").click()
    for _number in range(3):
        panel.get_by_role("button", name="Remove: Option 1").or_(panel.get_by_role("button", name="Remove: Option")).first.click()
    drag(page, palette(page, "date"), field(page, "kind"))
    rename(page, "date", "Bought on")
    drag(page, palette(page, "phone"), field(page, "bought_on"))
    drag(page, palette(page, "email"), field(page, "phone"))
    drag(page, palette(page, "reference"), field(page, "email"))
    rename(page, "reference", "Customer")
    panel.locator("select[id$='/form']").select_option("customer")
    page.get_by_role("region", name="Parts of the page").get_by_role("button", name="Section").click()
    second = page.locator("[data-section='1']")
    drag(page, palette(page, "subform"), second, 0.5, 0.8)
    rename(page, "subform", "Parts")
    drag(page, palette(page, "number"), page.locator("[data-subform=parts]"), 0.95, 0.3)
    drag(page, palette(page, "money"), page.locator("[data-subform=parts]"), 0.97, 0.3)
    expect(page.locator("[data-subform=parts] [data-column]")).to_have_count(3)
    drag(page, palette(page, "formula"), field(page, "parts"), 0.5, 0.97)
    rename(page, "formula", "Total")
    panel.locator("select[id$='/result']").select_option("money")
    expect(panel.locator("input[id$='/currency']").first).to_be_attached()  # of money, where options would mean nothing
    expect(panel.get_by_role("button", name="Add an option")).to_have_count(0)
    panel.locator(".cm-content").click()
    page.keyboard.type("SUM(parts.number * parts.money)")
    expect(page.locator("[data-layer=problems]")).to_have_count(0)
    hit(page, "bought_on").click()
    panel.get_by_role("button", name="Show only if").click()
    panel.get_by_label("Value", exact=True).select_option("warranty")
    expect(field(page, "bought_on")).to_contain_text("shown if Kind is Warranty")
    page.get_by_role("group", name="Columns of Section").get_by_role("button", name="1 column").click()
    saved(page)
    assert axe(page) == []

    page.get_by_role("button", name="Preview").click()
    tried = frame(page)
    expect(tried.get_by_label("Name")).to_be_visible()
    expect(tried.get_by_label("Bought on")).to_be_hidden()
    tried.get_by_role("radio", name="Warranty").check()
    expect(tried.get_by_label("Bought on")).to_be_visible()
    page.get_by_role("button", name="Phone").click()
    expect(page.locator(".fd-frame.fd-w-phone")).to_be_visible()
    assert axe(page) == []

    page.get_by_role("button", name="Publish v1").click()
    page.get_by_role("dialog").get_by_role("button", name="Publish").click()
    expect(page.get_by_text("Published as version 1.")).to_be_visible()
    body = live_body(shop, "repair_order")
    assert [each["key"] for each in body["fields"]] == ["name", "kind", "bought_on", "phone", "email", "customer", "parts", "total"]
    assert [each["key"] for each in body["fields"][1]["options"]] == ["warranty", "paid"]
    assert body["layout"][1] == {"section": "Section", "columns": 1, "fields": ["parts", "total"]}
    assert body["rules"] == [{"show": ["bought_on"], "when": "kind == 'warranty'"}]
    page.goto("/apps/shop/repair_order/new")
    page.get_by_role("radio", name="Warranty").check()
    expect(page.get_by_label("Bought on")).to_be_visible()


# -- moving -----------------------------------------------------------------------------------------------------------------------------
def test_a_field_is_dragged_to_another_place_and_undo_takes_it_back_after_a_reload(shop: Live, page: Page) -> None:
    shop.sign_in(page)
    page.goto(PLACE)
    order = [each["key"] for each in CUSTOMER["fields"]]
    drag(page, field(page, order[2]), field(page, order[0]), 0.1)
    expect(page.locator("[data-fd]").first).to_have_attribute("data-fd", order[2])
    saved(page)
    page.reload()
    expect(page.locator("[data-fd]").first).to_have_attribute("data-fd", order[2])
    page.get_by_role("button", name="Undo").click()
    expect(page.locator("[data-fd]").first).to_have_attribute("data-fd", order[0])


def test_escape_leaves_a_dragged_field_where_it_was(shop: Live, page: Page) -> None:
    shop.sign_in(page)
    page.goto(PLACE)
    first, third = page.locator("[data-fd]").nth(0), page.locator("[data-fd]").nth(2)
    key = third.get_attribute("data-fd")
    box, end = third.bounding_box(), first.bounding_box()
    assert box is not None and end is not None
    page.mouse.move(box["x"] + 20, box["y"] + 10)
    page.mouse.down()
    page.mouse.move(end["x"] + 5, end["y"] + 10, steps=5)
    expect(page.locator(".tl-carried")).to_be_visible()
    page.keyboard.press("Escape")
    page.mouse.up()
    expect(page.locator(".tl-carried")).to_have_count(0)
    expect(page.locator("[data-fd]").nth(2)).to_have_attribute("data-fd", str(key))


def test_by_keyboard_a_field_is_lifted_moved_dropped_and_put_back(shop: Live, page: Page) -> None:
    shop.sign_in(page)
    page.goto(PLACE)
    keys = [each["key"] for each in CUSTOMER["fields"]]
    hit(page, keys[0]).focus()
    page.keyboard.press("Space")
    expect(page.locator("#spoken")).to_contain_text("is lifted")
    page.keyboard.press("ArrowDown")
    expect(page.locator("#spoken")).to_have_text("Place 2 in section 1")
    expect(hit(page, keys[0])).to_be_focused()
    page.keyboard.press("ArrowDown")
    page.keyboard.press("Escape")
    expect(page.locator("[data-fd]").first).to_have_attribute("data-fd", keys[0])
    page.keyboard.press("Space")
    page.keyboard.press("ArrowDown")
    page.keyboard.press("Space")
    expect(page.locator("#spoken")).to_contain_text("is dropped")
    expect(page.locator("[data-fd]").nth(1)).to_have_attribute("data-fd", keys[0])
    page.keyboard.press("Control+d")
    expect(field(page, f"{keys[0]}_2")).to_be_visible()
    page.keyboard.press("Delete")
    expect(field(page, f"{keys[0]}_2")).to_have_count(0)


def test_several_fields_are_selected_and_changed_together(shop: Live, page: Page) -> None:
    shop.sign_in(page)
    page.goto(PLACE)
    shown = [str(page.locator("[data-fd]").nth(n).get_attribute("data-fd")) for n in range(3)]
    hit(page, shown[0]).click()
    hit(page, shown[2]).click(modifiers=["Shift"])
    expect(page.locator(".fd-panel h2")).to_have_text("3 fields selected")
    page.locator(".fd-panel").get_by_text("Takes a whole row").click()
    saved(page)
    assert draft_of(shop, "customer")["layout"][0]["wide"] == shown
    page.keyboard.press("Control+z")
    saved(page)
    wait_until(page, lambda: "layout" not in draft_of(shop, "customer"), "it is taken back")


# -- names, types, users ----------------------------------------------------------------------------------------------------------------
def test_a_published_key_is_changed_and_whatever_names_it_is_published_with_it(shop: Live, new_page: Callable[..., Page]) -> None:
    page = new_page()
    shop.sign_in(page)
    page.goto("/build/shop/forms/order")
    hit(page, "amount").click()
    page.get_by_role("button", name="Another key").click()
    dialog = page.get_by_role("dialog")
    expect(dialog).to_contain_text("Customer")
    dialog.get_by_label("Key", exact=True).fill("Net worth")
    expect(dialog).to_contain_text("The key will be net_worth.")
    assert axe(page) == []
    page.keyboard.press("Enter")
    expect(field(page, "net_worth")).to_be_visible()
    saved(page)
    page.get_by_role("button", name="Undo").click()
    expect(field(page, "amount")).to_be_visible()
    page.get_by_role("button", name="Redo").click()
    page.get_by_role("button", name="Publish v2").click()
    for sentence in ("Amount · Key: amount → net_worth", "amount is called net_worth from then on.", "Reworded and published with it"):
        expect(dialog).to_contain_text(sentence)
    expect(dialog).not_to_contain_text("No longer shown")
    dialog.get_by_role("button", name="Publish").click()
    expect(page.get_by_text("Published as version 2.")).to_be_visible()
    assert "SUM(orders.net_worth, " in str(live_body(shop, "customer"))
    assert live_body(shop, "order")["fields"][2]["formerly"] == ["amount"]


def test_both_names_are_written_in_place_and_the_key_follows_until_it_is_published(shop: Live, page: Page) -> None:
    shop.sign_in(page)
    page.goto(PLACE)
    palette(page, "number").click()
    expect(field(page, "number")).to_be_visible()
    hit(page, "number").dblclick()
    page.keyboard.type("Height")
    page.keyboard.press("Tab")
    page.keyboard.type("身高")
    page.keyboard.press("Enter")
    expect(field(page, "height")).to_contain_text("Height")
    saved(page)
    wait_until(page, lambda: draft_of(shop, "customer")["fields"][-1].get("key") == "height", "the key has followed")
    assert draft_of(shop, "customer")["fields"][-1]["label"] == {"en": "Height", "zh": "身高"}
    hit(page, "name").click()
    expect(page.locator(".fd-panel").get_by_label("Key")).to_have_attribute("readonly", "")


def test_who_uses_a_field_is_named_before_it_is_taken_out_and_what_a_new_type_does_before_publishing(shop: Live, page: Page) -> None:
    shop.sign_in(page)
    page.goto("/build/shop/forms/order")
    hit(page, "amount").focus()
    page.keyboard.press("Delete")
    dialog = page.get_by_role("dialog")
    expect(dialog).to_contain_text("Customer")
    assert axe(page) == []
    dialog.get_by_role("button", name="Cancel").click()
    expect(field(page, "amount")).to_be_visible()
    page.goto(PLACE)
    hit(page, "name").click()
    page.locator(".fd-panel").get_by_label("Type", exact=True).select_option("number")
    saved(page)
    page.locator("[data-publish]").click()
    expect(dialog).to_contain_text("2 of 3 values of “Name” don’t fit its new type, such as “Bob”, “Ann”")
    assert axe(page) == []


@pytest.fixture
def slow_reading(live: Live, monkeypatch: pytest.MonkeyPatch) -> Iterator[Live]:
    """Publishing that has values to read goes on until somebody stops it, or the test is over: before the product stops."""
    over = Event()

    def reading(_workspace: Any, _person: Any, _bodies: Any, tell: Callable[[int], None]) -> None:
        while not over.wait(0.05):
            tell(1)

    monkeypatch.setattr(publishing, "AT_ONCE", 2)
    monkeypatch.setattr(publishing, "prepare", reading)
    yield live
    over.set()


@pytest.mark.usefixtures("slow_reading")
def test_publishing_that_takes_long_is_stopped_by_its_button_and_the_draft_stays(shop: Live, page: Page) -> None:
    shop.sign_in(page)
    page.goto(PLACE)
    hit(page, "name").click()
    page.locator(".fd-panel").get_by_label("Type", exact=True).select_option("number")
    saved(page)
    page.locator("[data-publish]").click()
    page.get_by_role("dialog").get_by_role("button", name="Publish", exact=True).click()
    said = page.locator(".tb-outcome")
    expect(said.get_by_role("progressbar")).to_be_visible()
    assert axe(page) == []
    said.get_by_role("button", name="Do not publish").click()
    expect(said).to_contain_text("Not published: it was stopped. The version before is in force, and the draft is still here.")
    expect(said.get_by_role("button", name="Do not publish")).to_have_count(0)
    assert next(each for each in live_body(shop, "customer")["fields"] if each["key"] == "name")["type"] == "text"
    assert next(each for each in draft_of(shop, "customer")["fields"] if each["key"] == "name")["type"] == "number"
    page.reload()
    expect(page.locator("[data-publish]")).to_be_enabled()



# -- one draft in two shapes ----------------------------------------------------------------------------------------------------------
def test_the_form_and_its_json_are_one_draft(shop: Live, page: Page) -> None:
    shop.sign_in(page)
    page.goto(PLACE)
    hit(page, "name").click()
    page.keyboard.press("Control+j")
    text = page.get_by_label("The whole draft as JSON")
    text.fill(
        text.input_value().replace(
            '"key": "customer"', '"key": "customer",\n  "layout": [{"section": "Who", "columns": 3, "fields": ["name"], "tab": "First"}]', 1
        )
    )
    page.get_by_role("link", name="Fields").click()
    expect(page.locator("[data-section='0']")).to_contain_text("Who")
    expect(page.get_by_role("group", name="Columns of Who").get_by_role("button", name="3 columns")).to_have_attribute(
        "aria-pressed", "true"
    )


def test_settings_are_read_in_chinese_and_a_type_is_found_by_pinyin(shop: Live, page: Page) -> None:
    chinese(shop)
    shop.sign_in(page)
    page.goto(PLACE)
    expect(field(page, "name")).to_be_visible()
    for wanted in ("pingfen", "pf"):
        page.get_by_role("searchbox", name="找字段类型").fill(wanted)
        expect(page.locator(".fd-type")).to_have_text(["评分"])
    palette(page, "rating").click()
    expect(page.locator(".fd-panel").get_by_label("星数")).to_be_visible()
    page.get_by_role("searchbox", name="找字段类型").fill("")
    palette(page, "reference").click()
    expect(field(page, "reference")).to_contain_text("这里还没有选择。")
    palette(page, "rollup").click()
    relation = page.locator(".fd-panel").get_by_label("相关记录或子表单")
    expect(relation.locator("option[value=orders]")).to_have_count(1)
    page.get_by_role("link", name="查重与人员").click()
    page.get_by_role("button", name="添加查重").click()
    page.locator(".fd-page .tb-fold").nth(1).click()
    page.locator(".fd-page").get_by_label("字段 *", exact=True).select_option("name")
    expect(page.locator(".fd-page .tb-fold").first).to_have_text(CUSTOMER["fields"][0]["label"])


def test_what_is_needed_and_searched_for_is_marked_only_once_it_was_refused(shop: Live, page: Page) -> None:
    shop.sign_in(page)
    needed = [{**each, "required": True} if each["key"] == "customer" else each for each in ORDER["fields"]]
    with shop.workspace.writing(SYSTEM, "publish") as act:
        versions.publish(act, [{**ORDER, "app": "shop", "fields": needed}])
    page.goto("/apps/shop/order/new", wait_until="networkidle")
    drawn, plain = page.locator("[data-field=f_customer] .ts-control"), page.locator("[data-field=f_amount] input")
    expect(drawn.locator("input")).to_be_visible()
    usual = plain.evaluate("it => getComputedStyle(it).borderTopColor")
    expect(drawn).to_have_css("border-top-color", usual)
    page.watch.expected.append("status of 422")  # type: ignore[attr-defined]
    page.get_by_role("button", name="Save", exact=True).click()
    expect(page.locator("[data-field=f_customer] .tl-error")).to_be_visible()
    expect(drawn).not_to_have_css("border-top-color", usual)


def test_a_pasted_table_makes_fields_and_another_form_can_be_copied(shop: Live, page: Page) -> None:
    shop.sign_in(page)
    begin(page)
    page.get_by_role("button", name="From a table or another form").first.click()
    dialog = page.get_by_role("dialog")
    dialog.get_by_label("Rows from Excel").fill("Device*\tPrice\tBought on\nPhone\t¥1,299.00\t2024-05-01\nWatch\t¥899\t2024-06-30")
    expect(dialog.get_by_role("list", name="Fields of the table")).to_contain_text("Price Money")
    assert axe(page) == []
    dialog.get_by_role("button", name="Add 3 fields").click()
    expect(page.locator("[data-fd]")).to_have_count(3)
    expect(field(page, "device")).to_contain_text("*")
    page.get_by_role("button", name="From a table or another form").first.click()
    dialog.get_by_role("button", name="Copy a form", exact=True).first.click()
    dialog.get_by_label("Form", exact=True).select_option("visit")
    dialog.get_by_role("button", name="Copy the form").click()
    expect(field(page, "device")).to_have_count(0)
    page.get_by_role("button", name="Undo").click()
    expect(field(page, "device")).to_be_visible()


# -- two people -------------------------------------------------------------------------------------------------------------------------
def test_two_people_see_each_other_and_both_keep_their_changes(shop: Live, page: Page, new_page: Callable[..., Page]) -> None:
    shop.sign_in(page)
    page.watch.expected.append("status of 409")  # type: ignore[attr-defined]
    page.goto(PLACE)
    expect(field(page, "name")).to_be_visible()
    shop.person("bo@example.com", "builder")
    other = new_page()
    shop.sign_in(other, "bo@example.com")
    other.goto(PLACE)
    expect(other.locator(".fd-people")).to_contain_text("admin is here too")
    hit(other, "name").click()
    other.locator(".fd-panel").get_by_label("Name (English)").fill("Called")
    saved(other)
    expect(field(page, "name")).to_contain_text("Called", timeout=20_000)  # asked for every ten seconds
    palette(page, "rating").click()
    expect(field(page, "rating")).to_be_visible()
    wait_until(page, lambda: draft_of(shop, "customer")["fields"][-1]["type"] == "rating", "both changes are saved")
    assert draft_of(shop, "customer")["fields"][0]["label"] == "Called"


def test_what_both_changed_is_asked_about_by_name_and_what_only_one_changed_stays_either_way(shop: Live, page: Page) -> None:
    shop.sign_in(page)
    page.watch.expected.append("status of 409")  # type: ignore[attr-defined]
    page.goto(PLACE)
    expect(field(page, "name")).to_be_visible()
    bo = shop.person("bo@example.com", "builder")
    theirs = [{**each, "label": "Called"} if each["key"] == "name" else each for each in CUSTOMER["fields"]]
    with shop.workspace.writing(bo) as act:
        versions.save_draft(act, "form", "customer", {**CUSTOMER, "fields": theirs, "icon": "user"}, 0)
    hit(page, "name").click()
    page.locator(".fd-panel").get_by_label("Name (English)").fill("Full name")
    asked = page.get_by_role("dialog")
    expect(asked).to_contain_text("Fields · Full name · Name · yours: Full name · bo: Called")
    assert axe(page) == []
    asked.get_by_role("button", name="Go on with mine").click()
    wait_until(page, lambda: draft_of(shop, "customer")["fields"][0]["label"] == "Full name", "mine is saved")
    assert draft_of(shop, "customer")["icon"] == "user"


# -- the phone --------------------------------------------------------------------------------------------------------------------------
def test_on_a_phone_in_chinese_fields_are_added_by_touch_moved_and_published(shop: Live, new_page: Callable[..., Page]) -> None:
    page = new_page(**PHONE)
    shop.sign_in(page)
    chinese(shop)
    page.goto(PLACE)
    assert page.evaluate("document.documentElement.scrollWidth") <= 390 and axe(page) == []
    palette(page, "rating").tap()
    expect(field(page, "rating")).to_be_visible()
    assert page.evaluate("document.documentElement.scrollWidth") <= 390 and axe(page) == []
    last = page.locator("[data-fd]").count() - 1
    field(page, "rating").get_by_role("button", name="上移").tap()
    expect(page.locator("[data-fd]").nth(last - 1)).to_have_attribute("data-fd", "rating")
    grip, above = field(page, "rating").locator(".fd-grip").bounding_box(), page.locator("[data-fd]").nth(last - 2).bounding_box()
    assert grip is not None and above is not None
    touch = page.context.new_cdp_session(page)
    start, end = (grip["x"] + 20, grip["y"] + 20), (above["x"] + 60, above["y"] + 4)
    touch.send("Input.dispatchTouchEvent", {"type": "touchStart", "touchPoints": [{"x": start[0], "y": start[1]}]})
    for part in (0.3, 0.6, 1):
        point = {"x": start[0] + (end[0] - start[0]) * part, "y": start[1] + (end[1] - start[1]) * part}
        touch.send("Input.dispatchTouchEvent", {"type": "touchMove", "touchPoints": [point]})
    touch.send("Input.dispatchTouchEvent", {"type": "touchEnd", "touchPoints": []})
    expect(page.locator("[data-fd]").nth(last - 2)).to_have_attribute("data-fd", "rating")
    page.locator(".td-switch").get_by_role("button", name="设置").tap()
    page.locator(".fd-panel").get_by_label("名称 (中文)").or_(page.locator(".fd-panel [lang='zh-CN']")).first.fill("满意度")
    assert page.evaluate("document.documentElement.scrollWidth") <= 390 and axe(page) == []
    page.locator("[data-publish]").tap()
    dialog = page.get_by_role("dialog")
    expect(dialog).to_contain_text("满意度")
    dialog.get_by_role("button", name="发布").tap()
    wait_until(page, lambda: any(each.get("label") == "满意度" for each in live_body(shop, "customer")["fields"]), "it is published")


# -- what people fill in ------------------------------------------------------------------------------------------------------------------
def test_tabs_dividers_and_whole_rows_stand_on_the_page_that_people_fill_in(shop: Live, page: Page) -> None:
    shop.sign_in(page)
    keys = [each["key"] for each in CUSTOMER["fields"] if each["type"] not in ("formula", "tier", "tags")]
    layout = [
        {"section": "Who", "columns": 2, "fields": keys[:1], "wide": keys[:1], "tab": "First"},
        {"section": "More", "columns": 2, "fields": keys[1:2], "divider": True},
        {"section": "Rest", "columns": 3, "fields": keys[2:], "tab": "Second"},
    ]
    with shop.workspace.writing(SYSTEM, "publish") as act:
        versions.publish(act, [{**CUSTOMER, "layout": layout}])
    page.goto("/apps/shop/customer/new")
    tabs = page.get_by_role("tab")
    expect(tabs.first).to_have_attribute("aria-selected", "true")
    expect(page.get_by_role("heading", name="More")).to_be_visible()
    expect(page.get_by_role("heading", name="Rest")).to_be_hidden()
    tabs.first.focus()
    page.keyboard.press("ArrowRight")
    expect(page.get_by_role("heading", name="Rest")).to_be_visible()
    expect(page.get_by_role("heading", name="Who")).to_be_hidden()
    assert axe(page) == []
    page.get_by_role("button", name="Save", exact=True).click()
    expect(page.get_by_role("heading", name="Who")).to_be_visible()
    page.goto("/apps/shop/customer/1")
    expect(page.get_by_role("tab")).to_have_text(["First", "Second"])
    expect(page.get_by_role("heading", name="More")).to_be_visible()
    page.get_by_role("tab", name="Second").click()
    expect(page.get_by_role("heading", name="Rest")).to_be_visible()
    expect(page.get_by_role("heading", name="More")).to_be_hidden()
    assert axe(page) == []
