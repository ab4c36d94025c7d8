"""Records are rated in the transaction of the change that touches them, and only what differs is written."""

import json
from datetime import date, timedelta

import pytest
import sqlalchemy as sa

from runtime.people.person import SYSTEM
from runtime.system.tables import tier_cuts, tier_history
from runtime.tiers import rating
from runtime.tiers.compiled import CompiledModel
from tests.tiers.world import BY_AMOUNT, TODAY, World, dimension, model


def test_an_order_moves_its_customer_in_the_same_transaction(workspace):
    world = World(workspace, model(tiers=BY_AMOUNT))
    ann = world.customer()
    assert world.tier(ann) is None
    world.order(ann, 999)
    assert world.tier(ann) == "basic"
    world.order(ann, 1)
    assert world.tier(ann) == "silver"
    world.order(ann, 4000)
    assert world.history(ann) == [(None, "basic", "first"), ("basic", "silver", "up"), ("silver", "gold", "up")]


def test_an_event_tells_of_each_move_and_inherits_its_source(workspace):
    world = World(workspace, model(tiers=BY_AMOUNT))
    ann = world.customer()
    world.order(ann, 500)
    world.add("order", "import", customer=ann, amount=5000, paid_on=TODAY)
    first, up = world.events()
    assert json.loads(first.payload) == {
        "model": "value",
        "from": None,
        "to": "basic",
        "direction": "first",
        "score": "0",
        "provisional": False,
        "tier_source": "score",
    }
    assert (up.record, up.source, json.loads(up.payload)["direction"], json.loads(up.payload)["to"]) == (ann, "import", "up", "gold")


def test_what_changes_nothing_writes_nothing(workspace):
    world = World(workspace, model(tiers=BY_AMOUNT))
    ann = world.customer()
    world.order(ann, 1500)
    before = world.state(ann)
    world.later(hours=1)
    world.order(ann, 10)
    world.change("customer", ann, note="likes tea")
    after = world.state(ann)
    assert {**after._mapping, "at": before.at} == before._mapping
    assert after.at > before.at, "that it was rated is noted, for a recompute that began before"


def test_a_record_that_leaves_the_population_loses_its_tier_and_comes_back_as_a_first(workspace):
    world = World(workspace, model(tiers=BY_AMOUNT, population="stage != 'lost'"))
    ann = world.customer()
    world.order(ann, 6000)
    world.change("customer", ann, stage="lost")
    assert world.tier(ann) is None
    world.later(hours=1).change("customer", ann, stage="steady")
    assert world.history(ann) == [(None, "gold", "first"), ("gold", None, "left"), (None, "gold", "first")]
    assert [json.loads(each.payload)["direction"] for each in world.events()] == ["first", "left", "first"]


def test_the_trash_ends_a_tier_without_an_event_and_restoring_gives_it_back(workspace):
    world = World(workspace, model(dimension(value="points", cuts=[10, 20, 30]), tiers=BY_AMOUNT))
    ann = world.customer(points=25)
    world.later(hours=1).delete("customer", ann)
    assert world.tier(ann) is None
    assert len(world.events()) == 1
    world.later(hours=1).restore("customer", ann)
    assert world.tier(ann) == "gold"


def test_history_has_no_gaps_and_one_open_end(workspace):
    world = World(workspace, model(tiers=BY_AMOUNT))
    ann = world.customer()
    for amount in (10, 1000, 4000, 20000):
        world.later(minutes=1).order(ann, amount)
    rows = world.rows(sa.select(tier_history).where(tier_history.c.record == ann).order_by(tier_history.c.id))
    assert [row.valid_to for row in rows[:-1]] == [row.valid_from for row in rows[1:]]
    assert rows[-1].valid_to is None


