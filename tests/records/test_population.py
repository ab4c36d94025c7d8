"""Functions that read beyond the record: its place among all records, other forms, earlier tiers, people, working days."""

from __future__ import annotations

from datetime import date
from decimal import Decimal
from typing import Any

import pytest
import sqlalchemy as sa

from runtime.automation import due
from runtime.formulas import evaluate, to_sql
from runtime.formulas.definitions import formula
from runtime.people.person import SYSTEM
from runtime.records import derived, population
from runtime.records.sources import Rows
from runtime.records.values import RecordValues
from runtime.system import jobs
from runtime.system.tables import tier_cuts
from runtime.system.workspace import set_setting
from tests.makers import form_json, formula as formula_field, money, number, text, tier
from tests.tiers.world import World, dimension, model

CUSTOMER = form_json(
    text("name"),
    number("points", decimals=2),
    money("credit"),
    tier("tier", "value"),
    formula_field("place", "PERCENT_RANK(points)", result="number", decimals=0),
    formula_field("quarter", "QUANTILE_BAND(points, 4)", result="number", decimals=0),
    formula_field("spend", "SUM(orders.amount)", result="money", currency="CNY"),
)


@pytest.fixture
def world(workspace) -> World:
    rules = model(
        dimension(value="points", cuts=[50]),
        tiers=[{"key": "gold", "label": "Gold", "from": 50}, {"key": "basic", "label": "B", "from": 0}],
    )
    plain_visit = form_json(text("note"), key="visit")
    plain_tags = {"kind": "tag_set", "key": "customer_tags", "label": "Tags", "form": "customer", "tags": [{"key": "vip", "label": "VIP"}]}
    return World(workspace, CUSTOMER, {**rules}, plain_visit, plain_tags)


def both(world: World, record: int, wanted: str) -> Any:
    """The value of a formula for a stored record, after SQL gave the same."""
    with world.workspace.reading(SYSTEM) as act:
        compiled = formula(act.catalogue, "customer", wanted)
        values = RecordValues.of(act, "customer", record)
        assert values is not None
        value = evaluate(compiled, values)
        if compiled.sql:
            rows = Rows(act, "customer")
            found = act.connection.execute(rows.select(to_sql(compiled, rows.source)).where(rows.id == record)).scalar()
            if isinstance(value, Decimal):
                found = Decimal(found).scaleb(-compiled.type.scale)
            assert found == value
        return value


def test_the_place_among_all_records_is_known_after_a_full_recompute_and_not_before(world):
    records = [world.customer(f"c{number}", points=number) for number in range(1, 101)]
    assert both(world, records[0], "PERCENT_RANK(points)") is None
    assert both(world, records[0], "QUANTILE_BAND(points, 4)") is None
    derived.refresh_day(world.workspace, "customer")
    assert [both(world, records[at], "PERCENT_RANK(points)") for at in (0, 1, 50, 99)] == [0, 1, 50, 99]
    assert [both(world, records[at], "QUANTILE_BAND(points, 4)") for at in (0, 24, 25, 74, 75, 99)] == [1, 1, 2, 3, 4, 4]
    assert [both(world, records[at], "place") for at in (0, 99)] == [0, 99]
    assert both(world, records[0], "QUANTILE_BAND(points, 4) == 1")


SEGMENT = {"kind": "segment", "key": "best", "label": "Best", "form": "visit", "where": "QUANTILE_BAND(points, 4) == 4"}
VIEW = {"kind": "view", "key": "best", "label": "Best", "form": "visit", "filter": "PERCENT_RANK(points) >= 75"}


@pytest.mark.parametrize(("reader", "parts"), [(SEGMENT, 4), (VIEW, 100)], ids=["segment", "view"])
def test_every_night_the_cut_points_are_made_that_only_a_segment_or_a_view_reads(world, reader, parts):
    world.publish(form_json(text("note"), number("points"), key="visit"), reader)
    for number_ in range(8):
        world.add("visit", points=number_)
    due.start_nightly(world.workspace)
    while jobs.run_next(world.workspace):
        pass
    kept = world.rows(sa.select(tier_cuts.c.lane, tier_cuts.c.dimension, tier_cuts.c.version).where(tier_cuts.c.lane == "visit"))
    assert [tuple(each) for each in kept] == [("visit", "points", parts)]


def test_cut_points_stay_until_the_next_recompute_and_are_not_heaped_up(world):
    records = [world.customer(f"c{number}", points=number) for number in range(4)]
    derived.refresh_day(world.workspace, "customer")
    world.change("customer", records[0], points=1000)
    assert both(world, records[0], "QUANTILE_BAND(points, 4)") == 4
    assert both(world, records[3], "QUANTILE_BAND(points, 4)") == 4
    derived.refresh_day(world.workspace, "customer")
    assert both(world, records[3], "QUANTILE_BAND(points, 4)") == 3
    kept = world.rows(sa.select(tier_cuts.c.dimension, tier_cuts.c.version).where(tier_cuts.c.model == population.OF_FIELDS))
    assert sorted(map(tuple, kept)) == [("points", 4), ("points", 100)]


def test_a_full_recompute_of_tiers_cuts_the_population_first(world):
    records = [world.customer(f"c{number}", points=number) for number in range(4)]
    world.recompute()
    assert [both(world, each, "quarter") for each in records] == [1, 2, 3, 4]


def test_the_tier_on_a_day_comes_from_the_history(world):
    world.on(date(2026, 3, 1))
    record = world.customer("Ann", points=10)
    world.on(date(2026, 5, 1))
    world.change("customer", record, points=90)
    assert world.tier(record) == "gold"
    told = [
        both(world, record, f"TIER_AT('value', DATE(2026, {month}, {day}))") for month, day in ((2, 28), (3, 1), (4, 30), (5, 1), (12, 1))
    ]
    assert told == [None, "basic", "basic", "gold", "gold"]


def test_a_field_of_another_form_is_looked_up(world):
    first, second = world.customer("Ann", points=1, credit="10"), world.customer("Bob", points=2)
    world.order(second, 70)
    world.customer("Ann", points=3)
    assert both(world, second, "LOOKUP('customer', 'name', 'Ann', 'points')") == 1
    assert both(world, second, "LOOKUP('customer', 'name', 'Ann', 'credit')") == 10
    assert both(world, first, "LOOKUP('customer', 'points', points + 1, 'name')") == "Bob"
    assert both(world, first, "LOOKUP('customer', 'points', 2.001, 'name')") is None
    assert both(world, first, "LOOKUP('customer', 'spend', 70, 'name')") == "Bob"
    assert both(world, first, "LOOKUP('order', 'status', 'done', 'amount')") == 70
    world.delete("customer", first)
    assert both(world, second, "LOOKUP('customer', 'name', 'Ann', 'points')") == 3


def test_working_days_follow_the_setting_of_the_workspace(world):
    record = world.customer("Ann")
    assert both(world, record, "IS_WORKDAY(DATE(2024, 7, 4))") and not both(world, record, "IS_WORKDAY(DATE(2024, 10, 1))")
    with world.workspace.writing(SYSTEM) as act:
        set_setting(act.connection, "holidays", "US")
    assert not both(world, record, "IS_WORKDAY(DATE(2024, 7, 4))") and both(world, record, "IS_WORKDAY(DATE(2024, 10, 1))")


def test_names_of_people_are_read(world):
    record = world.customer("Ann")
    assert both(world, record, "TEXTUSER(created_by)") is None  # the system is nobody
