"""Numbers of documents: each check gives what is wrong with a text in capitals and without blanks."""

from __future__ import annotations

from datetime import date
from typing import Any

from wtforms import StringField

from runtime.definitions.field_type import Lookup, Reader
from runtime.errors import FieldError
from runtime.fields._columns import ColumnField
from runtime.fields._entries import control
from runtime.fields._regions import provinces
from runtime.fields._texts import SCIENTIFIC, excel_lost_digits, half_width, text_of
from runtime.texts import Message, _

TYPED_WRONG = _("The check digit does not fit: a character is wrong, or two have changed places. Compare it with the document.")
LONGEST = 40
CREDIT_CODE_SIGNS = "0123456789ABCDEFGHJKLMNPQRTUWXY"


def credit_code(code: str) -> list[Message]:
    """统一社会信用代码, GB 32100-2015: the last character makes the weighted sum a multiple of 31."""
    if len(code) != 18:
        return [_("The credit code needs 18 characters; this one has {count}.", count=len(code))]
    if any(char not in CREDIT_CODE_SIGNS for char in code):
        return [_("A credit code has digits and capital letters without I, O, S, V and Z.")]
    total = sum(CREDIT_CODE_SIGNS.index(char) * 3**place % 31 for place, char in enumerate(code[:17]))
    right = CREDIT_CODE_SIGNS[-total % 31]
    return [] if code[17] == right else [TYPED_WRONG]


def compact(text: str) -> str:
    """Full-width signs, small letters, blanks and hyphens are ways of writing the same number."""
    return "".join(char for char in half_width(text) if char not in " -").upper()


def document_number(raw: Any) -> str | None:
    """A number as it was typed, or stood in a cell. Signs of other scripts are left as they are, for `check` to refuse."""
    text = text_of(raw)
    if text is None:
        return None
    if len(text) > LONGEST:
        raise FieldError(_("Give at most {most} characters; these are {count}.", most=LONGEST, count=len(text)))
    written = compact(text)
    if SCIENTIFIC.fullmatch(written):
        raise excel_lost_digits()
    return (written or None) if written.isascii() else text


def is_day(digits: str) -> bool:
    try:
        return bool(date(int(digits[:4]), int(digits[4:6]), int(digits[6:])))
    except ValueError:
        return False


def old_identity_number(number: str) -> list[Message]:
    """The 15 digits of before 1999: no check character, and the year of birth in two digits."""
    if not ascii_digits(number):
        return [_("An identity number of 15 characters has digits only.")]
    if not is_day(f"19{number[6:12]}"):
        return [_("Characters 7 to 12 of an old identity number are a day of birth; {day} is none.", day=number[6:12])]
    return place_of(number)


def place_of(number: str) -> list[Message]:
    """The first two digits are a province, or 83 on the residence permits of people from Taiwan."""
    if number[:2] in provinces() or number[:2] == "83":
        return []
    return [_("An identity number begins with the number of a province; {number} is none.", number=number[:2])]


def identity_number(number: str) -> list[Message]:
    """居民身份证号码, GB 11643-1999: 17 digits with a day of birth, and a check character by ISO 7064 MOD 11-2."""
    if len(number) != 18:
        return [_("The identity number needs 18 characters; this one has {count}.", count=len(number))]
    if not (ascii_digits(number[:17]) and (ascii_digits(number[17]) or number[17] == "X")):
        return [_("An identity number has 18 digits; only the last may be an X.")]
    if not is_day(number[6:14]):
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


class DocumentNumber(ColumnField):
    """What the numbers of documents share: all but their check."""

    operators = ("is", "is_not", "starts_with", "any_of", "blank", "not_blank")

    def parse(self, raw: Any, lookup: Lookup) -> str | None:
        return document_number(raw)

    def typed(self) -> dict[str, Any]:
        return {"type": "document"}

    def entry(self, validators: list[Any], reader: Reader) -> Any:
        return control(self, StringField, validators, reader, {"maxlength": LONGEST})

    def search_text(self, value: str | None) -> str:
        return value or ""
