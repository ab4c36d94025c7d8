from __future__ import annotations

import pytest

from tests.makers import PlainLookup, field, field_of

LOOKUP = PlainLookup()


@pytest.mark.parametrize(
    ("typed", "problem"),
    [("11010519491231002X", None), ("11010519491231002x", None), ("110105 19491231 002X", None), ("１１０１０５19491231002X", None), ("130503670401001", None),
     ("110105194912310021", "The check digit does not fit"), ("11010519490231002X", "19490231 is none"), ("1101051949123100", "needs 18 characters"),
     ("110105A9491231002X", "only the last may be an X"), ("130503671301001", "671301 is none"), ("990503670401001", "99 is none"),
     ("13050367040100X", "has digits only")],
)  # fmt: skip
def test_a_number_has_a_province_a_day_of_birth_and_a_check_character(typed: str, problem: str | None) -> None:
    kind = field_of(field("id_number", "id_no"))
    said = [str(each) for each in kind.check(kind.parse(typed, LOOKUP))]
    assert (not said) if problem is None else (len(said) == 1 and problem in said[0])


def test_old_numbers_may_be_refused() -> None:
    kind = field_of(field("id_number", "id_no", old=False))
    assert str(kind.check("130503670401001")[0]) == "The identity number needs 18 characters; this one has 15."


def test_a_number_is_masked_unless_somebody_says_otherwise() -> None:
    assert field_of(field("id_number", "id_no")).mask and not field_of(field("id_number", "id_no", mask=False)).mask
    assert field_of(field("id_number", "id_no")).masked("11010519491231002X") == "110*************2X"
