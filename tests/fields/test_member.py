from __future__ import annotations

import pytest

from runtime.errors import FieldError
from tests.makers import PlainLookup, PlainReader, field_of, member

LOOKUP = PlainLookup()


@pytest.mark.parametrize("typed", ["ning@example.com", "7", "Ning", 7, " Ning "])
def test_a_person_answers_to_address_id_and_name(typed: object) -> None:
    assert field_of(member()).parse(typed, LOOKUP) == 7


def test_a_stranger_is_refused() -> None:
    with pytest.raises(FieldError, match="Nobody here answers to “Wang”"):
        field_of(member()).parse("Wang", LOOKUP)


def test_a_person_is_shown_by_name_and_given_by_id() -> None:
    field = field_of(member())
    assert field.display(7, PlainReader()) == "Ning" and field.to_json(7) == "7"
