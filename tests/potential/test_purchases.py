"""What counts as a purchase, read from the tables of either database."""

from __future__ import annotations

from datetime import UTC, date, datetime, timedelta
from typing import Any

import pytest

from runtime.definitions.potential import Potential
from runtime.people.person import SYSTEM
from runtime.potential.purchases import bought, bought_between, left_out
from runtime.system import clock
from runtime.system.workspace import Workspace
from tests.makers import definition, form_json, instant, reference
from tests.potential.world import REPEAT
from tests.tiers.world import TODAY, World

DAY = clock.to_day(TODAY)


def model(**learn: Any) -> Potential:
    found = definition({**REPEAT, "learn": {**REPEAT["learn"], **learn}})
    assert isinstance(found, Potential)
    return found


def read(world: World, wanted: Potential, until: date = TODAY) -> dict[int, tuple[float, ...]]:
    """record → (days with purchases, days since the first, days since the last, valued repeat days, their mean)."""
    with world.workspace.reading(SYSTEM) as act:
        found = bought(act, wanted, clock.to_day(until))
    rows = zip(found.count, found.until - found.first, found.until - found.last, found.valued, found.mean, strict=True)
    return {int(record): tuple(map(float, row)) for record, row in zip(found.records, rows, strict=True)}


@pytest.fixture
def world(workspace: Workspace) -> World:
    return World(workspace)


def test_what_counts_as_a_purchase(world: World):
    ago = lambda days: TODAY - timedelta(days=days)  # noqa: E731
    ann, ben, cat, dan = (world.customer(name) for name in ("Ann", "Ben", "Cat", "Dan"))
    for amount, day, status in (
        (100, 40, "done"),
        (30, 10, "done"),
        (20, 10, "done"),
        (99, 5, "returned"),
        (0, 2, "done"),
        (7, -3, "done"),
    ):
        world.order(ann, amount, ago(day), status)
    world.order(ben, 50, ago(30))
    world.order(ben, 50, ago(20))
    world.order(ben, -80, ago(20))
    world.order(ben, 10, None)
    world.order(cat, 10, ago(9))
    gone = world.order(cat, 10, ago(3))
    world.delete("order", gone)
    world.delete("customer", dan)
    plain = read(world, model())
    assert plain == {
        ann: (3, 40, 2, 1, 50),  # two orders of a day are one purchase; one worth nothing is a purchase without a value
        ben: (1, 30, 30, 0, 0),  # on the second day more came back than was bought
        cat: (1, 9, 9, 0, 0),
    }
    assert read(world, model(where=None))[ann][:3] == (4, 40, 2), "without a condition the returned one counts"
    assert read(world, model(amount=None))[ben][:3] == (2, 30, 20), "where values do not matter, neither do returns"
    with world.workspace.reading(SYSTEM) as act:
        assert left_out(act, model(), DAY) == {"undated": 1, "later": 1}


def test_the_past_is_read_as_it_was_and_the_time_after_it_apart(world: World):
    ann, ben = world.customer("Ann"), world.customer("Ben")
    for day, amount in ((100, 10), (60, 20), (20, 40), (20, 2), (5, 80)):
        world.order(ann, amount, TODAY - timedelta(days=day))
    world.order(ben, 5, TODAY - timedelta(days=10))
    assert read(world, model(), TODAY - timedelta(days=30)) == {ann: (2, 70, 30, 1, 20)}
    with world.workspace.reading(SYSTEM) as act:
        known = bought(act, model(), DAY - 30).records
        count, value = bought_between(act, model(), DAY - 30, DAY, known)
    assert (count.tolist(), value.tolist()) == ([2], [122])


def test_the_day_of_a_moment_is_that_of_the_workspace(workspace: Workspace):
    """23:30 in New York in summer is the next day in UTC, and so is 20:30 in winter."""
    sale = form_json(instant("sold_at"), reference("customer", "customer", many_name="sales"), key="sale")
    world = World(workspace, sale)
    with workspace.writing(SYSTEM) as act:
        from runtime.system.workspace import set_setting

        set_setting(act.connection, "timezone", "America/New_York")
    ann = world.customer("Ann")
    for moment in (
        datetime(2026, 7, 2, 3, 30, tzinfo=UTC),
        datetime(2026, 11, 10, 1, 30, tzinfo=UTC),
        datetime(2026, 11, 10, 6, tzinfo=UTC),
    ):
        world.add("sale", customer=ann, sold_at=moment)
    found = read(world, model(relation="sales", date="sold_at", amount=None, where=None))
    first, last = date(2026, 7, 1), date(2026, 11, 10)
    assert found[ann][:3] == (3, (TODAY - first).days, (TODAY - last).days)
