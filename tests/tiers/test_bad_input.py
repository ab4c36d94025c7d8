"""Bad input of tiering: a clear sentence or the right result, and a consistent history whatever happens."""

from __future__ import annotations

import json
import signal
from collections import Counter
from concurrent.futures import ThreadPoolExecutor
from datetime import timedelta
from typing import Any

import pytest
import sqlalchemy as sa

from runtime.definitions import versions
from runtime.errors import DefinitionProblems
from runtime.people.person import SYSTEM
from runtime.records.gateway import BatchRow, write_batch
from runtime.system import jobs
from runtime.system.jobs import Cancelled
from runtime.system.tables import job, tier_history, tier_state
from runtime.system.workspace import Workspace
from runtime.tiers import recomputing
from runtime.tiers.explaining import explain
from tests.makers import Json, money
from tests.tiers.dying import exit_code_after
from tests.tiers.world import BY_AMOUNT, CUSTOMER, ORDER, TODAY, World, dimension, model

BY_NIGHT = {"on_change": False}
NOTHING = dict.fromkeys(("first", "up", "down", "left", "moved", "figures"), 0)
QUINTILES = dimension("points", "points", 5)


def by_points(*dimensions: Json, **more: Any) -> Json:
    return model(*(dimensions or (QUINTILES,)), tiers=BY_AMOUNT, **{"recompute": BY_NIGHT, **more})


def refused(world: World, *definitions: Json) -> list[tuple[str, str]]:
    """Path and sentence of each problem."""
    with pytest.raises(DefinitionProblems) as problems:
        world.publish(*definitions)
    return [(each.path, str(each.message)) for each in problems.value.problems]


# -- odd populations ----------------------------------------------------------------------------------------------------------------
def test_an_empty_population_is_rated_without_a_fault_and_takes_the_first_who_comes(workspace: Workspace):
    world = World(workspace, by_points(population="stage == 'steady'"))
    assert world.recompute() == NOTHING
    outside = world.customer(points=5, stage="new")
    assert world.recompute() == NOTHING and world.tier(outside) is None
    first = world.customer(points=5, stage="steady")
    assert world.recompute() == {**NOTHING, "first": 1} and world.tier(first) == "basic"


@pytest.mark.parametrize("values", [[7], [7, 7, 7, 7, 7, 7], [0, 0], [-3]], ids=["one customer", "all equal", "zeros", "one negative"])
def test_who_is_like_everybody_else_is_in_the_lowest_quintile(workspace: Workspace, values: list[int]):
    world = World(workspace, by_points())
    people = [world.customer(points=value) for value in values]
    world.recompute()
    assert {(world.state(each).bands, world.tier(each)) for each in people} == {("1", "basic")}


@pytest.mark.parametrize("policy", ["worst", "neutral", "leave_out"])
def test_blanks_everywhere_make_no_tier_and_the_explanation_says_so(workspace: Workspace, policy: str):
    both = dimension("points", "points", 5, 60, missing=policy), dimension("credit", "credit", [100], 40, missing=policy)
    world = World(workspace, by_points(*both))
    people = [world.customer() for _number in range(3)]
    assert world.recompute() == NOTHING
    assert [world.tier(each) for each in people] == [None] * 3
    with workspace.reading(SYSTEM) as act:
        found = explain(act, "value", people[0])
    assert found.score is None and all(each.missing for each in found.dimensions)


def test_one_blank_among_values_is_missing_and_not_zero(workspace: Workspace):
    world = World(workspace, by_points(dimension("points", "points", [0, 10], missing="worst")))
    blank, zero = world.customer(), world.customer(points=0)
    other = world.customer(points=10)
    world.recompute()
    assert [world.tier(each) for each in (blank, zero, other)] == [None, "silver", "diamond"]


# -- odd values ---------------------------------------------------------------------------------------------------------------------
def test_negative_and_zero_amounts_fall_between_their_cuts(workspace: Workspace):
    world = World(workspace, model(dimension(value="SUM(orders.amount)", cuts=[-100, 0, 100]), tiers=BY_AMOUNT))
    amounts = {"-100.01": "basic", "-100": "silver", "-0.01": "silver", "0": "gold", "99.99": "gold", "100": "diamond"}
    people = {amount: world.customer(amount) for amount in amounts}
    for amount, person in people.items():
        world.order(person, amount)
    assert {amount: world.tier(person) for amount, person in people.items()} == amounts
    world.order(people["100"], "-200")
    assert world.tier(people["100"]) == "silver"
    assert world.recompute() == NOTHING


