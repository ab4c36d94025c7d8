"""What people type, paste and import, made clean before a field reads it."""
from __future__ import annotations

import math
import re
import unicodedata
from datetime import date, datetime
from decimal import Decimal
from typing import Any

from runtime.errors import FieldError
from runtime.texts import _

INVISIBLE = "\u200b\u200e\u200f\u202a\u202b\u202c\u202d\u202e\u2060\ufeff"
"""Marks without width that come along when a text is copied from a chat or an address book."""
LARGEST_EXACT_FLOAT = 10**15
SCIENTIFIC = re.compile(r"[+-]?[0-9]+(?:\.[0-9]+)?[eE]\+?[0-9]+")


SOLID = r"[^\s\u200b\u200e\u200f\u202a-\u202e\u2060\ufeff]"
"""A character that is more than a blank, as a pattern."""


def words(least: int, most: int, needed: bool) -> dict[str, Any]:
    """The schema of a text; blanks around it do not count for its least length."""
    schema: dict[str, Any] = {"type": "string", "minLength": least, "maxLength": most}
    if least > 1:
        return {**schema, "pattern": rf"{SOLID}[\s\S]{{{least - 2},}}{SOLID}"}
    return {**schema, "pattern": SOLID} if needed else schema


def text_of(raw: Any) -> str | None:
    """A typed text or the content of a cell as text: NFC, without blanks around it. Blank is None."""
    if raw is None:
        return None
    if raw.__class__ is str and raw.isascii() and "\x00" not in raw:
        return raw.strip() or None  # the rest is about other characters, and an import asks this for every cell
    text = raw if isinstance(raw, str) else _written(raw)
    text = unicodedata.normalize("NFC", _storable(text)).strip()
    return text.strip(INVISIBLE).strip() or None


def folded(text: str) -> str:
    """The text by which labels are compared: width, case and the number of blanks do not matter."""
    return " ".join(unicodedata.normalize("NFKC", unicodedata.normalize("NFKC", text).casefold()).split())


def half_width(text: str) -> str:
    """１２３，４５ → 123,45; signs of other scripts for minus are minus."""
    if text.isascii():
        return text.strip()
    return unicodedata.normalize("NFKC", text).replace("−", "-").replace("–", "-").strip().strip(INVISIBLE)


def excel_lost_digits() -> FieldError:
    return FieldError(_(
        "A spreadsheet has shortened this number and lost digits. Format the column as text, enter the number again, and save."))


def _storable(text: str) -> str:
    if "\x00" in text or any("\ud800" <= char <= "\udfff" for char in text):
        raise FieldError(_("This contains a character that cannot be stored. Remove it, or type the text again."))
    return text


def _written(raw: Any) -> str:
    if isinstance(raw, bool):
        return str(raw).upper()
    if isinstance(raw, int) and abs(raw) < 10**40:
        return str(raw)
    if isinstance(raw, float):
        return _float_written(raw)
    if isinstance(raw, Decimal) and raw.is_finite() and abs(raw.adjusted()) < 40:
        return format(raw, "f")
    if isinstance(raw, (date, datetime)):
        return raw.isoformat()
    raise FieldError(_("Give one text here."))


def _float_written(raw: float) -> str:
    """Spreadsheets keep numbers as floats: 13812342046.0 is what the cell shows as 13812342046."""
    if not math.isfinite(raw):
        raise FieldError(_("Give one text here."))
    if abs(raw) >= LARGEST_EXACT_FLOAT:
        raise excel_lost_digits()
    return str(int(raw)) if raw.is_integer() else repr(raw)
