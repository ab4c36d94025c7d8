"""Permissions in a real browser: a set built by clicking, what a limited person then sees, and three clicks to the reason."""

from __future__ import annotations

import os
from collections.abc import Callable
from pathlib import Path
from typing import TYPE_CHECKING, Any

import pytest
from playwright.sync_api import Page, expect

from runtime.definitions import versions
from runtime.people.person import SYSTEM
from runtime.records import gateway
from runtime.system.tables import person
from tests import makers
from tests.support.browser import axe

if TYPE_CHECKING:
    from tests.support.server import Live

pytestmark = pytest.mark.browser

PHONE = {"viewport": {"width": 390, "height": 844}, "locale": "zh-CN"}
CUSTOMER = makers.form_json(
    makers.text("name", label={"zh": "姓名", "en": "Name"}),
    makers.member("owner", label={"zh": "负责人", "en": "Owner"}),
    makers.phone("mobile", label={"zh": "手机", "en": "Mobile"}),
    makers.long_text("note", label={"zh": "备注", "en": "Note"}),
    title="name",
    app="shop",
    label={"zh": "客户", "en": "Customer"},
)
APP = {
    "kind": "app",
    "key": "shop",
    "label": {"zh": "店", "en": "Shop"},
    "menu": [{"section": {"zh": "全部", "en": "All"}, "items": ["form:customer"]}],
    "roles": {"member": ["role:sales"]},
}


@pytest.fixture
def shop(live: Live) -> dict[str, Any]:
    live.person("admin@example.com")
    ann = live.person("ann@example.com", "sales")
    with live.workspace.writing(SYSTEM, "publish") as act:
        versions.publish(act, [CUSTOMER, APP])
    with live.workspace.writing(SYSTEM) as act:
        mine = gateway.create(act, "customer", {"name": "Lin", "owner": ann.id, "mobile": "13812342046", "note": "likes tea"}).id
        other = gateway.create(act, "customer", {"name": "Wang", "mobile": "13912342046"}).id
    return {"ann": ann, "mine": mine, "other": other}


def shot(page: Page, name: str) -> None:
    """Kept only where somebody wants to look: TIERLOOM_SHOTS names the folder."""
    if folder := os.environ.get("TIERLOOM_SHOTS"):
        page.screenshot(path=str(Path(folder) / f"{name}.png"), full_page=True)


def test_a_set_is_built_by_clicking_and_decides_what_somebody_sees(new_page: Callable[..., Page], live: Live, shop: dict[str, Any]) -> None:
    admin = new_page()
    live.sign_in(admin)
    admin.goto("/build/shop/permissions/customer")
    assert not axe(admin)
    admin.get_by_label("Name").fill("Own customers")
    admin.get_by_label("Begins with").select_option("own")
    admin.get_by_role("button", name="Add the set").click()
    expect(admin.get_by_role("heading", name="Who", exact=True)).to_be_visible()
    admin.get_by_label("Add somebody").select_option("role:sales")
    admin.get_by_role("checkbox", name="delete").uncheck()
    expect(admin.get_by_role("radio", name="Their own: “Owner” is the person")).to_be_checked()
    admin.get_by_role("group", name="Mobile").get_by_role("radio", name="masked").check()
    admin.get_by_role("group", name="Note").get_by_role("radio", name="hidden").check()
    expect(admin.get_by_text("Draft saved")).to_be_visible()
    assert not axe(admin)
    shot(admin, "editor-en")
    admin.get_by_role("button", name="Publish v1 …").click()
    admin.get_by_label("Note for the history").fill("Sales see their own")
    admin.get_by_role("dialog").get_by_role("button", name="Publish", exact=True).click()
    expect(admin.get_by_text("Published as version 1.")).to_be_visible()
    admin.goto("/build/shop/permissions/customer")
    shot(admin, "matrix-en")

    ann = new_page()
    live.sign_in(ann, "ann@example.com")
    ann.goto("/apps/shop/customer")
    expect(ann.get_by_role("link", name="Lin")).to_be_visible()
    assert "Wang" not in ann.content()
    ann.goto(f"/apps/shop/customer/{shop['mine']}")
    expect(ann.get_by_text("138****2046")).to_be_visible()
    assert "13812342046" not in ann.content() and "likes tea" not in ann.content()
    shot(ann, "limited-en")
    ann.goto(f"/apps/shop/customer/{shop['mine']}/edit")
    assert "13812342046" not in ann.content() and "likes tea" not in ann.content()
    ann.get_by_label("Name").fill("Lin Yi")
    ann.get_by_role("button", name="Save", exact=True).click()
    expect(ann.get_by_role("heading", name="Lin Yi")).to_be_visible()

    # why can she see this? three clicks from the list
    admin.goto("/apps/shop/customer")
    admin.get_by_role("link", name="Lin Yi").click()
    expect(admin.get_by_text("+86 138 1234 2046").or_(admin.get_by_text("138 1234 2046"))).to_be_visible()
    admin.get_by_role("link", name="Who can see this?").click()
    admin.get_by_role("link", name="ann", exact=True).click()
    expect(admin.get_by_text("“Own customers” allows to see it: its condition holds for this record.")).to_be_visible()
    assert not axe(admin)
    shot(admin, "why-en")

    admin.get_by_role("button", name="Look as ann").click()
    expect(admin.get_by_text("You see what ann sees, and can change nothing.")).to_be_visible()
    admin.goto(f"/apps/shop/customer/{shop['mine']}")
    expect(admin.get_by_text("138****2046")).to_be_visible()
    assert not axe(admin)
    shot(admin, "looking-en")
    admin.get_by_role("button", name="Stop", exact=True).click()
    expect(admin.get_by_text("You are yourself again.")).to_be_visible()


@pytest.mark.parametrize("device", [{"viewport": {"width": 1280, "height": 800}, "locale": "zh-CN"}, PHONE], ids=["desktop", "phone"])
def test_the_pages_about_rights_are_for_everybody_in_chinese_too(
    new_page: Callable[..., Page], live: Live, shop: dict[str, Any], device: dict[str, Any]
) -> None:
    body = {
        "kind": "permission_set",
        "key": "own",
        "label": {"zh": "销售：本人客户", "en": "Own customers"},
        "form": "customer",
        "for": ["role:sales"],
        "actions": ["view", "edit"],
        "rows": "owner == CURRENT_USER() or owner in MY_REPORTS()",
        "fields": {"*": "edit", "mobile": "masked"},
    }
    with live.workspace.writing(SYSTEM, "publish") as act:
        versions.publish(act, [body])
    page = new_page(**device)
    admin = live.sign_in(page)
    with live.workspace.writing(SYSTEM) as act:
        act.connection.execute(person.update().where(person.c.id == admin.id).values(language="zh"))
    name = f"{device['viewport']['width']}-zh"
    for path, file in (
        ("/build/shop/permissions/customer", "matrix"),
        ("/build/shop/access/own", "editor"),
        (f"/apps/shop/customer/{shop['mine']}/rights?person={shop['ann'].id}", "why"),
        (f"/admin/people/{shop['ann'].id}/rights", "person"),
    ):
        page.goto(path)
        expect(page.get_by_role("heading", level=1)).to_be_visible()
        if file == "editor":
            expect(page.get_by_role("heading", name="能看到每个字段的多少")).to_be_visible()
        assert not axe(page), path
        assert page.evaluate("document.documentElement.scrollWidth <= document.documentElement.clientWidth"), path
        shot(page, f"{file}-{name}")
