"""The workflow designer in a browser: the contract approval drawn from nothing, simulated, published, started and approved; the same from a phone."""

from __future__ import annotations

import re
from collections.abc import Callable
from typing import TYPE_CHECKING

import pytest
import sqlalchemy as sa
from playwright.sync_api import Locator, Page, expect

from builder.drafts import new_body
from runtime.definitions import versions
from runtime.people import departments
from runtime.people.person import SYSTEM
from runtime.records import gateway
from runtime.system.tables import person, workflow_run
from tests.makers import Json, form_json
from tests.support.browser import axe

if TYPE_CHECKING:
    from tests.support.server import Live

pytestmark = pytest.mark.browser

APP = {
    "kind": "app",
    "key": "shop",
    "label": {"zh": "小店", "en": "Shop"},
    "menu": [{"section": "Work", "items": ["form:contract"]}],
    "roles": {"member": ["role:member"]},
}
CONTRACT = form_json(
    {"type": "text", "key": "name", "label": "Title", "required": True},
    {"type": "number", "key": "amount", "label": "Amount", "decimals": 0},
    {"type": "number", "key": "cost", "label": "Cost", "decimals": 0},
    key="contract",
    app="shop",
    label="Contract",
    title="name",
)
STAFF = {
    "kind": "permission_set",
    "key": "contracts",
    "label": "Contracts",
    "form": "contract",
    "for": ["role:member"],
    "actions": ["view", "add", "edit"],
    "fields": {"*": "edit"},
}
PHONE = {"viewport": {"width": 390, "height": 844}, "has_touch": True, "is_mobile": True, "locale": "zh-CN"}
PLACE = "/build/shop/workflows/contract_approval"


@pytest.fixture
def office(live: Live) -> Live:
    """A shop with a starter, her manager, two of finance, four directors and somebody of legal."""
    live.person("admin@example.com")
    people = {"ning": (), "meng": (), "fay": ("finance",), "fred": ("finance",), "law": ("legal",)}
    people |= {name: ("director",) for name in ("dina", "dora", "dirk", "dave")}
    ids = {name: live.person(f"{name}@example.com", *roles, "member").id for name, roles in people.items()}
    with live.workspace.writing(SYSTEM, "publish") as act:
        versions.publish(act, [APP, CONTRACT, STAFF])
        sales = departments.add(act, "Sales", head=ids["meng"])
        departments.place(act, ids["ning"], [sales])
        versions.save_draft(
            act, "workflow", "contract_approval", new_body(act, "workflow", "contract_approval", "Contract approval", "shop"), 0
        )
    return live


def card(page: Page, name: str) -> Locator:
    return page.locator(".wx-card").filter(has=page.locator(".wx-name b", has_text=re.compile(f"^{name}$")))


def carried(page: Page, thing: Locator, to: Locator) -> None:
    """Drags with the mouse, once both ends stand still."""
    start, end = still(thing), still(to)
    page.mouse.move(start["x"] + start["width"] / 2, start["y"] + start["height"] / 2)
    page.mouse.down()
    page.mouse.move(end["x"] + end["width"] / 2, end["y"] + end["height"] / 2 - 20, steps=4)
    page.mouse.move(end["x"] + end["width"] / 2, end["y"] + end["height"] / 2, steps=4)
    expect(page.locator("[data-spot]")).to_have_count(1)
    page.mouse.up()


def still(thing: Locator) -> dict[str, float]:
    expect(thing).to_be_visible()
    handle = thing.element_handle()
    assert handle is not None
    handle.wait_for_element_state("stable")
    box = thing.bounding_box()
    assert box is not None
    return {name: float(box[name]) for name in ("x", "y", "width", "height")}  # type: ignore[literal-required]


def named(page: Page, name: str) -> None:
    page.locator(".wx-panel input[lang=en]").first.fill(name)
    expect(card(page, name)).to_be_visible()


def asked(page: Page, who: str) -> None:
    page.locator(".wx-panel .wx-who select").first.select_option(who)
    expect(page.locator(".wx-panel .wx-person")).to_have_count(1)


def saved(page: Page) -> None:
    expect(page.locator("[data-layer=draft]")).to_contain_text("saved", timeout=15_000)


