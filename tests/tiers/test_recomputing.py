"""The full recompute gives what rating one by one gives, by sets, and leaves alone what does not change."""

import json
from datetime import date, timedelta

import pytest
import sqlalchemy as sa

from runtime import kinds
from runtime.definitions import versions
from runtime.errors import NotFound
from runtime.people.person import SYSTEM
from runtime.system import jobs
from runtime.system.tables import derived_dirty, job, tier_cuts, tier_history, tier_state
from runtime.tiers import recomputing
from runtime.tiers.nightly import register
from runtime.tiers.rating import rate
from runtime.tiers.recomputing import after_publish, queue
from tests.tiers.world import BY_AMOUNT, TODAY, World, dimension, model

BY_NIGHT = {"on_change": False}
NOTHING = dict.fromkeys(("first", "up", "down", "left", "moved", "figures"), 0)


def by_points(**more):
    return model(dimension("points", "points", [10, 20, 30]), tiers=BY_AMOUNT, **{"recompute": BY_NIGHT, **more})


@pytest.fixture
def small_chunks(monkeypatch):
    monkeypatch.setattr(recomputing, "CHUNK", 3)


def test_first_tiers_come_by_sets_with_history_and_one_event_a_chunk(workspace, small_chunks):
    world = World(workspace, by_points())
    people = [world.customer(points=points) for points in (5, 15, 25, 35, 25)] + [world.customer()]
    assert world.recompute() == {**NOTHING, "first": 5}
    assert [world.tier(each) for each in people] == ["basic", "silver", "gold", "diamond", "gold", None]
    assert [json.loads(event.records) for event in world.events()] == [people[:3], people[3:5]]
    record, told = json.loads(world.events()[0].payload)["items"][1]
    assert (record, told) == (
        people[1],
        {
            "model": "value",
            "from": None,
            "to": "silver",
            "direction": "first",
            "score": "33.3333",
            "provisional": False,
            "tier_source": "score",
        },
    )
    assert [world.history(each) for each in people[:2]] == [[(None, "basic", "first")], [(None, "silver", "first")]]
    assert len({row[0] for row in world.rows(sa.select(tier_history.c.id))}) == 5


def test_a_second_run_writes_nothing(workspace):
    world = World(workspace, by_points())
    for points in (5, 15, 25):
        world.customer(points=points)
    world.recompute()
    before = world.rows(sa.select(tier_state))
    assert world.later(hours=1).recompute() == NOTHING
    assert world.rows(sa.select(tier_state)) == before
    assert len(world.events()) == 1


def test_the_state_is_the_same_as_when_rated_one_by_one(workspace):
    world = World(
        workspace,
        model(
            dimension("points", "points", [10, 20], weight=60),
            dimension("visits", "COUNT(visits)", [1], weight=40, missing="neutral"),
            floors=[{"when": "DIMENSION_BAND('points') >= 3", "tier": "gold"}],
            population="stage != 'lost'",
        ),
    )
    for points, stage in ((5, "new"), (15, "lost"), (25, "steady"), (None, None)):
        world.customer(points=points, stage=stage)
    columns = [column for column in tier_state.c if column.name not in ("at", "since")]
    alone = world.rows(sa.select(*columns).order_by(tier_state.c.record))
    with workspace.writing(SYSTEM) as act:
        act.connection.execute(tier_state.delete())
    world.recompute()
    assert world.rows(sa.select(*columns).order_by(tier_state.c.record)) == alone


def test_moves_are_counted_by_direction(workspace, small_chunks):
    world = World(workspace, by_points(population="stage != 'lost'"))
    up, down, left, same, figures = (world.customer(points=points) for points in (5, 35, 35, 15, 12))
    world.recompute()
    for record, values in ((up, {"points": 25}), (down, {"points": 5}), (left, {"stage": "lost"})):
        world.change("customer", record, **values)
    assert world.later(hours=1).recompute() == {**NOTHING, "up": 1, "down": 1, "left": 1}
    assert world.history(left)[-1] == ("diamond", None, "left")
    assert world.tier(same) == world.tier(figures) == "silver"


