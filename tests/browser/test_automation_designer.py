"""The automation designer in a browser: the outcome built by clicking, tried on yesterday without a trace, switched on, and seen in the log."""

from __future__ import annotations

from collections.abc import Callable
from datetime import timedelta
from typing import TYPE_CHECKING, Any

import pytest
import sqlalchemy as sa
from playwright.sync_api import Locator, Page, expect

from builder.drafts import new_body
from runtime.automation import dry_run, engine, log
from runtime.definitions import versions
from runtime.people.person import SYSTEM
from runtime.records import gateway
from runtime.system.clock import now
from runtime.system.tables import notification
from tests.makers import Json, checkbox, email, form_json, member, reference, tier
from tests.support.browser import axe, wait_until
from tests.tiers.world import dimension, model

if TYPE_CHECKING:
    from tests.support.server import Live

pytestmark = pytest.mark.browser

APP = {"kind": "app", "key": "shop", "label": {"zh": "小店", "en": "Shop"}, "menu": [{"section": "Work", "items": ["form:customer"]}]}
TEXT = {"type": "text", "key": "name", "label": {"zh": "名称", "en": "Name"}, "required": True}
POINTS = {"type": "number", "key": "points", "label": "Points", "decimals": 0}
CUSTOMER = form_json(TEXT, POINTS, member(), checkbox("agrees"), email(), tier("tier", "value"), app="shop", label="Customer")
CALL = form_json(
    {"type": "text", "key": "note", "label": "Note"},
    {**reference("customer", "customer"), "required": True},
    {"type": "datetime", "key": "due_at", "label": "Due"},
    key="call",
    app="shop",
    label="Call",
)
VALUE = {**model(dimension("points", "points", [10, 50, 100])), "app": "shop", "label": "Customer value"}
PHONE = {"viewport": {"width": 390, "height": 844}, "has_touch": True, "is_mobile": True, "locale": "zh-CN"}


@pytest.fixture
def shop(live: Live, monkeypatch: pytest.MonkeyPatch) -> Live:
    monkeypatch.setattr(dry_run, "LONGEST", 60.0)  # a busy machine shall not shorten the sample
    live.person("admin@example.com")
    for name in ("ann", "ben"):
        live.person(f"{name}@example.com", "senior", "member")
    with live.workspace.writing(SYSTEM, "publish") as act:
        versions.publish(act, [APP, CUSTOMER, CALL, VALUE])
    live.workspace.now = lambda: now() - timedelta(days=1)
    with live.workspace.writing(SYSTEM) as act:
        customers = [
            gateway.create(act, "customer", {"name": name, "points": 1, "agrees": name == "Li", "email": f"{name.lower()}@example.com"})
            for name in ("Li", "Wu")
        ]
    with live.workspace.writing(SYSTEM) as act:
        for each in customers:
            gateway.update(act, "customer", each.id, {"points": 500})
    engine.settle(live.workspace)
    live.workspace.now = now
    return live


def panel(page: Page) -> Locator:
    return page.locator(".ax-panel")


def card(page: Page, place: str) -> Locator:
    return page.locator(f"[id='ax-{place}']")


def add(page: Page, spot: str, kind: str) -> None:
    """By the + at a place of the flow, found by typing."""
    page.locator(f"[data-plus='{spot}']").click()
    page.get_by_role("searchbox", name="Search steps").last.fill(kind)
    page.keyboard.press("Enter")


def saved(page: Page) -> None:
    expect(page.locator("[data-layer=draft]")).to_contain_text("saved")


def draft_of(shop: Live, key: str) -> Json:
    with shop.workspace.reading(SYSTEM) as act:
        found = versions.find_draft(act.connection, "automation", key)
    assert found is not None
    return found.body


def rows_of(shop: Live) -> dict[str, int]:
    with shop.workspace.engine.connect() as connection:
        names = sa.inspect(shop.workspace.engine).get_table_names()
        return {name: connection.execute(sa.text(f'SELECT count(*) FROM "{name}"')).scalar() or 0 for name in names}


