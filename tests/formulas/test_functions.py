"""What every function must do: its examples hold on all readers, and it is documented."""

from __future__ import annotations


import pytest
import sqlalchemy as sa

from runtime.formulas import evaluate
from runtime.formulas.functions import FUNCTIONS, SHELF
from runtime.formulas.functions.base import shown_value
from tests.formulas.world import computed_in_sql, example, fill, formula

EXAMPLES = [pytest.param(text, result, id=text) for function in FUNCTIONS for text, result in function.examples()]


@pytest.mark.parametrize(("text", "result"), EXAMPLES)
def test_an_example_holds_for_one_record(text, result):
    assert shown_value(evaluate(formula(text), example())) == result


def test_the_examples_hold_in_sql(database: sa.Connection):
    fill(database, [example()])
    found = {}
    for function in FUNCTIONS:
        for text, result in function.examples():
            wanted = formula(text)
            if wanted.sql and shown_value(computed_in_sql(database, wanted)[0]) != result:
                found[text] = computed_in_sql(database, wanted)[0], result
    assert found == {}


@pytest.mark.parametrize("function", FUNCTIONS, ids=lambda each: each.name)
def test_a_function_says_what_it_does(function):
    assert function.description() and function.examples()
    assert set(function.label) == {"zh", "en"}
    assert function.family != "base"


def test_a_function_that_can_be_sql_has_an_example_in_sql():
    without = [each.name for each in FUNCTIONS if each.in_sql and not any(formula(text).sql for text, __ in each.examples())]
    assert without == []


def test_names_and_aliases_are_in_capitals():
    assert [name for name in SHELF if name != name.upper()] == []
