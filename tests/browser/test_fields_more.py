"""Photos and signatures in the rows of a sub-form on a phone, conditions by searching for people and records, another key for an option."""

from __future__ import annotations

import re
from collections.abc import Callable
from typing import TYPE_CHECKING, Any

import pytest
from playwright.sync_api import Page, Route, expect

from runtime.definitions import versions
from runtime.people.person import SYSTEM
from runtime.records import gateway, query
from tests.files.conftest import png
from tests.makers import choice, form_json, image, member, reference, signature, subform, text
from tests.support.browser import axe

if TYPE_CHECKING:
    from tests.support.server import Live

pytestmark = pytest.mark.browser
PHONE: dict[str, Any] = {"viewport": {"width": 390, "height": 844}, "has_touch": True, "is_mobile": True}
APP = {"kind": "app", "key": "shop", "label": "Shop", "menu": [{"section": "Work", "items": ["form:visit"]}]}
VISIT = form_json(
    text("name"), choice("status", "open", "done", default="'open'"), member("owner"), reference("parent", "visit"),
    subform("stops", text("place"), image("photos", most=2), signature("signed")),
    key="visit", app="shop", title="name", rules=[{"require": ["owner"], "when": "status == 'done'"}],
)  # fmt: skip


@pytest.fixture
def visits(live: Live) -> Live:
    with live.workspace.writing(SYSTEM, "publish") as act:
        versions.publish(act, [APP, VISIT])
    return live


def picture(name: str) -> Any:
    return {"name": name, "mimeType": "image/png", "buffer": png()}


def test_rows_with_photos_and_conditions_on_a_phone(visits: Live, new_page: Callable[..., Page]) -> None:
    page = new_page(**PHONE)
    me, bob = visits.sign_in(page), visits.person("bob@example.com")
    with visits.workspace.writing(SYSTEM) as act:
        house = gateway.create(act, "visit", {"name": "Tea house", "owner": me.id}).id
        gateway.create(act, "visit", {"name": "Wine bar", "owner": bob.id, "parent": house})
    page.goto("/apps/shop/visit/new")
    page.get_by_label("Name", exact=True).fill("Quay")
    rows = page.locator("[data-rows]")
    for _row in range(2):
        rows.locator("[data-row-add]").click()
    second = rows.locator("tbody > tr").nth(1)
    expect(second.locator("[data-field$=f_photos] [data-ready]")).to_be_attached()
    second.locator("[data-field$=f_photos] input[type=file]").set_input_files([picture("a.png"), picture("b.png")])
    expect(second.get_by_role("link", name="b.png").first).to_be_visible()
    second.locator("[data-signature-typed]").fill("Lin Yue")
    expect(second.get_by_role("img", name="Signature")).to_be_visible()
    assert axe(page) == [] and page.evaluate("document.documentElement.scrollWidth") <= 390
    rows.locator("[data-row-remove]").first.click()  # what was the second row has other names now
    expect(rows.locator("input[type=hidden][name='f_stops-0-f_photos']")).to_have_count(2)
    rows.locator("[data-file-remove]").first.click()
    rows.locator("[data-field$=f_photos] input[type=file]").set_input_files([picture("c.png")])
    expect(rows.locator("input[type=hidden][name='f_stops-0-f_photos']")).to_have_count(2)
    page.locator("main .tl-save button.btn-primary").last.click()
    page.wait_for_url(re.compile(r"/visit/\d+"))
    expect(page.locator(".table-dense a[data-picture]")).to_have_count(3)
    with visits.workspace.reading(SYSTEM) as act:
        (row,) = query.get(act, "visit", max(query.ids(act, "visit"))).values["stops"]
    assert [each.rpartition(":")[2] for each in row["photos"]] == ["b.png", "c.png"] and len(row["signed"]) == 1

    page.goto("/apps/shop/visit")
    for field, relation, typed in (("parent", "is", "Tea"), ("owner", "any_of", "bob")):
        page.locator("[data-add-condition]").click()
        dialog = page.locator("#add-condition")
        dialog.locator("[data-condition-field]").select_option(field)
        dialog.locator("[data-condition-operator]").select_option(relation)
        dialog.locator(".ts-control input").fill(typed)
        expect(dialog.locator(".ts-dropdown .option")).to_have_count(1)  # what was searched for has come
        dialog.locator(".ts-dropdown .option").click()
        dialog.get_by_role("button", name="Add", exact=True).click()
        expect(page.get_by_text("Wine bar").locator("visible=true").first).to_be_visible()
    expect(page.get_by_text("Quay")).to_have_count(0)
    expect(page.locator(".tl-filter")).to_contain_text("Owner is one of bob")


def test_an_answer_that_comes_after_the_choice_does_not_open_the_list_again(visits: Live, page: Page) -> None:
    me = visits.sign_in(page)
    with visits.workspace.writing(SYSTEM) as act:
        for name in ("Tea house", "Wine bar"):
            gateway.create(act, "visit", {"name": name, "owner": me.id})
    held: list[Route] = []
    page.route(re.compile(r"[?&]q=Tea"), lambda route: held.append(route))
    page.goto("/apps/shop/visit/new")
    box = page.locator("[data-field=f_parent]")
    with page.expect_request(re.compile(r"[?&]q=Tea")):
        box.locator(".ts-control input").fill("Tea")
    box.get_by_role("option", name="Tea house").click()
    expect(box.get_by_role("option").first).to_be_hidden()
    with page.expect_response(re.compile(r"[?&]q=Tea")):
        held[0].continue_()
    expect(box.locator(".ts-wrapper")).not_to_have_class(re.compile("loading"))
    expect(box.get_by_role("option").first).to_be_hidden()
    expect(box.locator("[data-ts-item]")).to_have_text(re.compile("Tea house"))


def test_an_option_gets_another_key_in_the_designer(visits: Live, new_page: Callable[..., Page]) -> None:
    page = new_page(viewport={"width": 1280, "height": 900})
    visits.sign_in(page)
    with visits.workspace.writing(SYSTEM) as act:
        house = gateway.create(act, "visit", {"name": "Tea house", "status": "done", "owner": 1}).id
    page.goto("/build/shop/forms/visit")
    page.get_by_text("Status").first.click()
    pencil = page.get_by_role("button", name="Another key for “Done”")
    pencil.click()
    key = page.locator(".fd-option-key input")
    expect(key).to_have_value("done")
    assert axe(page) == []
    key.fill("finished")
    key.press("Enter")
    expect(pencil).to_be_focused()
    page.get_by_role("button", name="Publish v2").click()
    dialog = page.get_by_role("dialog")
    expect(dialog).to_contain_text("get the new keys of its options")
    dialog.get_by_role("button", name="Publish").click()
    expect(page.get_by_text("Published as version 2.")).to_be_visible()
    with visits.workspace.reading(SYSTEM) as act:
        assert query.get(act, "visit", house).values["status"] == "finished"
        assert act.catalogue.forms["visit"].rules[0].when == "status == 'finished'"
