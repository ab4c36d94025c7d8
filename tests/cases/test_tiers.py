"""The hand-checked cases of tests/data/cases/tiers.jsonl, each through the whole product: import, formulas, tiers, merge."""

from __future__ import annotations

import pytest
import sqlalchemy as sa

from runtime.people.person import SYSTEM
from runtime.quality import merging
from runtime.records import gateway, query
from runtime.system.tables import tier_state
from runtime.system.workspace import Workspace
from tests.cases.shop import CASES, Case, window
from tests.tiers.world import World, dimension, model

BY_AMOUNT = {
    "R02": {},
    "R05": {},
    "R08": {},
    "R11": {"value": window("days=90")},
    "R14": {},
    "R17": {},
    "R20": {"value": window("months=1")},
}
"""Cases of orders and a day; what is said here is by which amount the tiers are."""
QUINTILES = ("R23", "R26")
WITH_TIME = ("R29", "R32", "R35", "R38")


def test_every_case_is_here():
    assert set(CASES) == {*BY_AMOUNT, *QUINTILES, *WITH_TIME}


@pytest.mark.parametrize("name", BY_AMOUNT)
def test_what_orders_come_to_on_a_day(workspace: Workspace, name: str):
    case = Case(workspace, name, **BY_AMOUNT[name])
    orders = case.case["orders"] * 10_000 if name == "R05" else case.case["orders"]
    assert case.bring(*orders)["faulty"] == 0
    wanted = {
        customer: each if isinstance(each, dict) else {"tier": each} if isinstance(each, str) else {"recency": each}
        for customer, each in case.case["expect"].items()
    }
    assert {customer: case.as_expected(customer, each) for customer, each in wanted.items()} == wanted
    case.world.recompute()
    assert {customer: case.as_expected(customer, each) for customer, each in wanted.items()} == wanted
    undated = sum(order["at"] is None for order in orders)
    with workspace.reading(SYSTEM) as act:
        assert query.count(act, "order", "ISEMPTY(at)") == undated  # what does not count can be found


@pytest.mark.parametrize("name", QUINTILES)
def test_quintiles_give_equal_values_the_same_score(workspace: Workspace, name: str):
    world = World(workspace, model(dimension("f", "points", 5), recompute={"on_change": False}))
    people = [world.customer(f"C{number}", points=value) for number, value in enumerate(CASES[name]["values"], 1)]
    world.recompute()
    bands = dict(world.rows(sa.select(tier_state.c.record, tier_state.c.bands)))
    assert [int(bands[each]) for each in people] == CASES[name]["expect"]["C"]


def test_r29_a_first_tier_is_no_promotion(workspace: Workspace):
    case = Case(workspace, "R29")
    case.bring()
    assert (case.tiers(), case.events()) == (case.case["expect"], case.case["events"])


def test_r32_a_tier_is_kept_for_a_year_and_then_falls_one_step_a_run(workspace: Workspace):
    case = Case(workspace, "R32", window("days=365"), movement={"least_stay_months": 12, "down": "one_step"})
    case.on("2024-05-06").bring()
    assert case.tiers() == {"C1": "金卡"}
    before, seen = case.last_event(), {}
    for day in case.case["expect"]["C1"]:
        case.on(day).world.recompute()
        seen[day] = case.tier("C1")
    assert (seen, case.events(before)) == (case.case["expect"]["C1"], case.case["events"])


def test_r35_merged_duplicates_are_one_customer_and_can_be_two_again(workspace: Workspace):
    case = Case(workspace, "R35")
    case.bring()
    assert case.tiers() == case.case["tiers_before"]
    before = case.last_event()
    with workspace.writing(SYSTEM) as act:
        made = merging.merge(act, "customer", case.ids["C1"], case.ids["C2"])
    wanted = case.case["expect"]["C1"]
    assert case.as_expected("C1", wanted) == wanted
    assert (case.world.tier(case.ids["C2"]), case.events(before)) == (None, case.case["events"])
    with workspace.writing(SYSTEM) as act:
        merging.undo(act, made.id)
    assert case.tiers() == case.case["tiers_before"]
    assert case.world.recompute() == dict.fromkeys(("first", "up", "down", "left", "moved", "figures"), 0)


def test_r38_a_cancelled_and_a_late_order_move_the_tier_back(workspace: Workspace):
    case = Case(workspace, "R38")
    first, second = case.case["orders"]
    seen = {}
    for day in case.case["expect"]["C1"]:
        case.on(day)
        if day == "2024-05-01":
            case.bring(first)
        elif day == "2024-05-02":
            case.bring(second)
        elif day == "2024-05-03":
            with workspace.writing(SYSTEM) as act:
                (order,) = [each.id for each in query.page(act, "order", "amount == 1500").records]
                gateway.update(act, "order", order, {"status": "cancelled"})
        elif day == "2024-05-05":
            case.bring({"customer": "C1", "at": "2024-04-30", "amount": "1200"})
        case.world.recompute()
        seen[day] = case.tier("C1")
    assert seen == case.case["expect"]["C1"]
    assert case.events()[1:] == case.case["events"]
