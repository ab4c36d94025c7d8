"""The pages of potential in a real browser, on a phone and in Chinese."""

from __future__ import annotations

from collections.abc import Callable
from typing import TYPE_CHECKING

import pytest
from playwright.sync_api import Page, expect

from tests.potential.world import REPEAT, Shop
from tests.support.browser import axe

if TYPE_CHECKING:
    from tests.support.server import Live

pytestmark = pytest.mark.browser

APP = {"kind": "app", "key": "shop", "label": "Shop", "menu": [{"section": "Work", "items": ["form:customer"]}]}
PHONE = {"viewport": {"width": 390, "height": 844}, "has_touch": True, "is_mobile": True, "locale": "zh-CN"}


def test_a_model_is_learnt_and_switched_on_with_a_phone(live: Live, new_page: Callable[..., Page]) -> None:
    live.person("admin@example.com")
    live.person("ning@example.com", "builder", "member")
    Shop(live.workspace, APP, REPEAT)
    page = new_page(**PHONE)
    live.sign_in(page, "ning@example.com")
    page.goto("/build/shop/potential/repeat")
    page.get_by_role("button", name="学习并回测").click()
    expect(page.get_by_role("button", name="启用")).to_be_visible(timeout=60_000)
    expect(page.locator("canvas")).to_have_count(2)
    _fits_and_can_be_read(page)
    page.get_by_role("button", name="启用").click()
    expect(page.get_by_role("button", name="停用")).to_be_visible()
    expect(page.get_by_text("它给出 400 条记录的结果")).to_be_visible(timeout=60_000)
    page.goto("/apps/shop/customer/1004")
    expect(page.get_by_text("上次购买在 18 天前，平时每 9 天一次")).to_be_visible()
    _fits_and_can_be_read(page)


def _fits_and_can_be_read(page: Page) -> None:
    assert page.evaluate("document.documentElement.scrollWidth <= document.documentElement.clientWidth")
    assert axe(page) == []
