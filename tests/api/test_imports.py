"""Imports over the API: a file goes from the upload to records, and back again."""

from __future__ import annotations

import csv
import io
import json
from typing import Any

import pytest
import xlsxwriter
from werkzeug.test import TestResponse

from runtime.automation import engine
from runtime.system.workspace import Workspace
from runtime.transfer import imports
from tests.api.caller import ROOT, Caller, done

UPLOAD, CUSTOMERS = "/forms/customer/imports", "/forms/customer/records"
ROWS = "name,code,stage,visits\n林小姐,C1,new,4\n陈先生,C2,steady,7\n"
WELCOME = {
    "kind": "automation",
    "key": "welcome",
    "label": "Welcome",
    "enabled": True,
    "trigger": {"type": "record_created", "form": "customer"},
    "sources": ["import"],
    "steps": [{"type": "update_record", "values": {"visits": "99"}}],
}


def upload(
    caller: Caller, content: str | bytes, name: str = "customers.csv", headers: dict[str, str] | None = None, **beside: Any
) -> TestResponse:
    raw = content.encode() if isinstance(content, str) else content
    return caller.client.post(
        ROOT + UPLOAD,
        data={"file": (io.BytesIO(raw), name), **beside},
        headers={"Authorization": f"Bearer {caller.token}", "Accept-Language": "en", **(headers or {})},
    )


def brought(caller: Caller, workspace: Workspace, content: str | bytes, name: str = "customers.csv", **beside: Any) -> dict[str, Any]:
    """The state of an import once nothing is left to do."""
    begun = done(upload(caller, content, name, **beside))
    engine.settle(workspace)
    return caller.get(f"/imports/{begun['id']}")


def problems(answer: TestResponse, status: int = 422) -> dict[str, str]:
    assert (answer.status_code, answer.mimetype) == (status, "application/problem+json"), answer.get_data(as_text=True)
    return {each["path"]: each["message"] for each in answer.json["errors"]}


def names(caller: Caller) -> dict[str, str]:
    return {each["code"]: each["name"] for each in caller.get(f"{CUSTOMERS}?sort=code")["items"]}


def workbook(*rows: tuple[Any, ...]) -> bytes:
    content = io.BytesIO()
    with xlsxwriter.Workbook(content) as book:
        sheet = book.add_worksheet()
        for number, row in enumerate(rows):
            sheet.write_row(number, 0, row)
    return content.getvalue()


# -- files ------------------------------------------------------------------------------------------------------------------------
def test_an_upload_is_checked_and_imported_by_itself(ada: Caller, workspace: Workspace) -> None:
    answer = upload(ada, ROWS)
    begun = answer.json
    assert (answer.status_code, begun["state"], begun["file"], begun["imported"]) == (202, "checking", "customers.csv", None)
    assert ada.get(CUSTOMERS)["items"] == []
    engine.settle(workspace)
    ended = ada.get(f"/imports/{begun['id']}")
    assert (ended["state"], ended["mode"], ended["can_undo"]) == ("done", "add", True)
    assert ended["imported"] == {"rows": 2, "new": 2, "update": 0, "unchanged": 0, "faulty": 0} == ended["check"]
    assert ended["columns"] == {"1": "name", "2": "code", "3": "stage", "4": "visits"}
    assert ada.get(f"/jobs/{ended['job']}")["state"] == "done"
    assert names(ada) == {"C1": "林小姐", "C2": "陈先生"}


@pytest.mark.parametrize(
    ("name", "content"),
    [
        ("gbk.csv", ROWS.encode("gbk")),
        ("mark.csv", ROWS.encode("utf-8-sig")),
        ("tabs.txt", ROWS.replace(",", "\t").encode()),
        ("book.xlsx", workbook(("name", "code", "visits"), ("林小姐", "C1", 4), ("陈先生", "C2", 7))),
    ],
)
def test_files_are_read_whatever_they_are(lite: Caller, sqlite_workspace: Workspace, name: str, content: bytes) -> None:
    assert brought(lite, sqlite_workspace, content, name)["imported"]["new"] == 2
    assert names(lite) == {"C1": "林小姐", "C2": "陈先生"}


