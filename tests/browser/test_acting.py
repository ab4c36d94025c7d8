"""Approving on the phone: what matters first, the bar under the thumb, one after the other; on the desk with keys and the list beside it."""

from __future__ import annotations

from collections.abc import Callable
from typing import TYPE_CHECKING

import pytest
from playwright.sync_api import Page, expect

from runtime import kinds
from runtime.definitions import versions
from runtime.people.person import SYSTEM
from runtime.records import gateway
from runtime.workflow import running
from tests import makers
from tests.support.browser import axe
from tests.workflow.flows import body_of

if TYPE_CHECKING:
    from tests.support.server import Live

pytestmark = pytest.mark.browser

PHONE = {"viewport": {"width": 390, "height": 844}, "has_touch": True, "is_mobile": True}
CUSTOMER = makers.form_json(makers.text("name"), key="customer", title="name")
CONTRACT = makers.form_json(
    *(makers.text("name"), makers.money("amount"), makers.reference("customer"), makers.number("discount")), key="order", title="name"
)
APP = {
    **{"kind": "app", "key": "shop", "label": "Shop", "menu": [{"section": "All", "items": ["form:order"]}]},
    "roles": {"member": ["role:member"]},
}
SALES = {
    **{"kind": "permission_set", "key": "orders", "label": "Orders", "form": "order", "for": ["role:member"]},
    **{"actions": ["view", "add"], "fields": {"*": "edit"}},
}
CUSTOMERS = {**SALES, "key": "customers", "form": "customer", "actions": ["view"]}
SHOWN = {"label": "Finance", "fields": {"*": "view", "discount": "edit"}, "in_bulk": True}
FLOW = [
    {"id": "A", "mode": "all", "approvers": ["meng@example.com", "fay@example.com"], "more": SHOWN},
    {"id": "B", "mode": "or", "approvers": ["fay@example.com"], "more": {**SHOWN, "label": "Board"}},
]


@pytest.fixture
def office(live: Live) -> Live:
    """Three contracts of one customer wait for Meng and Fay."""
    kinds.load()
    live.person("admin@example.com")
    ning = live.person("ning@example.com", "member")
    for name in ("meng", "fay"):
        live.person(f"{name}@example.com", "member")
    with live.workspace.writing(SYSTEM, "publish") as act:
        versions.publish(act, [CUSTOMER, CONTRACT, SALES, CUSTOMERS, APP])
        versions.publish(act, [body_of(FLOW, label={"en": "Contract approval", "zh": "合同审批"})])
    with live.workspace.writing(SYSTEM) as act:
        customer = gateway.create(act, "customer", {"name": "Green Bakery"}).id
    for number, name in enumerate(("Oats", "Rye", "Corn"), 1):
        with live.workspace.writing(ning) as act:
            record = gateway.create(act, "order", {"name": name, "amount": f"{number}60000", "customer": customer, "discount": 5}).id
            running.start(act, "flow", record, "As last year")
    return live


def test_one_after_the_other(office: Live, new_page: Callable[..., Page]) -> None:
    on_the_phone(office, new_page(**PHONE))
    at_the_desk(office, new_page())


def test_the_tab_says_where_it_stands_and_the_page_that_somebody_has_acted(office: Live, new_page: Callable[..., Page]) -> None:
    meng, fay = new_page(), new_page()
    office.sign_in(meng, "meng@example.com")
    office.sign_in(fay, "fay@example.com")
    meng.goto("/approvals", wait_until="networkidle")
    expect(meng).to_have_title("(3) Approvals · Shop")
    fay.goto("/approvals")
    fay.get_by_role("link", name="Corn").click()
    expect(fay).to_have_title("Corn · waits for you · Shop")
    fay.wait_for_load_state("networkidle")
    note = fay.locator("#main").get_by_text("Somebody has acted here since this page was opened.")
    expect(note).to_be_hidden()
    meng.get_by_role("link", name="Corn").click()
    meng.get_by_role("button", name="Reject", exact=True).click()
    expect(meng.get_by_role("heading", name="Rye")).to_be_visible()
    fay.evaluate("window.dispatchEvent(new Event('focus'))")
    expect(fay).to_have_title("Corn · rejected · Shop")
    expect(note).to_be_visible()
    assert axe(fay) == []
    fay.get_by_role("link", name="Show it anew").click()
    expect(note).to_be_hidden()
    expect(fay.get_by_text("Nothing more is wanted of you here.")).to_be_visible()


