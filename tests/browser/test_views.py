"""Views at work: cards carried to another lane, values changed in their cell and many at once, a home page arranged by dragging, no connection."""

from __future__ import annotations

from collections.abc import Callable
from typing import TYPE_CHECKING

import pytest
from playwright.sync_api import Page, expect

from runtime.definitions import versions
from runtime.people.person import SYSTEM
from runtime.records import gateway, query
from runtime.system.tables import person
from tests import makers
from tests.support.browser import axe

if TYPE_CHECKING:
    from tests.support.server import Live

pytestmark = pytest.mark.browser

STAGE = makers.choice("stage")
STAGE["options"] = [
    {"key": key, "label": key.title(), "color": color} for key, color in (("new", "green"), ("warm", "orange"), ("won", "teal"))
]
CUSTOMER = makers.form_json(makers.text("name"), STAGE, makers.number("visits", decimals=0), app="shop", title="name")
APP = {"kind": "app", "key": "shop", "label": "Shop", "menu": [{"section": "Work", "items": ["form:customer"]}]}
LIST = "/apps/shop/customer"


@pytest.fixture
def shop(live: Live) -> Live:
    with live.workspace.writing(SYSTEM) as act:
        versions.publish(act, [APP, CUSTOMER])
        for name in ("Ann", "Bob", "Cy"):
            gateway.create(act, "customer", {"name": name, "stage": "new", "visits": 1})
    return live


def stages(live: Live) -> dict[str, str | None]:
    with live.workspace.reading(SYSTEM) as act:
        return {each.values["name"]: each.values["stage"] for each in query.page(act, "customer", columns=["name", "stage"]).records}


def drag(page: Page, what: str, to: str) -> None:
    """With the mouse, in steps as a hand does."""
    start, end = page.locator(what).bounding_box(), page.locator(to).bounding_box()
    assert start is not None and end is not None
    page.mouse.move(start["x"] + 30, start["y"] + start["height"] - 6)
    page.mouse.down()
    page.mouse.move(end["x"] + end["width"] / 2, end["y"] + 40, steps=8)
    page.mouse.up()


def test_cards_cells_and_many_records_are_changed_where_they_stand(shop: Live, new_page: Callable[..., Page]) -> None:
    page, other = new_page(), new_page()
    shop.sign_in(page)
    shop.sign_in(other)

    page.goto(f"{LIST}?as=kanban&sort=name")
    expect(page.locator("[data-lane=new] [data-count-of]")).to_have_text("3")
    drag(page, '[data-card]:has-text("Ann")', "[data-lane=won]")
    expect(page.locator("[data-lane=won] [data-card]")).to_contain_text("Ann")
    expect(page.locator("[data-lane=won] [data-count-of]")).to_have_text("1")
    page.locator('[data-card]:has-text("Bob")').focus()
    for key in ("Space", "ArrowRight", "Space"):
        page.keyboard.press(key)
    expect(page.locator("[data-lane=warm] [data-card]")).to_contain_text("Bob")
    expect(page.locator("[data-lane=warm] [data-count-of]")).to_have_text("1")
    assert stages(shop) == {"Ann": "won", "Bob": "warm", "Cy": "new"}
    assert axe(page) == []

    for each in (page, other):
        each.goto(f"{LIST}?sort=name&columns=name,stage,visits")
        each.locator('tr:has-text("Ann") td:nth-child(4)').dblclick()
        expect(each.locator("[data-cell-form] [name=f_visits]")).to_have_value("1")
    other.locator("[name=f_visits]").fill("5")
    other.keyboard.press("Enter")
    expect(other.locator('tr:has-text("Ann") td:nth-child(4)')).to_have_text("5")
    page.locator("[name=f_visits]").fill("8")
    page.watch.expected.append("status of 409")
    page.keyboard.press("Enter")
    expect(page.locator("[data-cell-say]")).to_contain_text("changed Visits")
    expect(page.locator(".tl-both")).to_contain_text("5")
    assert axe(page) == []
    page.get_by_role("button", name="Use mine").click()
    expect(page.locator('tr:has-text("Ann") td:nth-child(4)')).to_have_text("8")

    page.locator("[data-pick-all]").check()
    page.get_by_role("button", name="Change a field").click()
    page.locator("#bulk-field").select_option("stage")
    page.get_by_label("Won").check()
    page.get_by_role("button", name="See how many change").click()
    assert axe(page) == []
    page.get_by_role("button", name="Change 2 records").click()
    expect(page.locator(".tl-toast")).to_contain_text("2 records are changed")
    assert set(stages(shop).values()) == {"won"}
    page.locator(".tl-toast").get_by_role("button", name="Undo").click()
    expect(page.locator(".tl-toast")).to_contain_text("2 records are as they were")
    assert stages(shop) == {"Ann": "won", "Bob": "warm", "Cy": "new"}


def test_a_home_page_is_arranged_by_dragging_and_a_phone_says_when_there_is_no_connection(
    shop: Live, new_page: Callable[..., Page]
) -> None:
    page = new_page()
    shop.sign_in(page)
    page.goto("/build/shop/apps/shop?tab=home")
    page.get_by_role("button", name="Begin with the usual blocks").click()
    start, end = (
        page.locator(".ad-piece", has_text="Welcome text").bounding_box(),
        page.locator("[data-carry-list=main] [data-carry]").first.bounding_box(),
    )
    assert start is not None and end is not None
    page.mouse.move(start["x"] + 20, start["y"] + 10)
    page.mouse.down()
    page.mouse.move(end["x"] + 60, end["y"] + 6, steps=8)
    page.mouse.up()
    expect(page.locator("[data-carry-list=main] [data-carry]").first).to_contain_text("Welcome text")
    for key in ("Space", "ArrowRight", "Space"):
        page.locator("[data-thing][aria-pressed=true]").press(key)
    expect(page.locator("[data-carry-list=side] [data-carry]").first).to_contain_text("Welcome text")
    expect(page.locator("[data-layer=draft]")).to_contain_text("saved")
    assert axe(page) == []
    page.locator("[data-publish]").click()
    page.locator("dialog[open] .btn-primary, [role=dialog] .btn-primary").last.click()
    expect(page.locator(".tb-outcome")).to_be_visible()
    page.goto("/apps/shop")
    expect(page.locator("aside .tl-home-welcome")).to_contain_text("Write here what people should know first.")

    with shop.workspace.writing(SYSTEM) as act:
        act.connection.execute(person.update().values(language="zh"))
    phone = new_page(viewport={"width": 390, "height": 844}, locale="zh-CN", has_touch=True)
    shop.sign_in(phone)
    phone.goto(f"{LIST}?as=kanban")
    phone.get_by_role("button", name="移动 Ann …").click()
    phone.get_by_role("menuitemradio", name="Warm").click()
    expect(phone.locator("[data-lane=warm] [data-card]")).to_have_count(1)
    phone.evaluate("navigator.serviceWorker.ready.then(() => true)")
    phone.watch.expected.append("ERR_INTERNET_DISCONNECTED")
    phone.context.set_offline(True)
    phone.goto("/apps/shop")
    expect(phone.get_by_role("heading", level=1)).to_have_text("没有网络连接")
    assert axe(phone) == []
    kept = phone.evaluate(
        "caches.keys().then(names => Promise.all(names.map(name => caches.open(name).then(store => store.keys())))).then(all => all.flat().map(each => new URL(each.url).pathname))"
    )
    assert sorted(each.split("/")[1] for each in kept) == ["offline", "static"]
    phone.context.set_offline(False)
    phone.get_by_role("link", name="再试一次").click()
    expect(phone.locator("h1")).to_have_text("Shop")
