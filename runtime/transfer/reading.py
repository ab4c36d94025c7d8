"""Rows out of a file: CSV in whatever encoding and with whatever between its columns, packed or not, and workbooks."""

from __future__ import annotations

import csv
import gzip
import io
import json
import os
import re
import subprocess
import sys
import zlib
from collections.abc import Iterable, Iterator
from dataclasses import asdict, dataclass, replace
from datetime import date, datetime
from pathlib import Path
from typing import IO, Any

from runtime.errors import Problem, Refused
from runtime.texts import Message, _
from runtime.transfer.encodings import CHOICES, NAMES, encoding_of

MOST_ROWS, MOST_COLUMNS, LONGEST_LINE = 1_000_000, 1_000, 4 * 1024 * 1024
PIECE = 1024 * 1024
GROWS_TO = 40
"""A packed file may become this many times the largest upload."""
DELIMITERS = (",", ";", "\t", "|", "，")
GZIP, ZIP, OLD_OFFICE = b"\x1f\x8b", b"PK\x03\x04", b"\xd0\xcf\x11\xe0\xa1\xb1\x1a\xe1"
CONTROLS = re.compile(rb"[\x01-\x08\x0e-\x1a\x1c-\x1f\x7f]")
Row = tuple[int, list[Any]]


@dataclass(frozen=True)
class Reading:
    """How a file is read; a person may change it on the page of the columns."""

    kind: str = "csv"
    packed: bool = False
    encoding: str = "utf-8-sig"
    delimiter: str = ","
    sheet: str = ""
    sheets: tuple[str, ...] = ()
    header: int = 1
    """The row of the headings, counted from 1; what stands above is left out."""
    rows: int | None = None
    """How many rows of the file lie below the headings."""

    def to_json(self) -> dict[str, Any]:
        return asdict(self)


def reading_from(given: dict[str, Any]) -> Reading:
    return Reading(**{**given, "sheets": tuple(given.get("sheets", ()))})


class TooLarge(Refused):
    """A file of more bytes than may be sent."""

    status = 413


def refuse(message: Message) -> Refused:
    return Refused([Problem("file", message)], message)


# -- what kind of file ------------------------------------------------------------------------------------------------------------
def look(path: Path, most_bytes: int) -> Reading:
    """How this file is best read. Raises Refused with one sentence for what is no table."""
    with path.open("rb") as file:
        start = file.read(8192)
    if not start.strip():
        raise refuse(_("This file is empty."))
    if start.startswith((ZIP, OLD_OFFICE)):
        return _look_at_workbook(path)
    packed = start.startswith(GZIP)
    try:
        with _opened(path, packed, most_bytes) as plain:
            piece = plain.read(PIECE)
            _must_be_text(piece)
        with _opened(path, packed, most_bytes) as plain:
            encoding = encoding_of(iter(lambda: plain.read(PIECE), b""))
    except (OSError, EOFError, zlib.error) as error:
        raise refuse(_("This packed file is broken and cannot be opened. Pack or download it again.")) from error
    return replace(Reading("csv", packed, encoding), delimiter=_delimiter(path, packed, encoding, most_bytes))


