"""A held-out group: who is in it, what is not done for it, and what may be said of the difference."""

from __future__ import annotations

import math
from datetime import timedelta

import pytest

from runtime import kinds
from runtime.automation import engine, log
from runtime.definitions.loading import load
from runtime.effect.assignment import is_held_out, place_of
from runtime.effect.experiments import outcome
from runtime.effect.intervals import LEAST, Sample, of_means, of_shares, t_quantile, verdict
from runtime.errors import DefinitionProblems, NotAllowed, NotFound
from runtime.people.person import SYSTEM, Person
from runtime.system.tables import tag_assignment
from tests.tiers.world import TODAY, World

kinds.load()
BEGIN = TODAY - timedelta(days=60)
HOLD = {"percent": 50, "goal": {"form": "order", "on": "paid_on", "within_days": 30}}


def greeting(**more):
    trigger = {"type": "record_created", "form": "customer"}
    steps = [{"type": "add_tag", "tag_set": "customer_tags", "tag": "vip"}]
    return {"kind": "automation", "key": "greet", "label": "Greet", "trigger": trigger, "steps": steps, "hold_out": HOLD, **more}


def with_goal(**more):
    return greeting(hold_out={**HOLD, "goal": {**HOLD["goal"], **more}})


def enter(world, count):
    """So many new customers, with their runs done: (treated, held out)."""
    people = [world.customer(f"Guest {number}") for number in range(count)]
    engine.settle(world.workspace)
    automation = load(greeting())
    held = [each for each in people if is_held_out(automation, each)]
    return [each for each in people if each not in held], held


def found(world, person=SYSTEM):
    with world.workspace.reading(person) as act:
        return outcome(act, "greet")


@pytest.fixture
def world(workspace):
    return World(workspace, greeting(), day=BEGIN)


# -- the draw -----------------------------------------------------------------------------------------------------------------------------
def test_the_draw_is_the_same_every_time_and_another_for_another_salt():
    one, two = load(greeting()), load(greeting(hold_out={**HOLD, "salt": "again"}))
    assert [is_held_out(one, record) for record in range(200)] == [is_held_out(one, record) for record in range(200)]
    assert [is_held_out(one, record) for record in range(200)] != [is_held_out(two, record) for record in range(200)]


@pytest.mark.parametrize("percent", [1, 10, 50])
def test_the_draw_takes_about_the_share_that_was_asked_for(percent):
    automation = load(greeting(hold_out={**HOLD, "percent": percent}))
    count = sum(is_held_out(automation, record) for record in range(20_000))
    assert abs(count / 20_000 - percent / 100) < 4 * math.sqrt(percent / 100 * (1 - percent / 100) / 20_000)


def test_who_is_held_out_by_a_small_share_is_so_by_a_larger_one_too():
    assert all(place_of("greet", "", record) < 10_000 for record in range(100))
    small, large = (load(greeting(hold_out={**HOLD, "percent": percent})) for percent in (10, 30))
    assert all(is_held_out(large, record) for record in range(2_000) if is_held_out(small, record))


# -- the engine -----------------------------------------------------------------------------------------------------------------------------
def test_nothing_is_done_for_the_held_out_and_the_log_says_so(world):
    treated, held = enter(world, 20)
    assert treated and held
    tagged = {row.record for row in world.rows(tag_assignment.select())}
    assert tagged == set(treated)
    with world.workspace.reading(SYSTEM) as act:
        runs = {each.record: each for each in log.runs(act, "greet", "held_out").runs}
    assert set(runs) == set(held)
    run = runs[held[0]]
    assert run.started_at is None and run.finished_at is not None and "Held out" in run.reason["en"]


def test_a_condition_that_does_not_hold_comes_before_the_draw(world):
    world.publish(greeting(when="name == 'nobody'"))
    enter(world, 10)
    assert found(world).treated.entered == found(world).held.entered == 0


def test_without_a_hold_out_everybody_is_treated(world):
    world.publish(greeting(hold_out=None))
    people = [world.customer(f"Guest {number}") for number in range(10)]
    engine.settle(world.workspace)
    assert {row.record for row in world.rows(tag_assignment.select())} == set(people)


# -- what comes of it ---------------------------------------------------------------------------------------------------------------------
def test_the_goal_counts_within_the_days_after_entry_only(world):
    treated, held = enter(world, 20)
    for days in (1, 30):
        world.order(treated[0], 10, BEGIN + timedelta(days=days))
    world.order(treated[1], 10, BEGIN)
    world.order(held[0], 10, BEGIN + timedelta(days=31))
    world.order(held[1], 10, BEGIN + timedelta(days=15))
    world.on(TODAY)
    seen = found(world)
    assert (seen.treated.entered, seen.treated.sample.count, seen.treated.sample.reached) == (len(treated), len(treated), 1)
    assert (seen.held.entered, seen.held.sample.count, seen.held.sample.reached) == (len(held), len(held), 1)


def test_records_whose_days_are_not_over_wait(world):
    treated, held = enter(world, 20)
    world.on(BEGIN + timedelta(days=30))
    seen = found(world)
    assert (seen.treated.entered, seen.treated.sample.count, seen.held.sample.count) == (len(treated), 0, 0)
    assert seen.verdict == "early" and seen.main is None


