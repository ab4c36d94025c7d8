"""Nights: ratings follow the day by looking only at whom it concerns, and leave what rating everybody would leave."""

import random
from datetime import timedelta
from typing import Any

import pytest
import sqlalchemy as sa

from runtime.people.person import SYSTEM
from runtime.records import passing
from runtime.records.derived import refresh_day
from runtime.records.tables import tables_of
from runtime.system import jobs
from runtime.system.tables import day_done
from runtime.tiers import nightly
from runtime.tiers.compiled import compile
from runtime.tiers.nightly import concerned, follow_day
from runtime.tiers.quantiles import stored_cuts
from runtime.tiers.rating import ratings
from runtime.tiers.recomputing import queue
from tests.makers import form_json, formula
from tests.tiers.world import CUSTOMER, TODAY, World, dimension, model

PEOPLE = 16
NIGHTS = (2, 12)
"""How many days pass before each."""
LATELY = "on=orders.paid_on, days=20"
FOLLOWED: dict[str, dict[str, Any]] = {
    "sum_of_a_window": model(dimension("a", f"SUM(orders.amount, {LATELY})", [100, 300, 500])),
    "count_of_months": model(dimension("a", "COUNT(orders, on=orders.paid_on, months=1)", [1, 2, 3])),
    "an_earlier_window": model(dimension("a", "SUM(orders.amount, on=orders.paid_on, days=9, before=1)", [100, 300])),
    "days_since_the_last": model(dimension("a", "DAYS_SINCE(MAX(orders.paid_on))", [5, 15, 30], better="lower")),
    "days_since_in_quantiles": model(dimension("a", f"DAYS_SINCE(MAX(orders.paid_on, {LATELY}))", 4, better="lower")),
    "the_longer_the_better": model(dimension("a", "DAYS_SINCE(met_on)", [10, 20, 40])),
    "a_field_with_a_window": model(dimension("a", "spend", [100, 300])),
    "days_since_a_field": model(dimension("a", "DAYS_SINCE(last_order_on)", [7, 21], better="lower")),
    "a_population": model(dimension("a", "points", [10, 20]), population="DAYS_SINCE(met_on) > 12"),
    "a_floor": model(dimension("a", "points", [10, 20]), floors=[{"when": f"COUNT(orders, {LATELY}) > 1", "tier": "gold"}]),
    "a_freeze": model(dimension("a", "recent", [100, 300]), freeze=[{"when": "21 >= DAYS_SINCE(met_on)"}]),
    "grace": model(dimension("a", "recent", [100, 300]), movement={"grace_days": 2}),
    "least_stay": model(dimension("a", "recent", [100, 300]), movement={"least_stay_days": 6}),
    "one_step": model(dimension("a", "recent", [100, 300]), movement={"down": "one_step"}),
}
HERE_TOO = ("sum_of_a_window", "count_of_months", "days_since_in_quantiles", "a_field_with_a_window", "least_stay")
"""Those that are tried on PostgreSQL too, where a night looks one day further back."""
NOT_FOLLOWED = {
    "today": model(dimension("a", "DATEDIF(met_on, TODAY(), 'days')", [10, 20])),
    "inside_an_aggregate": model(dimension("a", "COUNT(orders, where=DAYS_SINCE(orders.paid_on) < 9)", [1, 2])),
    "another_use_of_days": model(dimension("a", "DAYS_SINCE(met_on) * 2", [10, 20])),
    "by_night_only": model(dimension("a", "points", [10, 20]), recompute={"on_change": False}),
}


def shop_with(workspace: Any, models: dict[str, dict[str, Any]]) -> World:
    customer = {
        **CUSTOMER,
        "fields": [*CUSTOMER["fields"], formula("recent", f"SUM(orders.amount, {LATELY})", result="money", currency="CNY")],
    }
    world, chance = World(workspace, customer), random.Random(5)
    for number in range(PEOPLE):
        met = TODAY - timedelta(days=chance.randint(-3, 45))
        customer_id = world.customer(points=chance.choice([5, 15, 25]), met_on=met)
        for _order in range(number % 5):
            world.order(customer_id, chance.choice([60, 150, 400]), TODAY - timedelta(days=chance.randint(-6, 45)))
    world.publish(*[{**each, "key": key, "label": key} for key, each in models.items()])
    for key in models:
        world.recompute(key)
    return world


