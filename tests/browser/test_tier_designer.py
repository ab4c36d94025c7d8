"""The tier designer in a browser: cuts, weights and borders moved by mouse and keys, who would move, publishing; desktop, phone, two people."""

from __future__ import annotations

import re
from collections.abc import Callable
from datetime import timedelta
from functools import partial
from typing import TYPE_CHECKING

import pytest
from playwright.sync_api import Locator, Page, expect

from runtime.automation import engine
from runtime.definitions import versions
from runtime.people.person import SYSTEM
from runtime.records import gateway
from runtime.system.clock import now
from runtime.system.tables import person, tier_state
from runtime.tiers.simulation import simulate
from tests.makers import Json
from tests.support.browser import axe, wait_until
from tests.tiers.world import CUSTOMER, ORDER, TAGS, VISIT, dimension, model

if TYPE_CHECKING:
    from tests.support.server import Live

pytestmark = pytest.mark.browser

APP = {
    "kind": "app",
    "key": "shop",
    "label": {"zh": "小店", "en": "Shop"},
    "menu": [{"section": {"zh": "客户", "en": "Customers"}, "items": ["form:customer"]}],
}
SPEND = {**dimension(cuts=[1000, 5000, 20000], weight=60), "label": {"zh": "净消费", "en": "Net spend"}}
POINTS = {**dimension("points", "points", [10, 50], weight=40), "label": {"zh": "积分", "en": "Points"}}
EXPECTED = {"name": "Best in both", "bands": {"spend": 4, "points": 3}, "expect": {"tier": "diamond"}}
VALUE: Json = {
    **model(SPEND, POINTS),
    "label": {"zh": "客户价值", "en": "Customer value"},
    "app": "shop",
    "plans": {"gold": {"contact_every_days": 30}},
    "tests": [EXPECTED],
}
REPORT = {
    "kind": "dashboard",
    "key": "spread",
    "label": "Spread",
    "app": "shop",
    "parts": [{"type": "bar", "label": "Customers", "form": "customer", "by": "tier", "at": [0, 0, 6, 3]}],
}
"""Uses every tier, so that publishing asks for no reason."""
PLACE = "/build/shop/tiers/value"
PHONE = {"viewport": {"width": 390, "height": 844}, "has_touch": True, "is_mobile": True, "locale": "zh-CN"}
MOVES = re.compile(r"\d customers? would change tier")
TABS = ["scoring", "tiers", "movement", "plans", "review", "json"]


@pytest.fixture
def shop(live: Live) -> Live:
    """Nine customers with spending from 700 to 6,300, rated by a model of two dimensions."""
    live.person("admin@example.com")
    with live.workspace.writing(SYSTEM, "publish") as act:
        versions.publish(act, [APP, CUSTOMER, ORDER, VISIT, TAGS, VALUE, REPORT])
    with live.workspace.writing(SYSTEM) as act:
        for number in range(1, 10):
            customer = gateway.create(act, "customer", {"name": f"Customer {number}", "points": number * 8}).id
            paid = (now() - timedelta(days=3)).date()
            gateway.create(act, "order", {"customer": customer, "amount": 700 * number, "paid_on": paid, "status": "done"})
    return live


def settled(live: Live) -> dict[int, str]:
    with live.workspace.reading(SYSTEM) as act:
        return {row.record: row.tier for row in act.connection.execute(tier_state.select())}


@pytest.fixture
def designer(shop: Live, page: Page) -> Page:
    """The designer on a desktop, with its first figures."""
    shop.sign_in(page)
    wait_until(page, lambda: len(settled(shop)) == 9, "all customers are rated")
    page.goto(PLACE)
    expect(simulation(page)).to_contain_text("Nobody would change tier.")
    expect(cut(page, 2)).to_be_visible()
    return page


def simulation(page: Page) -> Locator:
    return page.locator(".td-simulation")


def cut(page: Page, number: int, name: str = "Net spend") -> Locator:
    return page.get_by_role("slider", name=f"{name}: cut {number}")


def typed(page: Page, number: int) -> Locator:
    return page.get_by_role("textbox", name=f"Net spend: cut {number}")


def draft_of(shop: Live) -> Json | None:
    with shop.workspace.reading(SYSTEM) as act:
        found = versions.find_draft(act.connection, "tier_model", "value")
    return found.body if found else None