def test_a_goal_may_be_an_amount(workspace):
    world = World(workspace, with_goal(amount="amount", when="status == 'done'"), day=BEGIN)
    treated, held = enter(world, 20)
    world.order(treated[0], 30, BEGIN + timedelta(days=3))
    world.order(treated[0], 20, BEGIN + timedelta(days=4))
    world.order(treated[1], 999, BEGIN + timedelta(days=4), status="returned")
    world.order(held[0], 10, BEGIN + timedelta(days=4))
    world.on(TODAY)
    seen = found(world)
    assert (seen.treated.sample.total, seen.treated.sample.squares, seen.held.sample.total) == (50, 2500, 10)
    assert seen.currency == "CNY" and seen.main == seen.means


def test_a_changed_experiment_begins_anew(world):
    enter(world, 10)
    world.publish(greeting(hold_out={**HOLD, "salt": "again"}))
    assert found(world).treated.entered == 0
    world.publish(greeting(label="Another name", hold_out={**HOLD, "salt": "again"}))
    enter(world, 10)
    assert found(world).treated.entered + found(world).held.entered == 10


def test_a_large_effect_on_enough_records_is_told_and_chance_is_not(world):
    treated, held = enter(world, 2 * LEAST + 40)
    assert min(len(treated), len(held)) >= LEAST
    for each in treated[: len(treated) * 2 // 3]:
        world.order(each, 10, BEGIN + timedelta(days=2))
    world.on(TODAY)
    assert found(world).verdict == "better"
    for each in held[: len(held) * 2 // 3]:
        world.order(each, 10, BEGIN + timedelta(days=2))
    assert found(world).verdict == "unclear"


def test_only_those_who_build_see_it(world):
    with pytest.raises(NotAllowed):
        found(world, Person(7, "m@example.com", "Mo", frozenset({"member"})))
    world.publish(greeting(hold_out=None))
    with pytest.raises(NotFound):
        found(world)


@pytest.mark.parametrize(
    ("hold_out", "path"),
    [
        ({**HOLD, "percent": 51}, "hold_out/percent"),
        ({**HOLD, "goal": {**HOLD["goal"], "within_days": 91}}, "hold_out/goal/within_days"),
        ({**HOLD, "goal": {**HOLD["goal"], "on": "amount"}}, "hold_out/goal/on"),
        ({**HOLD, "goal": {**HOLD["goal"], "amount": "status"}}, "hold_out/goal/amount"),
        ({**HOLD, "goal": {**HOLD["goal"], "form": "customer"}}, "hold_out/goal/reference"),
    ],
)
def test_an_experiment_that_cannot_be_told_is_refused(sqlite_workspace, hold_out, path):
    world = World(sqlite_workspace)
    with pytest.raises(DefinitionProblems) as caught:
        world.publish(greeting(hold_out=hold_out))
    assert any(each.path.endswith(path) for each in caught.value.problems)


def test_an_automation_about_no_record_cannot_hold_any_out(sqlite_workspace):
    steps = [{"type": "notify", "to": ["role:boss"], "subject": "Monday"}]
    with pytest.raises(DefinitionProblems, match="about records"):
        World(sqlite_workspace).publish(greeting(trigger={"type": "schedule", "cron": "0 8 * * 1"}, steps=steps))


# -- intervals ------------------------------------------------------------------------------------------------------------------------------
@pytest.mark.parametrize(("freedom", "quantile"), [(10, 2.2281), (30, 2.0423), (60, 2.0003), (120, 1.9799), (1e9, 1.9600)])
def test_the_quantile_of_t_is_that_of_the_tables(freedom, quantile):
    assert t_quantile(freedom) == pytest.approx(quantile, abs=0.0002)


def test_the_interval_of_shares_is_newcombes_published_one():
    """Newcombe 1998, table II, method 10: 56/70 − 48/80."""
    found = of_shares(Sample(70, 56), Sample(80, 48))
    assert (found.value, found.low, found.high) == pytest.approx((0.2, 0.0524, 0.3339), abs=0.0001)


def test_the_interval_of_means_is_welchs():
    """Two samples worked out by hand: 1…5 and 2, 4, 6, 8, 10: difference −3, s² 2.5 and 10, 5.882 degrees of freedom."""
    one = Sample(5, 0, 15.0, 55.0)
    two = Sample(5, 0, 30.0, 220.0)
    found = of_means(one, two)
    spread = math.sqrt(2.5 / 5 + 10 / 5)
    assert found.value == -3
    assert (found.high - found.low) / 2 / spread == pytest.approx(2.459, abs=0.003)


@pytest.mark.parametrize(
    ("treated", "held", "expected"),
    [
        (Sample(LEAST - 1, LEAST - 1), Sample(500, 0), "early"),
        (Sample(500, 250), Sample(LEAST, 25), "unclear"),
        (Sample(500, 300), Sample(500, 200), "better"),
        (Sample(500, 200), Sample(500, 300), "worse"),
    ],
)
def test_nothing_is_said_too_early(treated, held, expected):
    assert verdict(treated, held, of_shares(treated, held)) == expected


def test_equal_amounts_everywhere_have_no_spread():
    one = Sample(60, 60, 600.0, 6000.0)
    assert of_means(one, one).value == 0 and verdict(one, one, of_means(one, one)) == "unclear"


def test_an_empty_group_has_no_difference():
    assert of_shares(Sample(0), Sample(9, 3)) is None and of_means(Sample(1, 1, 5.0, 25.0), Sample(9)) is None
