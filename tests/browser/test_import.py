"""Importing in a real browser: within the clicks, with progress, and the whole of CDNOW through the page."""

from __future__ import annotations

import re
from pathlib import Path

import pytest
from playwright.sync_api import Page, expect

from runtime.definitions import versions
from runtime.people.person import SYSTEM
from runtime.records.tables import tables_of
from runtime.system.tables import derived_dirty
from runtime.tiers.recomputing import recompute
from tests.cdnow import rule
from tests.cdnow.test_cdnow import differences, publish_example
from tests.support.browser import axe
from tests.support.server import Live
from tests.transfer.conftest import Shop

pytestmark = pytest.mark.browser

APP = {"kind": "app", "key": "shop", "label": "Shop", "menu": [{"section": "Records", "items": ["form:customer", "form:order"]}]}
FILE = "客户名称,会员号,来源\nAnn,C1,shop\nBob,C2,地推\nCid,C3,地推\n"
MINUTES = 10 * 60_000


@pytest.fixture
def shop(live: Live) -> Shop:
    made = Shop(live.workspace)
    with live.workspace.writing(SYSTEM) as act:
        versions.publish(act, [APP])
    return made


def test_customers_come_from_a_file_in_five_clicks(live: Live, shop: Shop, page: Page, tmp_path: Path):
    file = tmp_path / "customers.csv"
    file.write_text(FILE, encoding="gb18030")
    live.sign_in(page)
    page.goto("/apps/shop/customer")
    page.get_by_role("link", name="Import", exact=True).first.click()
    page.locator("input[type=file]").set_input_files(file)
    page.get_by_role("button", name="Upload and look at the columns").click()
    expect(page.get_by_label("Field for the column 客户名称")).to_have_value("name")
    assert axe(page) == []
    page.get_by_role("button", name="Check 3 rows").click()
    expect(page.get_by_role("button", name="Import 1 rows")).to_be_visible(timeout=30_000)
    assert axe(page) == []
    page.get_by_role("button", name="Import 1 rows").click()
    expect(page.get_by_role("button", name="Take the import back")).to_be_visible(timeout=30_000)
    assert shop.all("customer", "name", "source") == [("Ann", "shop")]


def test_one_fix_for_all_rows_alike(live: Live, shop: Shop, page: Page, tmp_path: Path):
    file = tmp_path / "customers.csv"
    file.write_text(FILE, encoding="utf-8")
    live.sign_in(page)
    page.goto("/apps/shop/customer/import")
    page.locator("input[type=file]").set_input_files(file)
    page.get_by_role("button", name="Upload and look at the columns").click()
    page.get_by_role("button", name="Check 3 rows").click()
    page.get_by_label("来源 in row 3").or_(page.get_by_label("Source in row 3")).select_option("web", timeout=30_000)
    page.get_by_role("button", name="Change all rows alike, as in row 3").click()
    expect(page.get_by_role("button", name="Import 3 rows")).to_be_visible()
    page.get_by_role("button", name="Import 3 rows").click()
    page.get_by_role("button", name="Take the import back").click(timeout=30_000)
    page.get_by_role("button", name="Take it back").click()
    expect(page.get_by_text("3 records are in the trash")).to_be_visible(timeout=30_000)
    assert axe(page) == []


@pytest.mark.parametrize("width", [390, 768, 1280])
def test_no_step_is_wider_than_the_window(live: Live, shop: Shop, new_page, tmp_path: Path, width: int):
    file = tmp_path / "customers.csv"
    file.write_text(FILE, encoding="utf-8")
    page = new_page(viewport={"width": width, "height": 844})
    live.sign_in(page)
    page.goto("/apps/shop/customer/import")
    assert _fits(page)
    page.locator("input[type=file]").set_input_files(file)
    page.get_by_role("button", name="Upload and look at the columns").click()
    page.get_by_role("button", name="Check 3 rows").wait_for()
    assert _fits(page)
    page.get_by_role("button", name="Check 3 rows").click()
    page.get_by_role("button", name="Import 1 rows").wait_for()
    assert _fits(page)


def _fits(page: Page) -> bool:
    return page.evaluate("document.documentElement.scrollWidth <= window.innerWidth")


def test_all_of_cdnow_through_the_page(live: Live, page: Page):
    publish_example(live.workspace)
    live.sign_in(page)
    for form, file, rows in (("cdnow_customer", rule.CUSTOMERS, "23,570"), ("cdnow_order", rule.ORDERS, "69,659")):
        page.goto(f"/apps/rfm_example/{form}/import")
        page.locator("input[type=file]").set_input_files(file)
        page.get_by_role("button", name="Upload and look at the columns").click()
        page.get_by_role("button", name=f"Check {rows} rows").click(timeout=MINUTES)
        page.get_by_role("button", name=f"Import {rows} rows").click(timeout=MINUTES)
        expect(page.get_by_role("button", name="Take the import back")).to_be_visible(timeout=MINUTES)
        assert re.search(rf"New\s*{rows}", page.locator(".tl-stats").inner_text())
    with live.workspace.reading(SYSTEM) as act:
        assert "cdnow_order" in tables_of(act.catalogue)
        assert act.connection.execute(derived_dirty.select().limit(1)).first() is None
    recompute(live.workspace, "rfm")
    assert differences(live.workspace).empty
