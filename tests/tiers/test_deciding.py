"""What people decide about single tiers: who may, that it ends by itself, what is told, and proposals one by one and many at once."""

import json
from datetime import timedelta

import pytest
import sqlalchemy as sa

from runtime.errors import NotAllowed, Refused
from runtime.people.person import SYSTEM, Person
from runtime.system.tables import audit_log, tier_override, tier_proposal
from runtime.tiers import overrides, proposals
from runtime.tiers.overriding import lift_override, override
from runtime.tiers.stewards import may_decide
from tests.tiers.world import BY_AMOUNT, TODAY, World, dimension, model

STEWARD = Person(7, "lead@example.com", "Lead", frozenset({"member", "lead"}))
SELLER = Person(8, "ning@example.com", "Ning", frozenset({"member"}))
STRANGER = Person(9, "x@example.com", "X", frozenset({"other"}))
RIGHTS = {
    "kind": "permission_set",
    "key": "own",
    "label": "Own",
    "form": "customer",
    "for": ["role:member"],
    "actions": ["view", "edit"],
    "rows": "name != 'Secret'",
    "fields": {"*": "edit"},
}


def by_points(**more):
    return model(dimension("points", "points", [10, 20, 30]), tiers=BY_AMOUNT, **more)


def decided(world: World, record: int):
    return [
        (row.tier, row.ended, row.person, row.approver)
        for row in world.rows(sa.select(tier_override).order_by(tier_override.c.id))
        if row.record == record
    ]


# -- by hand ------------------------------------------------------------------------------------------------------------------------
def test_where_a_model_names_stewards_only_they_and_builders_decide(workspace):
    world = World(workspace, by_points(review={"every": "quarter", "owner": "role:lead"}), RIGHTS)
    ann, secret = world.customer("Ann", points=15), world.customer("Secret", points=15)
    with workspace.writing(SELLER) as act, pytest.raises(NotAllowed):
        override(act, "value", ann, "gold", "key account")
    with workspace.writing(STEWARD) as act:
        override(act, "value", ann, "gold", "key account")
        with pytest.raises(NotAllowed):
            override(act, "value", secret, "gold", "key account")
    assert (world.tier(ann), world.tier(secret)) == ("gold", "silver")
    assert decided(world, ann) == [("gold", None, 7, 7)]


def test_where_it_names_nobody_whoever_may_change_the_record_decides(workspace):
    world = World(workspace, by_points(), RIGHTS)
    ann = world.customer("Ann", points=15)
    with workspace.reading(STRANGER) as act:
        assert not may_decide(act, act.catalogue.tier_models["value"], ann)
    with workspace.writing(SELLER) as act:
        override(act, "value", ann, "gold", "key account")
        assert lift_override(act, "value", ann) and not lift_override(act, "value", ann)
    assert (world.tier(ann), decided(world, ann)) == ("silver", [("gold", "lifted", 8, 8)])


def test_a_tier_by_hand_ends_on_its_day_with_an_event_and_the_next_one_replaces_it(workspace):
    world = World(workspace, by_points())
    ann, bo = world.customer(points=15), world.customer(points=15)
    with workspace.writing(SYSTEM) as act:
        for tier, days in (("gold", 3), ("diamond", 5)):
            override(act, "value", ann, tier, "key account", TODAY + timedelta(days=days))
        override(act, "value", bo, "silver", "stays", TODAY + timedelta(days=5))
    world.on(TODAY + timedelta(days=5)).recompute()
    assert world.tier(ann) == "diamond" and world.events("tier_override_ended") == []
    world.on(TODAY + timedelta(days=6)).recompute()
    assert [world.tier(each) for each in (ann, bo)] == ["silver", "silver"]
    assert decided(world, ann) == [("gold", "replaced", 0, 0), ("diamond", "day", 0, 0)]
    assert decided(world, bo) == [("silver", "day", 0, 0)]
    (event,) = world.events("tier_override_ended")
    told = dict(json.loads(event.payload)["items"])
    last = str(TODAY + timedelta(days=5))
    assert told == {ann: {"model": "value", "tier": "diamond", "until": last}, bo: {"model": "value", "tier": "silver", "until": last}}


