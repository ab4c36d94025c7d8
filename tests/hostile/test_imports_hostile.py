"""Files that somebody made to do harm, and files that are simply broken."""

from __future__ import annotations

import gzip
import io
import zipfile
from dataclasses import replace
from pathlib import Path

import pytest
import xlsxwriter

from runtime.errors import Refused
from runtime.people.person import SYSTEM
from runtime.transfer import faulty, imports
from tests.transfer.conftest import Shop

MOST = 2 * 1024 * 1024


@pytest.fixture
def shop(sqlite_workspace) -> Shop:
    return Shop(sqlite_workspace)


def workbook(*rows: list[str]) -> bytes:
    content = io.BytesIO()
    with xlsxwriter.Workbook(content) as book:
        sheet = book.add_worksheet()
        for number, row in enumerate(rows):
            for column, text in enumerate(row):
                sheet.write_string(number, column, text)
    return content.getvalue()


def with_part(content: bytes, name: str, change) -> bytes:
    """The same workbook with one of its parts rewritten."""
    target = io.BytesIO()
    with zipfile.ZipFile(io.BytesIO(content)) as source, zipfile.ZipFile(target, "w", zipfile.ZIP_DEFLATED) as changed:
        for each in source.namelist():
            changed.writestr(each, change(source.read(each)) if each == name else source.read(each))
    return target.getvalue()


def refusal(shop: Shop, content: bytes) -> str:
    with pytest.raises(Refused) as caught:
        task = shop.upload(content)
        shop.check(task)
    assert len(caught.value.problems) == 1
    return str(caught.value.message)


# -- texts --------------------------------------------------------------------------------------------------------------------------
@pytest.mark.parametrize("text", ["=cmd|' /C calc'!A0", "+1+1", "-2+3", "@SUM(A1)", "＝1+1", '=HYPERLINK("http://x","y")'])
def test_a_formula_is_kept_as_text_and_never_given_out_as_one(shop: Shop, text: str):
    from runtime.transfer.exporting import Wanted, csv_lines, headings, rows

    quoted = text.replace('"', '""')
    assert shop.bring(f'name,code\n"{quoted}",C1\n')["new"] == 1
    assert shop.all() == [(text,)]
    with shop.workspace.reading(SYSTEM) as act:
        wanted = Wanted("customer", ("name",))
        line = "".join(csv_lines(headings(act, wanted), rows(act, wanted))).splitlines()[1]
    assert line.strip('"').startswith("'")


def test_a_null_character_makes_its_row_faulty(shop: Shop):
    task = shop.upload(b"name,code\nAnn\x00Bob,C1\nCid,C2\n")
    found = shop.check(task)
    assert (found["new"], found["faulty"]) == (1, 1)
    with shop.workspace.reading(SYSTEM) as act:
        assert "cannot be stored" in faulty.listed(act, task)[0][0].problems[0]["en"]
        "".join(faulty.errors_csv(act, task, "zh"))
    assert shop.write(task)["new"] == 1


def test_a_huge_cell_is_refused(shop: Shop):
    assert "far too long" in refusal(shop, b"name,code\n" + b"x" * 3_000_000 + b",C1\n")
    assert "characters" in refusal(shop, b"name,code\n" + b"x" * 5_000_000 + b",C1\n")


def test_a_long_text_makes_its_row_faulty(shop: Shop):
    task = shop.upload(b"name,code\n" + b"x" * 100_000 + b",C1\n")
    assert shop.check(task)["faulty"] == 1
    with shop.workspace.reading(SYSTEM) as act:
        assert len(faulty.listed(act, task)[0][0].texts[0]) == faulty.LONGEST_CELL


def test_ten_thousand_columns_are_refused(shop: Shop):
    wide = ",".join(f"c{number}" for number in range(10_000))
    assert "10,000 columns" in refusal(shop, f"{wide}\n{wide}\n".encode())


def test_digits_of_other_scripts_and_huge_numbers_are_no_numbers(shop: Shop):
    found = shop.check(shop.upload("name,code,credit\nAnn,1,١٢٣\nBob,2,1e400\nCid,3,NaN\nDan,4,99999999999999999999999\nEve,5,Infinity\n"))
    assert found["new"] + found["faulty"] == 5 and found["faulty"] >= 4


def test_a_wrong_encoding_is_named_with_its_row(shop: Shop):
    task = shop.upload("name,code\n".encode() + "王,C1\n".encode("gb18030") * 3)
    with pytest.raises(Refused, match="cannot be read as UTF-8"), shop.workspace.writing(SYSTEM) as act:
        imports.read_again(act, task, replace(task.reading, encoding="utf-8-sig"), None)


