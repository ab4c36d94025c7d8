"""What the most frequent tasks cost in clicks: from the start page of an app that was installed from a template, typing is free."""

from __future__ import annotations

import re
from collections.abc import Callable

import pytest
from playwright.sync_api import Locator, Page, expect

from runtime.definitions import versions
from runtime.people.person import SYSTEM
from tests.browser.test_main_job import set_up
from tests.support.browser import axe
from tests.support.server import Live

pytestmark = pytest.mark.browser


class Clicks:
    """Counts clicks and Enter since the start page of the app."""

    def __init__(self, page: Page):
        self.page, self.count = page, 0

    def begin(self, address: str = "/apps/retail") -> None:
        self.page.goto(address, wait_until="networkidle")
        self.count = 0

    def click(self, what: Locator) -> None:
        what.click()
        self.count += 1

    def jump(self, text: str, to: str) -> None:
        """Ctrl K, some words, and Enter on what they lead to."""
        self.page.keyboard.press("Control+k")
        expect(self.page.locator(".tl-jump-input")).to_be_focused()
        self.page.keyboard.type(text)
        expect(self.page.locator("#jump-list [role=option]").first).to_contain_text(to, timeout=30_000)
        self.page.keyboard.press("Enter")
        self.count += 1

    def at_most(self, number: int) -> None:
        assert self.count <= number, f"{self.count} clicks, {number} are promised"


def test_the_tasks_of_business_users_and_admins_keep_to_their_clicks(page: Page, live: Live) -> None:
    set_up(page)
    clicks = Clicks(page)

    # install a template with sample data, see tiered customers
    clicks.click(page.locator(".tl-gallery-form button.btn-primary"))
    page.wait_for_url("**/apps/retail", timeout=90_000)
    clicks.click(page.locator(".tl-spread a").first)
    expect(page.locator("tr[data-row-key] .tl-tier").first).to_be_visible(timeout=30_000)
    clicks.at_most(2)

    # a new saved view from the present filter
    clicks.begin(page.url)
    clicks.click(page.get_by_role("button", name="Save as a view"))
    expect(page.locator("dialog[open] input[name=label]")).to_be_focused()
    page.keyboard.type("The best of all")
    page.keyboard.press("Enter")
    clicks.count += 1
    expect(page.get_by_role("link", name=re.compile("The best of all")).first).to_be_visible(timeout=30_000)
    clicks.at_most(2)

    # open a customer, and see why
    clicks.begin()
    clicks.jump("高佳怡", "高佳怡")
    expect(page.locator(".tl-card-tier .tl-figure")).to_be_visible(timeout=30_000)
    clicks.at_most(1)
    expect(page.locator(".tl-why tbody tr").first).to_be_visible()  # why she has this tier costs no click

    # record a follow-up with its next date
    clicks.click(page.get_by_role("link", name="Add a follow-up").first)
    page.locator("[name=f_note]").fill("Invite to the evening")
    page.locator("[name=f_due_at]").fill("2030-01-05T10:00")
    clicks.click(page.locator("button[data-busy].btn-primary").first)
    expect(page.get_by_text("Invite to the evening").first).to_be_visible(timeout=30_000)
    clicks.at_most(3)

    # where is a field used
    clicks.begin()
    clicks.jump("used net spend", "Where it is used: Net spend, 365 days")
    users = page.locator(".fd-panel").get_by_role("link", name="Retail customer value")
    expect(users.first).to_be_visible(timeout=30_000)
    clicks.at_most(2)

    # compare the draft with what is live, in words
    clicks.begin()
    clicks.jump("versions customer value", "Versions and comparing: Retail customer value")
    clicks.click(page.get_by_role("button", name="Show the differences"))
    expect(page.get_by_text("Recency · Weight: 30 → 25").first).to_be_visible(timeout=30_000)
    assert axe(page) == []
    clicks.at_most(2)

    # dry-run an automation on last month
    clicks.begin()
    clicks.jump("dry run complete new", "Dry run on last month: Complete new customers within 3 days")
    expect(page.locator("#ax-period")).to_have_value("month", timeout=30_000)
    clicks.click(page.get_by_role("button", name="Run", exact=True))
    expect(page.get_by_text("started it").or_(page.get_by_text("Nothing happened in this time")).first).to_be_visible(timeout=60_000)
    clicks.at_most(2)
    assert axe(page) == []

    # go back to an older version
    with live.workspace.writing(SYSTEM, "publish") as act:
        body = versions.find_version(act.connection, "view", "at_risk").body
        versions.publish(act, [{**body, "label": "Watch them"}])
    clicks.begin()
    clicks.jump("versions watch them", "Versions and comparing: Watch them")
    clicks.click(page.get_by_role("link", name="Restore v1 …"))
    clicks.click(page.get_by_role("button", name="Put version 1 in force"))
    expect(page.locator("ol.tb-versions").get_by_text("v3", exact=True)).to_be_visible(timeout=30_000)
    clicks.at_most(3)
    with live.workspace.reading(SYSTEM) as act:
        assert act.catalogue.views["at_risk"].label == versions.load_all([body])[0].label


def test_what_a_builder_looks_for_is_found_in_chinese_too(new_page: Callable[..., Page], live: Live) -> None:
    page = new_page(locale="zh-CN")
    set_up(page)
    page.locator(".tl-gallery-form button.btn-primary").click()
    page.wait_for_url("**/apps/retail", timeout=90_000)
    clicks = Clicks(page)
    clicks.begin()
    clicks.jump("用在哪里 净消费", "用在哪里：近一年净消费")
    expect(page.locator(".fd-panel").get_by_role("link", name="零售客户价值分层").first).to_be_visible(timeout=30_000)
