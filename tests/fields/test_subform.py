from __future__ import annotations

from decimal import Decimal
from typing import Any

import jsonschema
import pytest

from runtime.errors import DefinitionProblems, FieldError
from tests.makers import (
    PlainLookup, PlainReader, catalogue_of, checkbox, choice, field_of, form_of, formula, money, multi_choice, number, reference, serial,
    subform, tags, text, tier)

LOOKUP = PlainLookup()
TEA = {"product": "Tea", "price": "12.5"}


def refusals(raw: Any, *fields: Any, **settings: Any) -> list[tuple[str, str]]:
    with pytest.raises(FieldError) as refused:
        field_of(subform("items", *fields, **settings)).parse(raw, LOOKUP)
    return [(problem.path, str(problem.message)) for problem in refused.value.problems]


def test_rows_are_read_field_by_field() -> None:
    assert field_of(subform()).parse([TEA, {"product": "Milk"}], LOOKUP) == ({"product": "Tea", "price": Decimal("12.5")},
                                                                             {"product": "Milk"})


def test_every_problem_names_its_row_and_field() -> None:
    raw = [TEA, {"product": "", "price": "x"}, {"price": "1"}, {"product": "Milk", "colour": "white"}]
    assert refusals(raw) == [("items/1/price", "This is not a number. Write it like 1234.50."), ("items/1/product", "This is needed."),
                             ("items/2/product", "This is needed."),
                             ("items/3/colour", "The rows have no field with this key.")]


def test_bounds_hold_in_rows() -> None:
    assert refusals([{"quantity": 0}], number("quantity", min=1)) == [("items/0/quantity", "Give 1 or more.")]


def test_blank_rows_are_left_out() -> None:
    assert field_of(subform()).parse([{"product": " "}, TEA, {}], LOOKUP) == ({"product": "Tea", "price": Decimal("12.5")},)


def test_a_field_with_a_default_may_be_missing_but_not_blank() -> None:
    fields = (text("product"), choice("kind", required=True, default="'new'"))
    assert field_of(subform("items", *fields)).parse([{"product": "Tea"}], LOOKUP) == ({"product": "Tea"},)
    assert refusals([{"product": "Tea", "kind": ""}], *fields) == [("items/0/kind", "This is needed.")]


def test_computed_values_that_are_sent_back_are_worked_out_anew() -> None:
    fields = (text("product"), formula("line_total", "1", result="money"))
    field = field_of(subform("items", *fields))
    assert field.parse([{"product": "Tea", "line_total": "99.00"}], LOOKUP) == ({"product": "Tea"},)
    given = field.to_json(({"product": "Tea", "line_total": Decimal("12.00")},))
    assert given == [{"product": "Tea", "line_total": "12.00"}]
    jsonschema.Draft202012Validator(field.schema()).validate(given)


@pytest.mark.parametrize("raw", ["Tea", 5, {"product": "Tea"}, ["Tea"], [[1]]])
def test_what_is_no_list_of_rows_is_refused(raw: Any) -> None:
    with pytest.raises(FieldError, match="Give a list of rows"):
        field_of(subform()).parse(raw, LOOKUP)


def test_numbers_of_rows_are_bounded() -> None:
    field = field_of(subform(min_rows=2, max_rows=3))
    assert [str(message) for message in field.check(({"product": "Tea"},))] == ["Give at least 2 rows; these are 1."]
    with pytest.raises(FieldError, match="Give at most 3 rows; these are 4."):
        field.parse([TEA] * 4, LOOKUP)


def test_rows_are_counted_in_lists() -> None:
    row = {"product": "Tea"}
    assert [field_of(subform()).display((row,) * count, PlainReader(language)) for count,
            language in ((1, "en"), (3, "en"), (3, "zh"))] == [
        "1 row", "3 rows", "3 行"]


@pytest.mark.parametrize("inner", [subform("more"), tags(), tier(), serial()])
def test_what_cannot_stand_in_rows_is_no_choice(inner: dict[str, Any]) -> None:
    with pytest.raises(DefinitionProblems, match="fields/0/fields/0/type: Choose one of"):
        field_of(subform("items", inner))


def test_problems_of_inner_fields_have_their_paths() -> None:
    form = form_of(text(), subform("items", number("a", min=2, max=1), multi_choice("b"), reference("c", "nothing", many_name="rows"),
                                   text("d", unique=True), text("d"),
                                   min_rows=5, max_rows=2))
    assert sorted(problem.path for problem in form.problems(catalogue_of(form))) == [
        "fields/1/fields", "fields/1/fields/0/min", "fields/1/fields/1/type", "fields/1/fields/2/form", "fields/1/fields/2/many_name",
        "fields/1/fields/3/unique",
        "fields/1/min_rows"]


def test_formulas_of_rows_are_handed_on_with_their_subform() -> None:
    form = form_of(text(default="'x'"), subform("items", money("price", default="0"), checkbox("gift"),
                                                formula("line_total", "price * 2", result="money", currency="CNY")))
    assert [(use.path, use.text, use.subform, use.expect.kind) for use in form.formulas(catalogue_of(form))] == [
        ("fields/0/default", "'x'", None, "text"), ("fields/1/fields/0/default", "0", "items", "money"),
        ("fields/1/fields/2/formula", "price * 2", "items", "money")]