def test_an_order_of_the_future_counts_when_its_day_has_come(workspace: Workspace):
    world = World(workspace, model(dimension(value="SUM(orders.amount, on=orders.paid_on, days=30)", cuts=[100, 1000]), tiers=BY_AMOUNT))
    person = world.customer()
    world.order(person, 50)
    world.order(person, 5000, TODAY + timedelta(days=2))
    assert world.tier(person) == "basic"
    assert world.on(TODAY + timedelta(days=1)).recompute() == NOTHING
    world.on(TODAY + timedelta(days=2)).recompute()
    assert world.tier(person) == "diamond"


def test_amounts_of_two_currencies_are_not_added_up(sqlite_workspace: Workspace):
    world = World(sqlite_workspace)
    world.publish({**CUSTOMER, "fields": [*CUSTOMER["fields"], money("abroad", currency="USD")]})
    for value in ("credit + abroad", "SUM(orders.amount) - abroad", "MAX(credit, abroad)", "IF(credit > abroad, 1, 0)"):
        ((path, sentence),) = refused(world, model(dimension(value=value, cuts=[1])))
        assert path == "dimensions/0/value" and "CNY" in sentence and "USD" in sentence, value


# -- odd definitions ----------------------------------------------------------------------------------------------------------------
@pytest.mark.parametrize("cuts", [[5, 1, 3], [1, 1], [1, 5, 5]])
def test_cuts_out_of_order_are_refused(sqlite_workspace: Workspace, cuts: list[int]):
    world = World(sqlite_workspace)
    problems = refused(world, model(dimension(cuts=cuts)))
    assert problems == [("dimensions/0/bands/cuts", "Cuts rise or fall without repeating.")]


def test_weights_that_make_another_sum_than_a_hundred_are_shares_of_their_sum(workspace: Workspace):
    three, one = dimension("points", "points", [10], 3), dimension("credit", "credit", [10], 1)
    world = World(workspace, by_points(three, one))
    people = [world.customer(points=points, credit=credit) for points, credit in ((20, 20), (20, 0), (0, 20), (0, 0))]
    world.recompute()
    assert [world.state(each).score for each in people] == [1_000_000, 750_000, 250_000, 0]
    with workspace.reading(SYSTEM) as act:
        found = explain(act, "value", people[1])
    assert sum(each.share for each in found.dimensions) == found.score


def test_a_field_that_a_dimension_reads_cannot_be_deleted_before_the_dimension(workspace: Workspace):
    world = World(workspace, by_points())
    person = world.customer(points=5)
    world.recompute()
    without = {**CUSTOMER, "fields": [each for each in CUSTOMER["fields"] if each["key"] != "points"], "quality": ["name"]}
    ((path, sentence),) = refused(world, without)
    assert path == "tier_model:value/dimensions/0/value" and "“value” needs this" in sentence and "points" in sentence
    assert world.tier(person) == "basic" and world.recompute() == NOTHING
    world.publish(without, by_points(dimension("credit", "credit", [100])))
    world.recompute(source="publish")
    assert world.history(person)[-1] == ("basic", None, "left")


# -- at the same time ---------------------------------------------------------------------------------------------------------------
def consistent(world: World) -> None:
    """Each record's history follows on from itself without a gap, and its open end is its state."""
    states = dict(world.rows(sa.select(tier_state.c.record, tier_state.c.tier)))
    by_record: dict[int, list[Any]] = {}
    for row in world.rows(sa.select(tier_history).order_by(tier_history.c.id)):
        by_record.setdefault(row.record, []).append(row)
    assert set(by_record) == {record for record, tier in states.items() if tier is not None}
    for record, rows in by_record.items():
        assert [row.tier_from for row in rows] == [None, *(row.tier_to for row in rows[:-1])]
        assert [row.valid_to for row in rows] == [*(row.valid_from for row in rows[1:]), None]
        assert rows[-1].tier_to == states[record]


def told(world: World) -> Counter[tuple[int, str | None, str | None]]:
    """The moves that events tell of."""
    found: Counter[tuple[int, str | None, str | None]] = Counter()
    for row in world.events():
        items = [(row.record, json.loads(row.payload))] if row.records is None else json.loads(row.payload)["items"]
        found.update((record, item["from"], item["to"]) for record, item in items)
    return found


