"""A shop with four customers, rated on 30 June; one of them rises until 1 October, when the tests begin."""

from __future__ import annotations

from datetime import date

import pytest

from runtime.system.workspace import Workspace
from tests.reviews.world import TODAY, Shop


def fill(workspace: Workspace, planned: bool = True) -> Shop:
    """Not `planned`: for where a clock runs, which would open a review by itself."""
    shop = Shop(workspace)
    if not planned:
        shop.plan()
    world = shop.world
    for name, amount in (("Ann", 6000), ("Bea", 1500), ("Cid", 400), ("Dan", 300)):
        customer = world.customer(name, note="mine" if name == "Dan" else "")
        world.order(customer, amount, date(2026, 6, 1))
        setattr(shop, name.lower(), customer)
    shop.work()
    shop.on(date(2026, 8, 15))
    world.order(shop.bea, 4000, date(2026, 8, 15))
    return shop.on(TODAY)


@pytest.fixture
def shop(workspace: Workspace) -> Shop:
    return fill(workspace)


@pytest.fixture
def lite_shop(sqlite_workspace: Workspace) -> Shop:
    return fill(sqlite_workspace)
