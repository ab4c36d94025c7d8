"""Cells copied from a spreadsheet, read for the rows of a sub-form."""

from __future__ import annotations

import re
from typing import Any

from runtime.definitions.field_type import FieldType, Lookup, Reader
from runtime.definitions.form import Form
from runtime.errors import FieldError, NotFound, Problem, Refused
from runtime.pages.entry_filling import entry_texts
from runtime.texts import Message, _

LONGEST = 20_000
DAY = re.compile(r"\s*([0-9]{1,2})([-/.])([0-9]{1,2})\2([0-9]{4}|[0-9]{2})(?=$|\s)(.*)", re.S)
FIGURES = ("number", "money", "percent", "slider", "rating")
Json = dict[str, Any]


def pasted(form: Form, sent: Any, lookup: Lookup, reader: Reader) -> Json:
    """For each cell what its control takes, None for one that does not fit; and why those do not.

    `sent`: subform, columns (keys, "" for one that is left out), cells, `order` of a day's parts and `decimal` sign where they come from.
    """
    subform = form.by_key.get(str(sent.get("subform"))) if isinstance(sent, dict) else None
    if subform is None or not subform.lines():
        raise NotFound(_("This form has no such rows."))
    columns, cells = _table(sent, getattr(subform, "max_rows"))
    lines = subform.lines()
    fields = [lines.get(key) if key and lines[key].writable else None for key in columns]
    answer: Json = {"cells": [], "problems": []}
    known: dict[tuple[int, str], Json | Message] = {}
    for row, texts in enumerate(cells):
        answer["cells"].append([None] * len(fields))
        for column, (field, text) in enumerate(zip(fields, texts, strict=False)):
            if field is None:
                continue
            if (column, text) not in known:
                known[column, text] = _read(field, habitual(field, text, sent), lookup, reader)
            found = known[column, text]
            if isinstance(found, Message):
                answer["problems"].append({"row": row, "column": column, "text": text[:100], "message": reader.say(found)})
            else:
                answer["cells"][row][column] = found
    return answer


def _table(sent: Json, most: int) -> tuple[list[str], list[list[str]]]:
    columns, cells = sent.get("columns"), sent.get("cells")
    if not isinstance(columns, list) or not isinstance(cells, list) or not all(isinstance(each, str) for each in columns):
        raise Refused([Problem("cells", _("Give rows of texts."))])
    if len(columns) > 100 or len(cells) > most:
        raise Refused([Problem("cells", _("A sub-form takes {most} rows at most.", most=most))])
    if not all(isinstance(row, list) and all(isinstance(cell, str) and len(cell) <= LONGEST for cell in row) for row in cells):
        raise Refused([Problem("cells", _("Give rows of texts."))])
    return columns, cells


def _read(field: FieldType, text: str, lookup: Lookup, reader: Reader) -> Json | Message:
    try:
        value = field.parse(text, lookup)
    except FieldError as error:
        return error.message
    if not field.is_blank(value) and (wrong := field.check(value)):
        return wrong[0]
    return entry_texts(field, value, reader)


def habitual(field: FieldType, text: str, sent: Json) -> str:
    """A text as its field reads it, from how figures and days are written where it was copied."""
    if field.type in FIGURES and sent.get("decimal") == "," and re.search(r"[0-9],[0-9]+\s*\D*$", text):
        return re.sub(r"[.\u00a0\u202f' ](?=[0-9]{3})", "", text).replace(",", ".")
    if field.type in ("date", "datetime") and (found := DAY.fullmatch(text)) and sent.get("order") in ("mdy", "dmy"):
        month, day = (found[1], found[3]) if sent["order"] == "mdy" else (found[3], found[1])
        year = found[4] if len(found[4]) == 4 else f"20{found[4]}"
        return f"{year}-{month}-{day}{found[5]}"
    return text
