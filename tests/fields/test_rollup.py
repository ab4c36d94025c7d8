"""Rollup: a figure over related records, as a field."""

from __future__ import annotations

from decimal import Decimal
from typing import Any

import pytest

from runtime import kinds
from runtime.definitions import versions
from runtime.errors import DefinitionProblems
from runtime.people.person import SYSTEM
from runtime.records import gateway, query
from runtime.system.workspace import Workspace
from tests import makers
from tests.makers import catalogue_of, form_of, rollup

ORDER = makers.form_json(
    makers.text("no"),
    makers.reference("customer", "customer", many_name="orders"),
    makers.money("amount"),
    makers.day("paid_on"),
    makers.choice("status", "draft", "done"),
    key="order",
)
CUSTOMER = makers.form_json(
    makers.text("name"),
    makers.subform("items", makers.text("product"), makers.number("quantity", decimals=0)),
    rollup("spend", where="orders.status == 'done'"),
    rollup("year", where="orders.status == 'done'", on="paid_on", days=365),
    rollup("count", figure="count", field=None, result="number", currency=None, decimals=0),
    rollup("last_on", figure="greatest", field="paid_on", result="date", currency=None),
    rollup("pieces", relation="items", field="quantity", result="number", currency=None, decimals=0),
)


@pytest.mark.parametrize(
    ("settings", "path", "said"),
    [
        ({"relation": "visits"}, "relation", "There are no related records or rows with the name visits."),
        ({"field": "height"}, "field", "The related records have no field with the key height."),
        ({"field": None}, "field", "Choose the field whose values are taken."),
        ({"figure": "count"}, "result", "the number of records gives number. Choose that as the result."),
        ({"figure": "greatest", "field": "paid_on"}, "result", "Paid_on gives date. Choose that as the result."),
        ({"on": "paid_on"}, "days", "A date and a number of days belong together. Give both, or neither."),
        ({"days": 7}, "on", "A date and a number of days belong together. Give both, or neither."),
    ],
)
def test_what_is_wrong_with_it_is_said_at_its_setting(settings: dict[str, Any], path: str, said: str) -> None:
    makers.fill_shelf("runtime.fields")
    form = form_of(makers.text("name"), rollup(**settings))
    problems = list(form.fields[1].problems(form, catalogue_of(ORDER)))
    assert [(each.path, str(each.message)) for each in problems] == [(path, said)]
    assert problems[0].message.in_language("zh") != said


def test_publishing_says_at_the_setting_what_is_wrong_with_it(sqlite_workspace: Workspace) -> None:
    kinds.load()
    wrong = makers.form_json(makers.text("name"), rollup(figure="count"))
    with pytest.raises(DefinitionProblems) as refused, sqlite_workspace.writing(SYSTEM, "publish") as act:
        versions.publish(act, [wrong, ORDER])
    assert [each.path for each in refused.value.problems] == ["form:customer/fields/1/result"]


def test_it_is_the_same_as_the_formula(workspace: Workspace) -> None:
    kinds.load()
    with workspace.writing(SYSTEM, "publish") as act:
        versions.publish(act, [CUSTOMER, ORDER])
    with workspace.writing(SYSTEM) as act:
        lin = gateway.create(
            act, "customer", {"name": "Lin", "items": [{"product": "Tea", "quantity": 2}, {"product": "Cup", "quantity": 3}]}
        ).id
        for amount, day, status in (("10", act.today, "done"), ("5", "2001-01-01", "done"), ("7", act.today, "draft")):
            gateway.create(act, "order", {"customer": lin, "amount": amount, "paid_on": day, "status": status})
        values = query.get(act, "customer", lin).values
        assert (values["spend"], values["year"], values["count"], values["last_on"], values["pieces"]) == (
            Decimal("15.00"), Decimal("10.00"), Decimal(3), act.today, Decimal(5))  # fmt: skip