def test_the_outcome_is_built_by_clicking_tried_on_yesterday_switched_on_and_seen_in_the_log(shop: Live, page: Page) -> None:
    shop.sign_in(page)
    page.goto("/build/shop")
    page.get_by_role("button", name="New", exact=True).click()
    page.locator("#new-kind").select_option("automation")
    page.get_by_label("Name", exact=True).fill("Promotion")
    page.get_by_role("button", name="Begin a draft").click()
    # when a customer is promoted to diamond
    card(page, "trigger").click()
    panel(page).get_by_label("What starts it").select_option("tier_changed")
    expect(panel(page).locator("[id='f-trigger/tier_model']")).to_have_value("value")  # there is no other
    panel(page).get_by_role("group", name="To one of these tiers").get_by_label("diamond").check()
    panel(page).locator("[id='f-trigger/direction']").select_option("up")
    # give them to the least loaded senior
    add(page, "steps#0", "assign")
    expect(panel(page).locator("[id='f-steps/0/field']")).to_have_value("owner")
    panel(page).locator("[id='f-steps/0/pool']").select_option("role:senior")
    # a call within 24 hours
    add(page, "steps#1", "create_record")
    panel(page).locator("[id='f-steps/1/form']").select_option("call")
    expect(panel(page).locator("[id='f-steps/1/values/customer']")).to_have_value("record")  # needed, so it is there
    panel(page).locator("[id='f-steps/1/values']").select_option("due_at")
    expect(panel(page).locator("[id='f-steps/1/values/due_at']")).to_have_value("24")
    panel(page).locator("[id='f-steps/1/values']").select_option("note")
    panel(page).locator("[id='f-steps/1/values/note']").fill("Congratulate ")
    panel(page).get_by_role("button", name="Name", exact=True).click()
    expect(panel(page).locator("[id='f-steps/1/values/note']")).to_have_value("Congratulate {name}")
    # greet by mail if they agreed
    add(page, "steps#2", "branch")
    panel(page).get_by_role("button", name="Add a condition").click()
    panel(page).get_by_label("Field", exact=True).select_option("agrees")
    add(page, "steps/2/then#0", "notify")
    panel(page).locator("[id='f-steps/2/then/0/channel']").select_option("email")
    panel(page).locator("[id='f-steps/2/then/0/to']").click()
    panel(page).locator("[id='f-steps/2/then/0/to/0']").select_option("field:email")
    panel(page).locator("[id='f-steps/2/then/0/subject']").fill("Welcome to diamond, ")
    panel(page).get_by_role("button", name="Name", exact=True).click()
    # remind after two days
    add(page, "steps#3", "wait")
    panel(page).locator("[id='f-steps/3/days']").fill("2")
    add(page, "steps#4", "notify")
    panel(page).locator("[id='f-steps/4/to']").click()
    panel(page).locator("[id='f-steps/4/to/0']").select_option("field:owner")
    panel(page).locator("[id='f-steps/4/subject']").fill("Two days ago: {name}")
    saved(page)
    expect(page.locator("[data-layer=problems]")).not_to_contain_text("problem")
    expect(page.locator(".ax-sentence")).to_contain_text("When the tier by")
    assert draft_of(shop, "promotion")["steps"][1]["values"] == {
        "customer": "record",
        "due_at": "NOW() + HOURS(24)",
        "note": "'Congratulate ' & name",
    }
    assert draft_of(shop, "promotion")["steps"][2]["then"][0]["subject"] == "Welcome to diamond, {name}"
    assert axe(page) == []
    tries(shop, page)
    # switch it on
    page.locator(".ax-on input").check()
    saved(page)
    page.locator("[data-publish]").click()
    page.get_by_role("button", name="Publish", exact=True).click()
    expect(page.locator(".tb-outcome")).to_contain_text("Published as version 1")
    sees_the_run(shop, page)


