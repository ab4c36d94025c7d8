from __future__ import annotations

from decimal import Decimal

import pytest

from runtime.definitions.types import MONEY, Type
from runtime.errors import FieldError
from tests.makers import PlainLookup, PlainReader, catalogue_of, field_of, form_of, money

LOOKUP = PlainLookup()


@pytest.mark.parametrize(("typed", "value"), [
    ("¥1,860", "1860"), ("￥1,860.5", "1860.50"), ("1860元", "1860"), ("CNY 1860", "1860"), ("1860 RMB", "1860"), ("-¥5", "-5"),
    ("¥-5", "-5"),
    ("人民币5", "5"), (1860, "1860"), ("50%", "0.5")])
def test_amounts_as_people_write_them(typed: object, value: str) -> None:
    assert field_of(money()).parse(typed, LOOKUP) == Decimal(value)


@pytest.mark.parametrize(("typed", "said"), [
    ("$5", "This field takes amounts in CNY. Write the amount without “\\$”."), ("5 USD", "amounts in CNY"), ("¥5元", "not a number"),
    ("¥", "not a number"),
    ("¥1.234,50", "after a point"), ("1.005", "at most 2 decimals"), ("abc", "not a number")])
def test_other_currencies_and_slips_are_refused(typed: str, said: str) -> None:
    with pytest.raises(FieldError, match=said):
        field_of(money()).parse(typed, LOOKUP)


@pytest.mark.parametrize(("currency", "scale"), [("CNY", 2), ("JPY", 0), ("KWD", 3), ("USD", 2)])
def test_the_smallest_unit_is_that_of_the_currency(currency: str, scale: int) -> None:
    field = field_of(money(currency=currency))
    assert field.formula_type() == MONEY(currency, scale)
    assert field.to_column(Decimal(3)) == 3 * 10**scale


def test_without_a_currency_the_workspace_decides() -> None:
    field = field_of(money(currency=None))
    assert field.formula_type() == Type("money", scale=2)
    assert field.parse("¥5", LOOKUP) == 5 and field.display(Decimal("5.00"), PlainReader()) == "¥5.00"


def test_a_currency_that_does_not_exist_is_a_problem() -> None:
    form = form_of(money(currency="ABC"))
    assert [problem.path for problem in form.problems(catalogue_of(form))] == ["fields/0/currency"]
