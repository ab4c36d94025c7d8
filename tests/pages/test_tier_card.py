"""The facts of a tier card as people say them."""

from __future__ import annotations

from datetime import timedelta

import pytest

from runtime.system.workspace import Workspace
from tests.pages.visitor import Visitor, words
from tests.tiers.world import TODAY, World, dimension, model

APP = {"kind": "app", "key": "shop", "label": "Shop", "menu": [{"section": "Work", "items": ["form:customer"]}]}
CARD = model(
    dimension("recency", "DAYS_SINCE(last_order_on)", [14, 60], weight=50, better="lower"),
    dimension("orders", "COUNT(orders) + COUNT(visits)", [2, 5], weight=25),
    dimension("spend", "spend", [1000, 5000], weight=20),
    dimension("points", "points", [10], weight=5),
)


@pytest.fixture
def card(sqlite_workspace: Workspace, signed_in: Visitor) -> str:
    world = World(sqlite_workspace, APP, CARD)
    ann = world.customer("Ann", points=7)
    world.order(ann, 1200, TODAY - timedelta(days=20))
    return words(signed_in.get(f"/apps/shop/customer/{ann}"))


@pytest.mark.parametrize("fact", ["Recency 20 days ago", "Orders once", "Spend ¥1,200", "Points 7"])
def test_a_fact_is_written_as_people_say_it(card: str, fact: str):
    assert fact in card


@pytest.mark.parametrize("change", ["Recency: 14 days or less", "Orders: 5 times or more"])
def test_a_change_that_lifts_names_the_value_to_reach(card: str, change: str):
    assert change in card
