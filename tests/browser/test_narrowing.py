"""Linked choices that follow what is being filled in: on the page, in the rows of a sub-form, for strangers, and while a form is designed."""

from __future__ import annotations

import re
from collections.abc import Callable
from typing import TYPE_CHECKING

import pytest
from playwright.sync_api import Locator, Page, expect

from runtime.definitions import versions
from runtime.people.person import SYSTEM
from runtime.public import links
from runtime.public.settings import FILL, LinkSettings
from runtime.records import gateway, query
from tests.browser.test_form_designer import frame, hit, live_body, saved
from tests.makers import choice, field, form_json, subform, text
from tests.support.browser import axe

if TYPE_CHECKING:
    from tests.support.server import Live

pytestmark = pytest.mark.browser
APP = {"kind": "app", "key": "shop", "label": "Shop", "menu": [{"section": "Work", "items": ["form:trip"]}]}
PLACES = form_json(text("name"), text("province"), choice("size", "big", "small"), key="places", app="shop")
BY_PROVINCE = {"theirs": "province", "ours": "province"}
TRIP = form_json(
    text("name"),
    field("linked_choice", "province", form="places", field="province"),
    field("linked_choice", "city", form="places", field="name", pairs=[BY_PROVINCE]),
    subform(
        "stops",
        choice("size", "big", "small"),
        field("linked_choice", "stop", form="places", field="name",
              pairs=[{**BY_PROVINCE, "ours": "parent.province"}, {"theirs": "size", "ours": "size"}]),
    ),
    key="trip",
    app="shop",
)  # fmt: skip
TOWNS = (("Guangzhou", "Guangdong", "big"), ("Foshan", "Guangdong", "small"), ("Nanjing", "Jiangsu", "big"))


@pytest.fixture
def trips(live: Live) -> Live:
    with live.workspace.writing(SYSTEM, "publish") as act:
        versions.publish(act, [APP, PLACES, TRIP])
    with live.workspace.writing(SYSTEM) as act:
        for name, province, size in TOWNS:
            gateway.create(act, "places", {"name": name, "province": province, "size": size})
    return live


def offered(page: Page, within: Locator, *names: str) -> Locator:
    """The field with exactly these values on offer."""
    within.locator(".ts-control").click()
    options = within.locator("[role=option][data-selectable]")
    expect(options).to_have_text(list(names))
    return options


def choose(page: Page, within: Locator, name: str) -> None:
    within.locator(".ts-control").click()
    within.get_by_role("option", name=name, exact=True).click()


def test_a_province_narrows_the_cities_and_one_that_fits_no_more_is_kept_and_said(trips: Live, new_page: Callable[..., Page]) -> None:
    page = new_page(viewport={"width": 1280, "height": 900})
    trips.sign_in(page)
    page.goto("/apps/shop/trip/new", wait_until="networkidle")
    province, city = page.locator("[data-field=f_province]"), page.locator("[data-field=f_city]")
    city.get_by_role("combobox").click()
    expect(city.get_by_text("Fill in Province first.")).to_be_visible()
    page.keyboard.press("Escape")
    choose(page, province, "Guangdong")
    offered(page, city, "Foshan", "Guangzhou").nth(1).click()

    page.get_by_role("button", name=re.compile("Add")).first.click()
    stop = page.locator("[data-field='f_stops-0-f_stop']")
    page.locator("[name='f_stops-0-f_size']").first.check() if page.locator("[name='f_stops-0-f_size'][type=radio]").count() else page.locator(
        "[name='f_stops-0-f_size']").select_option("big")
    offered(page, stop, "Guangzhou").first.click()

    choose(page, province, "Jiangsu")
    expect(city.get_by_text("“Guangzhou” does not fit Province.")).to_be_visible()
    expect(stop.get_by_text("“Guangzhou” does not fit Province, Size.")).to_be_visible()
    assert axe(page) == []
    page.watch.expected.append("status of 422")  # type: ignore[attr-defined]
    page.get_by_role("button", name="Save", exact=True).click()
    expect(page.locator("[data-field=f_city]").get_by_text("“Guangzhou” does not fit Province.")).to_be_visible()
    province, city, stop = (page.locator(f"[data-field='{name}']") for name in ("f_province", "f_city", "f_stops-0-f_stop"))
    page.wait_for_load_state("networkidle")
    for each in (city, stop):  # what is chosen stays in sight among what fits
        offered(page, each, "Guangzhou", "Nanjing").nth(1).click()
    expect(city.get_by_text("does not fit")).to_have_count(0)
    page.get_by_role("button", name="Save", exact=True).click()
    page.wait_for_url(re.compile(r"/trip/\d+"))
    with trips.workspace.reading(SYSTEM) as act:
        values = query.get(act, "trip", 1).values
    assert (values["province"], values["city"], values["stops"][0]["stop"]) == ("Jiangsu", "Nanjing", "Nanjing")


def test_strangers_choose_what_fits_among_the_records_of_their_link(trips: Live, new_page: Callable[..., Page]) -> None:
    big = "size == 'big'"
    me = trips.sign_in(new_page())
    with trips.workspace.writing(me) as act:
        asked = LinkSettings(fields=("name", "province", "city"), pick={"province": big, "city": big}, seconds=0)
        link = links.switch(act, links.make(act, "trip", FILL, "Trip", asked).id, True)
    page = new_page(viewport={"width": 390, "height": 844})
    page.goto(link.path, wait_until="networkidle")
    choose(page, page.locator("[data-field=f_province]"), "Guangdong")
    offered(page, page.locator("[data-field=f_city]"), "Guangzhou").first.click()
    page.get_by_role("button", name="Submit").click()
    expect(page.locator("[data-field=f_city]")).to_have_count(0)
    with trips.workspace.reading(SYSTEM) as act:
        assert query.get(act, "trip", 1).values["city"] == "Guangzhou"


def test_a_designer_picks_the_pair_by_mouse_renames_its_field_and_tries_it_out(trips: Live, new_page: Callable[..., Page]) -> None:
    plain = {**TRIP, "fields": [{name: value for name, value in each.items() if name != "pairs"} for each in TRIP["fields"][:3]]}
    with trips.workspace.writing(SYSTEM, "publish") as act:
        versions.publish(act, [plain])
    page = new_page(viewport={"width": 1440, "height": 900})
    trips.sign_in(page)
    page.goto("/build/shop/forms/trip", wait_until="networkidle")
    hit(page, "city").click()
    panel = page.locator(".fd-panel")
    panel.get_by_role("button", name="Add pair of fields").click()
    panel.locator("select[id$='/theirs']").select_option("province")
    panel.locator("select[id$='/ours']").select_option("province")
    expect(panel.locator(".tb-fold")).to_have_text("province = province")
    assert axe(page) == []
    hit(page, "province").click()
    expect(panel.locator(".fd-users")).to_contain_text("City")
    saved(page)
    page.get_by_role("button", name="Preview").click()
    tried = frame(page)
    choose(page, tried.locator("[data-field=f_province]"), "Guangdong")
    offered(page, tried.locator("[data-field=f_city]"), "Foshan", "Guangzhou")
    page.get_by_role("button", name=re.compile("^Publish")).first.click()
    page.get_by_role("dialog").get_by_role("button", name="Publish").click()
    expect(page.get_by_text(re.compile("Published as version"))).to_be_visible()
    assert live_body(trips, "trip")["fields"][2]["pairs"] == [BY_PROVINCE]
