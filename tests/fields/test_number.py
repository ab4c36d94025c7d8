from __future__ import annotations

from decimal import Decimal

import jsonschema
import pytest

from runtime.errors import FieldError
from runtime.fields._numbers import LARGEST
from tests.makers import PlainLookup, PlainReader, catalogue_of, field_of, form_of, number

LOOKUP = PlainLookup()


@pytest.mark.parametrize(("typed", "value"), [
    ("1234.5", "1234.50"), ("1,234.50", "1234.50"), ("１，２３４．５０", "1234.50"), ("12 345 678.9", "12345678.90"), ("-5", "-5"),
    ("−5", "-5"),
    ("+5", "5"),
    (".5", "0.5"), ("5.", "5"), ("12.500", "12.5"), ("12%", "0.12"), ("１２％", "0.12"), (7, "7"), (0.1 + 0.2, "0.30"), (12.345, "12.35"),
    (Decimal("2.345"), "2.35"), (Decimal("-2.345"), "-2.35"), (" 0 ", "0")])
def test_numbers_as_people_write_them(typed: object, value: str) -> None:
    assert field_of(number()).parse(typed, LOOKUP) == Decimal(value)


@pytest.mark.parametrize(("typed", "said"), [
    ("1.234,50", "Write the decimals after a point"), ("1,5", "Write the decimals after a point"),
    ("1.38E+10", "A spreadsheet has shortened"),
    ("1e5", "A spreadsheet has shortened"), ("abc", "This is not a number"), ("1,23,4", "This is not a number"),
    ("12.345", "Give at most 2 decimals."),
    ("NaN", "This is not a number"), ("٣", "This is not a number"), (True, "This is not a number"), (float("inf"), "This is not a number"),
    ("0x10", "This is not a number"), ("1_000", "This is not a number"), ("=1+1", "This is not a number"), (str(2**53), "too large"),
    (2**53, "too large"), (1e300, "too large"), ("9" * 50, "too large")])
def test_what_is_no_number_is_refused_with_a_sentence(typed: object, said: str) -> None:
    with pytest.raises(FieldError, match=said):
        field_of(number()).parse(typed, LOOKUP)


def test_a_whole_number_takes_no_decimals() -> None:
    field = field_of(number(decimals=0))
    assert field.parse("5.0", LOOKUP) == 5
    with pytest.raises(FieldError, match="Give a whole number"):
        field.parse(2.5, LOOKUP)


def test_where_the_unit_is_percent_the_sign_changes_nothing() -> None:
    field = field_of(number(unit="%", decimals=1))
    assert field.parse("12.5 %", LOOKUP) == Decimal("12.5")
    assert field.display(Decimal("12.5"), PlainReader()) == "12.5%"


@pytest.mark.parametrize("scale", range(7))
def test_the_largest_number_is_held_exactly(scale: int) -> None:
    field = field_of(number(decimals=scale))
    largest = Decimal(LARGEST).scaleb(-scale)
    assert field.from_column(field.to_column(field.parse(str(largest), LOOKUP))) == largest
    jsonschema.Draft202012Validator(field.schema()).validate(field.to_json(largest))
    with pytest.raises(FieldError, match="too large"):
        field.parse(str(largest + Decimal(1).scaleb(-scale)), LOOKUP)


def test_bounds_and_unit() -> None:
    field = field_of(number(min=1, max="99.5", unit={"zh": "件", "en": "pieces"}))
    assert [str(message) for message in field.check(Decimal("0.5"))] == ["Give 1 or more."]
    assert [str(message) for message in field.check(Decimal("100"))] == ["Give 99.5 or less."]
    assert field.display(Decimal("1200"), PlainReader("zh")) == "1,200.00 件"


@pytest.mark.parametrize("given", ["-1", "1.234", "1e5", "1,000", "９", True, "1" * 17])
def test_the_schema_refuses_what_the_field_does_not_hold(given: object) -> None:
    assert not jsonschema.Draft202012Validator(field_of(number(min=0)).schema()).is_valid(given)


def test_changed_decimals_are_a_changed_type() -> None:
    assert field_of(number(decimals=1)).signature() != field_of(number(decimals=2)).signature()


@pytest.mark.parametrize(("settings", "path"), [({"min": 5, "max": 1}, "min"), ({"min": "0.001"}, "min"),
                                                ({"decimals": 0, "max": "1.5"}, "max"), ({"max": 10**16}, "max")])
def test_bounds_that_make_no_sense_are_problems(settings: dict[str, object], path: str) -> None:
    form = form_of(number(**settings))
    assert [problem.path for problem in form.problems(catalogue_of(form))] == [f"fields/0/{path}"]
