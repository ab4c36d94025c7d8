"""A review from its plan to the last acknowledgement: the steward at a desk in English, the front line on a phone in Chinese."""

from __future__ import annotations

import os
from collections.abc import Callable
from pathlib import Path
from typing import TYPE_CHECKING

import pytest
from playwright.sync_api import Page, expect

from runtime.people.person import SYSTEM
from runtime.system.tables import person
from tests.reviews.conftest import fill
from tests.reviews.world import Shop, rated
from tests.support.browser import axe, wait_until

if TYPE_CHECKING:
    from tests.support.server import Live

pytestmark = pytest.mark.browser

PHONE = {"viewport": {"width": 390, "height": 844}, "locale": "zh-CN"}
NOTE = "From today silver begins at 2,000."


def looks_right(page: Page, name: str) -> None:
    """No sideways scrolling, nothing for axe to say; TIERLOOM_SHOTS names a folder for pictures."""
    assert page.evaluate("document.documentElement.scrollWidth") <= page.viewport_size["width"]
    assert not axe(page)
    if folder := os.environ.get("TIERLOOM_SHOTS"):
        page.screenshot(path=str(Path(folder) / f"{name}.png"), full_page=True)


@pytest.fixture
def shop(live: Live) -> Shop:
    shop = fill(live.workspace, planned=False)
    with live.workspace.writing(SYSTEM) as act:
        act.connection.execute(person.update().where(person.c.id.in_([shop.id("ning"), shop.id("part")])).values(language="zh"))
    return shop


def signed_in(new_page: Callable[..., Page], live: Live, name: str, **options: object) -> Page:
    page = new_page(**options)
    live.sign_in(page, f"{name}@example.com")
    return page


def test_a_review_from_its_plan_to_the_last_acknowledgement(new_page: Callable[..., Page], live: Live, shop: Shop) -> None:
    desk, phone = signed_in(new_page, live, "ada"), signed_in(new_page, live, "ning", **PHONE)
    for page in (desk, phone):  # a plan with a past day, and a no without a reason
        page.watch.expected.append("status of 422")  # type: ignore[attr-defined]
    _plan_and_open(desk)
    _answer(phone)
    number = shop.reviews()[0].id
    shop.draft(dimensions=rated([2000, 5000, 20000])["dimensions"])
    _propose(desk, shop)
    _vote(phone)
    _approve_and_tell(desk)
    _read(phone)
    _finish(desk, shop, number)


def _plan_and_open(desk: Page) -> None:
    desk.goto("/apps/shop/-/tiers")
    desk.get_by_role("link", name="Reviews").first.click()
    expect(desk.get_by_text("No review yet.")).to_be_visible()
    looks_right(desk, "reviews-empty-en")
    desk.get_by_role("link", name="Plan", exact=True).click()
    desk.get_by_role("group", name="Who is asked").get_by_label("sales").check()
    desk.get_by_role("group", name="Who votes").get_by_label("sales").check()
    desk.get_by_label("How often").select_option("3")
    desk.get_by_label("The next one opens on").fill("2020-01-01")
    desk.get_by_role("button", name="Save the plan").click()
    expect(desk.get_by_text("Choose today or a later day.").first).to_be_visible()
    expect(desk.get_by_role("group", name="Who is asked").get_by_label("sales")).to_be_checked()
    desk.get_by_label("The next one opens on").fill("2027-01-01")
    looks_right(desk, "reviews-plan-en")
    desk.get_by_role("button", name="Save the plan").click()
    expect(desk.get_by_text("The plan is saved.")).to_be_visible()
    desk.get_by_role("button", name="Open a review now").click()
    expect(desk.get_by_role("heading", name="Review, quarter 4 of 2026")).to_be_visible()


