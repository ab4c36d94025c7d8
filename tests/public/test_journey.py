"""A builder makes a public link and somebody without an account uses it, in Chromium on a desktop and on a phone."""

from __future__ import annotations

import re
from collections.abc import Callable
from datetime import timedelta
from typing import TYPE_CHECKING

from runtime import kinds
from runtime.definitions import versions
from runtime.people import accounts
from runtime.people.person import SYSTEM
from runtime.records import query
from tests.public.world import APP, CUSTOMER, FEEDBACK, PASSWORD
from tests.support.browser import AXE

if TYPE_CHECKING:
    from playwright.sync_api import Page

    from tests.support.server import Live

FILLED_IN = timedelta(seconds=30)
UNTIL_KEPT = """new Promise(done => {
  const look = () => Object.values(localStorage).some(each => each.includes('"f_stars","5"')) ? done() : setTimeout(look, 20);
  look();
})"""


def serious(page: Page) -> list[str]:
    page.evaluate(AXE.read_text())
    found = page.evaluate(
        "axe.run().then(found => found.violations.filter(each => ['serious', 'critical'].includes(each.impact)).map(each => each.id))"
    )
    return list(found)


def test_from_the_link_to_the_record_and_the_inbox(live: Live, page: Page, new_page: Callable[..., Page]) -> None:
    kinds.load()
    with live.workspace.writing(SYSTEM, "publish") as act:
        versions.publish(act, [APP, CUSTOMER, FEEDBACK])
        accounts.add(act, email="ada@example.com", name="Ada", roles=("builder",), password=PASSWORD)
    page.goto("/sign-in?next=/build/shop/public")
    page.fill("[name=email]", "ada@example.com")
    page.fill("[name=password]", PASSWORD)
    page.click("main button.btn-primary")
    page.fill("#label", "In the shop")
    page.select_option("#form", "feedback")
    page.get_by_role("button", name="Add the link").click()
    assert page.locator(".tl-qr").is_visible()
    page.get_by_role("button", name="Switch on").click()
    page.get_by_role("button", name="Switch off").wait_for()
    address = page.locator("[data-address]").inner_text().removeprefix(live.url)
    assert serious(page) == []

    stranger = new_page(locale="zh-CN", viewport={"width": 390, "height": 844}, has_touch=True)
    stranger.goto(address)
    assert stranger.evaluate("document.documentElement.scrollWidth") <= 390 and serious(stranger) == []
    stranger.fill("[name=f_name]", "林女士")
    stranger.fill("[name=f_mobile]", "138 1234 204")
    stranger.locator("[name=f_stars]").focus()
    stranger.locator("#f_mobile-error:visible").wait_for()
    stranger.fill("[name=f_mobile]", "13812345204")
    stranger.fill("[name=f_stars]", "5")
    stranger.evaluate(UNTIL_KEPT)
    stranger.reload()
    assert stranger.input_value("[name=f_name]") == "林女士"  # kept on the device
    live.workspace.now, now = (lambda: now() + FILLED_IN), live.workspace.now
    stranger.get_by_role("button", name="提交").click()
    stranger.get_by_text("谢谢，已收到。").wait_for()
    assert stranger.evaluate("Object.keys(localStorage).filter(each => each.startsWith('tierloom.kept.public/'))") == []
    with live.workspace.reading(SYSTEM) as act:
        [record] = query.page(act, "feedback", columns=["name", "stars"]).records
    assert (record.values["name"], record.values["stars"]) == ("林女士", 5)

    live.workspace.now = now
    robot = new_page()
    robot.goto(address)
    robot.fill("[name=f_name]", "Robot")
    robot.evaluate("document.querySelector('[name=second_name]').value = 'x'")
    robot.get_by_role("button", name="Submit").click()
    robot.get_by_text("Thank you. It has arrived.").wait_for()
    page.reload()
    page.get_by_role("link", name=re.compile("Set aside")).click()
    page.get_by_text("A field that people do not see was filled in.").wait_for()
    assert serious(page) == []
    page.get_by_role("button", name="Release").click()
    page.get_by_text("The entry is a record now.").wait_for()
    page.get_by_role("button", name="Undo").click()
    page.get_by_text("The entry waits in the inbox again.").wait_for()
    page.set_viewport_size({"width": 390, "height": 844})
    page.get_by_role("link", name="The link").click()
    page.locator(".tl-qr").wait_for()
    assert page.evaluate("document.documentElement.scrollWidth") <= 390
