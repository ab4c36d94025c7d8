"""Fields guessed from a pasted table: its first row names them, the rows below say of which type they are."""

from __future__ import annotations

import csv
import re
from collections.abc import Callable, Iterator
from datetime import date
from io import StringIO
from typing import Any

from builder.drafts import key_from
from runtime.definitions.model import RESERVED, FieldKey
from runtime.errors import Problem, Refused
from runtime.texts import _

from pydantic import TypeAdapter, ValidationError

Json = dict[str, Any]

MOST_COLUMNS = 200
MOST_ROWS = 200
MOST_OPTIONS = 12
LONG = 60
"""More signs than this, or a line break, make a long text."""

EMAIL = re.compile(r"[^@\s]+@[^@\s]+\.[^@\s]+")
URL = re.compile(r"(https?://|www\.)\S+", re.IGNORECASE)
PHONE = re.compile(r"(\+?86[- ]?)?1[3-9]\d[- ]?\d{4}[- ]?\d{4}|0\d{2,3}[- ]?\d{7,8}")
MONEY = re.compile(r"[¥￥$€£]\s*-?[\d,，]+(\.\d+)?|-?[\d,，]+(\.\d+)?\s*元")
NUMBER = re.compile(r"-?\d{1,3}([,，]\d{3})+(\.\d+)?|-?\d+(\.\d+)?")
DAY = re.compile(r"(\d{4})[-/.年](\d{1,2})[-/.月](\d{1,2})日?")
MOMENT = re.compile(DAY.pattern + r"[ T]\d{1,2}:\d{2}(:\d{2})?")
TRUTH = {"是", "否", "yes", "no", "true", "false", "y", "n", "√", "×", "有", "无"}
MONEY_WORDS = re.compile(r"金额|价|费|款|额|amount|price|cost|total|fee|paid", re.IGNORECASE)
LONG_WORDS = re.compile(r"备注|说明|描述|地址|notes?$|remarks?|description|address|comment", re.IGNORECASE)


def fields_of(text: str, taken: set[str] | None = None) -> list[Json]:
    """Fields of a table copied from a spreadsheet (tabs) or a CSV, as JSON. `taken`: keys that are used already. Raises Refused."""
    rows = _rows(text)
    if not rows or not any(cell for cell in rows[0]):
        raise Refused([Problem("text", _("Paste at least one row with the names of the columns."))])
    if len(rows[0]) > MOST_COLUMNS:
        raise Refused(
            [Problem("text", _("These are {count} columns; at most {most} can be taken at once.", count=len(rows[0]), most=MOST_COLUMNS))]
        )
    used = set(taken or ())
    return [_field(label, [row[place] for row in rows[1:] if place < len(row)], used) for place, label in enumerate(rows[0]) if label]


def _rows(text: str) -> list[list[str]]:
    lines = text.replace("\r\n", "\n").replace("\r", "\n").strip("\n")
    mark = "\t" if "\t" in lines else "," if "," in lines.split("\n")[0] else "\t"
    try:
        found = [[cell.strip() for cell in row] for row in csv.reader(StringIO(lines), delimiter=mark)]
    except csv.Error as error:
        raise Refused([Problem("text", _("This is no table: {reason}.", reason=str(error)))]) from error
    return [row for row in found if any(row)][: MOST_ROWS + 1]


def _field(label: str, cells: list[str], used: set[str]) -> Json:
    required = label.endswith(("*", "＊"))
    name = label.rstrip("*＊ ")[:200] or label[:200]
    key = free_key(name, used)
    used.add(key)
    values = [each for each in cells if each]
    return {"type": "text", "key": key, "label": name, **_type_of(name, values), **({"required": True} if required else {})}


def _type_of(label: str, values: list[str]) -> Json:
    for guess in GUESSES:
        found = guess(label, values)
        if found is not None:
            return found
    return {}


def _all(pattern: re.Pattern[str], kind: str) -> Callable[[str, list[str]], Json | None]:
    return lambda label, values: {"type": kind} if values and all(pattern.fullmatch(each) for each in values) else None


def _truth(label: str, values: list[str]) -> Json | None:
    return {"type": "checkbox"} if values and all(each.lower() in TRUTH for each in values) else None


def _day(label: str, values: list[str]) -> Json | None:
    return {"type": "date"} if values and all(_is_day(each) for each in values) else None


def _is_day(text: str) -> bool:
    found = DAY.fullmatch(text)
    if found is None:
        return False
    try:
        date(*(int(each) for each in found.groups()))
    except ValueError:
        return False
    return True


def _figure(label: str, values: list[str]) -> Json | None:
    if not values or not all(NUMBER.fullmatch(each) for each in values) or any(re.fullmatch(r"0\d+", each) for each in values):
        return None
    if MONEY_WORDS.search(label):
        return {"type": "money"}
    decimals = max(len(each.partition(".")[2]) for each in values)
    return {"type": "number", "decimals": min(decimals, 6)}


def _long(label: str, values: list[str]) -> Json | None:
    if any(len(each) > LONG or "\n" in each for each in values) or LONG_WORDS.search(label):
        return {"type": "long_text"}
    return None


def _options(label: str, values: list[str]) -> Json | None:
    """Few different short values that come again are options."""
    different = list(dict.fromkeys(values))
    if len(values) < 4 or len(different) > min(MOST_OPTIONS, len(values) // 2) or any(len(each) > 20 for each in different):
        return None
    used: set[str] = set()
    options = []
    for each in different:
        key = free_key(each, used)
        used.add(key)
        options.append({"key": key, "label": each})
    return {"type": "choice", "options": options}


GUESSES: tuple[Callable[[str, list[str]], Json | None], ...] = (
    _all(EMAIL, "email"),
    _all(URL, "url"),
    _all(PHONE, "phone"),
    _all(MONEY, "money"),
    _all(MOMENT, "datetime"),
    _day,
    _truth,
    _figure,
    _long,
    _options,
)


def free_key(label: str, used: set[str]) -> str:
    """A key made of a label that is not used yet."""
    wanted = key_from(label) or "field"
    return next(each for each in _numbered(wanted) if each not in used and is_key(each))


def _numbered(wanted: str) -> Iterator[str]:
    yield wanted
    number = 2
    while True:
        yield f"{wanted[:36]}_{number}"
        number += 1


def is_key(key: str) -> bool:
    """Whether a field may be called so."""
    if key in RESERVED:
        return False
    try:
        TypeAdapter(FieldKey).validate_python(key)
    except ValidationError:
        return False
    return True