def _answer(phone: Page) -> None:
    phone.goto("/notifications")
    phone.get_by_text("「value」正在复盘").click()
    expect(phone.get_by_text("复盘负责人会看到你的名字和答案。")).to_be_visible()
    looks_right(phone, "reviews-survey-zh")
    choice = phone.locator(".tl-scale label").nth(3)
    box = choice.bounding_box()
    assert box is not None and box["height"] >= 44
    choice.click()
    phone.get_by_label("哪一条规则最该改").fill("三个月没来的还算中，太宽。")
    phone.get_by_role("button", name="提交答案").click()
    expect(phone.get_by_text("谢谢。问卷结束之前可以改答案。")).to_be_visible()


def _propose(desk: Page, shop: Shop) -> None:
    wait_until(desk, lambda: shop.reviews()[0].facts is not None, "the figures are there")
    desk.reload()
    expect(desk.get_by_text("三个月没来的还算中，太宽。")).to_be_visible()
    looks_right(desk, "reviews-collecting-en")
    desk.get_by_text("Propose something", exact=True).click()
    desk.get_by_label("What is to change, in one line").fill("Silver begins later")
    desk.get_by_role("button", name="Propose", exact=True).click()
    expect(desk.get_by_text("The proposal is there.")).to_be_visible()
    simulated = desk.get_by_text("1 fall").or_(desk.get_by_text("0 fall"))
    wait_until(desk, lambda: bool(desk.reload()) and simulated.count() > 0, "the simulation is there")
    desk.get_by_role("button", name="Ask for proposals").click()
    desk.get_by_role("button", name="Begin the vote").click()
    expect(desk.get_by_text("The review is at this step now: Voting.")).to_be_visible()


def _vote(phone: Page) -> None:
    phone.goto("/apps/shop/-/reviews")
    expect(phone.get_by_text("等你表决")).to_be_visible()
    looks_right(phone, "reviews-list-zh")
    phone.get_by_role("link", name="2026 年第 4 季度复盘").click()
    phone.get_by_role("button", name="反对").click()
    expect(phone.get_by_text("写明为什么反对")).to_be_visible()
    phone.get_by_role("button", name="赞成").click()
    expect(phone.get_by_text("已记下你的票，决定之前可以改。")).to_be_visible()
    looks_right(phone, "reviews-voting-zh")


def _approve_and_tell(desk: Page) -> None:
    desk.reload()
    looks_right(desk, "reviews-voting-en")
    desk.get_by_role("button", name="Approve and publish").click()
    desk.get_by_role("dialog").get_by_role("button", name="Approve").click()
    expect(desk.get_by_text("Version 2 is in force", exact=False)).to_be_visible()
    assert "2000" in desk.get_by_label("What changes, in plain words").input_value()
    desk.get_by_label("What changes, in plain words").fill(NOTE)
    desk.get_by_role("button", name="Tell everybody").click()
    expect(desk.get_by_text("4 people are told.")).to_be_visible()
    looks_right(desk, "reviews-announced-en")


def _read(phone: Page) -> None:
    phone.goto("/apps/shop/customer")
    phone.get_by_role("status").get_by_role("link", name="「value」有变化，请阅读").click()
    expect(phone.get_by_text(NOTE)).to_be_visible()
    looks_right(phone, "reviews-notice-zh")
    phone.get_by_role("button", name="我已读过").click()
    expect(phone.get_by_text("你已确认读过。")).to_be_visible()
    phone.goto("/apps/shop/customer")
    expect(phone.get_by_role("link", name="「value」有变化，请阅读")).to_have_count(0)


def _finish(desk: Page, shop: Shop, number: int) -> None:
    desk.reload()
    desk.get_by_role("button", name="Close the review").click()
    desk.get_by_role("dialog").get_by_role("button", name="Close the review").click()
    expect(desk.get_by_text("The review is closed.", exact=False)).to_be_visible()
    assert shop.review(number).state == "closed"
    looks_right(desk, "reviews-closed-en")
    desk.emulate_media(media="print")
    expect(desk.get_by_role("heading", name="Silver begins later")).to_be_visible()
    expect(desk.get_by_role("navigation", name="Main menu").first).to_be_hidden()
    desk.emulate_media(media="screen")