def cuts_of(body: Json | None) -> list[float] | None:
    return body["dimensions"][0]["bands"]["cuts"] if body else None


# -- the main job -----------------------------------------------------------------------------------------------------------------
def test_from_the_start_page_a_cut_is_changed_and_published_in_five_clicks(shop: Live, page: Page) -> None:
    shop.sign_in(page)
    wait_until(page, lambda: len(settled(shop)) == 9, "all customers are rated")
    before, clicks = settled(shop), 0

    def click(what: Locator) -> None:
        nonlocal clicks
        what.click()
        clicks += 1

    page.goto("/")
    if "/apps/shop" not in page.url:
        click(page.get_by_role("link", name="Shop").first)
    click(page.get_by_role("link", name="Adjust the model"))
    expect(simulation(page)).to_contain_text("Nobody would change tier.")
    click(typed(page, 2))
    page.keyboard.press("Control+A")
    page.keyboard.type("2500")
    expect(simulation(page)).to_contain_text(MOVES)
    promised = simulation(page).locator(".td-sentence").inner_text()
    expect(page.locator(".tb-state")).to_contain_text("saved")
    click(page.get_by_role("button", name="Publish v2"))
    dialog = page.get_by_role("dialog")
    expect(dialog).to_contain_text("Net spend · Cuts: 1000, 5000, 20000 → 1000, 2500, 20000")
    expect(dialog).to_contain_text("1 of 1 rule tests pass")
    assert axe(page) == []
    click(dialog.get_by_role("button", name="Publish"))
    expect(page.get_by_text("customers moved.")).to_be_visible(timeout=20_000)
    assert clicks <= 5
    after = settled(shop)
    moved = sum(before[record] != tier for record, tier in after.items())
    assert promised.startswith(f"{moved} customers")
    expect(page.get_by_text(f"Published. {moved} customers moved.")).to_be_visible()
    expect(simulation(page)).to_contain_text("Nobody would change tier.")


# -- handles ----------------------------------------------------------------------------------------------------------------------
def test_a_drag_redraws_without_the_server_and_is_one_step_that_survives_a_reload(designer: Page, shop: Live) -> None:
    asked: list[str] = []
    designer.on("request", lambda request: asked.append(request.url))
    grip = cut(designer, 2).locator(".td-grip").bounding_box()
    assert grip is not None
    designer.mouse.move(grip["x"] + 6, grip["y"] + 10)
    designer.mouse.down()
    designer.mouse.move(grip["x"] - 60, grip["y"] + 10, steps=6)
    expect(designer.locator("tr", has_text="Customers").first).to_contain_text("≈")
    dragged = float(typed(designer, 2).input_value())
    assert 1000 < dragged < 5000
    assert [url for url in asked if "/draft" not in url] == []
    designer.mouse.up()
    expect(simulation(designer)).to_contain_text(MOVES)
    expect(designer.locator(".td-knob-old")).to_contain_text("5,000")
    expect(designer.locator(".tb-state")).to_contain_text("saved")
    designer.reload()
    expect(typed(designer, 2)).to_have_value(f"{dragged:g}")
    designer.get_by_role("button", name="Undo").click()
    expect(typed(designer, 2)).to_have_value("5000")
    expect(designer.get_by_role("button", name="Undo")).to_be_disabled()
    designer.keyboard.press("Control+Shift+z")
    expect(typed(designer, 2)).to_have_value(f"{dragged:g}")


def test_escape_puts_a_held_cut_back(designer: Page) -> None:
    grip = cut(designer, 2).locator(".td-grip").bounding_box()
    assert grip is not None
    designer.mouse.move(grip["x"] + 6, grip["y"] + 10)
    designer.mouse.down()
    designer.mouse.move(grip["x"] - 40, grip["y"] + 10, steps=3)
    expect(typed(designer, 2)).not_to_have_value("5000")
    designer.keyboard.press("Escape")
    expect(typed(designer, 2)).to_have_value("5000")
    designer.mouse.up()


