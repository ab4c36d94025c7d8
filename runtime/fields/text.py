"""Text: one line, with a format where there is one."""
from __future__ import annotations

from collections.abc import Callable, Iterator
from datetime import date
from typing import TYPE_CHECKING, Any, Literal

from pydantic import Field
from wtforms import StringField

from runtime.definitions.field_type import Lookup, Reader
from runtime.definitions.shelf import FIELD_TYPES
from runtime.errors import Problem
from runtime.fields._columns import ColumnField
from runtime.fields._entries import control
from runtime.fields._texts import half_width, text_of
from runtime.texts import Message, _

if TYPE_CHECKING:
    from runtime.definitions.catalogue import Catalogue
    from runtime.definitions.form import Form


@FIELD_TYPES.register
class Text(ColumnField):
    type: Literal["text"] = "text"
    max_length: int = Field(255, ge=1, le=2000, title="Longest text")
    min_length: int | None = Field(None, ge=1, le=2000, title="Shortest text")
    format: Literal["none", "cn_uscc", "cn_id", "cn_postcode", "bank_card"] = Field("none", title="Format")

    operators = ("is", "is_not", "contains", "not_contains", "starts_with", "any_of", "blank", "not_blank")

    def parse(self, raw: Any, lookup: Lookup) -> str | None:
        text = text_of(raw)
        if text is None:
            return None
        if self.format == "none":
            return text if text.isprintable() else " ".join(text.splitlines())
        return "".join(char for char in half_width(text) if char not in " -").upper()

    def check(self, value: str) -> list[Message]:
        if self.format != "none":
            return FORMATS[self.format](value)
        if len(value) > self.max_length:
            return [_("Give at most {most} characters; these are {count}.", most=self.max_length, count=len(value))]
        if self.min_length is not None and len(value) < self.min_length:
            return [_("Give at least {least} characters; these are {count}.", least=self.min_length, count=len(value))]
        return []

    def masked(self, value: str | None) -> str:
        if value is None or len(value) < 8:
            return super().masked(value)
        return f"{value[:3]}****{value[-2:]}"

    def entry(self, validators: list[Any], reader: Reader) -> Any:
        limits = {} if self.format != "none" else {"maxlength": self.max_length, "minlength": self.min_length}
        typing = {"inputmode": "numeric"} if self.format in ("cn_postcode", "bank_card") else {}
        return control(self, StringField, validators, reader, limits, render_kw=typing or None)

    def schema(self) -> dict[str, Any]:
        if self.format != "none":
            return self.or_blank({"type": "string", "pattern": PATTERNS[self.format]})
        return self.or_blank({"type": "string", "minLength": self.min_length or 1, "maxLength": self.max_length})

    def search_text(self, value: str | None) -> str:
        return value or ""

    def problems(self, form: Form, catalogue: Catalogue) -> Iterator[Problem]:
        yield from super().problems(form, catalogue)
        if self.min_length is not None and self.min_length > self.max_length:
            yield Problem("min_length", _("The shortest text is longer than the longest one."))


# -- formats: each gives what is wrong with a text in capitals and without blanks --------------------------------------------------
def credit_code(code: str) -> list[Message]:
    """统一社会信用代码, GB 32100-2015: the last character makes the weighted sum a multiple of 31."""
    if len(code) != 18:
        return [_("The credit code needs 18 characters; this one has {count}.", count=len(code))]
    if any(char not in CREDIT_CODE_SIGNS for char in code):
        return [_("A credit code has digits and capital letters without I, O, S, V and Z.")]
    total = sum(CREDIT_CODE_SIGNS.index(char) * 3**place % 31 for place, char in enumerate(code[:17]))
    right = CREDIT_CODE_SIGNS[-total % 31]
    return [] if code[17] == right else [TYPED_WRONG]


def identity_number(number: str) -> list[Message]:
    """居民身份证号码, GB 11643-1999: 17 digits with a day of birth, and a check character by ISO 7064 MOD 11-2."""
    if len(number) != 18:
        return [_("The identity number needs 18 characters; this one has {count}.", count=len(number))]
    if not (ascii_digits(number[:17]) and (ascii_digits(number[17]) or number[17] == "X")):
        return [_("An identity number has 18 digits; only the last may be an X.")]
    try:
        date(int(number[6:10]), int(number[10:12]), int(number[12:14]))
    except ValueError:
        return [_("Characters 7 to 14 of an identity number are a day of birth; {day} is none.", day=number[6:14])]
    total = sum(int(digit) * 2 ** (17 - place) % 11 for place, digit in enumerate(number[:17]))
    return [] if number[17] == "10X98765432"[total % 11] else [TYPED_WRONG]


def postcode(code: str) -> list[Message]:
    return [] if len(code) == 6 and ascii_digits(code) else [_("A postcode has 6 digits.")]


def bank_card(number: str) -> list[Message]:
    """ISO/IEC 7812: the Luhn sum of all digits is a multiple of 10."""
    if not (12 <= len(number) <= 19 and ascii_digits(number)):
        return [_("A card number has 12 to 19 digits.")]
    doubled = (int(digit) * (1 + place % 2) for place, digit in enumerate(reversed(number)))
    return [] if sum(each // 10 + each % 10 for each in doubled) % 10 == 0 else [TYPED_WRONG]


def ascii_digits(text: str) -> bool:
    return text.isascii() and text.isdecimal()


TYPED_WRONG = _("The check digit does not fit: a character is wrong, or two have changed places. Compare it with the document.")
CREDIT_CODE_SIGNS = "0123456789ABCDEFGHJKLMNPQRTUWXY"
FORMATS: dict[str, Callable[[str], list[Message]]] = {
    "cn_uscc": credit_code, "cn_id": identity_number, "cn_postcode": postcode, "bank_card": bank_card}
PATTERNS = {
    "cn_uscc": "^[0-9A-HJ-NPQRTUWXY]{18}$", "cn_id": "^[0-9]{17}[0-9X]$", "cn_postcode": "^[0-9]{6}$", "bank_card": "^[0-9]{12,19}$"}