def test_new_figures_of_the_same_tier_are_written_without_history(workspace):
    world = World(workspace, model(dimension("points", "points", [10, 20, 30, 40, 50]), recompute=BY_NIGHT))
    ann = world.customer(points=25)
    world.recompute()
    world.change("customer", ann, points=35)
    world.later(hours=1)
    assert (world.recompute(), world.state(ann).bands) == ({**NOTHING, "up": 1}, "4")
    world.change("customer", ann, points=30)
    assert world.recompute() == NOTHING
    assert len(world.history(ann)) == 2


def test_quantiles_are_cut_anew_for_each_lane(workspace):
    world = World(
        workspace,
        model(dimension("points", "points", 5), key="fresh"),
        model(
            dimension("points", "points", 5, better="lower"),
            lanes=[{"key": "new", "when": "stage == 'new'", "tier_model": "fresh"}],
            population="stage != 'lost'",
        ),
    )
    new = [world.customer(points=points, stage="new") for points in (1, 1, 1, 2, 3, None)]
    rest = [world.customer(points=points, stage="steady") for points in (30, 20, 20, 10, 5)]
    world.customer(points=1000, stage="lost")
    world.recompute()
    assert [world.state(each).bands for each in new[:5]] == ["1", "1", "1", "4", "5"]
    assert [world.state(each).bands for each in rest] == ["1", "2", "2", "4", "5"]
    assert {(row.lane, row.population) for row in world.rows(sa.select(tier_cuts))} == {("new", 5), ("", 5)}


def test_equal_values_share_a_band_whatever_their_number(workspace):
    world = World(workspace, model(dimension("points", "points", 4)))
    people = [world.customer(points=7) for _n in range(5)]
    world.recompute()
    assert {world.state(each).bands for each in people} == {"1"}


def test_a_run_for_another_day_uses_the_facts_of_that_day(workspace):
    world = World(
        workspace, model(dimension("orders", "COUNT(orders, on=orders.paid_on, days=30)", [1, 2]), recompute=BY_NIGHT, tiers=BY_AMOUNT)
    )
    ann = world.customer()
    world.orders(ann, 1, 1, paid_on=date(2026, 3, 20))
    world.recompute(as_of=date(2026, 3, 31))
    assert (world.state(ann).tier, world.state(ann).as_of) == ("diamond", (date(2026, 3, 31) - date(1970, 1, 1)).days)
    assert world.history(ann) == [(None, "diamond", "first")]


def test_grace_ends_with_the_day_without_any_change_of_data(workspace):
    world = World(workspace, model(dimension("points", "points", [10]), movement={"grace_days": 14}))
    ann = world.customer(points=25)
    world.change("customer", ann, points=0)
    world.on(TODAY + timedelta(days=13)).recompute()
    assert world.tier(ann) == "diamond"
    world.on(TODAY + timedelta(days=14)).recompute()
    assert (world.tier(ann), world.state(ann).grace_until) == ("basic", None)


def test_publishing_places_everybody_at_once_or_respects_movement(workspace):
    world = World(workspace, by_points(movement={"least_stay_days": 30}))
    ann = world.customer(points=25)
    world.recompute()
    stricter = model(dimension("points", "points", [40, 50, 60]), tiers=BY_AMOUNT, movement={"least_stay_days": 30}, recompute=BY_NIGHT)
    world.publish({**stricter, "on_publish": "respect_movement"})
    world.recompute(source="publish")
    assert world.tier(ann) == "gold"
    world.publish(stricter)
    world.later(hours=1).recompute(source="publish")
    assert world.history(ann)[-1] == ("gold", "basic", "publish")
    assert (world.events()[-1].source, json.loads(world.events()[-1].payload)["direction"]) == ("publish", "down")


def test_a_run_that_may_not_fire_leaves_no_event_to_answer(workspace):
    world = World(workspace, by_points())
    world.customer(points=25)
    world.recompute(fires=False)
    assert [event.handled_at is None for event in world.events()] == [False]


def test_somebody_rated_meanwhile_is_not_overwritten(workspace, monkeypatch):
    world = World(workspace, model(dimension("points", "points", [10, 20, 30]), tiers=BY_AMOUNT))
    ann, ben = world.customer(), world.customer(points=15)
    with workspace.writing(SYSTEM) as act:
        act.connection.execute(tier_state.delete())
    apply = recomputing.Run.apply

    def meanwhile(run):
        world.later(minutes=1)
        world.change("customer", ben, points=35)
        world.change("customer", ann, points=25)
        return apply(run)

    monkeypatch.setattr(recomputing.Run, "apply", meanwhile)
    world.recompute()
    assert (world.tier(ann), world.tier(ben)) == ("gold", "diamond")
    assert world.history(ben)[-1][:2] == (None, "diamond")