def test_cuts_move_by_keys_and_are_typed(designer: Page) -> None:
    cut(designer, 2).focus()
    designer.keyboard.press("ArrowLeft")
    expect(cut(designer, 2)).to_have_attribute("aria-valuenow", "4999")
    expect(cut(designer, 2)).to_have_attribute("aria-valuetext", "¥4,999")
    designer.keyboard.press("Shift+ArrowRight")
    expect(typed(designer, 2)).to_have_value("5009")
    expect(cut(designer, 2)).to_be_focused()
    designer.keyboard.press("3")
    expect(typed(designer, 2)).to_be_focused()
    designer.keyboard.type("000")
    expect(cut(designer, 2)).to_have_attribute("aria-valuenow", "3000")
    cut(designer, 2).focus()
    designer.keyboard.press("Delete")
    expect(cut(designer, 3)).to_have_count(0)
    expect(cut(designer, 2)).to_have_attribute("aria-valuenow", "20000")


def test_a_cut_stays_between_its_neighbours(designer: Page) -> None:
    typed(designer, 2).fill("1009")
    cut(designer, 2).focus()
    designer.keyboard.press("Shift+ArrowLeft")
    expect(typed(designer, 2)).to_have_value("1001")


def test_weights_are_dragged_typed_and_shown_beside_the_old_ones(designer: Page) -> None:
    designer.get_by_role("slider", name="Points: weight").focus()
    designer.keyboard.press("Shift+ArrowRight")
    group = designer.get_by_role("group", name="Points", exact=True)
    expect(group.get_by_role("textbox", name="Points: Weight")).to_have_value("50")
    expect(group.locator("s")).to_contain_text("40")
    expect(designer.locator(".td-left-head").first).to_contain_text("weights: 110")
    expect(designer.locator(".td-left .td-warning").first).to_contain_text("110")


def test_borders_of_tiers_are_handles_too(designer: Page, shop: Live) -> None:
    designer.get_by_role("link", name="Tiers and borders").click()
    expect(designer).to_have_url(f"{shop.url}{PLACE}?tab=tiers")
    gold = designer.get_by_role("slider", name="Gold: From score")
    gold.focus()
    designer.keyboard.press("Shift+ArrowLeft")
    expect(gold).to_have_attribute("aria-valuenow", "47")  # its own keep border is the least
    keep = designer.get_by_role("slider", name="Gold: Keep from")
    keep.focus()
    designer.keyboard.press("ArrowLeft")
    expect(designer.get_by_role("textbox", name="Gold: Keep from")).to_have_value("46")
    wait_until(designer, lambda: (draft_of(shop) or {}).get("tiers", [{}, {}])[1].get("keep_from") == 46, "the draft is saved")


# -- what a dimension is ------------------------------------------------------------------------------------------------------------
def test_a_dimension_is_picked_by_clicking_and_writes_its_formula(designer: Page, shop: Live) -> None:
    designer.get_by_role("button", name="Add a dimension").first.click()
    dialog = designer.get_by_role("dialog")
    dialog.get_by_label("From", exact=True).select_option("orders")
    dialog.get_by_label("What about them").select_option("SUM")
    dialog.get_by_label("Field", exact=True).select_option("amount")
    dialog.get_by_role("button", name="Add a condition").click()
    dialog.get_by_label("Field", exact=True).nth(1).select_option("status")
    dialog.get_by_label("Value", exact=True).select_option("done")
    dialog.get_by_label("Within the last (days)").fill("90")
    expect(dialog.locator("code")).to_have_text("SUM(orders.amount, where=orders.status == 'done', on=orders.paid_on, days=90)")
    assert axe(designer) == []
    dialog.get_by_role("button", name="Add a dimension").click()
    expect(designer.locator(".td-dimension h2")).to_contain_text("amount", ignore_case=True)
    expect(designer.locator(".td-drawing").first).to_be_visible()
    wait_until(designer, lambda: len((draft_of(shop) or {"dimensions": []})["dimensions"]) == 3, "the draft is saved")
    designer.get_by_role("group", name="Bands").get_by_role("button", name="By hand").click()
    expect(designer.get_by_role("slider", name="cut 1")).to_be_visible()


def test_proposals_stand_side_by_side_and_one_is_used(designer: Page) -> None:
    designer.get_by_role("button", name="Suggest cuts").click()
    offers = designer.locator(".td-proposal")
    expect(offers.nth(2)).to_be_visible()
    wanted = offers.first.locator("b").first.inner_text().split(" · ")
    assert axe(designer) == []
    offers.first.get_by_role("button", name="Use these cuts").click()
    for number, text in enumerate(wanted, 1):
        expect(cut(designer, number)).to_have_attribute("aria-valuetext", text)