@pytest.mark.parametrize(("policy", "score", "bands"), [("worst", 500000, "3,1"), ("neutral", 750000, "3,"), ("leave_out", 1000000, "3,")])
def test_a_dimension_without_any_related_row_is_missing(workspace, policy, score, bands):
    world = World(
        workspace,
        model(
            dimension("points", "points", [10, 20], weight=50),
            dimension("visits", "COUNT(visits, on=visits.on_day, days=30)", [0, 1], weight=50, missing=policy),
        ),
    )
    ann = world.customer(points=25)
    state = world.state(ann)
    assert (state.score, state.bands, state.provisional) == (score, bands, 1)
    world.add("visit", customer=ann, on_day=TODAY - timedelta(days=300))
    assert (world.state(ann).bands, world.state(ann).provisional) == ("3,2", 0)


def test_a_computed_field_is_missing_like_the_formula_it_holds(workspace):
    world = World(
        workspace,
        model(dimension("points", "points", [10, 20], weight=50), dimension("spend", "spend", [1000], weight=50, missing="leave_out")),
    )
    assert world.state(world.customer(points=25)).bands == "3,"


def test_missing_when_says_itself_what_is_missing(workspace):
    world = World(
        workspace,
        model(
            dimension("points", "points", [10, 20], weight=50),
            dimension("visits", "COUNT(visits)", [1], weight=50, missing="leave_out", missing_when="points < 10"),
        ),
    )
    assert world.state(world.customer(points=25)).bands == "3,1"
    assert world.state(world.customer(points=5)).bands == "1,"


def test_too_little_of_the_profile_makes_a_tier_provisional(workspace):
    world = World(workspace, model(dimension("points", "points", [10]), movement={"provisional_below_quality": 75}))
    assert world.state(world.customer(points=25, note="tea")).provisional == 0
    assert world.state(world.customer(points=25)).provisional == 1


def test_a_floor_over_a_band_and_a_fact_raises(workspace):
    world = World(
        workspace,
        model(
            dimension("points", "points", [10, 20, 30], weight=100),
            floors=[
                {"when": "DIMENSION_BAND('points') >= 2 and stage == 'steady'", "tier": "gold"},
                {"when": "points > 15", "tier": "silver"},
            ],
        ),
    )
    assert (world.tier(world.customer(points=12, stage="steady")), world.tier(world.customer(points=12, stage="new"))) == ("gold", "basic")
    both = world.state(world.customer(points=17, stage="steady"))
    assert (both.tier, both.floor) == ("gold", 0)


def test_a_ceiling_lowers_even_what_a_floor_raised(workspace):
    world = World(
        workspace,
        model(
            dimension("points", "points", [10]),
            floors=[{"when": "stage == 'steady'", "tier": "diamond"}],
            ceilings=[{"when": "note == 'owes'", "tier": "silver"}],
        ),
    )
    assert world.tier(world.customer(points=25, note="owes")) == "silver"
    assert world.tier(world.customer(points=5, stage="steady", note="owes")) == "silver"


def test_a_lane_rates_by_its_own_rules_and_writes_the_tier_of_the_whole(workspace):
    fresh = model(dimension("points", "points", [5]), key="fresh")
    world = World(
        workspace,
        fresh,
        model(dimension("points", "points", [50]), lanes=[{"key": "new", "when": "stage == 'new'", "tier_model": "fresh"}]),
    )
    ann = world.customer(points=10, stage="new")
    assert (world.state(ann).tier, world.state(ann).lane) == ("diamond", "new")
    world.change("customer", ann, stage="steady")
    assert (world.state(ann).tier, world.state(ann).lane) == ("basic", "")
    assert world.history(ann)[-1][2] == "down"
    assert world.state(ann, "fresh") is None


def test_a_frozen_record_keeps_its_tier(workspace):
    world = World(workspace, model(dimension("points", "points", [10]), freeze=[{"when": "note == 'case'"}]))
    ann = world.customer(points=25, note="case")
    world.change("customer", ann, points=0)
    assert world.tier(ann) == "diamond"
    world.change("customer", ann, note="")
    assert world.tier(ann) == "basic"


