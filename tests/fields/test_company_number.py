from __future__ import annotations

import pytest

from runtime.errors import FieldError
from tests.makers import PlainLookup, field, field_of

LOOKUP = PlainLookup()


@pytest.mark.parametrize(
    ("typed", "problem"),
    [
        ("91350100M000100Y43", None),
        ("9135 0100-m000100y43", None),
        ("91350100M000100Y44", "The check digit does not fit"),
        ("91350100M000100Y4", "needs 18 characters; this one has 17"),
        ("91350100I000100Y43", "without I, O, S, V and Z"),
    ],
)
def test_a_code_has_a_check_character(typed: str, problem: str | None) -> None:
    kind = field_of(field("company_number", "reg_no"))
    said = [str(each) for each in kind.check(kind.parse(typed, LOOKUP))]
    assert (not said) if problem is None else (len(said) == 1 and problem in said[0])


def test_a_code_that_a_spreadsheet_has_shortened_is_refused() -> None:
    with pytest.raises(FieldError, match="lost digits"):
        field_of(field("company_number", "reg_no")).parse("9.1E+17", LOOKUP)
