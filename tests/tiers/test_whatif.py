"""Trying out is the same rule: what it says of other bands is what happens when the facts really change, and nothing is written."""

from decimal import Decimal
from itertools import product

import pytest
import sqlalchemy as sa

from runtime.errors import Refused
from runtime.people.person import SYSTEM
from runtime.system.tables import tier_history, tier_state
from runtime.tiers.whatif import what_if
from tests.tiers.world import World, dimension, model

POINTS, CREDITS = (5, 15, 25), (50, 150)
RULED = model(
    dimension("points", "points", [10, 20], weight=60),
    dimension("credit", "credit", [100], weight=40, missing="neutral"),
    floors=[{"when": "DIMENSION_BAND('credit') >= 2", "tier": "gold", "why": "Pays in advance"}],
    ceilings=[{"when": "DIMENSION_BAND('points') == 1", "tier": "silver", "why": "Hardly here"}],
    movement={"grace_days": 14},
    plans={"gold": {"contact_every_days": 30}},
)


def tried(world: World, record: int, **bands: int):
    with world.workspace.reading(SYSTEM) as act:
        return what_if(act, act.catalogue.tier_models["value"], record, bands)


def test_other_bands_lead_where_the_facts_lead_that_have_them(workspace):
    world = World(workspace, RULED)
    ann = world.customer(points=5, credit=50)
    for (one, points), (other, credit) in product(enumerate(POINTS, 1), enumerate(CREDITS, 1)):
        twin, would = world.customer(points=points, credit=credit), tried(world, ann, points=one, credit=other)
        state = world.state(twin)
        assert (would.tier, would.score * 10_000) == (state.tier, state.score), (one, other)
        assert sum(each.share for each in would.dimensions) == would.score
        assert [each.band for each in would.dimensions] == [one, other]


def test_nothing_is_written(workspace):
    world = World(workspace, RULED)
    ann = world.customer(points=5, credit=50)
    before = [world.rows(sa.select(table)) for table in (tier_state, tier_history)]
    assert tried(world, ann, points=3, credit=2).tier == "diamond"
    assert [world.rows(sa.select(table)) for table in (tier_state, tier_history)] == before


def test_bands_that_are_not_named_stay_and_a_missing_value_may_be_tried(workspace):
    world = World(workspace, RULED)
    ann = world.customer(points=15)
    as_it_is, with_credit = tried(world, ann), tried(world, ann, credit=2)
    assert [(each.band, each.words) for each in as_it_is.dimensions][1] == (None, None)
    assert (as_it_is.score, with_credit.score) == (Decimal(50), Decimal(70))
    assert [each.band for each in with_credit.dimensions] == [2, 2]
    assert with_credit.dimensions[1].words.in_language("en") == "¥100.00 or more"


def test_what_decides_and_the_plan_of_the_tier_are_told(workspace):
    world = World(workspace, RULED)
    ann = world.customer(points=15, credit=50)
    floor = tried(world, ann, credit=2)
    assert (floor.tier, floor.by) == ("gold", "score") and floor.plan.contact_every_days == 30
    low = tried(world, ann, points=1, credit=2)
    assert (low.tier, low.by, str(low.why)) == ("silver", "ceiling", "Hardly here")


def test_a_step_down_is_shown_at_once_although_grace_would_hold_it(workspace):
    world = World(workspace, RULED)
    ann = world.customer(points=25, credit=150)
    assert tried(world, ann, points=2, credit=1).tier == "basic"


@pytest.mark.parametrize(
    ("bands", "path"), [({"nothing": 1}, "bands/nothing"), ({"points": 0}, "bands/points"), ({"points": 4}, "bands/points")]
)
def test_bands_that_are_not_there_are_refused(sqlite_workspace, bands, path):
    world = World(sqlite_workspace, RULED)
    with pytest.raises(Refused) as refused:
        tried(world, world.customer(points=5), **bands)
    assert [problem.path for problem in refused.value.problems] == [path]