def left_over(world: World, key: str) -> list[Any]:
    """What rating everybody by the cut points in force would change."""
    with world.workspace.reading(SYSTEM) as act:
        compiled = compile(act.catalogue, key)
        cuts = stored_cuts(act, compiled)
        assert cuts is not None
        return ratings(act, compiled, set(range(1, PEOPLE + 1)), cuts, act.day).states


def fields(world: World) -> list[Any]:
    with world.workspace.reading(SYSTEM) as act:
        calc = tables_of(act.catalogue)["customer"].calc
        return list(act.connection.execute(sa.select(calc).order_by(calc.c.record)))


def all_anew(world: World) -> list[Any]:
    """The computed fields as working everybody out leaves them."""
    with world.workspace.writing(SYSTEM) as act:
        act.connection.execute(day_done.delete().where(day_done.c.what.startswith("fields:")))
    refresh_day(world.workspace, "customer")
    return fields(world)


def test_every_night_leaves_what_rating_everybody_would_leave(workspace: Any):
    models = FOLLOWED if workspace.engine.dialect.name == "sqlite" else {key: FOLLOWED[key] for key in HERE_TOO}
    world, day, moved, looked_at = shop_with(workspace, models), TODAY, set(), 0
    for days in NIGHTS:
        day += timedelta(days=days)
        world.on(day, hour=20)
        for key in models:
            with workspace.reading(SYSTEM) as act:
                looked_at += len(concerned(act, compile(act.catalogue, key)) or range(PEOPLE))
            found = follow_day(workspace, key)
            assert found is not None, key
            assert left_over(world, key) == [], (key, day)
            moved |= {key} if found["up"] + found["down"] + found["left"] + found["first"] else set()
        assert fields(world) == all_anew(world)
    assert moved == set(models)
    assert looked_at < len(NIGHTS) * len(models) * PEOPLE * 3 / 4


@pytest.mark.parametrize("key", NOT_FOLLOWED)
def test_what_the_day_may_change_for_everybody_waits_for_the_full_recompute(sqlite_workspace: Any, key: str):
    world = shop_with(sqlite_workspace, {key: NOT_FOLLOWED[key]})
    world.on(TODAY + timedelta(days=1))
    assert follow_day(sqlite_workspace, key) is None


def test_a_night_keeps_the_cut_points_and_a_full_recompute_brings_others(sqlite_workspace: Any):
    world = shop_with(sqlite_workspace, {"value": FOLLOWED["days_since_in_quantiles"]})

    def cuts() -> Any:
        with sqlite_workspace.reading(SYSTEM) as act:
            return stored_cuts(act, compile(act.catalogue, "value"))

    before = cuts()
    world.on(TODAY + timedelta(days=4))
    assert follow_day(sqlite_workspace, "value") is not None and cuts() == before
    world.recompute("value")
    assert cuts() != before


def test_a_night_after_a_publication_or_a_long_pause_is_a_full_one(sqlite_workspace: Any):
    world = shop_with(sqlite_workspace, {"value": FOLLOWED["sum_of_a_window"]})
    world.on(TODAY + timedelta(days=passing.FURTHEST + 1))
    assert follow_day(sqlite_workspace, "value") is None
    world.recompute("value")
    world.on(TODAY + timedelta(days=passing.FURTHEST + 2))
    assert follow_day(sqlite_workspace, "value") is not None
    world.publish(form_json(key="other"))
    assert follow_day(sqlite_workspace, "value") is None


def test_after_a_run_for_another_day_the_night_rates_everybody_as_of_today(sqlite_workspace: Any):
    world = shop_with(sqlite_workspace, {"value": FOLLOWED["sum_of_a_window"]})
    world.recompute(as_of=TODAY - timedelta(days=30))
    world.on(TODAY + timedelta(days=1))
    with sqlite_workspace.writing(SYSTEM) as act:
        number = queue(act, "value", nightly=True)
    assert jobs.run_now(sqlite_workspace, number).state == "done"
    assert left_over(world, "value") == []


def test_a_night_gives_way_to_a_recompute_that_has_brought_other_cut_points(sqlite_workspace: Any, monkeypatch: Any):
    world = shop_with(sqlite_workspace, {"value": FOLLOWED["days_since_in_quantiles"]})
    world.on(TODAY + timedelta(days=6))
    apply = nightly.Night.apply

    def meanwhile(run: Any) -> None:
        world.recompute("value")
        apply(run)

    monkeypatch.setattr(nightly.Night, "apply", meanwhile)
    with pytest.raises(jobs.Cancelled):
        follow_day(sqlite_workspace, "value")
    assert left_over(world, "value") == []