def _must_be_text(piece: bytes) -> None:
    if not piece.strip():
        raise refuse(_("This file is empty."))
    if piece.startswith((b"\xff\xfe", b"\xfe\xff")):
        return
    if piece.startswith((b"%PDF", b"\x89PNG", b"\xff\xd8\xff", b"GIF8", b"{\\rtf", ZIP, GZIP)) or piece.count(0) + len(
        CONTROLS.findall(piece)
    ) > max(8, len(piece) // 100):
        raise refuse(_("This is no table. Give a CSV file or a workbook (XLSX, XLS or ODS)."))
    if piece.lstrip()[:15].lower().startswith((b"<!doctype html", b"<html")):
        raise refuse(_("This is a web page, not a table. Download the file again, or save it as XLSX or CSV."))


class Counted(io.RawIOBase):
    """A packed file that must not grow beyond all bounds when it is unpacked."""

    def __init__(self, inner: IO[bytes], most: int):
        self.inner, self.most, self.seen = inner, most, 0

    def readable(self) -> bool:
        return True

    def readinto(self, buffer: Any) -> int:
        piece = self.inner.read(min(len(buffer), PIECE))
        self.seen += len(piece)
        if self.seen > self.most:
            raise refuse(
                _("Unpacked, this file is larger than {most} MB. Split it, or ask for a higher limit.", most=self.most // 1024 // 1024)
            )
        buffer[: len(piece)] = piece
        return len(piece)

    def close(self) -> None:
        self.inner.close()
        super().close()


def _opened(path: Path, packed: bool, most_bytes: int) -> IO[bytes]:
    if not packed:
        return path.open("rb")
    return io.BufferedReader(Counted(gzip.open(path, "rb"), most_bytes * GROWS_TO))  # type: ignore[arg-type]


def _delimiter(path: Path, packed: bool, encoding: str, most_bytes: int) -> str:
    """What parts the first rows into the most columns, all alike; a comma where nothing does.

    csv.Sniffer is often wrong with texts in quotes.
    """
    with _opened(path, packed, most_bytes) as plain:
        text = plain.read(64 * 1024).decode(encoding, "replace")
    lines = text.splitlines(keepends=True)[:40]
    best = (0.0, ",")
    for delimiter in DELIMITERS:
        try:
            widths = [len(row) for row in csv.reader(lines[:-1] or lines, delimiter=delimiter) if row]
        except csv.Error:
            continue
        usual = max(set(widths), key=widths.count) if widths else 1
        share = widths.count(usual) / len(widths) if widths else 0
        if usual > 1 and share * min(usual, 12) > best[0]:
            best = (share * min(usual, 12), delimiter)
    return best[1]


# -- workbooks --------------------------------------------------------------------------------------------------------------------
def rows_file(path: Path) -> Path:
    """Where the rows of a workbook lie once it has been read."""
    return path.with_name(path.name + ".rows")


def _look_at_workbook(path: Path, sheet: str = "") -> Reading:
    from runtime.transfer import spreadsheets

    target = rows_file(path)
    command = [sys.executable, "-I", str(Path(spreadsheets.__file__)), str(path), str(target), sheet, str(MOST_ROWS + 100)]
    try:
        done = subprocess.run(
            command,
            capture_output=True,
            timeout=spreadsheets.SECONDS,
            check=False,
            env={name: os.environ[name] for name in ("PATH", "HOME", "LANG", "SYSTEMROOT") if name in os.environ},
        )
    except subprocess.TimeoutExpired as error:
        raise refuse(_("This workbook takes too long to read. Save its sheet as CSV and give that.")) from error
    if done.returncode == spreadsheets.OUT_OF_ROWS:
        raise _too_many_rows()
    if done.returncode == spreadsheets.NO_SHEET:
        raise refuse(_("This workbook has no sheet of that name."))
    if done.returncode != 0:
        target.unlink(missing_ok=True)
        raise refuse(_why(done.stderr))
    with target.open(encoding="utf-8") as file:
        found = json.loads(file.readline())
        if not file.readline():
            raise refuse(_("This file is empty."))
    return Reading("sheet", sheet=found["sheet"], sheets=tuple(found["sheets"]))


def _why(said: bytes) -> Message:
    if b"assword" in said:
        return _("This workbook is protected by a password. Save it without one.")
    if b"memory" in said.lower() or b"capacity" in said.lower() or not said.strip():
        return _("This workbook is larger than can be read at once. Save its sheet as CSV and give that.")
    return _("This workbook is broken and cannot be opened. Save it again as XLSX or CSV.")


def with_sheet(path: Path, reading: Reading, sheet: str) -> Reading:
    """The same workbook, another of its sheets."""
    return reading if sheet == reading.sheet else replace(_look_at_workbook(path, sheet), header=1)


# -- rows -------------------------------------------------------------------------------------------------------------------------
def rows_of(path: Path, reading: Reading, most_bytes: int) -> Iterator[Row]:
    """All rows of a file with their numbers from 1, headings included. Raises Refused in the middle where the file cannot be read on."""
    most = MOST_ROWS + reading.header
    for number, row in enumerate(_sheet_rows(path) if reading.kind == "sheet" else _csv_rows(path, reading, most_bytes), 1):
        if number > most:
            raise _too_many_rows()
        if len(row) > MOST_COLUMNS:
            raise refuse(
                _(
                    "Row {row} has {count} columns; {most} are the most that can be read.",
                    row=number,
                    count=f"{len(row):,}",
                    most=f"{MOST_COLUMNS:,}",
                )
            )
        yield number, row


def data_rows(path: Path, reading: Reading, most_bytes: int) -> Iterator[Row]:
    """The rows below the headings that are not blank."""
    header = reading.header
    return (each for each in rows_of(path, reading, most_bytes) if each[0] > header and not is_blank_row(each[1]))


def is_blank_row(row: list[Any]) -> bool:
    return not row or (is_blank(row[0]) and all(is_blank(cell) for cell in row))


def is_blank(cell: Any) -> bool:
    return cell is None or (isinstance(cell, str) and not cell.strip())


def _too_many_rows() -> Refused:
    return refuse(_("This file has more than {most} rows. Split it into several files.", most=f"{MOST_ROWS:,}"))


def _sheet_rows(path: Path) -> Iterator[list[Any]]:
    with rows_file(path).open(encoding="utf-8") as file:
        file.readline()
        for line in file:
            row = json.loads(line)
            if "[" in line[1:]:
                row = [_unwritten(cell) if isinstance(cell, list) else cell for cell in row]
            yield row


def _unwritten(cell: list[str]) -> date | datetime:
    return date.fromisoformat(cell[1]) if cell[0] == "d" else datetime.fromisoformat(cell[1])


def _csv_rows(path: Path, reading: Reading, most_bytes: int) -> Iterator[list[Any]]:
    if reading.encoding not in CHOICES or reading.delimiter not in DELIMITERS:
        raise refuse(_("Choose one of the encodings and one of the signs between columns."))
    with _opened(path, reading.packed, most_bytes) as plain, io.TextIOWrapper(plain, reading.encoding, newline="") as text:
        reader = csv.reader(_lines(text), delimiter=reading.delimiter)
        try:
            yield from reader
        except UnicodeDecodeError as error:
            raise refuse(
                _(
                    "From about row {row} on, this file cannot be read as {encoding}. Choose another encoding.",
                    row=f"{reader.line_num + 1:,}",
                    encoding=NAMES[reading.encoding],
                )
            ) from error
        except csv.Error as error:
            raise refuse(
                _("Row {row} cannot be read: a quotation mark is not closed, or a cell is far too long.", row=f"{reader.line_num:,}")
            ) from error
        except (EOFError, zlib.error, OSError) as error:
            raise refuse(_("This packed file is broken and cannot be opened. Pack or download it again.")) from error


def _lines(text: IO[str]) -> Iterator[str]:
    while line := text.readline(LONGEST_LINE):
        if len(line) >= LONGEST_LINE:
            raise refuse(
                _(
                    "A line of this file has more than {most} characters. It is no table, or its lines do not end where they should.",
                    most=f"{LONGEST_LINE:,}",
                )
            )
        yield line


# -- as text ----------------------------------------------------------------------------------------------------------------------
def cell_text(cell: Any) -> str:
    """A cell as a person would have typed it."""
    if cell is None:
        return ""
    if isinstance(cell, bool):
        return "TRUE" if cell else "FALSE"
    if isinstance(cell, float) and cell.is_integer() and abs(cell) < 10**15:
        return str(int(cell))
    if isinstance(cell, datetime):
        return f"{cell:%Y-%m-%d}" if not (cell.hour or cell.minute or cell.second) else f"{cell:%Y-%m-%d %H:%M:%S}"
    return cell.isoformat() if isinstance(cell, date) else str(cell)


def first_rows(rows: Iterable[Row], count: int) -> list[Row]:
    found: list[Row] = []
    for row in rows:
        found.append(row)
        if len(found) >= count:
            break
    return found