def on_the_phone(office: Live, page: Page) -> None:
    office.sign_in(page, "meng@example.com")
    page.goto("/approvals")
    page.get_by_role("link", name="Corn").tap()
    expect(page.locator(".tl-case-place")).to_contain_text("1 / 3")
    expect(page.locator(".tl-case-amount")).to_have_text("¥360,000.00")
    expect(page.locator(".tl-case-first")).to_contain_text("Green Bakery")
    bar = page.locator(".tl-case-bar")
    expect(bar.get_by_role("button", name="Approve")).to_be_in_viewport()
    assert page.evaluate("document.documentElement.scrollWidth") == 390
    assert axe(page) == []
    bar.get_by_text("Return").tap()
    expect(page.locator("#return-it select")).to_be_focused()
    page.get_by_label("Comment").fill("Pays on time")
    bar.get_by_role("button", name="Approve").tap()
    expect(page.get_by_role("heading", name="Rye")).to_be_visible()
    expect(page.locator(".tl-case-place")).to_contain_text("1 / 2")


def at_the_desk(office: Live, page: Page) -> None:
    office.sign_in(page, "fay@example.com")
    page.goto("/approvals")
    page.get_by_role("link", name="Corn").click()
    expect(page.locator(".tl-course-now")).to_contain_text("Pays on time")
    expect(page.locator(".tl-case-list [aria-current]")).to_contain_text("Corn")
    assert axe(page) == []
    page.get_by_label("Comment").press_sequentially("jar")
    expect(page.get_by_label("Comment")).to_have_value("jar")
    page.get_by_role("heading", name="Progress").click()
    page.keyboard.press("r")
    expect(page.locator("#return-it select")).to_be_focused()
    page.get_by_role("heading", name="Progress").click()
    page.keyboard.press("j")
    expect(page.get_by_role("heading", name="Rye")).to_be_visible()
    page.wait_for_load_state()
    page.keyboard.press("k")
    expect(page.get_by_role("heading", name="Corn")).to_be_visible()
    page.wait_for_load_state()
    page.keyboard.press("a")
    expect(page.get_by_role("heading", name="Rye")).to_be_visible()
    page.goto("/approvals")
    approve = page.get_by_role("button", name="Approve")
    expect(approve).to_be_disabled()
    page.get_by_role("button", name="Pick all").click()
    approve.click()
    expect(page.get_by_text("3 of 3 are done.")).to_be_visible()


def test_rules_follow_at_a_node_that_keeps_fields_and_columns_back(live: Live, page: Page) -> None:
    kinds.load()
    live.person("admin@example.com")
    ning = live.person("ning@example.com", "member")
    live.person("meng@example.com", "member")
    fields = (makers.text("name"), makers.number("amount"), makers.number("cost"), makers.text("reason"), makers.text("plea"))
    items = makers.subform("items", makers.text("product"), makers.number("pieces"), makers.number("price"))
    rules = [{"show": ["reason"], "when": "amount > 100"}, {"show": ["plea"], "when": "amount > cost"}]
    form = makers.form_json(*fields, items, key="order", title="name", rules=rules)
    rows = [{"field": "items", "add": False, "delete": False, "columns": {"*": "view", "pieces": "edit", "price": "hidden"}}]
    more = {"fields": {"*": "edit", "cost": "hidden"}, "rows": rows}
    with live.workspace.writing(SYSTEM, "publish") as act:
        versions.publish(act, [form, SALES, APP])
        versions.publish(act, [body_of([{"id": "A", "mode": "or", "approvers": ["meng@example.com"], "more": more}])])
    with live.workspace.writing(ning) as act:
        values = {"name": "Oats", "amount": 5, "cost": 300, "items": [{"product": "Oats", "pieces": 1, "price": 4811}]}
        run = running.start(act, "flow", gateway.create(act, "order", values).id)
    live.sign_in(page, "meng@example.com")
    page.goto(f"/approvals/{run}", wait_until="networkidle")
    reason, plea, amount = (page.locator(f'[data-field="f_{key}"]') for key in ("reason", "plea", "amount"))
    expect(reason).to_be_hidden()
    expect(plea).to_be_hidden()
    amount.locator("input").first.fill("200")
    expect(reason).to_be_visible()  # the page knows by itself
    expect(plea).to_be_hidden()
    amount.locator("input").first.fill("400")
    amount.locator("input").first.blur()
    expect(plea).to_be_visible()  # the server has said so
    assert "4811" not in page.content() and "300" not in page.content()
