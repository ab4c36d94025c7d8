"""The pages of an import and an export: upload, columns, check, result, and the file."""

from __future__ import annotations

import io
import re

import pytest
import xlsxwriter
from flask import Flask

from runtime.automation import engine
from runtime.definitions import versions
from runtime.people.person import SYSTEM
from tests.pages.conftest import PASSWORD
from tests.pages.visitor import Visitor, words
from tests.transfer.conftest import Shop

APP = {"kind": "app", "key": "shop", "label": "Shop", "menu": [{"section": "Records", "items": ["form:customer", "form:order"]}]}
FILE = b"name,code,source,since\nAnn,C1,shop,2025-03-02\nBob,C2,nowhere,\nCid,C3,nowhere,25/13/04\n"


@pytest.fixture
def shop(sqlite_workspace, signed_in: Visitor) -> Shop:
    made = Shop(sqlite_workspace)
    with sqlite_workspace.writing(SYSTEM) as act:
        versions.publish(act, [APP])
    return made


def upload(visitor: Visitor, content: bytes = FILE, name: str = "customers.csv", form: str = "customer"):
    answer = visitor.post(f"/apps/shop/{form}/import", {"file": (io.BytesIO(content), name)})
    return answer.headers.get("Location"), answer


def test_from_file_to_records_and_back(shop: Shop, signed_in: Visitor):
    assert "Columns that are recognised" in words(signed_in.get("/apps/shop/customer/import"))
    here, _answer = upload(signed_in)
    columns = signed_in.get(here)
    assert "Check 3 rows" in words(columns) and "Recognised by its name." in words(columns)
    signed_in.post(
        f"{here}/columns",
        {"column-0": "name", "column-1": "code", "column-2": "source", "column-3": "since", "mode": "upsert", "match": "code"},
    )
    assert "waiting for its turn" in words(signed_in.get(here))
    engine.settle(shop.workspace)
    page = words(signed_in.get(here))
    assert "Import 1 rows" in page and "Source 2" in page and "Since 1" in page and "is none of the options" in page
    signed_in.post(f"{here}/cell", {"row": "3", "column": "2", "text": "web", "alike": "1"})
    page = words(signed_in.get(here))
    assert "2 rows changed, 1 of them can now be imported." in page and "Import 2 rows" in page
    signed_in.post(f"{here}/start")
    engine.settle(shop.workspace)
    assert "Take the import back" in words(signed_in.get(here))
    assert shop.all("customer", "name", "source") == [("Ann", "shop"), ("Bob", "web")]
    assert "Cid,C3" in signed_in.get(f"{here}/errors.csv").get_data(as_text=True)
    signed_in.post(f"{here}/undo")
    engine.settle(shop.workspace)
    assert "2 records are in the trash" in words(signed_in.get(here))
    assert shop.all() == []


def test_the_pages_speak_chinese(shop: Shop, app: Flask):
    visitor = Visitor(app, "zh-CN").sign_in("ada@example.com", PASSWORD)
    here, _answer = upload(visitor)
    assert "检查 3 行" in words(visitor.get(here))


def test_a_file_that_is_no_table_is_refused_on_the_page(shop: Shop, signed_in: Visitor):
    _here, answer = upload(signed_in, b"\x89PNG\r\n\x1a\n" + bytes(500), "photo.csv")
    assert answer.status_code == 422 and "This is no table." in words(answer)


def test_columns_that_clash_are_named(shop: Shop, signed_in: Visitor):
    here, _answer = upload(signed_in)
    answer = signed_in.post(f"{here}/columns", {"column-0": "name", "column-1": "name", "mode": "add"})
    assert answer.status_code == 422 and "Two columns go into the field Name" in words(answer)


def test_another_row_of_headings_and_another_sheet(shop: Shop, signed_in: Visitor):
    book = io.BytesIO()
    with xlsxwriter.Workbook(book) as made:
        made.add_worksheet("one").write_row(0, 0, ["x", "y"])
        made.get_worksheet_by_name("one").write_row(1, 0, ["1", "2"])
        sheet = made.add_worksheet("two")
        for number, row in enumerate([["Name", "Member no."], ["Ann", "C1"], ["Bob", "C2"]]):
            sheet.write_row(number, 0, row)
    here, _answer = upload(signed_in, book.getvalue(), "book.xlsx")
    assert "Check 1 rows" in words(signed_in.get(here))
    signed_in.post(f"{here}/reading", {"sheet": "two", "header": "1"})
    assert "Check 2 rows" in words(signed_in.get(here))
    signed_in.post(f"{here}/reading", {"sheet": "two", "header": "2"})
    assert "Check 1 rows" in words(signed_in.get(here))


