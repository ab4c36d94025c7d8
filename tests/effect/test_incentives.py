"""Commission by the tier that a customer had at the time, and how well plans are kept where that is worked out by a job."""

from __future__ import annotations

from datetime import timedelta
from decimal import Decimal

import pytest

from runtime.automation import engine
from runtime.effect import adherence, incentives
from runtime.errors import DefinitionProblems
from runtime.pages.reader import Reader
from runtime.people.person import SYSTEM
from tests.effect.test_cadence import CALL, OWNED, ago, call
from tests.makers import member
from tests.reports.test_charts import part_of
from tests.tiers.world import BY_AMOUNT, ORDER, TODAY, World, dimension, model

SOLD = {**ORDER, "fields": [*ORDER["fields"], member("seller")]}
PLANS = {"gold": {"contact_every_days": 10, "commission_factor": "1.5"}, "silver": {"commission_factor": "0.8"}}


def planned(**commission):
    earned = {"form": "order", "amount": "amount", "on": "paid_on", "when": "status == 'done'", "percent": "3", **commission}
    return model(dimension("points", "points", [10, 20, 30]), tiers=BY_AMOUNT, plans=PLANS, commission=earned)


@pytest.fixture
def shop(workspace):
    """Ann was gold for 40 days and is silver since 10 days ago."""
    world = World(workspace, OWNED, CALL, SOLD, planned(), day=ago(50))
    world.ann = world.customer("Ann", points=25)
    world.on(ago(10)).change("customer", world.ann, points=15)
    return world.on(TODAY)


def earned(shop, days=60):
    with shop.workspace.reading(SYSTEM) as act:
        table = incentives.incentives(act, act.catalogue.tier_models["value"], ago(days), TODAY)
        return [(each.tier, each.records, each.amount, each.commission) for each in table.shares]


def test_an_amount_earns_by_the_tier_of_its_day_and_one_that_was_returned_nothing(shop):
    shop.orders(shop.ann, 1000, 500, paid_on=ago(20))
    shop.order(shop.ann, 100, ago(5))
    shop.order(shop.ann, 900, ago(5), status="returned")
    shop.order(shop.ann, 50, ago(51))
    gold, silver, none = ("gold", 2, 1500, Decimal("67.50")), ("silver", 1, 100, Decimal("2.40")), (None, 1, 50, Decimal("1.50"))
    assert sorted(earned(shop), key=lambda each: -each[2]) == [gold, silver, none]


def test_whoever_sold_gets_it_where_the_model_names_their_field(sqlite_workspace):
    shop = World(sqlite_workspace, OWNED, CALL, SOLD, planned(person="seller"))
    with pytest.raises(DefinitionProblems) as refused:
        shop.publish(planned(person="amount"))
    assert [each.path for each in refused.value.problems] == ["commission/person"]
    assert earned(shop) == []


def drawn(shop, by):
    tile = part_of("plan_kept", tier_model="value", by=by, days=50)
    with shop.workspace.reading(SYSTEM) as act:
        reader = Reader("zh", act.zone, lambda: shop.workspace.reading(SYSTEM))
        return tile.drawing(act, tile.figures(act), reader, "shop")


def test_of_many_customers_a_job_works_out_what_a_page_shows(shop, monkeypatch):
    call(shop, shop.ann, 45, 36, 27, 18)
    days = ago(49), TODAY

    def figures():
        with shop.workspace.reading(SYSTEM) as act:
            return adherence.figures(act, act.catalogue.tier_models["value"], *days)

    at_once = figures()
    assert at_once.found is not None and at_once.at is None and at_once.found.whole.made == 4
    assert drawn(shop, "all").value == "100%" and drawn(shop, "tier").rows == [["金卡", "100%", "1/1", "0"]]
    monkeypatch.setattr(adherence, "AT_ONCE", 0)
    assert (figures().found, figures().job) == (None, None) and drawn(shop, "all").value == "–"
    with shop.workspace.writing(SYSTEM) as act:
        numbers = [adherence.ask(act, act.catalogue.tier_models["value"], *days) for _time in range(2)]
    assert numbers[0] == numbers[1] == figures().job
    engine.settle(shop.workspace)
    assert figures().found == at_once.found and figures().at == shop.workspace.now() and figures().job is None
    shop.on(TODAY + timedelta(days=1))
    assert figures().found == at_once.found, "it stands until somebody asks anew"
    shop.publish({**planned(), "purpose": "Another version"})
    assert figures().found is None, "figures of another version are not shown"