def test_two_admins_publish_at_once_and_the_later_one_holds_for_everybody(workspace: Workspace):
    world = World(workspace, by_points(dimension("points", "points", [10, 20, 30])))
    people = [world.customer(points=points) for points in (5, 15, 25, 35)]
    world.recompute()

    def publish(cuts: list[int]) -> int:
        with workspace.writing(SYSTEM) as act:
            return versions.publish(act, [by_points(dimension("points", "points", cuts))])[0][2]

    with ThreadPoolExecutor(2) as pool:
        numbers = dict(zip((1, 100), pool.map(publish, ([1, 2, 3], [100, 200, 300])), strict=True))
    assert sorted(numbers.values()) == [2, 3]
    while jobs.run_next(workspace):
        pass
    assert {row.state for row in world.rows(sa.select(job.c.state))} == {"done"}
    assert {world.tier(each) for each in people} == {"diamond" if numbers[1] == 3 else "basic"}
    consistent(world)


def test_a_model_that_is_published_during_a_recompute_ends_it_and_its_own_run_finishes(workspace: Workspace, monkeypatch: Any):
    monkeypatch.setattr(recomputing, "CHUNK", 3)
    world = World(workspace, by_points(dimension("points", "points", [10, 20, 30])))
    people = [world.customer(points=25) for _number in range(7)]
    follow = recomputing.Run._follow
    newer = [by_points(dimension("points", "points", [1, 2, 3]))]

    def publish_between(run: Any, act: Any, moved: list[int]) -> None:
        follow(run, act, moved)
        if newer:
            act.after_commit.append(lambda body=newer.pop(): world.publish(body))

    monkeypatch.setattr(recomputing.Run, "_follow", publish_between)
    with pytest.raises(Cancelled):
        world.recompute()
    assert [world.tier(each) for each in people] == ["gold"] * 3 + [None] * 4
    while jobs.run_next(workspace):
        pass
    assert [world.tier(each) for each in people] == ["diamond"] * 7
    consistent(world)


@pytest.mark.parametrize("chunks", [0, 2, 5])
def test_a_recompute_killed_in_the_middle_is_finished_by_the_next_and_doubles_nothing(workspace: Workspace, chunks: int):
    world = World(workspace, by_points(dimension("points", "points", [10, 20, 30])))
    old = [world.customer(points=5) for _number in range(9)]
    world.recompute()
    with workspace.writing(SYSTEM) as act:
        write_batch(act, "customer", [BatchRow({"points": 35}, each) for each in old])
        new = [each.id for each in write_batch(act, "customer", [BatchRow({"name": "New", "points": 25})] * 9).saved if each]
    with workspace.writing(SYSTEM) as act:
        act.connection.execute(job.delete())
        number = recomputing.queue(act, "value")
    settings = workspace.settings
    assert exit_code_after(chunks, str(settings.data_dir), settings.database_url, workspace.now().isoformat()) == -signal.SIGKILL

    consistent(world)
    done = [world.tier(each) for each in [*new, *old]]
    assert done.count("gold") + done.count("diamond") == 3 * chunks
    with workspace.writing(SYSTEM) as act:  # a worker that died leaves its job to the next when its lease is over
        assert act.connection.execute(sa.select(job.c.state)).scalars().all() == ["running"]
        act.connection.execute(job.update().values(lease_until=0))
    assert jobs.run_next(workspace)
    with workspace.reading(SYSTEM) as act:
        assert jobs.find(act.connection, number).state == "done"
    assert ([world.tier(each) for each in old], [world.tier(each) for each in new]) == (["diamond"] * 9, ["gold"] * 9)
    consistent(world)
    moves = Counter({(row.record, row.tier_from, row.tier_to): 1 for row in world.rows(sa.select(tier_history))})
    assert told(world) == moves
    assert world.recompute() == NOTHING


def test_orders_may_be_blank_in_every_field(workspace: Workspace):
    world = World(workspace, ORDER, model(dimension(value="SUM(orders.amount)", cuts=[100], missing="worst"), tiers=BY_AMOUNT))
    person = world.customer()
    world.add("order", customer=person, amount=None, paid_on=None, status=None)
    assert world.tier(person) == "basic"
    world.add("order", customer=None, amount="5000", paid_on=None)
    assert world.tier(person) == "basic" and world.recompute() == NOTHING