# -- packed -------------------------------------------------------------------------------------------------------------------------
def test_a_packed_file_that_grows_beyond_bounds_is_refused(shop: Shop, monkeypatch):
    monkeypatch.setattr(imports, "most_bytes", lambda workspace: MOST)
    bomb = gzip.compress(b"name,code\n" * 12_000_000, 9)
    assert len(bomb) < MOST
    assert "larger than 80 MB" in refusal(shop, bomb)


def test_a_file_above_the_limit_is_refused_while_it_comes_in(shop: Shop, monkeypatch):
    monkeypatch.setattr(imports, "most_bytes", lambda workspace: 1000)
    assert "larger than" in refusal(shop, b"name\n" * 1000)
    assert list(imports.folder(shop.workspace).iterdir()) == []


# -- workbooks ------------------------------------------------------------------------------------------------------------------------
def test_a_workbook_that_names_files_of_the_machine_gets_none(shop: Shop, tmp_path: Path):
    secret = tmp_path / "secret"
    secret.write_text("TOP-SECRET")
    entity = f'<!DOCTYPE sst [<!ENTITY x SYSTEM "{secret.as_uri()}">]>'.encode()
    content = with_part(
        workbook(["name", "code"], ["PLACE", "C1"]),
        "xl/sharedStrings.xml",
        lambda part: part.replace(b"<sst", entity + b"<sst", 1).replace(b"PLACE", b"&x;"),
    )
    try:
        shop.bring(content)
    except Refused:
        return
    assert "TOP-SECRET" not in str(shop.all())


def test_a_workbook_of_nested_entities_is_answered_quickly(shop: Shop):
    entities = (
        b'<!DOCTYPE sst [<!ENTITY a "'
        + b"x" * 1000
        + b'">'
        + b"".join(b'<!ENTITY %c "%s">' % (98 + n, (b"&%c;" % (97 + n)) * 10) for n in range(9))
        + b"]>"
    )
    content = with_part(
        workbook(["name", "code"], ["PLACE", "C1"]),
        "xl/sharedStrings.xml",
        lambda part: part.replace(b"<sst", entities + b"<sst", 1).replace(b"PLACE", b"&j;"),
    )
    try:
        task = shop.upload(content)
    except Refused:
        return
    assert shop.check(task)["rows"] <= 1


def test_a_workbook_that_claims_seventeen_billion_cells_is_refused(shop: Shop):
    far = b'<row r="1048576"><c r="XFD1048576"><v>1</v></c></row></sheetData>'
    content = with_part(
        workbook(["name", "code"], ["Ann", "C1"]), "xl/worksheets/sheet1.xml", lambda part: part.replace(b"</sheetData>", far)
    )
    assert "larger than can be read" in refusal(shop, content)


def test_a_workbook_full_of_texts_that_no_cell_uses_is_read_or_refused(shop: Shop):
    content = with_part(
        workbook(["name", "code"], ["Ann", "C1"]),
        "xl/sharedStrings.xml",
        lambda part: part.replace(b"</sst>", b"<si><t>y</t></si>" * 2_000_000 + b"</sst>"),
    )
    try:
        task = shop.upload(content)
    except Refused:
        return
    assert shop.check(task)["rows"] == 1


def test_a_truncated_workbook_is_refused(shop: Shop):
    assert "broken" in refusal(shop, workbook(["name"], ["Ann"])[:-400])


# -- names ----------------------------------------------------------------------------------------------------------------------------
@pytest.mark.parametrize(
    ("name", "shown"),
    [
        ("../../etc/passwd", "passwd"),
        ("..\\..\\boot.ini", "boot.ini"),
        ("/etc/shadow.csv", "shadow.csv"),
        ("a\x00b\n.csv", "ab.csv"),
        ("", "file"),
        ("..", ".."),
    ],
)
def test_the_name_of_a_file_is_only_shown(shop: Shop, name: str, shown: str):
    path = imports.keep_file(shop.workspace, io.BytesIO(b"name,code\nAnn,C1\n"))
    with shop.workspace.writing(SYSTEM) as act:
        task = imports.begin(act, "customer", path, name, imports.inspect(shop.workspace, path))
    assert task.file_name == shown
    assert task.path.parent == imports.folder(shop.workspace) and len(task.path.name) == 32


def test_a_form_that_is_not_there_takes_nothing(shop: Shop):
    from runtime.errors import NotFound

    with pytest.raises(NotFound):
        shop.upload(b"name\nAnn\n", "r_1; DROP TABLE person")