def test_temporary_tables_are_gone_afterwards(workspace):
    world = World(workspace, by_points())
    world.customer(points=25)
    world.recompute()
    world.recompute()
    with workspace.engine.connect() as connection:
        assert not [name for name in sa.inspect(connection).get_temp_table_names() if name.startswith("tier_")]


def test_an_unknown_model_is_refused(workspace):
    world = World(workspace)
    with pytest.raises(NotFound):
        world.recompute("nobody")


# -- as long work -----------------------------------------------------------------------------------------------------------------
def test_a_recompute_runs_as_a_job_with_progress_and_result(sqlite_workspace):
    world = World(sqlite_workspace, by_points())
    world.customer(points=25)
    register()
    with sqlite_workspace.writing(SYSTEM) as act:
        number = queue(act, "value")
    row = jobs.run_now(sqlite_workspace, number)
    assert (row.state, row.done, row.total, json.loads(row.result)["first"]) == ("done", 1, 1, 1)


def test_a_cancelled_recompute_keeps_what_is_applied(sqlite_workspace, small_chunks, monkeypatch):
    world = World(sqlite_workspace, by_points())
    people = [world.customer(points=25) for _n in range(7)]
    register()
    monkeypatch.setattr(jobs.time, "monotonic", iter(range(1, 1000)).__next__)
    with sqlite_workspace.writing(SYSTEM) as act:
        number = queue(act, "value")
        act.connection.execute(job.update().values(cancel=1))
    assert jobs.run_now(sqlite_workspace, number).state == "cancelled"
    assert [world.tier(each) for each in people] == ["gold"] * 3 + [None] * 4


def test_publishing_what_a_model_reads_queues_its_recompute(sqlite_workspace, monkeypatch):
    kinds.load()
    monkeypatch.setattr(versions, "APPLY", [*[each for each in versions.APPLY if each is not after_publish], after_publish])
    world = World(sqlite_workspace)
    waiting = sa.select(job.c.subject, job.c.payload).order_by(job.c.id)
    assert [row.subject for row in world.rows(waiting)] == ["tier_model:value"]
    world.publish({"kind": "app", "key": "shop", "label": "Shop", "menu": []})
    assert len(world.rows(waiting)) == 1
    world.publish({**model(), "purpose": "to know"})
    assert json.loads(world.rows(waiting)[-1].payload) == {
        "model": "value",
        "as_of": None,
        "source": "publish",
        "fires": False,
        "nightly": False,
    }
    assert world.rows(sa.select(derived_dirty)) == []


ORDERS = ("SUM(orders.amount)", "COUNT(orders)", "AVG(orders.amount)")
DAYS = "on=orders.paid_on, days=30"
WITHIN = (f"SUM(orders.amount, {DAYS})", f"MAX(orders.amount, {DAYS})", f"COUNT(orders, {DAYS})")


@pytest.mark.parametrize("formulas", [ORDERS, WITHIN, (*ORDERS, *WITHIN)])
def test_several_aggregates_over_the_same_orders_give_what_each_gives_alone(sqlite_workspace, formulas):
    dimensions = [dimension(f"d{number}", each, [1, 2, 150], 100 // len(formulas)) for number, each in enumerate(formulas)]
    world = World(sqlite_workspace, model(*dimensions, recompute=BY_NIGHT))
    people = [world.customer() for _number in range(5)]
    world.orders(people[0], 100, 200)
    world.orders(people[1], 1, 300, paid_on=TODAY - timedelta(days=90))
    world.order(people[2], 2, None)
    world.add("order", amount=1000, paid_on=TODAY)  # of nobody
    world.delete("order", world.order(people[3], 100))
    world.recompute()
    by_sets = [_figures(world.state(each)) for each in people]
    with sqlite_workspace.writing(SYSTEM) as act:
        act.connection.execute(tier_state.delete())
        rate(act, "value", people)
    assert [_figures(world.state(each)) for each in people] == by_sets
    assert None not in by_sets[:3] and by_sets[3:] == [None, None]


def _figures(state):
    return state and (state.tier, state.rank, state.score, state.bands, state.provisional)
