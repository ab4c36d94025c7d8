"""A population in figures: spread over tiers, spread of scores, and moves between two days."""

from datetime import timedelta
from decimal import Decimal

from runtime.people.person import SYSTEM
from runtime.tiers.figures import distribution, histogram, movement
from tests.tiers.world import BY_AMOUNT, TODAY, World, dimension, model


def by_points(**more):
    return model(dimension("points", "points", [10, 20, 30]), tiers=BY_AMOUNT, **more)


def test_a_distribution_counts_living_records_of_each_tier(workspace):
    world = World(workspace, by_points(movement={"grace_days": 14}))
    people = [world.customer(points=points) for points in (5, 15, 15, 35, 35, 35)]
    world.delete("customer", people[-1])
    world.change("customer", people[3], points=0)
    with workspace.reading(SYSTEM) as act:
        found = distribution(act, "value")
    assert [(each.key, each.count, each.share) for each in found.tiers] == [
        ("diamond", 2, Decimal("0.4000")),
        ("gold", 0, Decimal(0)),
        ("silver", 2, Decimal("0.4000")),
        ("basic", 1, Decimal("0.2000")),
    ]
    assert (found.total, found.provisional, found.in_grace) == (5, 0, 1)


def test_an_empty_population_has_shares_of_nothing(workspace):
    world = World(workspace)
    with world.workspace.reading(SYSTEM) as act:
        assert (distribution(act, "value").total, distribution(act, "value").tiers[0].share) == (0, 0)


def test_a_histogram_puts_the_highest_score_into_the_last_bin(workspace):
    world = World(workspace, by_points())
    for points in (5, 15, 25, 35):
        world.customer(points=points)
    with workspace.reading(SYSTEM) as act:
        found = histogram(act, "value", 4)
    assert found.total == (1, 1, 1, 1)
    assert found.counts["diamond"] == (0, 0, 0, 1)
    assert found.edges == (0, 25, 50, 75, 100)


def test_movement_compares_the_ends_of_two_days(workspace):
    world = World(workspace, by_points(population="stage != 'lost'"), day=TODAY - timedelta(days=30))
    up, down, same, left = (world.customer(points=points) for points in (5, 35, 15, 25))
    world.on(TODAY)
    world.change("customer", up, points=25)
    world.change("customer", down, points=15)
    world.change("customer", left, stage="lost")
    world.customer(points=5)
    with workspace.reading(SYSTEM) as act:
        found = movement(act, "value", TODAY - timedelta(days=30), TODAY)
        before = movement(act, "value", TODAY - timedelta(days=31), TODAY - timedelta(days=1))
    assert (found.up, found.down, found.stayed, found.entered, found.left) == (1, 1, 1, 1, 1)
    assert found.matrix() == [[0, 0, 1, 0, 0], [0, 0, 0, 0, 1], [0, 0, 1, 0, 0], [0, 1, 0, 0, 0], [0, 0, 0, 1, 0]]
    assert (before.entered, before.stayed) == (4, 0)
    assert world.tier(same) == "silver"


def test_a_move_there_and_back_within_the_days_is_none(workspace):
    world = World(workspace, by_points(), day=TODAY - timedelta(days=2))
    ann = world.customer(points=5)
    world.on(TODAY - timedelta(days=1)).change("customer", ann, points=35)
    world.on(TODAY).change("customer", ann, points=5)
    with workspace.reading(SYSTEM) as act:
        assert movement(act, "value", TODAY - timedelta(days=2), TODAY).flows == (("basic", "basic", 1),)


def test_an_evening_in_shanghai_belongs_to_its_own_day(workspace):
    world = World(workspace, by_points(), day=TODAY - timedelta(days=1)).on(TODAY - timedelta(days=1), hour=17)
    world.customer(points=5)
    with workspace.reading(SYSTEM) as act:
        assert movement(act, "value", TODAY - timedelta(days=1), TODAY).entered == 1