def test_a_tier_by_hand_ends_by_the_real_day_where_a_model_rates_as_of_another(workspace):
    world = World(workspace, by_points(as_of="2020-01-01"))
    ann = world.customer(points=15)
    with workspace.writing(SYSTEM) as act:
        override(act, "value", ann, "gold", "key account", TODAY + timedelta(days=3))
    world.recompute()
    assert world.tier(ann) == "gold"
    world.on(TODAY + timedelta(days=4)).recompute()
    assert (world.tier(ann), decided(world, ann)[0][1]) == ("silver", "day")


def test_in_the_trash_a_tier_by_hand_is_over(workspace):
    world = World(workspace, by_points())
    ann = world.customer(points=15)
    with workspace.writing(SYSTEM) as act:
        override(act, "value", ann, "gold", "key account")
    world.delete("customer", ann)
    world.restore("customer", ann)
    assert (world.tier(ann), decided(world, ann)[0][1]) == ("silver", "gone")
    with workspace.reading(SYSTEM) as act:
        assert overrides.in_force(act, world.number(), ann) is None


# -- proposed steps down ------------------------------------------------------------------------------------------------------------
@pytest.fixture
def falling(workspace) -> World:
    """Four diamonds whose figures say silver; the model only proposes."""
    world = World(workspace, by_points(movement={"demotion": "propose"}, review={"every": "quarter", "owner": "role:lead"}), RIGHTS)
    world.people = [world.customer(name, points=35) for name in ("Ann", "Bo", "Cy", "Secret")]
    for record in world.people:
        world.change("customer", record, points=15)
    return world


def test_proposals_are_listed_as_far_as_one_sees_the_records(falling):
    with falling.workspace.reading(SYSTEM) as act:
        every = proposals.waiting(act, "value", limit=3)
        assert (every.total, every.next, [(each.tier, each.proposed) for each in every.records]) == (
            4,
            falling.people[2],
            [("diamond", "silver")] * 3,
        )
        assert [each.record for each in proposals.waiting(act, "value", every.next).records] == falling.people[3:]
    with falling.workspace.reading(STEWARD) as act:
        assert (proposals.count(act, "value"), [each.record for each in proposals.waiting(act, "value").records]) == (3, falling.people[:3])


def test_many_proposals_are_accepted_at_once_but_not_those_one_does_not_see(falling):
    with falling.workspace.writing(SELLER) as act, pytest.raises(NotAllowed):
        proposals.accept(act, "value", falling.people[:1])
    with falling.workspace.writing(STEWARD) as act:
        assert sorted(proposals.accept(act, "value")) == falling.people[:3]
    assert [falling.tier(each) for each in falling.people] == ["silver"] * 3 + ["diamond"]
    assert falling.history(falling.people[0])[-1] == ("diamond", "silver", "down")
    decisions = falling.rows(
        sa.select(tier_proposal.c.record, tier_proposal.c.decision, tier_proposal.c.person).order_by(tier_proposal.c.record)
    )
    assert [tuple(row) for row in decisions] == [(record, "accepted", 7) for record in falling.people[:3]]
    (noted,) = [json.loads(row.payload) for row in falling.rows(sa.select(audit_log).where(audit_log.c.kind == "accept_demotion"))]
    assert noted == {"records": falling.people[:3]}


def test_a_refused_proposal_keeps_the_tier_until_its_day_and_then_comes_again(falling):
    ann, day = falling.people[0], TODAY + timedelta(days=30)
    with falling.workspace.writing(STEWARD) as act:
        assert proposals.refuse(act, "value", "moving house", day, [ann]) == [ann]
    falling.on(day - timedelta(days=1)).recompute()
    assert (falling.tier(ann), falling.state(ann).proposed) == ("diamond", None)
    falling.on(day).recompute()
    assert (falling.tier(ann), falling.state(ann).proposed) == ("diamond", "silver")
    (row,) = falling.rows(sa.select(tier_proposal))
    assert (row.decision, row.reason, row.tier, row.proposed) == ("refused", "moving house", "diamond", "silver")


def test_who_recovers_meanwhile_is_proposed_no_more(falling):
    ann = falling.people[0]
    falling.change("customer", ann, points=35)
    with falling.workspace.writing(SYSTEM) as act:
        assert proposals.accept(act, "value", [ann]) == []
    assert falling.tier(ann) == "diamond"


def test_refusing_needs_a_reason_and_a_day_to_come(falling):
    with falling.workspace.writing(SYSTEM) as act, pytest.raises(Refused) as refused:
        proposals.refuse(act, "value", " ", TODAY, falling.people)
    assert [problem.path for problem in refused.value.problems] == ["reason", "until"]
