from __future__ import annotations

import pytest

from runtime.errors import FieldError
from tests.makers import PlainLookup, PlainReader, field, field_of

LOOKUP = PlainLookup()


@pytest.mark.parametrize(("given", "kept"), [("#1e90ff", "#1E90FF"), ("1E90FF", "#1E90FF"), ("#18f", "#1188FF"), ("＃18f", "#1188FF")])
def test_a_colour_is_kept_in_six_signs(given: str, kept: str) -> None:
    assert field_of(field("color", "shade")).parse(given, LOOKUP) == kept


@pytest.mark.parametrize("given", ["red", "#12345", "#1234567", "url(x)", "#12345g"])
def test_what_is_no_colour_is_refused(given: str) -> None:
    with pytest.raises(FieldError, match="This is not a colour"):
        field_of(field("color", "shade")).parse(given, LOOKUP)


def test_only_a_colour_is_drawn() -> None:
    kind = field_of(field("color", "shade"))
    assert 'fill="#1E90FF"' in str(kind.drawn("#1E90FF", PlainReader()))
    assert kind.drawn('"><script>', PlainReader()) is None
