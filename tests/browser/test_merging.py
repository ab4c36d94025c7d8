"""Merging in Chromium: two picked in a list, field by field, and undone from the bar; from a record's menu on the phone."""

from __future__ import annotations

from collections.abc import Callable
from typing import TYPE_CHECKING

import pytest
from playwright.sync_api import Page

from runtime.definitions.versions import publish
from runtime.people.person import SYSTEM
from runtime.records import gateway
from tests.makers import form_json, long_text, money, multi_choice, phone, reference, subform, text
from tests.support.browser import axe

if TYPE_CHECKING:
    from tests.support.server import Live

pytestmark = pytest.mark.browser
APP = {"kind": "app", "key": "shop", "label": "Shop", "menu": [{"section": "Work", "items": ["form:customer", "form:order"]}]}
PHONE = {"viewport": {"width": 390, "height": 844}, "has_touch": True, "is_mobile": True, "locale": "zh-CN"}
CUSTOMER = form_json(
    text("name"), text("city"), phone("mobile", region="CN"), long_text("address"), multi_choice("interests"),
    subform("contacts", text("who"), text("role")), app="shop",
)  # fmt: skip
ORDER = form_json(text("title"), reference("customer", "customer", many_name="orders"), money("amount"), key="order", app="shop")


@pytest.fixture
def two(live: Live) -> tuple[int, int]:
    """Two customers that are one, with three orders of the second."""
    with live.workspace.writing(SYSTEM) as act:
        publish(act, [APP, CUSTOMER, ORDER])
    with live.workspace.writing(SYSTEM) as act:
        first = {"name": "Lin Yue", "city": "Bonn", "mobile": "13812345678", "interests": ["tea"], "contacts": [{"who": "Ann"}]}
        second = {"name": "Lin Yue", "city": "Kiel", "address": "12 Bond Street", "interests": ["juice"], "contacts": [{"who": "Bo"}]}
        keep, other = (gateway.create(act, "customer", each).id for each in (first, second))
        for number in range(3):
            gateway.create(act, "order", {"title": str(number), "customer": other, "amount": "10"})
    return keep, other


def is_narrow(page: Page) -> bool:
    return page.evaluate("document.documentElement.scrollWidth <= window.innerWidth")


def test_two_picked_in_a_list_become_one_and_two_again(live: Live, page: Page, two: tuple[int, int]) -> None:
    keep, other = two
    live.sign_in(page)
    page.goto("/apps/shop/customer")
    page.get_by_label("Pick all rows of this page").check()
    page.get_by_role("button", name="Merge two").click()
    page.get_by_role("heading", name="What will happen").wait_for()
    assert page.get_by_text(f"3 records of Order (Customer) move to “Lin Yue (#{keep})”.").is_visible()
    city = page.get_by_role("radiogroup", name="City")
    city.get_by_role("radio", name="Bonn").focus()
    page.keyboard.press("ArrowRight")
    assert city.get_by_role("radio", name="Kiel").is_checked()
    assert axe(page) == [] and is_narrow(page)

    page.get_by_role("button", name="Merge", exact=True).click()
    page.get_by_text("The two records are one.").wait_for()
    page.wait_for_url(f"**/customer/{keep}")
    assert page.get_by_text("Kiel").first.is_visible() and page.get_by_text("12 Bond Street").first.is_visible()
    page.goto(f"/apps/shop/customer/{other}")
    page.wait_for_url(f"**/customer/{keep}")
    page.get_by_role("button", name="Undo this change").first.click()
    page.get_by_text("The merge is taken back: both records are there again.").wait_for()
    page.goto(f"/apps/shop/customer/{other}")
    page.get_by_role("link", name="Order 3").wait_for()


def test_from_a_records_menu_on_the_phone(live: Live, new_page: Callable[..., Page], two: tuple[int, int]) -> None:
    keep, other = two
    page = new_page(**PHONE)
    live.person("admin@example.com")
    live.person("cy@example.com")
    live.sign_in(page, "cy@example.com")
    page.goto(f"/apps/shop/customer/{keep}")
    page.get_by_label("更多").first.click()
    page.get_by_role("link", name="与……合并").click()
    page.get_by_role("searchbox").fill("Lin")
    page.keyboard.press("Enter")
    page.get_by_text("对比").first.wait_for()
    assert axe(page) == [] and is_narrow(page)
    page.get_by_role("link", name="Lin Yue").last.click()
    page.wait_for_url(f"**/merge?keep={keep}&other={other}")
    assert axe(page) == [] and is_narrow(page)
    heights = page.locator(".tl-merge-choice").evaluate_all("each => each.map(one => one.getBoundingClientRect().height)")
    assert heights and min(heights) >= 44
    page.get_by_role("button", name="合并", exact=True).click()
    page.get_by_text("两条记录已合并为一条。").wait_for()
    page.get_by_role("button", name="撤销", exact=True).click()
    page.get_by_text("合并已撤销：两条记录都恢复了。").wait_for()