def tries(shop: Live, page: Page) -> None:
    """What it would have done yesterday, without a row."""
    before = rows_of(shop)
    page.get_by_role("button", name="Dry run").click()
    page.get_by_label("Period").select_option("1")
    page.locator(".ax-dry-ask").get_by_role("button", name="Run").click()
    expect(page.locator(".ax-figures")).to_contain_text("2started it2would run0skipped0failed", timeout=30_000)
    expect(page.locator(".ax-sample")).to_have_text(["Li", "Wu"], timeout=30_000)
    trace = page.locator(".ax-trace > li")
    expect(trace.nth(1)).to_contain_text("Owner ann")
    expect(trace.nth(2)).to_contain_text("Note Congratulate Li")
    expect(trace.nth(4)).to_contain_text("To l***@example.comWelcome to diamond, Li")
    expect(trace.nth(5)).to_contain_text("waits")
    expect(trace.nth(6)).to_contain_text("To annTwo days ago: Li")
    page.locator(".ax-sample").nth(1).click()
    expect(page.locator(".ax-trace")).to_contain_text("Owner ben")
    dry, flow = page.locator(".ax-dry").bounding_box(), page.locator(".ax-flow").bounding_box()
    assert dry is not None and flow is not None and flow["x"] + flow["width"] <= dry["x"]
    assert rows_of(shop) == before
    assert axe(page) == []
    page.locator(".ax-dry-head").get_by_role("button", name="Close").click()


def sees_the_run(shop: Live, page: Page) -> None:
    with shop.workspace.writing(SYSTEM) as act:
        customer = gateway.create(act, "customer", {"name": "Zhao", "points": 1, "agrees": False})
    with shop.workspace.writing(SYSTEM) as act:
        gateway.update(act, "customer", customer.id, {"points": 500})

    def waits() -> bool:
        engine.settle(shop.workspace)
        with shop.workspace.reading(SYSTEM) as act:
            return bool(log.runs(act, "promotion", "waiting").runs or log.runs(act, "promotion", "running").runs)

    wait_until(page, waits, "the run waits for two days", 30)
    real, shop.workspace.now = shop.workspace.now, lambda: now() + timedelta(days=2, minutes=1)
    wait_until(page, lambda: (engine.settle(shop.workspace), told(shop))[1], "the reminder came", 30)
    shop.workspace.now = real
    page.goto(f"/apps/shop/customer/{customer.id}")
    page.get_by_role("link", name="What automations did").click()
    expect(page.locator(".tl-lines")).to_contain_text("Promotion")
    page.locator(".tl-lines").get_by_role("link", name="Promotion").click()
    expect(page.locator(".tl-timeline > li")).to_have_count(5)
    expect(page.locator(".tl-timeline")).to_contain_text("Tell Owner of the record")
    assert axe(page) == []
    page.goto("/build/shop")
    line = page.get_by_role("region", name="Automation").locator(".tb-line")
    expect(line).to_contain_text("last run")


def told(shop: Live) -> bool:
    with shop.workspace.reading(SYSTEM) as act:
        return "Two days ago: Zhao" in act.connection.execute(sa.select(notification.c.subject)).scalars().all()


def test_an_automation_is_built_tried_and_switched_on_by_touch_on_a_phone(shop: Live, new_page: Callable[..., Page]) -> None:
    phone = new_page(**PHONE)
    shop.sign_in(phone)
    with shop.workspace.writing(SYSTEM) as act:
        versions.save_draft(act, "automation", "touched", new_body(act, "automation", "touched", "Touched", "shop"), 0)
    phone.goto("/build/shop/automations/touched", wait_until="networkidle")
    card(phone, "trigger").tap()
    panel(phone).locator("[id='f-trigger/type']").select_option("tier_changed")
    expect(panel(phone).locator("[id='f-trigger/tier_model']")).to_have_value("value")
    panel(phone).get_by_role("group", name="To one of these tiers").get_by_label("diamond").tap()
    panel(phone).locator("[id='f-trigger/direction']").select_option("up")
    touch(phone, "steps#0", "give to")
    panel(phone).locator("[id='f-steps/0/pool']").select_option("role:senior")
    touch(phone, "steps#1", "new")
    panel(phone).locator("[id='f-steps/1/form']").select_option("call")
    expect(panel(phone).locator("[id='f-steps/1/values/customer']")).to_have_value("record")
    panel(phone).locator("[id='f-steps/1/values']").select_option("note")
    panel(phone).locator("[id='f-steps/1/values/note']").fill("Congratulate ")
    panel(phone).get_by_role("button", name="Name", exact=True).tap()
    expect(panel(phone).locator("[id='f-steps/1/values/note']")).to_have_value("Congratulate {name}")
    touch(phone, "steps#2", "delay")
    panel(phone).locator("[id='f-steps/2/days']").fill("2")
    assert phone.evaluate("document.documentElement.scrollWidth") <= 390 and axe(phone) == []
    phone.get_by_role("button", name="Dry run").tap()
    phone.locator("#ax-period").select_option("1")
    phone.locator(".ax-dry-ask").get_by_role("button", name="Run").tap()
    expect(phone.locator(".ax-sample")).to_have_text(["Li", "Wu"], timeout=30_000)
    expect(phone.locator(".ax-trace")).to_contain_text("Congratulate Li")
    phone.locator(".ax-dry-head").get_by_role("button", name="Close").tap()
    phone.get_by_role("button", name="The flow", exact=True).last.tap()
    phone.locator(".ax-on input").check()
    wait_until(phone, lambda: draft_of(shop, "touched").get("enabled") is True, "switched on", 20)
    phone.locator("[data-publish]").tap()
    phone.locator("dialog[open] [form=publish-form]").tap()
    expect(phone.locator(".tb-outcome")).to_be_visible()


