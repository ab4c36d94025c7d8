"""In Chromium: a record is carried to another day with the mouse, taken back, moved by keyboard and from the menu; a public form does its arithmetic."""

from __future__ import annotations

from datetime import date
from typing import TYPE_CHECKING

import pytest

from runtime.people import accounts
from runtime.people.person import SYSTEM
from runtime.public import links
from runtime.public.settings import LinkSettings
from runtime.records import gateway, query
from tests.support.browser import AXE
from tests.views.conftest import PASSWORD

if TYPE_CHECKING:
    from playwright.sync_api import Page

    from tests.support.server import Live

SERIOUS = "axe.run().then(found => found.violations.filter(each => ['serious', 'critical'].includes(each.impact)).map(each => each.id))"


@pytest.fixture
def record(live: Live) -> int:
    with live.workspace.writing(SYSTEM) as act:
        return gateway.create(act, "customer", {"name": "Ann", "starts_on": "2026-05-05", "ends_on": "2026-05-06"}).id


def begins(live: Live, record: int) -> date:
    with live.workspace.reading(SYSTEM) as act:
        found: date = query.get(act, "customer", record).values["starts_on"]
        return found


def test_a_record_is_carried_over_a_calendar_and_along_time(live: Live, page: Page, record: int) -> None:
    page.goto("/sign-in?next=/apps/shop/customer%3Fas%3Dcalendar%26date%3Dstarts_on%26day%3D2026-05-01")
    page.fill("[name=email]", "ada@example.com")
    page.fill("[name=password]", PASSWORD)
    page.click("main button.btn-primary")
    card = page.locator(f'td [data-day-card="{record}"]')
    card.wait_for()
    page.wait_for_load_state()  # a card can be carried once the scripts of its page have run
    page.evaluate(AXE.read_text())
    assert page.evaluate(SERIOUS) == []

    there = page.locator('td[data-day="2026-05-20"]')
    begin, end = card.bounding_box(), there.bounding_box()
    assert begin is not None and end is not None
    page.mouse.move(begin["x"] + 12, begin["y"] + 6)
    page.mouse.down()
    page.mouse.move(end["x"] + 20, end["y"] + 40, steps=5)
    page.mouse.up()
    page.locator('td[data-day="2026-05-20"] [data-day-card]').wait_for()
    assert begins(live, record) == date(2026, 5, 20)
    page.get_by_role("button", name="Undo").click()
    page.locator('td[data-day="2026-05-05"] [data-day-card]').wait_for()
    assert begins(live, record) == date(2026, 5, 5)

    card.locator("a").focus()
    for key in (" ", "ArrowRight", "ArrowDown", " "):
        page.keyboard.press(key)
    page.locator('td[data-day="2026-05-13"] [data-day-card]').wait_for()
    assert card.locator("a").evaluate("each => each === document.activeElement")
    card.hover()
    card.get_by_role("button", name="Move Ann to another day").click()
    page.get_by_role("button", name="One day earlier").click()
    page.locator('td[data-day="2026-05-12"] [data-day-card]').wait_for()

    page.goto("/apps/shop/customer?as=timeline&date=starts_on&until=ends_on&day=2026-05-01")
    page.locator(".tl-bar-row a", has_text="Ann").focus()
    for key in (" ", "Shift+ArrowRight", "Shift+ArrowRight", " "):
        page.keyboard.press(key)
    page.locator('.tl-bar-row[data-last="2026-05-14"]').wait_for()
    assert begins(live, record) == date(2026, 5, 12)


def test_a_device_does_its_arithmetic_before_a_public_form_is_sent(live: Live, page: Page, record: int) -> None:
    with live.workspace.writing(SYSTEM) as act:
        ada = accounts.by_email(act.connection, "ada@example.com")
    assert ada is not None
    with live.workspace.writing(ada) as act:
        made = links.make(act, "customer", "fill", "Poster", LinkSettings(fields=("name",), effort=True, seconds=0))
        links.switch(act, made.id, True)
    page.goto(made.path)
    page.fill("[name=f_name]", "Lin")
    page.get_by_role("button", name="Submit").click()  # at once: whoever is quicker than the device waits at the button
    page.get_by_text("Thank you. It has arrived.").wait_for()
