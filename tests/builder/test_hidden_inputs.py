"""The linter says when everybody is kept from seeing what a tier model reads."""

from __future__ import annotations

import pytest

from builder.linting import advice
from builder.tiering.inputs import hidden_inputs, inputs
from runtime import kinds
from tests.makers import catalogue_of
from tests.tiers.world import CUSTOMER, ORDER, TAGS, VISIT, dimension, model

kinds.load()


def permission(key="p", form="customer", **fields):
    return {"kind": "permission_set", "key": key, "label": key, "form": form, "for": ["role:sales"], "fields": fields}


def hidden(*sets, **more):
    catalogue = catalogue_of(CUSTOMER, ORDER, VISIT, TAGS, model(**more), *sets)
    return hidden_inputs(catalogue, catalogue.tier_models["value"])


@pytest.mark.parametrize(
    ("sets", "expected"),
    [
        ([permission(**{"*": "view", "spend": "hidden"})], [("customer", "spend")]),
        ([permission(spend="hidden")], [("customer", "spend")]),
        ([permission(**{"*": "hidden", "spend": "masked"})], []),
        ([permission(**{"*": "view", "spend": "hidden"}), permission("q", **{"*": "view"})], []),
        ([permission(form="order", **{"*": "view", "amount": "hidden"})], [("order", "amount")]),
        ([permission(form="order", **{"*": "view", "customer": "hidden"})], []),
        ([permission(**{"*": "view", "note": "hidden"})], []),
        ([], []),
    ],
)
def test_an_input_is_hidden_when_every_set_of_its_form_hides_it(sets, expected):
    assert hidden(*sets) == expected


def test_a_set_that_is_off_neither_hides_nor_shows():
    assert hidden(permission(**{"*": "view", "spend": "hidden"}), {**permission("q", **{"*": "view"}), "off": True}) == [
        ("customer", "spend")
    ]
    assert hidden({**permission(**{"*": "hidden"}), "off": True}) == []


def test_inputs_are_followed_through_computed_fields_to_related_rows():
    catalogue = catalogue_of(CUSTOMER, ORDER, VISIT, TAGS, model(population="stage != 'lost'"))
    found = inputs(catalogue, catalogue.tier_models["value"])
    assert set(found) == {("customer", "stage"), ("customer", "spend"), ("order", "amount"), ("order", "status"), ("order", "paid_on")}


def test_the_linter_says_so_at_the_model_and_at_the_set():
    closed = permission(**{"*": "view", "spend": "hidden"})
    catalogue = catalogue_of(CUSTOMER, ORDER, VISIT, TAGS, model(), closed)
    of_model = [each.message.in_language("en") for each in advice(catalogue.tier_models["value"], catalogue)]
    of_set = [(each.path, each.message.in_language("en")) for each in advice(catalogue.permission_sets["p"], catalogue)]
    sentence = (
        "Nobody with rights of their own sees “Spend” of Customer, which the tier model “value” reads: every permission set hides it."
    )
    assert sentence in of_model and ("fields", sentence) in of_set
    opened = catalogue_of(CUSTOMER, ORDER, VISIT, TAGS, model(), permission(**{"*": "view"}))
    assert not any("hides it" in each.message.in_language("en") for each in advice(opened.tier_models["value"], opened))


def test_an_input_that_a_model_no_longer_reads_may_be_hidden():
    assert hidden(permission(**{"*": "view", "spend": "hidden"})) and not hidden(
        permission(**{"*": "view", "spend": "hidden"}), dimensions=[dimension("points", "points", [10])]
    )