def test_the_start_of_grace_is_told_once(workspace):
    world = World(workspace, model(dimension("points", "points", [10]), movement={"grace_days": 14}))
    ann = world.customer(points=25)
    world.change("customer", ann, points=0)
    world.change("customer", ann, points=1)
    (grace,) = world.events("tier_grace")
    assert json.loads(grace.payload) == {"model": "value", "tier": "diamond", "until": "2026-12-05", "score": "0"}
    assert world.tier(ann) == "diamond"


def test_quantile_bands_wait_for_the_first_full_recompute_and_then_stay_frozen(workspace):
    world = World(workspace, model(dimension("points", "points", 5)))
    people = [world.customer(points=points) for points in (1, 1, 1, 2, 3)]
    assert world.tier(people[0]) is None
    assert world.recompute()["first"] == 5
    assert [world.state(each).bands for each in people] == ["1", "1", "1", "4", "5"]
    assert world.state(world.customer(points=2)).bands == "4"
    assert json.loads(world.rows(sa.select(tier_cuts.c.cuts))[0][0]) == [200, 200, 200, 300]


def test_a_model_may_leave_changes_to_the_night(workspace):
    world = World(workspace, model(dimension("points", "points", [10]), recompute={"on_change": False}))
    ann = world.customer(points=25)
    assert world.tier(ann) is None
    world.recompute()
    assert world.tier(ann) == "diamond"


def test_a_model_of_a_fixed_day_sees_the_facts_of_that_day(workspace):
    counted = "COUNT(orders, on=orders.paid_on, days=30)"
    world = World(workspace, model(dimension("orders", counted, [1, 2, 3]), as_of="2026-03-31", tiers=BY_AMOUNT))
    ann = world.customer()
    world.orders(ann, 10, 10, paid_on=date(2026, 3, 20))
    world.order(ann, 10, date(2026, 4, 1))
    assert (world.state(ann).bands, world.state(ann).as_of) == ("3", (date(2026, 3, 31) - date(1970, 1, 1)).days)


def test_computed_fields_are_worked_out_anew_for_another_day(workspace):
    world = World(workspace, model(tiers=BY_AMOUNT, as_of="2026-03-31"))
    ann = world.customer()
    world.order(ann, 6000, date(2026, 5, 1))
    world.order(ann, 1500, date(2025, 6, 1))
    assert world.tier(ann) == "silver"


def test_nothing_is_rated_that_the_change_does_not_touch(workspace, monkeypatch):
    world = World(workspace)
    ann = world.customer()
    asked = []
    monkeypatch.setattr(rating, "rate", lambda act, key, ids, *more: asked.append(set(ids)) or [])
    world.change("customer", ann, note="tea")
    assert asked == []
    world.order(ann, 10)
    assert asked == [{ann}]


def test_many_records_are_rated_at_once_and_told_of_in_one_event(workspace):
    world = World(workspace, model(dimension("points", "points", [10]), recompute={"on_change": False}))
    people = [world.customer(points=points) for points in (5, 15, 25)]
    with workspace.writing(SYSTEM) as act:
        assert rating.rate(act, "value", people) == people
    (told,) = world.events()
    assert json.loads(told.records) == people
    assert [[record, payload["to"]] for record, payload in json.loads(told.payload)["items"]] == [
        [people[0], "basic"],
        [people[1], "diamond"],
        [people[2], "diamond"],
    ]


def test_where_sql_cannot_express_a_formula_records_are_evaluated_one_by_one(workspace, monkeypatch):
    monkeypatch.setattr(CompiledModel, "in_sql", False)
    world = World(
        workspace,
        model(
            dimension("points", "points", [3, 4], missing="leave_out"),
            floors=[{"when": "DIMENSION_BAND('points') == 2 and stage != 'new'", "tier": "gold"}],
            population="stage != 'lost'",
        ),
    )
    three, four, none = world.customer(points=3), world.customer(points=4), world.customer()
    assert (world.tier(three), world.tier(four), world.tier(none)) == ("gold", "diamond", None)
    world.change("customer", three, stage="lost")
    assert world.tier(three) is None
    assert set(world.recompute().values()) == {0}
