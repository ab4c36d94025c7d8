"""Reading a workbook in a process of its own, with bounded memory and time.

A workbook is a program for its reader: a small one may claim 17,000,000,000 cells, and a library that believes it takes the whole
process down.
This file is run as a script; it turns one sheet into lines of JSON and imports nothing of the product.
"""

from __future__ import annotations

import json
import sys
from datetime import date, datetime, time, timedelta
from typing import Any

MEMORY = 2 * 1024**3
SECONDS = 300
OUT_OF_ROWS, NO_SHEET = 3, 4


def main(source: str, target: str, sheet: str, most: int) -> int:
    _limit()
    from python_calamine import CalamineWorkbook, SheetTypeEnum, SheetVisibleEnum

    with open(source, "rb") as file:  # by its content: the name of a kept file says nothing
        book = CalamineWorkbook.from_filelike(file)
    names = [
        each.name for each in book.sheets_metadata if each.typ == SheetTypeEnum.WorkSheet and each.visible == SheetVisibleEnum.Visible
    ] or list(book.sheet_names)
    if sheet and sheet not in names:
        return NO_SHEET
    chosen = next((found for name in ([sheet] if sheet else names) if (found := book.get_sheet_by_name(name)).height or sheet), None)
    with open(target, "w", encoding="utf-8") as out:
        out.write(json.dumps({"sheets": names, "sheet": chosen.name if chosen else ""}) + "\n")
        for number, row in enumerate(chosen.iter_rows() if chosen else (), 1):
            if number > most:
                return OUT_OF_ROWS
            out.write(json.dumps([written(cell) for cell in row]) + "\n")
    return 0


def written(cell: Any) -> Any:
    """A cell as JSON: texts, numbers and truth as they are, days and instants as ["d", …]."""
    if cell == "" or cell is None:
        return None
    if isinstance(cell, datetime):
        return ["t", cell.isoformat()]
    if isinstance(cell, date):
        return ["d", cell.isoformat()]
    if isinstance(cell, (time, timedelta)):
        return str(cell)
    return cell


def _limit() -> None:
    try:
        import resource
    except ImportError:  # not on Windows
        return
    resource.setrlimit(resource.RLIMIT_AS, (MEMORY, MEMORY))
    resource.setrlimit(resource.RLIMIT_CPU, (SECONDS, SECONDS))
    resource.setrlimit(resource.RLIMIT_CORE, (0, 0))


if __name__ == "__main__":
    sys.exit(main(sys.argv[1], sys.argv[2], sys.argv[3], int(sys.argv[4])))