def test_an_exception_is_added_filled_in_and_named_in_the_outline(designer: Page, shop: Live) -> None:
    designer.get_by_role("button", name="Add an exception").click()
    designer.get_by_role("button", name="Floor", exact=True).click()
    designer.locator(".cm-content[id='f-floors/0/when']").click()
    designer.keyboard.type("points >= 50")
    designer.locator("[id='f-floors/0/tier']").select_option("silver")
    expect(designer.get_by_role("button", name="points >= 50: at least Silver")).to_be_visible()
    wait_until(designer, lambda: (draft_of(shop) or {}).get("floors") == [{"when": "points >= 50", "tier": "silver"}], "the draft is saved")
    expect(simulation(designer)).to_contain_text("customer", ignore_case=True)


# -- what it would do ---------------------------------------------------------------------------------------------------------------
def test_every_figure_leads_to_names_and_another_draft_stands_beside(designer: Page) -> None:
    designer.get_by_role("button", name="Keep for comparison").click()
    typed(designer, 2).fill("2500")
    expect(simulation(designer)).to_contain_text(MOVES)
    moves = simulation(designer).locator(".td-matrix a")
    assert moves.count() >= 1
    assert "before=" in (moves.first.get_attribute("href") or "")
    assert moves.first.get_attribute("aria-label")
    expect(simulation(designer).locator(".td-counts thead")).to_contain_text("Kept")
    link = simulation(designer).locator(".td-movers li a").first.get_attribute("href")
    assert link and link.startswith("/apps/shop/customer/")
    designer.get_by_role("button", name="Compare with v1").click()
    expect(designer.get_by_role("dialog")).to_contain_text("Net spend · Cuts: 1000, 5000, 20000 → 1000, 2500, 20000")
    assert axe(designer) == []


def test_a_rule_test_is_recorded_from_a_customer_and_blocks_a_draft_that_breaks_it(designer: Page, shop: Live) -> None:
    designer.get_by_role("button", name="Record a test").click()
    dialog = designer.get_by_role("dialog")
    dialog.get_by_role("button", name="Customer 9").click()
    dialog.get_by_role("button", name="Add a rule test").click()
    expect(designer.locator(".td-tests")).to_contain_text("2 of 2 rule tests pass")
    typed(designer, 2).fill("9000")
    designer.get_by_role("slider", name="Points: weight").focus()
    designer.keyboard.press("Shift+ArrowLeft")
    expect(designer.locator(".td-tests.tl-bad, .td-tests .tl-bad")).to_be_visible()
    designer.get_by_role("link", name="Review and tests").click()
    expect(designer.locator(".td-failed")).to_have_count(1)
    expect(designer.locator("[data-layer=problems]")).to_contain_text("1 problem")
    designer.locator("[data-publish]").click()
    expect(designer.get_by_role("dialog").get_by_role("button", name="Publish")).to_be_disabled()
    assert axe(designer) == []


def test_a_faulty_draft_says_so_in_place_of_figures_and_leads_to_the_place(designer: Page) -> None:
    typed(designer, 2).fill("900")
    expect(simulation(designer)).to_contain_text("No new figures yet")
    designer.get_by_role("link", name="Movement").click()
    designer.locator("[data-layer=problems]").click()
    designer.get_by_role("button", name="Cuts rise or fall without repeating.").last.click()
    expect(designer.locator("#dimension-title")).to_have_text("Net spend")
    expect(designer.locator(".td-dimension .tl-error")).to_contain_text("Cuts rise or fall")


# -- two people -----------------------------------------------------------------------------------------------------------------------
def test_changes_of_two_people_at_different_places_are_joined(designer: Page, shop: Live) -> None:
    designer.watch.expected.append("status of 409")  # type: ignore[attr-defined]
    bo = shop.person("bo@example.com", "builder")
    with shop.workspace.writing(bo) as act:
        versions.save_draft(act, "tier_model", "value", {**VALUE, "purpose": "Bo’s"}, 0)
    typed(designer, 2).fill("2500")
    expect(designer.locator("#toasts")).to_contain_text("Both changes are kept")
    wait_until(designer, lambda: cuts_of(draft_of(shop)) == [1000, 2500, 20000], "mine is saved")
    assert (draft_of(shop) or {})["purpose"] == "Bo’s"


