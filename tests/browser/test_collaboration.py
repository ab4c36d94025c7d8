"""Working together in Chromium: a mention rings the other person's bell and leads to the record; a to-do of today is ticked off."""

from __future__ import annotations

from collections.abc import Callable
from typing import TYPE_CHECKING

import pytest
from playwright.sync_api import Page

from runtime.definitions.versions import publish
from runtime.people.person import SYSTEM
from runtime.records import gateway
from tests.makers import form_json, text
from tests.support.browser import axe, wait_until

if TYPE_CHECKING:
    from tests.support.server import Live

pytestmark = pytest.mark.browser
APP = {"kind": "app", "key": "shop", "label": "Shop", "menu": [{"section": "Work", "items": ["form:customer"]}]}
PHONE = {"viewport": {"width": 390, "height": 844}, "has_touch": True, "is_mobile": True}


@pytest.fixture
def record(live: Live) -> str:
    """The address of a customer; Bo and Cy work here."""
    live.person("admin@example.com")
    live.person("bo@example.com")
    live.person("cy@example.com")
    with live.workspace.writing(SYSTEM) as act:
        publish(act, [APP, form_json(text("name"), text("city"), app="shop")])
    with live.workspace.writing(SYSTEM) as act:
        return f"/apps/shop/customer/{gateway.create(act, 'customer', {'name': 'Lin'}).id}"


def is_narrow(page: Page) -> bool:
    return page.evaluate("document.documentElement.scrollWidth <= window.innerWidth")


def test_a_mention_rings_the_bell_of_the_other_and_leads_to_the_record(live: Live, new_page: Callable[..., Page], record: str) -> None:
    bo, cy = new_page(), new_page()
    live.sign_in(bo, "bo@example.com")
    live.sign_in(cy, "cy@example.com")
    cy.goto("/notifications")
    assert cy.get_by_role("link", name="Notifications", exact=True).count() == 1

    bo.goto(record)
    box = bo.get_by_label("Comment", exact=True)
    box.press_sequentially("Look at this, @c")
    bo.get_by_role("option", name="cy").wait_for()
    box.press("Enter")
    assert box.input_value() == "Look at this, @cy "
    assert axe(bo) == []
    bo.get_by_role("button", name="Comment").click()
    bo.get_by_text("@cy").wait_for()

    cy.reload()
    cy.get_by_role("link", name="Notifications (1)").click()
    cy.get_by_role("link", name="bo mentions you at Lin").click()
    cy.wait_for_url(f"**{record}#comment-*")
    assert cy.get_by_text("Look at this,").is_visible()
    assert cy.get_by_role("link", name="Notifications", exact=True).count() == 1


def test_the_bell_rings_without_loading_the_page_again(live: Live, new_page: Callable[..., Page], record: str) -> None:
    from runtime.collaboration import comments

    cy = new_page()
    cy.clock.install()
    person = live.sign_in(cy, "cy@example.com")
    cy.goto(record)
    with live.workspace.reading(SYSTEM) as act:
        from runtime.people import accounts

        bo = accounts.by_email(act.connection, "bo@example.com")
    with live.workspace.writing(bo) as act:
        comments.add(act, "customer", int(record.rpartition("/")[2]), f"@{person.email}")
    cy.clock.run_for(31_000)
    wait_until(cy, lambda: cy.get_by_role("link", name="Notifications (1)").count() == 1, "the bell shows one")


def test_a_todo_of_today_is_ticked_off_by_keyboard_and_can_come_back(live: Live, page: Page, record: str) -> None:
    live.sign_in(page, "bo@example.com")
    page.goto("/tasks")
    page.get_by_label("What is to be done").fill("Call Lin")
    page.get_by_label("Due").fill(live.workspace.now().astimezone(live.workspace.zone).date().isoformat())
    page.get_by_label("What is to be done").press("Enter")
    page.get_by_role("heading", name="Today").wait_for()
    assert axe(page) == []
    page.get_by_role("button", name="Done: Call Lin").focus()
    page.keyboard.press("Enter")
    page.get_by_role("button", name="Undo").click()
    page.get_by_role("button", name="Done: Call Lin").click()
    page.get_by_role("link", name="Done", exact=True).click()
    page.get_by_role("button", name="Open again: Call Lin").wait_for()


def test_a_change_is_taken_back_from_the_timeline(live: Live, page: Page, record: str) -> None:
    person = live.sign_in(page)
    with live.workspace.writing(person) as act:
        gateway.update(act, "customer", int(record.rpartition("/")[2]), {"city": "Bonn"})
    page.goto(record + "?tab=changes")
    page.get_by_role("button", name="Undo this change").click()
    page.get_by_text("The change is taken back.").wait_for()
    assert page.get_by_text("Bonn").count() == 2  # the change, and its being taken back


@pytest.mark.parametrize("path", ["/admin/audit", "/admin/bots", "/notifications/settings", "/tasks", "record"])
@pytest.mark.parametrize("options", [{}, {**PHONE, "locale": "zh-CN"}], ids=["desktop", "phone"])
def test_the_pages_break_no_rule(live: Live, new_page: Callable[..., Page], record: str, path: str, options: dict) -> None:
    page = new_page(**options)
    live.sign_in(page)
    page.goto(record if path == "record" else path)
    assert axe(page) == []
    assert is_narrow(page)