def touch(phone: Page, spot: str, wanted: str) -> None:
    """A step put into the flow by touch; its properties open by themselves."""
    phone.get_by_role("button", name="The flow", exact=True).last.tap()
    phone.locator(f"[data-plus='{spot}']").tap()
    phone.locator(".ax-kinds input").fill(wanted)
    phone.locator(".ax-kinds .dropdown-item").first.tap()
    expect(panel(phone)).to_be_visible()


# -- putting in order -----------------------------------------------------------------------------------------------------------------
def step(name: str) -> Json:
    return {"type": "notify", "to": ["role:senior"], "subject": name}


FLOW: Json = {
    "kind": "automation",
    "key": "flow",
    "label": "Flow",
    "app": "shop",
    "trigger": {"type": "record_created", "form": "customer"},
    "steps": [step("a"), {"type": "branch", "when": "agrees", "then": [], "otherwise": []}, step("b")],
}


def order(shop: Live) -> list[Any]:
    """Subjects of the steps, those of a branch as a list of their own."""
    return [each.get("subject") or [one["subject"] for one in each["then"]] for each in draft_of(shop, "flow")["steps"]]


def test_steps_are_put_in_order_by_mouse_and_by_keyboard_and_published_on_a_phone(
    shop: Live, page: Page, new_page: Callable[..., Page]
) -> None:
    with shop.workspace.writing(SYSTEM) as act:
        versions.save_draft(act, "automation", "flow", FLOW, 0)
    shop.sign_in(page)
    page.goto("/build/shop/automations/flow")
    expect(card(page, "steps/2")).to_be_visible()
    # by mouse, from below to the top
    start, end = card(page, "steps/2").bounding_box(), card(page, "steps/0").bounding_box()
    assert start is not None and end is not None
    page.mouse.move(start["x"] + 60, start["y"] + 20)
    page.mouse.down()
    page.mouse.move(start["x"] + 80, start["y"] + 10, steps=3)
    page.mouse.move(end["x"] + 80, end["y"] + 8, steps=6)
    page.mouse.up()
    wait_until(page, lambda: order(shop) == ["b", "a", []], "dragged")
    # by keyboard, down past the branch and into it
    card(page, "steps/0").focus()
    for key in ("Space", "ArrowDown", "ArrowDown", "ArrowRight", "Space"):
        page.keyboard.press(key)
    wait_until(page, lambda: order(shop) == ["a", ["b"]], "moved into the branch", 20)
    expect(card(page, "steps/1/then/0")).to_be_focused()
    page.keyboard.press("ControlOrMeta+d")
    wait_until(page, lambda: order(shop) == ["a", ["b", "b"]], "duplicated")
    page.keyboard.press("Delete")
    wait_until(page, lambda: order(shop) == ["a", ["b"]], "deleted")
    page.keyboard.press("ControlOrMeta+z")
    wait_until(page, lambda: order(shop) == ["a", ["b", "b"]], "undone")
    phone = new_page(**PHONE)
    shop.sign_in(phone)
    phone.goto("/build/shop/automations/flow")
    expect(card(phone, "steps/0")).to_be_visible()
    assert phone.evaluate("document.documentElement.scrollWidth") <= 390 and axe(phone) == []
    phone.locator("[data-publish]").click()
    phone.locator("dialog[open] [form=publish-form]").click()
    expect(phone.locator(".tb-outcome")).to_be_visible()
