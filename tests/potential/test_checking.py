"""What publishing refuses about potential."""

from __future__ import annotations

from typing import Any

import pytest

from runtime import kinds
from runtime.definitions.loading import check
from tests.makers import Json, catalogue_of, definition, form_json, formula, money, day, number, reference, text, tier
from tests.potential.world import AGAIN, REPEAT
from tests.tiers.world import ORDER, TIERS

CUSTOMER = form_json(
    text("name"),
    number("points"),
    tier("tier", "value"),
    formula("promise", "POTENTIAL('repeat') / 2", result="number", decimals=2),
    formula("every_visit", "COUNT(visits)", result="number"),
)
VISIT = form_json(day("on_day"), money("spent"), reference("customer", "customer", many_name="visits"), key="visit")


def model(*dimensions: tuple[str, int], key: str = "value") -> Json:
    given = [
        {"key": f"d{place}", "label": "D", "weight": weight, "value": value, "bands": {"by": "cuts", "cuts": [1]}}
        for place, (value, weight) in enumerate(dimensions)
    ]
    return {"kind": "tier_model", "key": key, "label": key, "form": "customer", "dimensions": given, "tiers": TIERS}


def outcome(value: str = "points", **more: Any) -> Json:
    return {**AGAIN, "learn": {**AGAIN["learn"], "features": [{"key": "one", "label": "One", "value": value}], **more}}


def problems(*wanted: Json, others: tuple[Json, ...] = ()) -> dict[str, str]:
    kinds.load()
    catalogue = catalogue_of(CUSTOMER, ORDER, VISIT, REPEAT, model(("points", 100)), *others)
    return {each.path: str(each.message) for each in check([definition(each) for each in wanted], catalogue)}


# -- weights --------------------------------------------------------------------------------------------------------------------------
@pytest.mark.parametrize(
    ("dimensions", "share"),
    [
        ([("POTENTIAL('repeat')", 31), ("points", 69)], 31),
        ([("promise", 50), ("points", 50)], 50),
        ([("POTENTIAL('repeat')", 20), ("POTENTIAL('repeat', 'active') + 1", 20), ("points", 60)], 40),
        ([("POTENTIAL('repeat')", 1)], 100),
        ([("IF(IN_SEGMENT('promising'), 1, 0)", 40), ("points", 60)], 40),
    ],
    ids=["by itself", "through a field", "in two dimensions", "alone", "through a segment"],
)
def test_at_most_thirty_percent_of_the_weights_rest_on_potential(dimensions: list[tuple[str, int]], share: int):
    promising = {"kind": "segment", "key": "promising", "label": "P", "form": "customer", "where": "promise > 3"}
    found = problems(model(*dimensions), others=(promising,))
    assert found == {
        "dimensions/0/weight": f"Potential is a forecast: at most 30 % of the weights may rest on it, here it is {share} %. Lower its weight."
    }


def test_thirty_percent_are_allowed():
    assert problems(model(("POTENTIAL('repeat')", 30), ("points", 70))) == {}


# -- figures that would know the future -----------------------------------------------------------------------------------------------
@pytest.mark.parametrize("value", ["COUNT(visits)", "SUM(visits.spent) / 2", "every_visit + 1", "DAYS_SINCE(MAX(visits.on_day))"])
def test_a_figure_that_counts_what_came_later_is_refused(value: str):
    assert "would learn from what came later" in problems(outcome(value))["learn/features/0/value"]


@pytest.mark.parametrize(
    "value", ["COUNT(visits, on=visits.on_day)", "COUNT(visits, on=visits.on_day, days=30)", "COUNT(orders)", "points"]
)
def test_a_figure_bound_to_a_day_is_allowed(value: str):
    assert problems(outcome(value)) == {}


@pytest.mark.parametrize("value", ["promise", "POTENTIAL('repeat')"])
def test_a_model_does_not_learn_from_a_model(value: str):
    assert "does not learn from what such a model says" in problems(outcome(value))["learn/features/0/value"]


def test_a_model_does_not_learn_from_a_tier_that_rests_on_one():
    rests = model(("POTENTIAL('repeat')", 30), ("points", 70))
    assert problems(outcome("tier"), others=(rests,)) != {} and problems(outcome("tier")) == {}


def test_what_the_database_cannot_tell_of_all_records_is_refused():
    assert "cannot be asked of all records at once" in problems(outcome("PROPER(name) == 'Ann'"))["learn/features/0/value"]


# -- settings -------------------------------------------------------------------------------------------------------------------------
@pytest.mark.parametrize(
    ("learn", "path", "sentence"),
    [
        ({"relation": "nothing"}, "learn/relation", "Nothing points at these records by the name nothing; there is: orders, visits."),
        ({"date": "amount"}, "learn/date", "The form Order has no date field with the key amount."),
        ({"amount": "paid_on"}, "learn/amount", "The form Order has no amount or number field with the key paid_on."),
        ({"where": "points > 3"}, "learn/where", "points"),
    ],
)
def test_settings_that_name_nothing_are_refused(learn: Json, path: str, sentence: str):
    assert sentence in problems({**REPEAT, "learn": {**REPEAT["learn"], **learn}})[path]


def test_two_figures_have_two_keys():
    twice = [{"key": "one", "label": "One", "value": "points"}] * 2
    assert problems(outcome(features=twice)) == {"learn/features": "The key one stands there twice."}


@pytest.mark.parametrize(
    ("text", "sentence"),
    [
        ("POTENTIAL('repaet')", "Did you mean repeat?"),
        ("POTENTIAL('repeat', 'chance')", "This model knows 'orders', 'active', 'worth', 'lifetime'."),
        ("POTENTIAL(name)", "must be written out here"),
    ],
)
def test_a_formula_that_asks_a_model_wrongly_is_told(text: str, sentence: str):
    assert sentence in next(iter(problems(model((text, 10), ("points", 90))).values()))
