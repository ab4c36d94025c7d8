"""How much tiers move: the index against matrices whose value is known, who stays, and for how long one has a tier."""

from datetime import timedelta
from decimal import Decimal

import pytest

from runtime.people.person import SYSTEM
from runtime.tiers.figures import Movement, movement
from runtime.tiers.mobility import median_days, mobility_index, net_promotion, share_stayed, stickiness
from tests.tiers.world import BY_AMOUNT, TODAY, World, dimension, model

THREE = ("a", "b", "c")


def moved(matrix: list[list[int]], tiers: tuple[str, ...] = THREE) -> Movement:
    """A movement with these counts; rows are the tiers then, columns the tiers now, from the best down."""
    flows = tuple(
        (then, now, count) for then, row in zip(tiers, matrix, strict=True) for now, count in zip(tiers, row, strict=True) if count
    )
    sums = {"up": 0, "down": 0, "stayed": 0}
    for then, now, count in flows:
        sums["stayed" if then == now else "up" if tiers.index(now) < tiers.index(then) else "down"] += count
    return Movement(TODAY, TODAY, tiers, flows, **sums, entered=0, left=0)


@pytest.mark.parametrize(
    ("matrix", "index"),
    [
        ([[5, 0, 0], [0, 7, 0], [0, 0, 9]], "0.0000"),  # everybody stays
        ([[2, 2, 2], [1, 1, 1], [3, 3, 3]], "1.0000"),  # the later tier does not depend on the earlier
        ([[0, 5, 0], [0, 0, 5], [5, 0, 0]], "1.5000"),  # everybody leaves
        ([[8, 2, 0], [1, 8, 1], [0, 2, 8]], "0.3000"),  # (3 − 2.4) ÷ 2
        ([[0, 0, 0], [1, 8, 1], [0, 2, 8]], "0.3000"),  # nobody was in the best tier: its row says nothing
    ],
)
def test_the_index_is_that_of_prais_and_shorrocks(matrix: list[list[int]], index: str):
    assert mobility_index(moved(matrix)) == Decimal(index)


def test_without_two_tiers_or_without_anybody_there_is_no_index():
    assert mobility_index(moved([[0, 0, 0]] * 3)) is None
    assert mobility_index(moved([[4]], ("a",))) is None
    assert share_stayed(moved([[0, 0, 0]] * 3)) is None and net_promotion(moved([[0, 0, 0]] * 3)) is None


def test_of_each_tier_the_shares_that_stayed_rose_and_fell():
    found = moved([[8, 2, 0], [3, 6, 1], [0, 0, 0]])
    assert [(each.tier, each.count, each.stayed, each.up, each.down) for each in stickiness(found)] == [
        ("a", 10, Decimal("0.8"), Decimal(0), Decimal("0.2")),
        ("b", 10, Decimal("0.6"), Decimal("0.3"), Decimal("0.1")),
        ("c", 0, None, None, None),
    ]
    assert (share_stayed(found), net_promotion(found)) == (Decimal("0.7000"), Decimal("0.0000"))


def test_the_median_stay_is_that_of_those_who_have_the_tier_at_the_end_of_the_day(workspace):
    world = World(workspace, model(dimension("points", "points", [10, 20, 30]), tiers=BY_AMOUNT), day=TODAY - timedelta(days=50))
    first = [world.customer(points=5) for _number in range(3)]
    world.on(TODAY - timedelta(days=20))
    world.customer(points=5)
    world.change("customer", first[0], points=35)
    world.on(TODAY)
    world.change("customer", first[1], points=35)
    with workspace.reading(SYSTEM) as act:
        assert median_days(act, "value", TODAY) == {"basic": 20, "diamond": 0}
        assert median_days(act, "value", TODAY - timedelta(days=1)) == {"basic": 49, "diamond": 19}
        assert median_days(act, "value", TODAY - timedelta(days=60)) == {}
        found = movement(act, "value", TODAY - timedelta(days=30), TODAY)
    assert (share_stayed(found), found.entered) == (Decimal("0.3333"), 1)
