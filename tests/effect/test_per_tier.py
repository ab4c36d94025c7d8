"""What each tier brings and costs, by the tier that the customer had at the time."""

from __future__ import annotations

from datetime import timedelta
from decimal import Decimal

import pytest

from runtime.effect.per_tier import effect_table
from runtime.errors import DefinitionProblems
from runtime.people.person import SYSTEM
from tests.makers import choice, day, form_json, instant, money, number, reference
from tests.tiers.world import BY_AMOUNT, ORDER, TODAY, World, dimension, model

FIRST = TODAY - timedelta(days=60)
COUPON = form_json(reference("customer", "customer", many_name="coupons"), money("value"), day("used_on"), key="coupon", title="used_on")
CALL = form_json(
    reference("customer", "customer", many_name="calls"),
    number("minutes", decimals=0),
    instant("done_at"),
    choice("way", "phone", "visit"),
    key="call",
    title="done_at",
)
REVENUE = {"form": "order", "amount": "amount", "on": "paid_on", "when": "status == 'done'"}
GIFTS = {"form": "coupon", "amount": "value", "on": "used_on"}
TIME = {"form": "call", "time": "minutes", "unit": "minutes", "rate": "120", "on": "done_at"}


def by_points(**effect):
    return model(dimension("points", "points", [10, 20, 30]), tiers=BY_AMOUNT, effect=effect)


@pytest.fixture
def world(workspace):
    """Ann was basic 60 days ago and rose to gold 20 days ago; Bo has been silver all the time."""
    world = World(workspace, COUPON, CALL, by_points(revenue=[REVENUE], costs=[GIFTS, TIME]), day=FIRST)
    world.ann, world.bo = world.customer("Ann", points=5), world.customer("Bo", points=15)
    world.on(TODAY - timedelta(days=20))
    world.change("customer", world.ann, points=25)
    world.on(TODAY)
    return world


def table(world, days=30, person=SYSTEM):
    with world.workspace.reading(person) as act:
        return effect_table(act, act.catalogue.tier_models["value"], TODAY - timedelta(days=days - 1), TODAY)


def contributions(found):
    return {
        each.tier: (each.now.revenue, each.now.cost, each.before.revenue) for each in found.rows if each.now.records or each.before.records
    }


def test_an_order_counts_for_the_tier_of_its_day_and_not_for_todays(world):
    world.order(world.ann, 100, TODAY - timedelta(days=25))
    world.order(world.ann, 700, TODAY - timedelta(days=10))
    world.order(world.bo, 40, TODAY - timedelta(days=10))
    assert contributions(table(world)) == {"gold": (700, 0, 0), "silver": (40, 0, 0), "basic": (100, 0, 0)}


def test_an_order_of_the_day_of_a_move_counts_for_the_tier_at_the_beginning_of_that_day(world):
    world.order(world.ann, 100, TODAY - timedelta(days=20))
    assert contributions(table(world)) == {"basic": (100, 0, 0)}


def test_a_cost_is_an_amount_or_time_at_a_rate_by_the_instant(world):
    world.add("coupon", customer=world.ann, value=30, used_on=TODAY - timedelta(days=5))
    world.on(TODAY - timedelta(days=20), hour=3)
    before_the_move = world.workspace.now()
    world.on(TODAY)
    world.add("call", customer=world.ann, minutes=30, done_at=before_the_move)
    world.add("call", customer=world.ann, minutes=15, done_at=world.workspace.now() - timedelta(days=1))
    assert contributions(table(world)) == {"gold": (0, Decimal(60), 0), "basic": (0, Decimal(60), 0)}


def test_the_trend_compares_with_a_period_of_the_same_length(world):
    world.order(world.bo, 80, TODAY - timedelta(days=40))
    world.order(world.bo, 100, TODAY)
    (silver,) = [each for each in table(world).rows if each.tier == "silver"]
    assert (silver.now.contribution, silver.before.contribution, silver.change) == (100, 80, Decimal("0.25"))
    found = table(world)
    assert (found.before, found.first) == (TODAY - timedelta(days=59), TODAY - timedelta(days=29))


def test_what_happened_before_the_first_rating_counts_for_no_tier(world):
    world.order(world.bo, 500, FIRST - timedelta(days=3))
    found = table(world, days=64)
    assert contributions(found) == {None: (500, 0, 0)}
    assert found.rows[-1].tier is None


def test_rows_that_do_not_meet_the_condition_or_lie_in_the_trash_do_not_count(world):
    world.order(world.bo, 500, TODAY, status="returned")
    world.delete("order", world.order(world.bo, 70, TODAY))
    assert contributions(table(world)) == {}


def test_the_rows_add_up_to_the_whole(world):
    world.order(world.bo, 500, TODAY)
    world.order(world.ann, 20, TODAY)
    world.add("coupon", customer=world.bo, value=30, used_on=TODAY)
    now, before = table(world).whole
    assert (now.contribution, now.pay_back, before.contribution, before.pay_back) == (490, Decimal(520) / 30, 0, None)


def test_a_tier_without_customers_stands_there_with_nothing(world):
    assert [(each.tier, each.customers) for each in table(world).rows] == [("diamond", 0), ("gold", 1), ("silver", 1), ("basic", 0)]


def test_without_sources_there_is_no_table(workspace):
    world = World(workspace, model(dimension("points", "points", [10, 20, 30]), tiers=BY_AMOUNT))
    assert table(world) is None


@pytest.mark.parametrize(
    ("effect", "path"),
    [
        ({"revenue": [{**REVENUE, "form": "nothing"}]}, "revenue/0/form"),
        ({"revenue": [{**REVENUE, "on": "amount"}]}, "revenue/0/on"),
        ({"revenue": [{**REVENUE, "amount": "paid_on"}]}, "revenue/0/amount"),
        ({"revenue": [{**REVENUE, "reference": "paid_on"}]}, "revenue/0/reference"),
        ({"revenue": [{**REVENUE, "when": "nothing > 1"}]}, "revenue/0/when"),
        ({"costs": [{**TIME, "rate": None}]}, "costs/0/rate"),
        ({"costs": [{**TIME, "amount": "minutes"}]}, "costs/0/amount"),
        ({"costs": [{**TIME, "time": "way"}]}, "costs/0/time"),
        ({"revenue": [REVENUE], "costs": [{"form": "order", "amount": "dollars", "on": "paid_on"}]}, "costs/0/amount"),
    ],
)
def test_what_cannot_be_counted_is_said_at_its_place(sqlite_workspace, effect, path):
    order = {**ORDER, "fields": [*ORDER["fields"], money("dollars", currency="USD")]}
    world = World(sqlite_workspace, COUPON, CALL, order)
    with pytest.raises(DefinitionProblems) as caught:
        world.publish(by_points(**effect))
    assert f"effect/{path}" in [each.path for each in caught.value.problems]


def test_several_fields_that_point_at_the_customer_have_to_be_told_apart(sqlite_workspace):
    visit = form_json(
        reference("customer", "customer"), reference("friend", "customer"), day("at_day"), money("paid"), key="stay", title="at_day"
    )
    world = World(sqlite_workspace, visit)
    source = {"form": "stay", "amount": "paid", "on": "at_day"}
    with pytest.raises(DefinitionProblems, match="Choose one"):
        world.publish(by_points(revenue=[source]))
    world.publish(by_points(revenue=[{**source, "reference": "friend"}]))
