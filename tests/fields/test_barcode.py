from __future__ import annotations

import pytest

from tests.makers import PlainLookup, PlainReader, field, field_of

LOOKUP = PlainLookup()


@pytest.mark.parametrize(
    ("code", "problem"),
    [
        ("6901234567892", None),
        ("6 901234 567892", None),
        ("6901234567893", "The check digit does not fit"),
        ("690123456789", "has 13 digits"),
    ],
)
def test_an_ean_13_has_a_check_digit(code: str, problem: str | None) -> None:
    kind = field_of(field("barcode", "code", kind="ean13"))
    said = [str(each) for each in kind.check(kind.parse(code, LOOKUP))]
    assert (not said) if problem is None else (len(said) == 1 and problem in said[0])


def test_any_code_is_one_line() -> None:
    assert field_of(field("barcode", "code")).parse("AB-1\r\n", LOOKUP) == "AB-1"


def test_it_is_shown_as_a_picture_without_markup_of_its_own() -> None:
    drawn = str(field_of(field("barcode", "code")).drawn("<b>&", PlainReader()))
    assert drawn.count("<svg") == 1 and "&lt;b&gt;&amp;" in drawn and "<b>" not in drawn and "style=" not in drawn
    assert field_of(field("barcode", "code", qr=False)).drawn("AB-1", PlainReader()) is None
