from __future__ import annotations

from tests.makers import PlainLookup, field_of, long_text


def test_lines_stay_lines() -> None:
    assert field_of(long_text()).parse(" one\r\ntwo\rthree ", PlainLookup()) == "one\ntwo\nthree"


def test_a_text_beyond_the_limit_is_named_with_its_length() -> None:
    assert str(field_of(long_text(max_length=5)).check("123456")[0]) == "Give at most 5 characters; these are 6."
