"""An explanation adds up, says what is missing and what holds the tier, and names the smallest changes that lift."""

import json
from datetime import date, timedelta
from decimal import Decimal

import pytest

from runtime.errors import NotFound
from runtime.people.person import SYSTEM
from runtime.tiers.explaining import explain, explain_history
from tests.tiers.world import BY_AMOUNT, TODAY, World, dimension, model

TWO = (dimension("points", "points", [10, 20, 30, 40], weight=60), dimension("spend", "spend", [1000, 5000], weight=40, missing="neutral"))


def explained(world: World, record: int):
    with world.workspace.reading(SYSTEM) as act:
        return explain(act, "value", record)


def test_the_shares_add_up_to_the_score_and_to_what_is_stored(workspace):
    world = World(workspace, model(*TWO))
    ann = world.customer(points=25)
    world.order(ann, 1200)
    found = explained(world, ann)
    assert [(each.key, each.band, each.bands, each.share) for each in found.dimensions] == [
        ("points", 3, 5, Decimal(30)),
        ("spend", 2, 3, Decimal(20)),
    ]
    assert sum(each.share for each in found.dimensions) == found.score == Decimal(world.state(ann).score) / 10_000
    assert (found.tier, found.stored_tier, found.updating, found.version, found.as_of) == ("silver", "silver", False, 1, TODAY)


def test_values_and_bands_are_said_in_both_languages(workspace):
    world = World(workspace, model(*TWO, dimension("days", "DAYS_SINCE(last_order_on)", [30, 90], better="lower")))
    ann = world.customer(points=25)
    world.order(ann, 1200, TODAY - timedelta(days=40))
    found = explained(world, ann)
    assert [each.display.in_language("zh") for each in found.dimensions] == ["25", "¥1,200.00", "40"]
    assert [each.why.in_language("en") for each in found.dimensions] == [
        "20 or more, less than 30",
        "¥1,000.00 or more, less than ¥5,000.00",
        "90 or less, more than 30",
    ]
    assert found.dimensions[1].why.in_language("zh") == "¥1,000.00 及以上，不到 ¥5,000.00"


def test_what_is_missing_makes_the_tier_provisional_and_is_named(workspace):
    world = World(workspace, model(*TWO, movement={"provisional_below_quality": 80}))
    found = explained(world, world.customer(points=25))
    assert (found.dimensions[1].band, found.dimensions[1].missing, found.dimensions[1].share) == (None, True, Decimal(20))
    assert [str(each) for each in found.provisional] == [
        "“Spend” has no value yet.",
        "Only 50 % of the profile is filled; 80 % are needed.",
    ]


def test_floors_that_hold_are_named_with_their_reason(workspace):
    world = World(
        workspace,
        model(
            *TWO,
            floors=[
                {"when": "DIMENSION_BAND('points') >= 3", "tier": "gold", "why": "Loyal"},
                {"when": "points > 1000", "tier": "diamond"},
            ],
        ),
    )
    found = explained(world, world.customer(points=25))
    assert [(each.tier, each.why, each.decided) for each in found.floors] == [("gold", "Loyal", True)]


def test_at_most_three_smallest_changes_lead_to_a_higher_tier(workspace):
    world = World(
        workspace,
        model(
            *[dimension(key, "points", [10, 20, 30], weight=weight) for key, weight in (("a", 40), ("b", 30), ("c", 20), ("d", 10))],
            tiers=[{"key": "top", "label": "Top", "from": 40}, {"key": "low", "label": "Low", "from": 0}],
        ),
    )
    found = explained(world, world.customer(points=15))
    assert (found.tier, found.score) == ("low", Decimal("33.3333"))
    assert [(each.dimension, each.band, each.score, each.tier) for each in found.next] == [
        ("d", 4, Decimal(40), "top"),
        ("b", 3, Decimal("43.3333"), "top"),
        ("c", 4, Decimal("46.6666"), "top"),
    ]
    assert found.next[0].message.in_language("en") == "D: 30 or more (now 15) leads to 40 points and Top."


def test_following_a_proposed_change_really_leads_there(workspace):
    world = World(workspace, model(*TWO, floors=[{"when": "DIMENSION_BAND('spend') >= 3", "tier": "diamond"}]))
    ann = world.customer(points=5)
    for lift in explained(world, ann).next:
        if lift.dimension == "spend":
            world.order(ann, lift.value.value)
            assert (world.tier(ann), Decimal(world.state(ann).score) / 10_000) == (lift.tier, lift.score)
            break
    else:
        pytest.fail("spending lifts to diamond")


