"""The day changes: sums over a window move on, and the nightly run rates by the new ones."""

from __future__ import annotations

from datetime import timedelta
from typing import Any

import pytest

from runtime import kinds
from runtime.definitions import versions
from runtime.people.person import SYSTEM
from runtime.records import gateway, query
from runtime.system.workspace import Workspace
from runtime.tiers.recomputing import recompute
from tests import makers

CUSTOMER = makers.form_json(
    makers.text("name"),
    makers.tier("tier", "value"),
    makers.formula("spend", "SUM(orders.amount, on=orders.paid_on, days=30)", result="money", currency="CNY"),
)
ORDER = makers.form_json(
    makers.text("no"),
    makers.reference("customer", "customer", many_name="orders"),
    makers.day("paid_on"),
    makers.money("amount"),
    key="order",
    event_date="paid_on",
)
MODEL: dict[str, Any] = {
    "kind": "tier_model",
    "key": "value",
    "label": "Value",
    "form": "customer",
    "dimensions": [{"key": "spend", "label": "Spend", "weight": 100, "value": "spend", "bands": {"by": "cuts", "cuts": [100]}}],
    "tiers": [{"key": "high", "label": "High", "from": 50}, {"key": "low", "label": "Low", "from": 0}],
}


@pytest.fixture
def shop(workspace: Workspace) -> Workspace:
    kinds.load()
    with workspace.writing(SYSTEM, "publish") as act:
        versions.publish(act, [CUSTOMER, ORDER, MODEL])
    return workspace


def tier_and_spend(shop: Workspace, customer: int) -> tuple[Any, Any]:
    with shop.reading(SYSTEM) as act:
        values = query.get(act, "customer", customer).values
    return values["tier"], int(values["spend"])


def test_a_purchase_that_leaves_the_window_lowers_the_tier_at_night(shop: Workspace) -> None:
    with shop.writing(SYSTEM) as act:
        customer = gateway.create(act, "customer", {"name": "Lin"}).id
        gateway.create(act, "order", {"customer": str(customer), "paid_on": act.today, "amount": "500"})
    assert tier_and_spend(shop, customer) == ("high", 500)
    beginning, real = shop.now(), shop.now
    shop.now = lambda: beginning + timedelta(days=29)
    recompute(shop, "value")
    assert tier_and_spend(shop, customer) == ("high", 500)
    shop.now = lambda: beginning + timedelta(days=30)
    recompute(shop, "value")
    assert tier_and_spend(shop, customer) == ("low", 0)
    shop.now = real
