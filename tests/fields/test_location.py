from __future__ import annotations

from typing import Any

import pytest

from runtime.errors import FieldError
from tests.makers import PlainLookup, PlainReader, catalogue_of, field, field_of, form_of

LOOKUP = PlainLookup()
KEPT = "114.057868,22.543099 市民中心"
CIRCLE = {"lng": "114.057868", "lat": "22.543099", "metres": 100}


@pytest.mark.parametrize(
    "given",
    [
        KEPT,
        "114.057868, 22.543099 市民中心",
        ["114.057868，22.543099", "市民中心"],
        {"lng": 114.057868, "lat": 22.543099, "text": "市民中心"},
    ],
)
def test_a_location_is_read_from_boxes_objects_and_one_text(given: Any) -> None:
    assert field_of(field("location", "place")).parse(given, LOOKUP) == KEPT


@pytest.mark.parametrize(
    "given", ["市民中心", "200, 10", "10, 91", ["", "市民中心"], {"lng": 1}, {"lng": 1, "lat": float("nan")}, {"lng": True, "lat": 1}, "1"]
)
def test_what_is_no_place_on_the_earth_is_refused(given: Any) -> None:
    with pytest.raises(FieldError):
        field_of(field("location", "place")).parse(given, LOOKUP)


@pytest.mark.parametrize(
    ("value", "problem"),
    [(KEPT, None), ("114.058000,22.543500", None), ("114.057868,22.553099", "This is 1,112 m from the place; at most 100 m are allowed.")],
)
def test_what_lies_outside_the_circle_is_refused_with_the_distance(value: str, problem: str | None) -> None:
    kind = field_of(field("location", "place", within=CIRCLE))
    assert [str(each) for each in kind.check(value)] == ([problem] if problem else [])


def test_words_stand_before_the_coordinates() -> None:
    kind = field_of(field("location", "place"))
    assert kind.display(KEPT, PlainReader("zh")) == "市民中心（114.057868, 22.543099）"
    assert kind.to_json(KEPT) == {"lng": 114.057868, "lat": 22.543099, "text": "市民中心"}


def test_coordinates_that_nobody_types_have_no_default() -> None:
    form = form_of(field("location", "place", by_hand=False, default="'1,1'"))
    assert "default" in [each.path for each in form.fields[0].problems(form, catalogue_of())]