def test_the_best_tier_has_nothing_above_it(workspace):
    world = World(workspace, model(dimension("points", "points", [10])))
    assert explained(world, world.customer(points=25)).next == ()


@pytest.mark.parametrize(
    ("movement", "sentence"),
    [
        ({"least_stay_days": 30}, "Stays Diamond until 2026-12-21 at least; by its figures it would be Basic."),
        ({"grace_days": 14}, "In grace until 2026-12-05: without recovery it becomes Basic."),
        ({"demotion": "propose"}, "A step down to Basic is proposed and waits for a decision."),
    ],
)
def test_what_holds_a_tier_is_said(workspace, movement, sentence):
    world = World(workspace, model(dimension("points", "points", [10]), movement=movement))
    ann = world.customer(points=25)
    world.change("customer", ann, points=0)
    found = explained(world, ann)
    assert (found.tier, str(found.movement.message), found.movement.tier) == ("diamond", sentence, "basic")


def test_a_stored_tier_older_than_its_figures_is_called_so(workspace):
    world = World(workspace, model(dimension("points", "points", [10, 20, 30]), tiers=BY_AMOUNT, recompute={"on_change": False}))
    ann = world.customer(points=15)
    assert explained(world, ann).updating
    world.recompute()
    assert not explained(world, ann).updating
    world.change("customer", ann, points=25)
    assert (explained(world, ann).updating, explained(world, ann).tier, explained(world, ann).stored_tier) == (True, "gold", "silver")


def test_quantiles_are_explained_by_the_stored_cut_points(workspace):
    world = World(workspace, model(dimension("points", "points", 5)))
    people = [world.customer(points=points) for points in (1, 1, 1, 2, 3)]
    world.recompute()
    assert [str(explained(world, each).dimensions[0].why) for each in (people[0], people[3], people[4])] == [
        "less than 2",
        "2 or more, less than 3",
        "3 or more",
    ]


def test_a_lane_explains_by_its_own_dimensions(workspace):
    world = World(
        workspace,
        model(dimension("first", "points", [5]), key="fresh"),
        model(dimension("points", "points", [50]), lanes=[{"key": "new", "when": "stage == 'new'", "tier_model": "fresh"}]),
    )
    found = explained(world, world.customer(points=10, stage="new"))
    assert (found.lane, [each.key for each in found.dimensions], found.tier) == ("new", ["first"], "diamond")


def test_the_answer_of_the_api_is_plain_json(workspace):
    world = World(workspace, model(*TWO))
    told = explained(world, world.customer(points=25)).to_json("zh")
    assert json.loads(json.dumps(told)) == told
    assert {"model", "version", "as_of", "tier", "score", "dimensions", "floors", "movement", "provisional", "next"} <= told.keys()
    assert {key: told["dimensions"][0][key] for key in ("key", "value", "band", "weight", "share", "missing")} == {
        "key": "points",
        "value": "25",
        "band": 3,
        "weight": "60",
        "share": "30",
        "missing": False,
    }


def test_the_history_of_a_record_is_told_newest_first(workspace):
    world = World(workspace, model(dimension("points", "points", [10, 20, 30]), tiers=BY_AMOUNT))
    ann = world.customer(points=5)
    world.later(hours=1).change("customer", ann, points=35)
    with workspace.reading(SYSTEM) as act:
        found = explain_history(act, "value", ann)
    assert [(each["from"], each["to"], each["cause"], each["score_to"]) for each in found] == [
        ("basic", "diamond", "up", Decimal(100)),
        (None, "basic", "first", Decimal(0)),
    ]
    assert found[1]["until"] == found[0]["at"]


def test_a_record_in_the_trash_is_not_explained(workspace):
    world = World(workspace)
    ann = world.customer()
    world.delete("customer", ann)
    with pytest.raises(NotFound):
        explained(world, ann)


def test_a_model_of_a_fixed_day_explains_that_day(workspace):
    world = World(workspace, model(dimension("orders", "COUNT(orders, on=orders.paid_on, days=30)", [1, 2]), as_of="2026-03-31"))
    ann = world.customer()
    world.order(ann, 10, date(2026, 3, 20))
    assert (explained(world, ann).as_of, explained(world, ann).dimensions[0].value) == (date(2026, 3, 31), Decimal(1))
