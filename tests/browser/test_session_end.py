"""The session ends while somebody fills in a form: they sign in where they are, and nothing they typed is lost."""

from __future__ import annotations

import re
from collections.abc import Callable

import pytest
import sqlalchemy as sa
from playwright.sync_api import Page, Request, expect

from runtime import kinds
from runtime.definitions import versions
from runtime.people.person import SYSTEM
from runtime.records import query
from runtime.system.tables import person_session
from runtime.texts import _
from tests import makers
from tests.support.browser import axe, wait_until
from tests.support.server import PASSWORD, Live

ADDRESS = "admin@example.com"
NOTE = makers.form_json(
    makers.text("name", required=True, unique=True),  # which only the server can check
    makers.long_text("text"),
    makers.choice("stage", "new", "steady"),
    makers.subform("items", makers.text("product")),
    key="note",
    label="Note",
)
DESK = {"kind": "app", "key": "desk", "label": "Desk", "menu": [{"section": "Notes", "items": ["form:note"]}]}


def end_sessions(live: Live) -> None:
    with live.workspace.writing(SYSTEM) as act:
        assert act.connection.execute(person_session.delete()).rowcount


def saved(live: Live) -> list[dict]:
    with live.workspace.reading(SYSTEM) as act:
        return [each.values for each in query.page(act, "note", columns=["name", "text"], limit=10).records]


@pytest.fixture
def entry(live: Live) -> Callable[[Page], None]:
    """Opens the form of a new note as somebody who has signed in, and types into it."""
    kinds.load()
    live.person(ADDRESS)
    with live.workspace.writing(SYSTEM, "publish") as act:
        versions.publish(act, [NOTE, DESK])

    def open_and_type(page: Page) -> None:
        page.watch.expected.append("status of 401")  # type: ignore[attr-defined]
        live.sign_in(page, ADDRESS)
        page.goto("/apps/desk/note/new")
        waiting: set[Request] = set()
        page.on("request", lambda each: waiting.add(each))
        page.on("requestfinished", lambda each: waiting.discard(each))
        page.on("requestfailed", lambda each: waiting.discard(each))
        for name, value in (("f_name", "杯子 & <saucer>"), ("f_text", "first line\nsecond line")):
            page.locator(f"[name={name}]").fill(value)
            with page.expect_response("**/check"):
                page.locator(f"[name={name}]").blur()
        wait_until(page, lambda: not waiting, "the checks while typing are answered")

    return open_and_type


def sign_in_where_they_are(page: Page, language: str, password: str = PASSWORD) -> None:
    dialog = page.locator("dialog#session")
    expect(dialog).to_be_visible()
    expect(dialog.get_by_role("heading")).to_have_text(_("Sign in again").in_language(language))
    expect(dialog).to_contain_text(
        _("The session is over. What you typed is still here and will be sent afterwards.").in_language(language)
    )
    dialog.locator("#session-email").fill(ADDRESS)
    dialog.locator("#session-password").fill(password)
    dialog.get_by_role("button", name=_("Sign in and continue").in_language(language)).click()


@pytest.mark.parametrize(("locale", "language"), [("en-US", "en"), ("zh-CN", "zh")])
def test_the_entry_is_saved_after_signing_in_again(
    new_page: Callable[..., Page], live: Live, entry: Callable[[Page], None], locale: str, language: str
) -> None:
    page = new_page(locale=locale)
    with live.workspace.writing(SYSTEM) as act:
        act.connection.execute(sa.text("UPDATE person SET language = :language"), {"language": language})
    entry(page)
    end_sessions(live)
    page.get_by_role("button", name=_("Save").in_language(language), exact=True).click()
    expect(page.locator("dialog#session")).to_be_visible()
    assert axe(page) == []
    assert page.url.endswith("/apps/desk/note/new") and saved(live) == []
    expect(page.locator("[name=f_name]")).to_have_value("杯子 & <saucer>")
    sign_in_where_they_are(page, language)
    page.wait_for_url(re.compile(r"/apps/desk/note/\d+"))
    assert [(each["name"], each["text"]) for each in saved(live)] == [("杯子 & <saucer>", "first line\nsecond line")]


def test_a_wrong_password_or_no_sign_in_leaves_the_entry_as_it_is(page: Page, live: Live, entry: Callable[[Page], None]) -> None:
    entry(page)
    end_sessions(live)
    save = page.get_by_role("button", name="Save", exact=True)
    save.click()
    sign_in_where_they_are(page, "en", "not the password")
    dialog = page.locator("dialog#session")
    expect(dialog.get_by_role("alert")).to_contain_text("password")
    dialog.get_by_role("button", name="Cancel").click()
    expect(dialog).to_be_hidden()
    expect(page.locator("[name=f_name]")).to_have_value("杯子 & <saucer>")
    expect(page.locator("[name=f_text]")).to_have_value("first line\nsecond line")
    assert saved(live) == []
    save.click()
    sign_in_where_they_are(page, "en")
    page.wait_for_url(re.compile(r"/apps/desk/note/\d+"))
    assert len(saved(live)) == 1


def test_signing_in_when_a_field_is_left_keeps_the_entry_for_one_more_press(page: Page, live: Live, entry: Callable[[Page], None]) -> None:
    """The checks while typing notice it first."""
    entry(page)
    end_sessions(live)
    page.locator("[name=f_name]").fill("changed")
    page.locator("[name=f_name]").blur()
    sign_in_where_they_are(page, "en")
    expect(page.locator("dialog#session")).to_be_hidden()
    expect(page.locator("[name=f_name]")).to_have_value("changed")
    page.get_by_role("button", name="Save", exact=True).click()
    page.wait_for_url(re.compile(r"/apps/desk/note/\d+"))
    assert [each["name"] for each in saved(live)] == ["changed"]


def test_without_a_connection_the_form_stays(page: Page, live: Live, entry: Callable[[Page], None]) -> None:
    page.watch.expected.append("net::ERR_INTERNET_DISCONNECTED")  # type: ignore[attr-defined]
    entry(page)
    page.context.set_offline(True)
    page.get_by_role("button", name="Save", exact=True).click()
    expect(page.locator("#toasts")).to_contain_text("No connection. What you type is kept on this device.")
    expect(page.locator("[name=f_name]")).to_have_value("杯子 & <saucer>")
    page.context.set_offline(False)
    page.get_by_role("button", name="Save", exact=True).click()
    page.wait_for_url(re.compile(r"/apps/desk/note/\d+"))
    assert len(saved(live)) == 1
