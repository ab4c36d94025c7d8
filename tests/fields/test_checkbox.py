from __future__ import annotations

import pytest

from runtime.errors import FieldError
from tests.makers import PlainLookup, PlainReader, checkbox, field_of

LOOKUP = PlainLookup()


@pytest.mark.parametrize("typed", ["是", "true", "TRUE", "yes", "Y", "1", "１", 1, 1.0, "√", "✓", "on", True])
def test_ways_to_say_yes(typed: object) -> None:
    assert field_of(checkbox()).parse(typed, LOOKUP) is True


@pytest.mark.parametrize("typed", ["否", "false", "FALSE", "no", "0", 0, 0.0, "×", "off", False])
def test_ways_to_say_no(typed: object) -> None:
    assert field_of(checkbox()).parse(typed, LOOKUP) is False


@pytest.mark.parametrize("typed", ["maybe", "2", -1, ["true"]])
def test_anything_else_is_refused(typed: object) -> None:
    with pytest.raises(FieldError):
        field_of(checkbox()).parse(typed, LOOKUP)


def test_no_is_a_value() -> None:
    field = field_of(checkbox())
    assert not field.is_blank(False) and field.to_column(False) == 0 and field.from_column(0) is False
    assert [field.display(False, PlainReader(language)) for language in ("zh", "en")] == ["否", "No"]
