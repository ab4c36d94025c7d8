"""Files as they come: encodings, signs between columns, packed, workbooks, and what is no table."""

from __future__ import annotations

import gzip
from datetime import date, datetime

import pytest
import xlsxwriter

from runtime.errors import Refused
from runtime.transfer.encodings import encoding_of
from runtime.transfer.reading import cell_text, data_rows, look, replace, rows_of

MOST = 10 * 1024 * 1024
SIMPLIFIED = "客户名称,手机,入会日期\n魏女士,13912345678,2025-03-02\n云朵幼儿园,02188887720,2024-09-18\n"
TRADITIONAL = "客戶名稱,電話,入會日期\n魏小姐,0223456789,2025-03-02\n雲朵幼稚園,0288887720,2024-09-18\n"
FRENCH = "nom,prénom\nDupré,Noël\nLefèvre,Zoé\nBoîte à café,François\n"
MOSTLY_ASCII = (
    "code,name,note\n" + "".join(f"C{number:05},customer {number},plain words only\n" for number in range(3000)) + "C9,王,老客户\n"
)


@pytest.mark.parametrize(
    ("text", "written", "found"),
    [
        (SIMPLIFIED, "utf-8", "utf-8-sig"),
        (SIMPLIFIED, "utf-8-sig", "utf-8-sig"),
        (SIMPLIFIED, "gb18030", "gb18030"),
        (SIMPLIFIED, "utf-16", "utf-16"),
        (TRADITIONAL, "big5", "big5"),
        (FRENCH, "cp1252", "cp1252"),
        (MOSTLY_ASCII, "gb18030", "gb18030"),
        ("a,b\n1,2\n", "ascii", "utf-8-sig"),
    ],
)
def test_the_encoding_is_found_out(text, written, found):
    assert encoding_of([text.encode(written)]) == found
    assert (
        encoding_of(
            [bytes([byte]) for byte in text.encode(written)[:2000]]
            if len(text) < 2000 and written != "utf-16" and written != "utf-8-sig"
            else [text.encode(written)]
        )
        == found
    )


@pytest.mark.parametrize("delimiter", [",", ";", "\t", "|", "，"])
def test_the_sign_between_columns_is_found_out(file, delimiter):
    path = file(delimiter.join(["name", "city", "note"]).encode() + b"\n" + delimiter.join(["Ann", '"a, b; c"', "x"]).encode() + b"\n")
    how = look(path, MOST)
    assert how.delimiter == delimiter
    assert [row for _number, row in rows_of(path, how, MOST)] == [["name", "city", "note"], ["Ann", "a, b; c", "x"]]


def test_a_packed_file_is_read_as_it_is(file):
    path = file(gzip.compress(SIMPLIFIED.encode("gb18030")))
    how = look(path, MOST)
    assert (how.packed, how.encoding) == (True, "gb18030")
    assert list(data_rows(path, how, MOST))[0] == (2, ["魏女士", "13912345678", "2025-03-02"])


def test_a_workbook_gives_days_numbers_and_texts(tmp_path):
    path = tmp_path / "book"
    with xlsxwriter.Workbook(str(path)) as book:
        book.add_worksheet("empty")
        sheet = book.add_worksheet("customers")
        sheet.write_row(1, 0, ["name", "since", "amount", "mobile"])
        sheet.write_string(2, 0, "Ann [1]")
        sheet.write_datetime(2, 1, datetime(2024, 1, 2), book.add_format({"num_format": "yyyy-mm-dd"}))
        sheet.write_number(2, 2, 12.5)
        sheet.write_number(2, 3, 13812342046)
    how = look(path, MOST)
    assert (how.kind, how.sheet, how.sheets) == ("sheet", "customers", ("empty", "customers"))
    ((number, row),) = data_rows(path, replace(how, header=2), MOST)
    assert (number, row[:3], cell_text(row[3])) == (3, ["Ann [1]", date(2024, 1, 2), 12.5], "13812342046")


@pytest.mark.parametrize(
    ("content", "sentence"),
    [
        (b"", "empty"),
        (b"  \n\n ", "empty"),
        (gzip.compress(b"", mtime=0), "empty"),
        (b"\x89PNG\r\n\x1a\n" + bytes(100), "no table"),
        (b"%PDF-1.7 something", "no table"),
        (bytes(range(256)) * 20, "no table"),
        (b"<!DOCTYPE html><html><table><tr><td>1</table>", "web page"),
        (b"PK\x03\x04 is no workbook", "broken"),
        (b"\x1f\x8b\x08 is not packed", "broken"),
        (gzip.compress(b"a,b\n" * 5000, mtime=0)[:-20], "broken"),
    ],
)
def test_what_is_no_table_is_refused_in_one_sentence(file, content, sentence):
    with pytest.raises(Refused, match=sentence):
        look(file(content), MOST)


def test_a_wrong_encoding_names_the_row(file):
    path = file(SIMPLIFIED.encode("gb18030"))
    with pytest.raises(Refused, match="row .* cannot be read as UTF-8"):
        list(rows_of(path, replace(look(path, MOST), encoding="utf-8-sig"), MOST))


def test_an_open_quotation_mark_is_named(file):
    path = file(b'a,b\n1,"2\n' + b"3,4\n" * 60_000)
    how = replace(look(path, MOST), delimiter=",")
    with pytest.raises(Refused, match="quotation mark"):
        list(rows_of(path, how, MOST))
