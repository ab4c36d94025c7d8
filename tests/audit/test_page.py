"""/admin/audit and `tierloom audit`: searched, checked, taken out, kept."""

from __future__ import annotations

import csv
import io
import json
from pathlib import Path
from typing import Any

import pytest

import app as program
from runtime.people.person import Person
from runtime.system import audit, database
from runtime.system.workspace import Workspace
from tests.pages.conftest import PASSWORD
from tests.pages.visitor import Visitor, words


@pytest.fixture
def noted(sqlite_workspace: Workspace, builder: Person) -> None:
    with sqlite_workspace.writing(builder) as act:
        audit.note(act, "publish", "form:customer", version=3)
        audit.note(act, "secret_set", "=cmd()", reason="<b>")


def test_it_shows_who_did_what_newest_first_and_nothing_of_it_is_markup(signed_in: Visitor, noted: None):
    answer = signed_in.get("/admin/audit")
    text = words(answer)
    assert "Ada published a definition · form:customer version = 3" in text
    assert text.index("Ada set a secret") < text.index("Ada published a definition") < text.index("Ada signed in")
    assert "&lt;b&gt;" in answer.get_data(as_text=True)


@pytest.mark.parametrize(("search", "there", "not_there"), [
    ("kind=publish", "form:customer", "=cmd()"), ("subject=cmd", "=cmd()", "form:customer"),
    ("who=ada", "form:customer", "No line fits"), ("who=nobody", "No line fits", "form:customer"),
    ("from=2000-01-01&to=2000-01-02", "No line fits", "form:customer"), ("from=2000-01-01", "form:customer", "No line fits"),
])  # fmt: skip
def test_it_is_searched(signed_in: Visitor, noted: None, search: str, there: str, not_there: str):
    text = words(signed_in.get(f"/admin/audit?{search}"))
    assert there in text and not_there not in text


@pytest.mark.parametrize("search", ["from=yesterday", "to=2026-13-45", "from=2026-02-02&to=2026-01-01", "to=9999-12-31"])
def test_a_day_that_cannot_be_read_is_said_beside_its_field(signed_in: Visitor, noted: None, search: str):
    answer = signed_in.get(f"/admin/audit?{search}")
    assert answer.status_code == 200 and ('aria-invalid="true"' in answer.get_data(as_text=True)) == ("9999" not in search)


def test_more_than_a_page_goes_on_where_the_page_ended(signed_in: Visitor, sqlite_workspace: Workspace, builder: Person):
    with sqlite_workspace.writing(builder) as act:
        for number in range(60):
            audit.note(act, "publish", f"form:number_{number}.")
    first = signed_in.get("/admin/audit?kind=publish")
    assert "number_59." in words(first) and "number_9." not in words(first)
    assert "before=" in first.get_data(as_text=True)
    address = first.get_data(as_text=True).partition('rel="next"')[0].rpartition('href="')[2].partition('"')[0].replace("&amp;", "&")
    assert "number_9." in words(signed_in.get(address)) and "number_59." not in words(signed_in.get(address))


def test_the_chain_is_checked_on_the_page(signed_in: Visitor, sqlite_workspace: Workspace, noted: None):
    assert "The chain is whole" in words(signed_in.post("/admin/audit/verify"))
    with database.writing(sqlite_workspace.engine) as connection:
        connection.exec_driver_sql("DROP TRIGGER audit_log_no_update")
        connection.exec_driver_sql("UPDATE audit_log SET person = 99 WHERE id = 2")
    assert "The chain is broken" in words(signed_in.post("/admin/audit/verify"))
    assert "Line 2 was changed after it was written." in words(signed_in.post("/admin/audit/verify"))


def test_it_is_taken_out_as_a_file_that_no_spreadsheet_runs(signed_in: Visitor, noted: None):
    answer = signed_in.get("/admin/audit/export?subject=cmd")
    rows = list(csv.DictReader(io.StringIO(answer.get_data(as_text=True).removeprefix("\ufeff"))))
    assert [row["subject"] for row in rows] == ["'=cmd()"] and rows[0]["name"] == "Ada"
    assert "exported the audit log" in words(signed_in.get("/admin/audit"))


@pytest.mark.parametrize(("days", "fits"), [("365", True), ("", True), ("7", False), ("a year", False), ("-90", False), ("9" * 40, False)])
def test_for_how_long_lines_are_kept(signed_in: Visitor, sqlite_workspace: Workspace, days: str, fits: bool):
    answer = signed_in.post("/admin/audit/keep", {"days": days})
    assert answer.status_code == (303 if fits else 422)
    assert fits or "Give a number of days from 30" in words(answer)
    signed_in.get("/admin/audit")
    assert audit.keep_days(sqlite_workspace) == (int(days) if fits and days else None)


def test_it_is_for_those_who_administer(app: Any, builder: Person, add_person: Any, noted: None):
    add_person("bo@example.com", "member")
    bo = Visitor(app).sign_in("bo@example.com", PASSWORD)
    for path in ("/admin/audit", "/admin/audit/export"):
        assert bo.get(path).status_code == 403
    for path in ("/admin/audit/keep", "/admin/audit/verify"):
        assert bo.post(path, {"days": ""}).status_code == 403


# -- commands ---------------------------------------------------------------------------------------------------------------------
def run(monkeypatch: pytest.MonkeyPatch, workspace: Workspace, *words: str) -> int:
    settings = workspace.settings
    for name, value in (("DATABASE_URL", settings.database_url), ("DATA_DIR", settings.data_dir), ("LOCALE", "en")):
        monkeypatch.setenv(f"TIERLOOM_{name}", str(value))
    return program.main(["audit", *words])


def test_a_command_checks_the_chain(sqlite_workspace: Workspace, noted: None, monkeypatch: Any, capsys: Any):
    assert run(monkeypatch, sqlite_workspace, "verify", "--json") == 0
    told = json.loads(capsys.readouterr().out)
    assert told["whole"] and told["lines"] >= 2 and told["breaks"] == []
    with database.writing(sqlite_workspace.engine) as connection:
        connection.exec_driver_sql("DROP TRIGGER audit_log_no_delete")
        connection.exec_driver_sql("DELETE FROM audit_log WHERE id = 2")
    assert run(monkeypatch, sqlite_workspace, "verify") == 1
    assert capsys.readouterr().out == "The lines 2 to 2 are missing.\n"


def test_a_command_writes_the_lines_into_a_file(sqlite_workspace: Workspace, noted: None, monkeypatch: Any, capsys: Any, tmp_path: Path):
    assert run(monkeypatch, sqlite_workspace, "export", str(tmp_path / "audit.csv"), "--kind", "publish") == 0
    assert "1 lines are in" in capsys.readouterr().out
    rows = list(csv.DictReader(io.StringIO((tmp_path / "audit.csv").read_text(encoding="utf-8-sig"))))
    assert [(row["kind"], row["subject"]) for row in rows] == [("publish", "form:customer")]
    assert run(monkeypatch, sqlite_workspace, "export", str(tmp_path / "no" / "audit.csv")) == 1