def test_changes_at_the_same_place_are_asked_about(designer: Page, shop: Live) -> None:
    designer.watch.expected.append("status of 409")  # type: ignore[attr-defined]
    bo = shop.person("bo@example.com", "builder")
    with shop.workspace.writing(bo) as act:
        changed = [{**SPEND, "bands": {"by": "cuts", "cuts": [1000, 4000, 20000], "better": "higher"}}, POINTS]
        versions.save_draft(act, "tier_model", "value", {**VALUE, "dimensions": changed}, 0)
    typed(designer, 2).fill("2500")
    expect(designer.get_by_role("dialog")).to_contain_text("bo saved it")
    designer.get_by_role("button", name="Go on with theirs").click()
    expect(typed(designer, 2)).to_have_value("4000")


# -- widths, modes, languages ---------------------------------------------------------------------------------------------------------
@pytest.mark.parametrize("width", [390, 768, 1280])
def test_no_page_is_wider_than_the_window_and_none_is_closed_to_anybody(shop: Live, new_page: Callable[..., Page], width: int) -> None:
    page = new_page(viewport={"width": width, "height": 900}, color_scheme="dark" if width == 768 else "light")
    shop.sign_in(page)
    for tab in TABS:
        page.goto(f"{PLACE}?tab={tab}")
        expect(page.locator(".td-panes, .td-page")).to_be_visible()
        expect(page.locator(".td-old")).to_have_count(0)
        assert page.evaluate("document.documentElement.scrollWidth") <= width, tab
        assert axe(page) == [], tab


def test_on_a_phone_outline_details_and_figures_are_pages_and_publishing_works(shop: Live, new_page: Callable[..., Page]) -> None:
    page = new_page(**PHONE)
    shop.sign_in(page)
    with shop.workspace.writing(SYSTEM) as act:
        act.connection.execute(person.update().values(language="zh"))
    wait_until(page, lambda: len(settled(shop)) == 9, "all customers are rated")
    page.goto(PLACE)
    page.get_by_role("button", name="净消费", exact=True).click()
    expect(page.get_by_role("slider", name="净消费：切点 2")).to_be_visible()
    page.get_by_role("textbox", name="净消费：切点 2").fill("2500")
    page.get_by_role("button", name="试算", exact=True).click()
    expect(simulation(page)).to_contain_text("位客户会变等级")
    assert page.evaluate("document.documentElement.scrollWidth") <= 390 and axe(page) == []
    page.locator("[data-publish]").click()
    dialog = page.get_by_role("dialog")
    expect(dialog).to_contain_text("净消费 · 切点：1000、5000、20000 → 1000、2500、20000")
    assert axe(page) == []
    dialog.get_by_role("button", name="发布").click()
    expect(page.get_by_text("位客户变了等级")).to_be_visible(timeout=20_000)


# -- many customers -------------------------------------------------------------------------------------------------------------------
@pytest.fixture
def many(monkeypatch: pytest.MonkeyPatch) -> None:
    """Nine customers count as many, of whom four are drawn."""
    monkeypatch.setattr("builder.pages.tier_designer.EXACT", 5)
    monkeypatch.setattr("builder.pages.tier_designer.simulate", partial(simulate, sample=4))


def test_a_sample_comes_first_and_the_count_of_everybody_can_be_stopped_and_begun_again(shop: Live, page: Page, many: None) -> None:
    shop.sign_in(page)
    wait_until(page, lambda: len(settled(shop)) == 9, "all customers are rated")
    engine.stop()  # the count waits, as behind other work
    page.goto(PLACE)
    expect(simulation(page).get_by_role("progressbar")).to_be_visible()
    expect(simulation(page).locator(".tl-pill-care")).to_contain_text("sample")
    expect(simulation(page)).not_to_contain_text("All 9 records were rated.")
    simulation(page).get_by_role("button", name="Cancel").click()
    expect(simulation(page)).to_contain_text("The count of everybody was stopped")
    assert axe(page) == []
    engine.start(shop.workspace)
    simulation(page).get_by_role("button", name="Count again").click()
    expect(simulation(page)).to_contain_text("All 9 records were rated.", timeout=20_000)
    expect(simulation(page).get_by_role("progressbar")).to_have_count(0)
    expect(simulation(page).locator(".tl-pill-good")).to_contain_text("live")