def test_an_import_belongs_to_whoever_began_it(shop: Shop, signed_in: Visitor, app: Flask, add_person):
    add_person("bo@example.com", "member")
    add_person("cy@example.com", "member")
    bo, cy = (Visitor(app).sign_in(f"{name}@example.com", PASSWORD) for name in ("bo", "cy"))
    here, _answer = upload(bo)
    assert [bo.get(here).status_code, signed_in.get(here).status_code, cy.get(here).status_code] == [200, 200, 404]
    for path in ("columns", "start", "undo", "cell", "reading"):
        assert cy.post(f"{here}/{path}", {"row": "2", "column": "0"}).status_code == 404
    assert cy.get(f"{here}/errors.csv").status_code == 404
    assert cy.get(here.replace("customer", "order")).status_code == 404


def test_a_job_is_seen_and_cancelled_only_by_its_person(shop: Shop, signed_in: Visitor, app: Flask, add_person):
    add_person("bo@example.com", "member")
    bo = Visitor(app).sign_in("bo@example.com", PASSWORD)
    here, _answer = upload(signed_in)
    signed_in.post(f"{here}/columns", {"column-0": "name", "mode": "add"})
    job = re.search(r"/jobs/(\d+)", signed_in.get(here).get_data(as_text=True))[0]
    assert (bo.get(job).status_code, bo.post(f"{job}/cancel").status_code) == (404, 404)
    assert signed_in.get(job, HX_Request="true").headers.get("HX-Refresh") is None
    signed_in.post(f"{job}/cancel")
    assert signed_in.get(job, HX_Request="true").headers["HX-Refresh"] == "true"
    assert "stopped before it was through" in words(signed_in.get(here))


# -- export ---------------------------------------------------------------------------------------------------------------------------
def test_a_list_is_exported_with_its_conditions_and_columns(shop: Shop, signed_in: Visitor):
    shop.bring("name,code,source,since,credit\nAnn,C1,shop,2025-03-02,12.5\n=HYPERLINK(1),C2,web,,\n-Bob,C3,web,,-3\n")
    assert "2 records" in words(signed_in.get("/apps/shop/customer/export?filter=source == 'web'"))
    answer = signed_in.post(
        "/apps/shop/customer/export?filter=source == 'web'&columns=name,code,source,credit&sort=code", {"format": "csv"}
    )
    assert answer.get_data(as_text=True).splitlines() == [
        "\ufeffName,Member no.,Source,Credit",
        "'=HYPERLINK(1),C2,Web,",
        "'-Bob,C3,Web,-3.00",
    ]
    assert signed_in.post("/apps/shop/customer/export", {"format": "xlsx"}).get_data()[:2] == b"PK"


def test_a_large_export_is_written_by_a_job(shop: Shop, signed_in: Visitor, monkeypatch):
    from runtime.transfer import exporting

    monkeypatch.setattr(exporting, "AT_ONCE", 1)
    shop.bring("name,code\nAnn,C1\nBob,C2\n")
    here = signed_in.post("/apps/shop/customer/export?columns=name", {"format": "csv"}).headers["Location"]
    engine.settle(shop.workspace)
    assert "Download 2 records" in words(signed_in.get(here))
    with signed_in.get(f"{here}/file") as file:
        assert file.get_data(as_text=True).splitlines() == ["\ufeffName", "Ann", "Bob"]


def test_an_export_comes_in_again_as_it_went_out(shop: Shop, signed_in: Visitor):
    shop.bring('name,code,source,since,credit,interests,tags\nAnn,C1,shop,2025-03-02,12.5,"Tea,juice",vip\n=1+1,C2,web,,,,\n\'=x,C3,,,,,\n')
    before = shop.all("customer", "name", "code", "source", "since", "credit", "interests", "tags")
    for format in ("csv", "xlsx"):
        content = signed_in.post("/apps/shop/customer/export", {"format": format, "all": "1"}).get_data()
        found = shop.bring(content)
        assert (found["unchanged"], found["faulty"]) == (3, 0)
    assert shop.all("customer", "name", "code", "source", "since", "credit", "interests", "tags") == before
