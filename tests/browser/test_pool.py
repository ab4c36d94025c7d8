"""The pool on a phone: somebody sees who is waiting with a masked number, claims one, calls, shares, and gives it back."""

from __future__ import annotations

import os
from collections.abc import Callable
from pathlib import Path
from typing import TYPE_CHECKING, Any

import pytest
from playwright.sync_api import Page, expect

from runtime.definitions import versions
from runtime.people.person import SYSTEM
from runtime.records import gateway
from runtime.system.tables import person
from tests import makers
from tests.support.browser import axe

if TYPE_CHECKING:
    from tests.support.server import Live

pytestmark = pytest.mark.browser

PHONE = {"viewport": {"width": 390, "height": 844}, "locale": "zh-CN"}
CUSTOMER = {
    **makers.form_json(
        makers.text("name", label={"zh": "姓名", "en": "Name"}),
        makers.member("owner", label={"zh": "负责人", "en": "Owner"}),
        makers.phone("mobile", label={"zh": "手机", "en": "Mobile"}),
        title="name",
        app="shop",
        label={"zh": "客户", "en": "Customer"},
    ),
    "team": [{"key": "helper", "label": {"zh": "协作", "en": "Helper"}}],
    "pool": {"claim": ["role:sales"], "per_day": 2},
}
APP = {
    "kind": "app",
    "key": "shop",
    "label": {"zh": "店", "en": "Shop"},
    "menu": [{"section": {"zh": "全部", "en": "All"}, "items": ["form:customer"]}],
    "roles": {"member": ["role:sales"]},
}
OWN = {
    "kind": "permission_set",
    "key": "own",
    "label": "Own",
    "form": "customer",
    "for": ["role:sales"],
    "actions": ["view", "edit"],
    "rows": "owner == CURRENT_USER()",
    "fields": {"*": "edit"},
}


def shot(page: Page, name: str) -> None:
    """Kept only where somebody wants to look: TIERLOOM_SHOTS names the folder."""
    if folder := os.environ.get("TIERLOOM_SHOTS"):
        page.screenshot(path=str(Path(folder) / f"{name}.png"), full_page=True)


@pytest.fixture
def shop(live: Live) -> dict[str, Any]:
    live.person("admin@example.com")
    ann = live.person("ann@example.com", "sales")
    with live.workspace.writing(SYSTEM, "publish") as act:
        versions.publish(act, [CUSTOMER, APP, OWN])
        act.connection.execute(person.update().where(person.c.id == ann.id).values(language="zh"))
    with live.workspace.writing(SYSTEM) as act:
        made = [gateway.create(act, "customer", {"name": name, "mobile": "13812342046"}).id for name in ("林一", "王二", "李三")]
    return {"ann": ann, "records": made}


def test_a_customer_is_claimed_from_the_pool_on_the_phone(new_page: Callable[..., Page], live: Live, shop: dict[str, Any]) -> None:
    page = new_page(**PHONE)
    live.sign_in(page, "ann@example.com")
    page.goto("/apps/shop/customer")
    page.get_by_role("link", name="公海", exact=True).click()
    expect(page.get_by_text("今天已领 0/2。")).to_be_visible()
    assert "13812342046" not in page.content() and page.get_by_text("138****2046").count() == 3
    assert page.evaluate("document.documentElement.scrollWidth") <= 390
    assert not axe(page)
    shot(page, "pool-phone-zh")
    claim = page.locator(f'[data-record="{shop["records"][0]}"]').get_by_role("button", name="领取")
    box = claim.bounding_box()
    assert box is not None and box["height"] >= 44
    claim.click()
    expect(page.get_by_role("heading", name="林一")).to_be_visible()
    expect(page.get_by_text("1 条记录现在归你。")).to_be_visible()
    expect(page.get_by_role("link", name="呼叫").or_(page.locator("a[href^='tel:']"))).to_be_visible()
    page.get_by_role("button", name="更多").first.click()
    page.get_by_role("link", name="共享…").click()
    expect(page.get_by_role("heading", name="已共享给")).to_be_visible()
    assert page.evaluate("document.documentElement.scrollWidth") <= 390
    assert not axe(page)
    shot(page, "sharing-phone-zh")
    page.get_by_label("退回原因").fill("搬走了")
    page.get_by_role("button", name="退回公海").click()
    expect(page.get_by_text("记录已退回公海。")).to_be_visible()
    page.goto("/apps/shop/-/pool/customer")
    for record in shop["records"][1:]:
        page.locator(f'[data-record="{record}"]').get_by_role("checkbox").check()
    page.get_by_role("button", name="领取所选").click()
    expect(page.get_by_text("每天最多领取 2 条，今天已领完。")).to_be_visible()
    page.goto("/apps/shop/-/pool/customer?tab=mine")
    expect(page.get_by_role("link", name="王二")).to_be_visible()