def draft_of(office: Live) -> Json:
    with office.workspace.reading(SYSTEM) as act:
        found = versions.find_draft(act.connection, "workflow", "contract_approval")
    assert found is not None
    return found.body


def draw(page: Page) -> None:
    """Manager; above 100,000 all of finance; above 1,000,000 half of the board; copy to legal."""
    carried(page, page.locator("[data-piece=approval]"), page.locator(".wx-label[data-line='0']"))
    named(page, "Manager")
    asked(page, "head_of:starter")
    carried(page, page.locator("[data-piece=approval]"), page.locator(".wx-label[data-line='1']"))
    named(page, "Finance")
    asked(page, "role:finance")
    page.locator("[id='f-nodes/3/mode']").select_option("all")
    card(page, "Finance").locator(".wx-hit").click()
    page.locator("[data-piece=approval]").click()
    named(page, "Board")
    asked(page, "role:director")
    page.locator("[id='f-nodes/4/mode']").select_option("ratio")
    page.locator("[id='f-nodes/4/ratio']").fill("0.5")
    page.locator("[data-plus='l:3']").click()
    page.locator("[data-kind=copy]").click()
    named(page, "Legal")
    asked(page, "role:legal")
    expect(card(page, "Board")).to_contain_text("half approve", timeout=15_000)
    expect(card(page, "Legal")).to_contain_text("Role legal", timeout=15_000)
    # the shortcuts are “otherwise”, the lines beside them get a condition
    for source, most in (("Manager", "100000"), ("Finance", "1000000")):
        handle, target = card(page, source).locator(".wx-handle"), card(page, "Legal")
        carried(page, handle, target)
        page.locator(".wx-panel").get_by_role("button", name="Add a condition").click()
        page.locator(".wx-panel").get_by_label("Field", exact=True).select_option("amount")
        page.locator(".wx-panel").get_by_label("Relation", exact=True).select_option("more")
        page.locator(".wx-panel").get_by_label("Value", exact=True).fill(most)
        expect(page.locator(".wx-chip.active")).to_have_text(f"Amount more than {most}")


def test_the_contract_approval_is_drawn_from_nothing_simulated_published_and_goes_through(office: Live, page: Page) -> None:
    office.sign_in(page)
    page.goto(PLACE)
    draw(page)
    saved(page)
    expect(page.locator(".td-pill.tl-pill-bad")).to_have_count(0)
    body = draft_of(office)
    keys = {each["key"]: each.get("label") or each["type"] for each in body["nodes"]}
    assert sorted(
        (keys[each["from"]], keys[each["to"]], each.get("when", "otherwise" if each.get("otherwise") else "")) for each in body["lines"]
    ) == [
        ("Board", "Legal", ""),
        ("Finance", "Board", "amount > 1000000"),
        ("Finance", "Legal", "otherwise"),
        ("Legal", "end", ""),
        ("Manager", "Finance", "amount > 100000"),
        ("Manager", "Legal", "otherwise"),
        ("start", "Manager", ""),
    ]
    assert axe(page) == []
    simulated(page)
    edited(office, page)
    published(page)
    goes_through(office, page)


def simulated(page: Page) -> None:
    page.locator("[data-simulate]").click()
    page.locator("[data-starter]").select_option(label="ning")
    path = page.locator(".wx-step")
    for amount, nodes in ((50_000, ("Manager",)), (500_000, ("Manager", "Finance")), (5_000_000, ("Manager", "Finance", "Board"))):
        page.locator("[data-value=amount]").fill(str(amount))
        expect(path.locator("b")).to_have_text(["Begin", *nodes, "Legal", "Finish"])
    expect(path.nth(1)).to_contain_text("meng")
    expect(path.nth(2)).to_contain_text("fay, fred")
    expect(path.nth(4)).to_contain_text("law")
    expect(page.locator(".wx-sim-end")).to_contain_text("approved")
    expect(card(page, "Finance")).to_contain_text("fay, fred")
    assert axe(page) == []
    page.locator(".wx-why summary").click()
    expect(page.locator(".wx-why")).to_contain_text("Amount more than 1000000: holds")
    page.locator("[data-starter]").select_option(label="dave")
    expect(page.locator(".wx-why")).to_contain_text("Nobody is found here: whoever administers is asked instead.")
    page.locator(".wx-sim").get_by_role("button", name="Close").click()


