from __future__ import annotations

from decimal import Decimal
from typing import Any

import pytest

from tests.makers import PlainLookup, PlainReader, field, field_of

LOOKUP = PlainLookup()


@pytest.mark.parametrize("typed", ["4", "４", "★★★★☆", "★★★★", "4/5", "4 / 5", 4, 4.0])
def test_stars_are_read_as_people_write_them(typed: Any) -> None:
    assert field_of(field("rating", "score")).parse(typed, LOOKUP) == Decimal(4)


@pytest.mark.parametrize(("stars", "right", "wrong"), [(5, (1, 5), (0, 6, -1)), (10, (1, 10), (0, 11))])
def test_there_are_one_to_all_stars(stars: int, right: tuple[int, ...], wrong: tuple[int, ...]) -> None:
    kind = field_of(field("rating", "score", stars=stars))
    assert [kind.check(Decimal(each)) for each in right] == [[] for _each in right]
    assert all(str(kind.check(Decimal(each))[0]) == f"Give 1 to {stars} stars." for each in wrong)


def test_a_rating_is_drawn_and_is_a_number_in_the_api() -> None:
    kind = field_of(field("rating", "score", stars=4))
    assert kind.display(Decimal(3), PlainReader()) == "★★★☆" and kind.to_json(Decimal(3)) == 3
    assert kind.schema() == {"type": ["integer", "null"], "minimum": 1, "maximum": 4}
