"""Tiers set by hand end by themselves, and a proposed step down waits for a person."""

import json
from datetime import timedelta

import pytest
import sqlalchemy as sa

from runtime.errors import NotFound, Refused
from runtime.people.person import SYSTEM
from runtime.system.tables import audit_log
from runtime.tiers.overriding import lift_override, override
from runtime.tiers.proposals import accept_demotion
from tests.tiers.world import BY_AMOUNT, TODAY, World, dimension, model


def by_points(**more):
    return model(dimension("points", "points", [10, 20, 30]), tiers=BY_AMOUNT, **more)


def test_an_override_wins_over_the_figures_until_its_last_day(workspace):
    world = World(workspace, by_points(movement={"least_stay_days": 90}))
    ann = world.customer(points=15)
    with workspace.writing(SYSTEM) as act:
        override(act, "value", ann, "diamond", "key account", TODAY + timedelta(days=7))
    world.change("customer", ann, points=5)
    assert world.tier(ann) == "diamond"
    world.on(TODAY + timedelta(days=7)).recompute()
    assert world.tier(ann) == "diamond"
    world.on(TODAY + timedelta(days=8)).recompute()
    assert world.history(ann) == [(None, "silver", "first"), ("silver", "diamond", "override"), ("diamond", "basic", "override")]
    assert (world.state(ann).fixed, world.state(ann).fixed_until) == (None, None)


def test_an_override_is_kept_with_its_reason_and_can_be_lifted(workspace):
    world = World(workspace, by_points())
    ann = world.customer(points=15)
    with workspace.writing(SYSTEM) as act:
        override(act, "value", ann, "gold", " key account ")
    with workspace.writing(SYSTEM) as act:
        lift_override(act, "value", ann)
    assert world.tier(ann) == "silver"
    noted = [json.loads(row.payload) for row in world.rows(sa.select(audit_log).where(audit_log.c.kind == "override"))]
    assert noted == [{"record": ann, "tier": "gold", "until": None, "reason": "key account"}]


def test_an_override_needs_a_tier_a_day_to_come_and_a_reason(workspace):
    world = World(workspace, by_points())
    ann = world.customer(points=15)
    with workspace.writing(SYSTEM) as act, pytest.raises(Refused) as refused:
        override(act, "value", ann, "platinum", " ", TODAY - timedelta(days=1))
    assert [problem.path for problem in refused.value.problems] == ["tier", "until", "reason"]
    with workspace.writing(SYSTEM) as act, pytest.raises(NotFound):
        override(act, "value", 999, "gold", "key account")


def test_a_record_without_figures_can_be_given_a_tier(workspace):
    world = World(workspace, by_points())
    ann = world.customer()
    with workspace.writing(SYSTEM) as act:
        override(act, "value", ann, "gold", "known from the fair")
    assert (world.tier(ann), world.history(ann)) == ("gold", [(None, "gold", "override")])


def test_a_proposed_step_down_happens_when_somebody_accepts_it(workspace):
    world = World(workspace, by_points(movement={"demotion": "propose"}))
    ann = world.customer(points=35)
    world.change("customer", ann, points=15)
    assert (world.tier(ann), world.state(ann).proposed) == ("diamond", "silver")
    with workspace.writing(SYSTEM) as act:
        assert accept_demotion(act, "value", ann)
    assert (world.tier(ann), world.state(ann).proposed) == ("silver", None)
    with workspace.writing(SYSTEM) as act:
        assert not accept_demotion(act, "value", ann)