def edited(office: Live, page: Page) -> None:
    """Arrows walk, Delete closes the lines up, Ctrl Z brings it back; a card is dragged, and a table says what is seen."""
    first = page.locator("[id=wx-start]")
    first.focus()
    for _step in range(2):
        page.keyboard.press("ArrowDown")
    expect(card(page, "Finance").locator(".wx-hit")).to_be_focused()
    page.keyboard.press("Delete")
    expect(card(page, "Finance")).to_have_count(0)
    expect(page.locator(".wx-mark")).to_have_count(5)
    page.keyboard.press("Control+z")
    expect(card(page, "Finance")).to_be_visible()
    page.locator(".wx-panel").wait_for()
    card(page, "Manager").locator(".wx-hit").click()
    page.get_by_role("button", name="Fields", exact=True).click()
    page.get_by_label("Cost: hidden").check()
    before = still(card(page, "Manager"))
    page.mouse.move(before["x"] + 60, before["y"] + 12)
    page.mouse.down()
    page.mouse.move(before["x"] + 130, before["y"] + 40, steps=5)
    page.mouse.up()
    saved(page)
    page.get_by_role("button", name="Draw it from left to right").click()
    expect(page.get_by_role("button", name="Draw it from top to bottom")).to_be_visible()
    page.keyboard.press("Control+z")
    saved(page)
    manager = next(each for each in draft_of(office)["nodes"] if each.get("label") == "Manager")
    assert manager["fields"] == {"*": "view", "cost": "hidden"} and len(manager["at"]) == 2


def published(page: Page) -> None:
    page.locator("[data-publish]").click()
    page.locator("dialog[open]").get_by_role("button", name="Publish", exact=True).click()
    expect(page.locator(".tb-outcome")).to_contain_text("Published as version 1.")


def goes_through(office: Live, page: Page) -> None:
    with office.workspace.writing(SYSTEM) as act:
        record = gateway.create(act, "contract", {"name": "Big one", "amount": 500_000}).id
    page.goto("/", wait_until="networkidle")  # by then the designer's leaving has arrived, as the person who left
    office.sign_in(page, "ning@example.com")
    page.goto(f"/apps/shop/contract/{record}")
    page.get_by_role("button", name="Submit for Contract approval").click()
    for name in ("meng", "fay", "fred"):
        office.sign_in(page, f"{name}@example.com")
        page.goto("/approvals")
        page.get_by_role("link", name=re.compile("Big one")).first.click()
        page.get_by_role("button", name="Approve", exact=True).click()
        page.wait_for_load_state()
    with office.workspace.reading(SYSTEM) as act:
        assert act.connection.execute(sa.select(workflow_run.c.status)).scalars().all() == ["approved"]


def test_on_the_phone_the_flow_is_a_list_that_can_be_changed(office: Live, new_page: Callable[..., Page]) -> None:
    page = new_page(**PHONE)
    with office.workspace.writing(SYSTEM) as act:
        body = draft_of(office)
        versions.save_draft(act, "workflow", "contract_approval", {**body, "label": "合同审批"}, 1)
        act.connection.execute(person.update().values(language="zh"))
    office.sign_in(page)
    page.goto(PLACE)
    page.locator("[data-starter-body=contract]").click()
    expect(page.locator(".wx-item")).to_have_count(6)
    page.locator(".wx-list [data-plus]").first.tap()
    page.locator("[data-kind=handle]").tap()
    expect(page.locator(".wx-panel-head h2")).to_have_text("填写")
    page.locator(".wx-panel input[lang=zh-CN]").first.fill("补充资料")
    page.locator(".wx-who select").first.select_option("handler_of:start")
    page.get_by_role("button", name="流程", exact=True).tap()
    expect(page.locator(".wx-item").nth(1)).to_contain_text("补充资料")
    assert page.evaluate("document.documentElement.scrollWidth") == 390
    assert axe(page) == []