@pytest.mark.parametrize(
    ("content", "sentence"),
    [
        (b"", "This file is empty."),
        (b"name,code\n", "Below its headings this file has no rows."),
        (b"%PDF-1.7\n1 0 obj", "This is no table. Give a CSV file or a workbook (XLSX, XLS or ODS)."),
        (b"PK\x03\x04 no workbook", "This workbook is broken and cannot be opened. Save it again as XLSX or CSV."),
        (b"\xff\xfename,code\nx,\x81", "From about row 1 on, this file cannot be read as UTF-16. Choose another encoding."),
    ],
)
def test_what_is_no_table_is_refused_with_a_sentence(lite: Caller, sqlite_workspace: Workspace, content: bytes, sentence: str) -> None:
    assert problems(upload(lite, content)) == {"file": sentence}
    assert list(imports.folder(sqlite_workspace).iterdir()) == []


def test_a_file_that_is_too_large_is_413(lite: Caller, sqlite_workspace: Workspace, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(imports, "most_bytes", lambda workspace: 1000)
    assert problems(upload(lite, ROWS + "x" * 1000), 413) == {
        "file": "The file is larger than 200 MB. Split it, or ask for a higher limit."
    }
    assert list(imports.folder(sqlite_workspace).iterdir()) == []


# -- what is sent -----------------------------------------------------------------------------------------------------------------
def test_a_request_that_is_no_upload_is_refused(lite: Caller) -> None:
    lite.refused("POST", UPLOAD, {"file": "customers.csv"}, status=415)
    assert problems(upload(lite, ROWS, colour="red")).keys() == {"colour"}
    assert problems(upload(lite, ROWS, mode="replace")).keys() == {"mode"}
    assert problems(upload(lite, ROWS, dry_run="perhaps")).keys() == {"dry_run"}
    assert problems(upload(lite, ROWS, map="[1]")) == {"map": "A map is an object of headings and field keys."}
    assert problems(upload(lite, ROWS, map="{x")) == {"map": "A map is an object of headings and field keys."}
    headers = {"Authorization": f"Bearer {lite.token}", "Accept-Language": "en"}
    nothing = lite.client.post(ROOT + UPLOAD, data={"mode": "add"}, headers=headers, content_type="multipart/form-data")
    assert problems(nothing) == {"file": "Send one file, as the part “file”."}
    two = lite.client.post(ROOT + UPLOAD, data={"file": (io.BytesIO(b"x"), "a"), "other": (io.BytesIO(b"x"), "b")}, headers=headers)
    assert problems(two).keys() == {"other"}


def test_columns_are_matched_by_label_or_by_a_map(lite: Caller, sqlite_workspace: Workspace) -> None:
    content = "Customer;No.;Left out\nLin;C1;x\n"
    assert problems(upload(lite, content)).keys() == {"columns"}
    mapped = brought(lite, sqlite_workspace, content, map=json.dumps({"customer": "name", "No.": "code", "Left out": None}))
    assert (mapped["columns"], mapped["imported"]["new"]) == ({"1": "name", "2": "code"}, 1)
    assert problems(upload(lite, content, map='{"Colour": "name"}')) == {"map": "The file has no column “Colour”."}
    assert "columns/0" in problems(upload(lite, content, map='{"Customer": "colour"}'))


def test_a_required_field_without_a_column_is_refused_at_once(lite: Caller) -> None:
    assert problems(upload(lite, "code,visits\nC1,4\n")) == {
        "map/name": "No column goes into Name, which a new record needs. Name its column in “map”."
    }


def test_a_dry_run_writes_nothing(ada: Caller, workspace: Workspace) -> None:
    tried = brought(ada, workspace, ROWS + ",C3,new,1\n", dry_run="true")
    assert (tried["state"], tried["dry_run"], tried["imported"]) == ("checked", True, None)
    assert (tried["check"]["new"], tried["check"]["faulty"]) == (2, 1)
    assert ada.get(CUSTOMERS)["items"] == []
    assert "C3" in ada.send("GET", f"/imports/{tried['id']}/errors").get_data(as_text=True)


def test_records_are_recognised_by_a_field(ada: Caller, workspace: Workspace) -> None:
    brought(ada, workspace, ROWS)
    again = brought(ada, workspace, "name,code\nLin,C1\nWu,C3\n", match="code")
    assert (again["mode"], again["match"], again["imported"]["update"], again["imported"]["new"]) == ("upsert", "code", 1, 1)
    only = brought(ada, workspace, "code,visits\nC1,9\nC9,9\n", match="code", mode="update")
    assert (only["imported"]["update"], only["imported"]["faulty"]) == (1, 1)
    assert names(ada) == {"C1": "Lin", "C2": "陈先生", "C3": "Wu"}


@pytest.mark.parametrize(("fire", "visits"), [({}, "4"), ({"fire": "nothing"}, "4"), ({"fire": "automations"}, "99")])
def test_automations_run_only_when_they_are_asked_for(lite: Caller, sqlite_workspace: Workspace, fire: dict[str, str], visits: str) -> None:
    lite.post("/definitions/publish", {"definitions": [WELCOME]})
    brought(lite, sqlite_workspace, "name,visits\nLin,4\n", **fire)
    assert lite.get(CUSTOMERS)["items"][0]["visits"] == visits


# -- faulty rows and undo ---------------------------------------------------------------------------------------------------------
def test_refused_rows_are_given_back_with_their_reasons(ada: Caller, workspace: Workspace) -> None:
    ended = brought(ada, workspace, ROWS + "Wu,C3,steady,many\n,C4,new,1\n=Zhao,C5,,501\n")
    assert (ended["imported"]["new"], ended["imported"]["faulty"]) == (2, 3)
    answer = ada.send("GET", f"/imports/{ended['id']}/errors")
    assert (answer.status_code, answer.mimetype) == (200, "text/csv") and "attachment" in answer.headers["Content-Disposition"]
    rows = list(csv.DictReader(io.StringIO(answer.get_data(as_text=True).removeprefix("\ufeff"))))
    assert [(row["code"], row["Row"]) for row in rows] == [("C3", "4"), ("C4", "5"), ("C5", "6")]
    assert all(row["Reason"] for row in rows) and rows[2]["name"] == "'=Zhao"


def test_an_import_is_taken_back(ada: Caller, workspace: Workspace) -> None:
    brought(ada, workspace, ROWS)
    second = brought(ada, workspace, "name,code\nLin,C1\nWu,C3\n", match="code")
    answer = ada.send("POST", f"/imports/{second['id']}/undo")
    assert (answer.status_code, answer.json["state"]) == (202, "undoing")
    engine.settle(workspace)
    undone = ada.get(f"/imports/{second['id']}")
    assert (undone["state"], undone["can_undo"], undone["undo"]) == ("undone", False, {"deleted": 1, "restored": 1, "kept": 0})
    assert names(ada) == {"C1": "林小姐", "C2": "陈先生"}
    ada.refused("POST", f"/imports/{second['id']}/undo")


def test_a_check_that_is_cancelled_imports_nothing(ada: Caller, workspace: Workspace) -> None:
    begun = done(upload(ada, ROWS))
    ada.post(f"/jobs/{begun['job']}/cancel")
    engine.settle(workspace)
    assert ada.get(f"/imports/{begun['id']}")["state"] == "cancelled"
    assert ada.get(CUSTOMERS)["items"] == []


# -- twice, and others ------------------------------------------------------------------------------------------------------------
def test_an_upload_sent_again_under_its_key_is_done_once(ada: Caller, workspace: Workspace) -> None:
    key = {"Idempotency-Key": "customers-2026-11"}
    first, second = upload(ada, ROWS, headers=key), upload(ada, ROWS, headers=key)
    assert (first.status_code, second.status_code) == (202, 202) and first.json == second.json
    engine.settle(workspace)
    assert len(ada.get(CUSTOMERS)["items"]) == 2
    assert [path.name for path in imports.folder(workspace).iterdir()] != [] and len(list(imports.folder(workspace).iterdir())) == 1
    assert problems(upload(ada, ROWS + "Wu,C3,new,1\n", headers=key)).keys() == {"Idempotency-Key"}
    assert problems(upload(ada, ROWS, dry_run="true", headers=key)).keys() == {"Idempotency-Key"}


def test_an_import_belongs_to_its_person_and_to_builders(lite: Caller, as_person: Any, sqlite_workspace: Workspace) -> None:
    ben, gus = as_person("ben"), as_person("gus")
    own, others = brought(ben, sqlite_workspace, ROWS), done(upload(lite, ROWS))
    assert lite.get(f"/imports/{own['id']}")["state"] == "done"
    for method, path in (("GET", ""), ("GET", "/errors"), ("POST", "/undo")):
        ben.refused(method, f"/imports/{others['id']}{path}", status=404)
        gus.refused(method, f"/imports/{others['id']}{path}", status=404)
    assert problems(upload(gus, ROWS), 403) == {}
    assert len(list(imports.folder(sqlite_workspace).iterdir())) == 2
    lite.refused("GET", "/imports/999", status=404)


def test_the_rows_of_a_file_that_is_thrown_away_are_not_found(lite: Caller, sqlite_workspace: Workspace) -> None:
    ended = brought(lite, sqlite_workspace, ROWS)
    for path in imports.folder(sqlite_workspace).iterdir():
        path.unlink()
    lite.refused("GET", f"/imports/{ended['id']}/errors", status=404)
