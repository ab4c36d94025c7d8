"""For whom something was really done because of a tier or a tag, and whether the data can be trusted."""

from __future__ import annotations

from datetime import timedelta

import pytest

from runtime.automation import engine
from runtime.coverage.acted import acted_by_tag, acted_by_tier
from runtime.coverage.trust import Trust, trust_by_tier
from runtime.people.person import SYSTEM
from runtime.tags import assigning
from tests.tiers.world import BY_AMOUNT, TODAY, World, dimension, model

STEP = {"type": "add_tag", "tag_set": "customer_tags", "tag": "fair"}


def by_points(**more):
    return model(dimension("points", "points", [10, 20, 30]), tiers=BY_AMOUNT, **more)


def rule(key="rule", **more):
    trigger = {"type": "record_updated", "form": "customer", "fields": ["note"]}
    return {"kind": "automation", "key": key, "label": key, "trigger": trigger, "steps": [STEP], **more}


def touched(world, *people):
    for each in people:
        world.change("customer", each, note=f"at {world.workspace.now()}")
    engine.settle(world.workspace)


def acted(world):
    with world.workspace.reading(SYSTEM) as act:
        return acted_by_tier(act, act.catalogue.tier_models["value"])


@pytest.fixture
def world(workspace):
    world = World(workspace, by_points(), rule(when="tier == 'gold'"))
    world.ann, world.bo = world.customer("Ann", points=25), world.customer("Bo", points=15)
    return world


def test_a_record_counts_once_in_the_tier_that_it_had_when_something_was_done(world):
    touched(world, world.ann, world.bo)
    touched(world.later(minutes=5), world.ann)
    world.later(minutes=5).change("customer", world.ann, points=5)
    assert acted(world) == {"gold": {None: 1, "rule": 1}}


def test_what_was_done_longer_ago_does_not_count(world):
    touched(world, world.ann)
    world.on(TODAY + timedelta(days=31))
    assert acted(world) == {}


def test_automations_that_do_not_ask_for_the_tier_treat_nobody_differently(workspace):
    world = World(workspace, by_points(), rule())
    touched(world, world.customer("Ann", points=25))
    assert acted(world) == {}


def test_a_branch_alone_does_nothing_and_its_other_arm_does_something_for_others(workspace):
    branch = {"type": "branch", "when": "tier == 'gold'", "then": [STEP]}
    world = World(workspace, by_points(), rule(steps=[branch]))
    touched(world, world.customer("Ann", points=25), world.customer("Bo", points=15))
    assert acted(world) == {"gold": {None: 1, "rule": 1}}
    world.publish(rule(steps=[{**branch, "otherwise": [STEP]}]))
    touched(world.later(minutes=5), world.customer("Cy", points=15))
    assert acted(world)["silver"] == {None: 1, "rule": 1}


def test_several_automations_count_each_record_once_together(world):
    world.publish(rule("other", when="tier in ('gold', 'silver')"))
    touched(world, world.ann, world.bo)
    assert acted(world) == {"gold": {None: 1, "rule": 1, "other": 1}, "silver": {None: 1, "other": 1}}


def test_the_held_out_were_not_treated(world):
    goal = {"form": "order", "on": "paid_on"}
    world.publish(rule(when="tier == 'gold'", hold_out={"percent": 50, "goal": goal}))
    people = [world.customer(f"Guest {number}", points=25) for number in range(16)]
    touched(world, *people)
    assert 0 < acted(world)["gold"][None] < 16


def test_of_tags_those_automations_count_that_name_them(workspace):
    world = World(workspace, by_points(), rule(when="'vip' in tags"))
    ann, bo = world.customer("Ann"), world.customer("Bo")
    with workspace.writing(SYSTEM) as act:
        assigning.give(act, "customer_tags", "vip", [ann])
    touched(world, ann, bo)
    with world.workspace.reading(SYSTEM) as act:
        assert acted_by_tag(act, act.catalogue.tag_sets["customer_tags"]) == {"vip": {None: 1, "rule": 1}}


def test_trust_tells_complete_fresh_and_measured_apart(workspace):
    world = World(workspace, model(dimension("points", "points", [10, 20, 30], weight=50), dimension("credit", "credit", [10], weight=50)))
    world.on(TODAY - timedelta(days=200))
    world.customer("Old", points=5, credit=5)
    world.on(TODAY)
    world.customer("New", points=5, credit=5)
    world.customer("Thin", points=5)
    with world.workspace.reading(SYSTEM) as act:
        found = trust_by_tier(act, act.catalogue.tier_models["value"])
    assert found[None] == Trust(3, 2, 2, 2, 1) and found["basic"] == found[None]


def test_a_provisional_tier_is_not_measured(workspace):
    world = World(workspace, by_points(movement={"provisional_below_quality": 100}))
    world.customer("Ann", points=5)
    with world.workspace.reading(SYSTEM) as act:
        found = trust_by_tier(act, act.catalogue.tier_models["value"])
    assert found[None] == Trust(1, 1, 1, 0, 0) and found[None].share("measured") == 0 and Trust().share("fresh") == 0
