"""People in a real browser: invited, signed in with a second factor; a tree of departments by keyboard; every page on a phone too."""

from __future__ import annotations

from collections.abc import Callable
from typing import TYPE_CHECKING

import pyotp
import pytest
from playwright.sync_api import Page, expect

from runtime.people import accounts, departments, groups
from runtime.people.organisation import organisation_of
from runtime.people.person import SYSTEM
from tests.support.browser import axe
from tests.support.server import PASSWORD

if TYPE_CHECKING:
    from tests.support.server import Live

pytestmark = pytest.mark.browser

PHONE = {"viewport": {"width": 390, "height": 844}, "locale": "zh-CN"}
OWN = "a river in the fog"


def test_an_invited_person_comes_in_and_then_needs_the_second_factor(new_page: Callable[..., Page], live: Live):
    admin = new_page()
    live.sign_in(admin)
    admin.goto("/admin/people")
    admin.locator("#name").fill("Ning")
    admin.locator("#email").fill("ning@example.com")
    admin.get_by_role("button", name="Add and show the invitation link").click()
    link = admin.locator("#invitation-link").inner_text()

    ning = new_page(viewport={"width": 390, "height": 844})
    ning.goto(link)
    ning.get_by_label("Your name").fill("Ning Li")
    ning.get_by_label("Password").fill(OWN)
    ning.get_by_role("button", name="Set the password and sign in").click()
    ning.goto("/me/second-factor")
    secret = ning.locator("#key").inner_text().replace(" ", "")
    assert ning.locator("svg[class*=segno]").bounding_box()["width"] > 150
    ning.get_by_label("Code that the app shows").fill(pyotp.TOTP(secret).now())
    ning.get_by_label("Present password").fill(OWN)
    ning.get_by_role("button", name="Switch it on").click()
    code = ning.locator("#recovery-codes code").first.inner_text()
    ning.get_by_role("link", name="I have kept them").click()
    expect(ning.get_by_text("10 of your recovery codes are left")).to_be_visible()

    again = new_page()
    again.goto("/sign-in?next=/me")
    again.get_by_label("E-mail").fill("ning@example.com")
    again.get_by_label("Password").fill(OWN)
    again.keyboard.press("Enter")
    expect(again.locator("#code")).to_be_focused()
    again.locator("#code").fill("000000")
    again.watch.expected.append("status of 422")
    again.keyboard.press("Enter")
    expect(again.get_by_text("This code is not right")).to_be_visible()
    again.locator("#code").fill(code)
    again.keyboard.press("Enter")
    expect(again).to_have_url(f"{live.url}/me")
    expect(again.get_by_text("9 of your recovery codes are left")).to_be_visible()


def test_a_tree_of_departments_is_made_and_changed_by_keyboard(page: Page, live: Live):
    live.sign_in(page)
    page.goto("/admin/people/departments")

    def add(name: str, under: str | None = None) -> None:
        page.locator("#name").focus()
        page.keyboard.type(name)
        if under:
            page.locator("#parent").focus()
            page.keyboard.type(under)
        page.locator("#name").focus()
        page.keyboard.press("Enter")
        expect(page.locator("li b", has_text=name)).to_be_visible()

    add("Sales")
    add("North", "Sales")
    add("South", "Sales")
    page.get_by_role("button", name="Move South up").focus()
    page.keyboard.press("Enter")
    expect(page.locator("li li b")).to_have_text(["South", "North"])

    page.get_by_role("link", name="Change South").focus()
    page.keyboard.press("Enter")
    form = page.get_by_role("form", name="Change South")
    expect(form.get_by_label("Name", exact=True)).to_be_focused()
    form.get_by_label("Lies under").focus()
    page.keyboard.type("nothing")
    form.get_by_role("button", name="Save").focus()
    page.keyboard.press("Enter")
    expect(page.locator("li li b")).to_have_text(["North"])

    page.get_by_role("button", name="Remove Sales").focus()
    page.watch.expected.append("status of 422")
    page.keyboard.press("Enter")
    expect(page.get_by_role("alert")).to_contain_text("Sales still has 0 people and 1 departments under it.")


@pytest.fixture
def company(live: Live) -> Live:
    """Forty people in a tree of departments, a group, and an administrator with sessions and tokens."""
    live.person("admin@example.com")
    with live.workspace.writing(SYSTEM) as act:
        sales = departments.add(act, "销售部")
        for name in ("华北区", "华东区", "华南区"):
            departments.at_path(act, f"销售部 / {name} / 门店一组")
        tree = organisation_of(act.connection)
        places = tree.below([sales])
        people = [
            accounts.add(act, email=f"person{each}@example.com", name=f"导购{each:02}", roles=["member", "sales"], password=None)
            for each in range(40)
        ]
        for each, someone in enumerate(people):
            departments.place(act, someone.id, [places[each % len(places)]])
        departments.set_head(act, sales, people[0].id)
        accounts.set_password(act, people[1].id, PASSWORD)
        groups.set_members(act, groups.add(act, "夜班"), [each.id for each in people[:3]])
    return live


PAGES = [
    "/admin/people",
    "/admin/people/{person}",
    "/admin/people/{person}/deactivate",
    "/admin/people/departments",
    "/admin/people/groups",
    "/admin/roles",
    "/admin/people/sign-in",
    "/admin/people/import",
    "/me",
    "/me/second-factor",
]


@pytest.mark.parametrize("options", [{}, PHONE], ids=["desktop", "phone"])
def test_every_page_about_people_fits_its_window_and_is_accessible(new_page: Callable[..., Page], company: Live, options: dict):
    page = new_page(**options)
    admin = company.sign_in(page)
    with company.workspace.writing(SYSTEM) as act:
        accounts.set_language(act, admin.id, options.get("locale", "en")[:2])
    with company.workspace.reading(SYSTEM) as act:
        someone = accounts.named(act.connection, "person1@example.com").id

    for path in PAGES:
        page.goto(path.format(person=someone))
        assert axe(page) == [], path
        assert page.evaluate("document.documentElement.scrollWidth <= innerWidth"), path


@pytest.mark.parametrize("options", [{}, PHONE], ids=["desktop", "phone"])
def test_the_doors_are_accessible(new_page: Callable[..., Page], company: Live, options: dict):
    page = new_page(**options)
    for path in ("/sign-in", "/forgot"):
        page.goto(path)
        assert axe(page) == [], path
        assert page.evaluate("document.documentElement.scrollWidth <= innerWidth"), path
