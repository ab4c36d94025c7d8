"""Objections: a to-do for the stewards who see the record, one answer, and whoever objected is told."""

from datetime import timedelta

import pytest
import sqlalchemy as sa

from runtime.collaboration import appeals, todos
from runtime.errors import NotAllowed, NotFound, Refused
from runtime.people import accounts
from runtime.people.person import SYSTEM, Person
from runtime.system.tables import audit_log, notification, tier_override
from runtime.tiers.stewards import stewards
from tests.tiers.test_deciding import RIGHTS
from tests.tiers.world import BY_AMOUNT, TODAY, World, dimension, model


@pytest.fixture
def world(workspace) -> World:
    """A silver customer, a seller, two stewards of whom one does not see the customer, and a builder."""
    steward = {"every": "quarter", "owner": "role:lead"}
    world = World(workspace, model(dimension("points", "points", [10, 20, 30]), tiers=BY_AMOUNT, review=steward), RIGHTS)
    with workspace.writing(SYSTEM) as act:
        made = {
            name: accounts.add(act, email=f"{name}@example.com", name=name.title(), roles=roles)
            for name, roles in {"ning": ("member",), "lead": ("member", "lead"), "blind": ("lead",), "ada": ("builder",)}.items()
        }
    world.who = made
    world.ann = world.customer("Ann", points=15)
    return world


def object_to(world: World, tier: str = "gold", reason: str = "Brings her whole family", who: str = "ning") -> int:
    with world.workspace.writing(world.who[who]) as act:
        return appeals.object_to(act, "value", world.ann, tier, reason)


def open_todos(world: World, who: Person) -> list[str]:
    with world.workspace.reading(who) as act:
        return [row.title for row in todos.open_ones(act)]


def told(world: World, who: str) -> list[tuple[str, str]]:
    rows = world.rows(sa.select(notification).where(notification.c.person == world.who[who].id, notification.c.kind == "appeal"))
    return [(row.subject, row.body) for row in rows]


def state(world: World, number: int) -> appeals.Appeal:
    with world.workspace.reading(SYSTEM) as act:
        return appeals.find(act, number)


def test_an_objection_is_a_to_do_of_the_stewards_who_see_the_record(world):
    object_to(world)
    assert open_todos(world, world.who["lead"]) == ["异议：银卡 → 金卡。Brings her whole family"]
    assert open_todos(world, world.who["blind"]) == [] and open_todos(world, world.who["ada"]) == []
    with world.workspace.reading(world.who["lead"]) as act:
        assert todos.open_ones(act)[0].due is not None and appeals.open_count(act, "value") == 1


def test_agreeing_sets_the_tier_until_a_day_and_tells_whoever_objected(world):
    number = object_to(world)
    with world.workspace.writing(world.who["lead"]) as act:
        appeals.accept(act, number, TODAY + timedelta(days=90), "Right you are")
    assert world.tier(world.ann) == "gold"
    (row,) = world.rows(sa.select(tier_override))
    assert (row.person, row.approver, row.reason) == (world.who["ning"].id, world.who["lead"].id, "Brings her whole family")
    found = state(world, number)
    assert (found.state, found.decided_by, found.answer) == ("accepted", world.who["lead"].id, "Right you are")
    assert open_todos(world, world.who["lead"]) == []
    assert told(world, "ning") == [("Lead 同意异议：Ann 改判为金卡，到 2027-02-19", "Right you are")]
    assert {row.kind for row in world.rows(sa.select(audit_log))} >= {"appeal", "override", "appeal_accepted"}


def test_turning_down_needs_a_reason_which_whoever_objected_reads(world):
    number = object_to(world)
    with world.workspace.writing(world.who["lead"]) as act:
        with pytest.raises(Refused) as refused:
            appeals.refuse(act, number, " ")
        appeals.refuse(act, number, "One order is not enough")
    assert [problem.path for problem in refused.value.problems] == ["answer"]
    assert (world.tier(world.ann), state(world, number).state) == ("silver", "refused")
    assert told(world, "ning") == [("Lead 没有采纳你对 Ann 等级的异议", "One order is not enough")]


def test_agreeing_needs_a_last_day(world):
    number = object_to(world)
    for day in (None, TODAY - timedelta(days=1)):
        with world.workspace.writing(world.who["lead"]) as act, pytest.raises(Refused) as refused:
            appeals.accept(act, number, day)
        assert [problem.path for problem in refused.value.problems] == ["until"]


def test_only_stewards_answer_and_only_once(world):
    number = object_to(world)
    for who in ("ning", "blind"):
        with world.workspace.writing(world.who[who]) as act, pytest.raises((NotAllowed, NotFound)):
            appeals.accept(act, number, TODAY)
    with world.workspace.writing(world.who["ada"]) as act:
        appeals.refuse(act, number, "No")
        with pytest.raises(Refused, match="answered already by Ada"):
            appeals.accept(act, number, TODAY)


def test_there_is_one_open_objection_at_a_record_and_it_can_be_taken_back(world):
    number = object_to(world)
    with pytest.raises(Refused, match="objected to this tier already"):
        object_to(world, "diamond")
    with world.workspace.writing(world.who["lead"]) as act, pytest.raises(NotAllowed):
        appeals.withdraw(act, number)
    with world.workspace.writing(world.who["ning"]) as act:
        appeals.withdraw(act, number)
    assert state(world, number).state == "withdrawn" and open_todos(world, world.who["lead"]) == []
    assert object_to(world, "diamond") != number


@pytest.mark.parametrize(
    ("tier", "reason", "path"), [("silver", "why not", "tier"), ("platinum", "why not", "tier"), ("gold", " ", "reason")]
)
def test_what_cannot_be_objected_is_said(world, tier, reason, path):
    with pytest.raises(Refused) as refused:
        object_to(world, tier, reason)
    assert [problem.path for problem in refused.value.problems] == [path]


def test_who_does_not_see_the_record_cannot_object_and_is_shown_nothing(world):
    number = object_to(world)
    with world.workspace.reading(world.who["blind"]) as act:
        assert (appeals.listed(act, "value"), appeals.open_count(act, "value")) == ([], 0)
        with pytest.raises(NotFound):
            appeals.find(act, number)
    with world.workspace.writing(world.who["blind"]) as act, pytest.raises(NotAllowed):
        appeals.object_to(act, "value", world.ann, "gold", "why not")


def test_stewards_see_all_objections_and_others_their_own(world):
    number = object_to(world)
    bo = Person(99, "bo@example.com", "Bo", frozenset({"member"}))
    for who, seen in ((world.who["lead"], [number]), (world.who["ning"], [number]), (bo, [])):
        with world.workspace.reading(who) as act:
            assert [each.id for each in appeals.listed(act, "value")] == seen


def test_without_anybody_in_the_named_role_builders_decide(world):
    with world.workspace.writing(SYSTEM) as act:
        for name in ("lead", "blind"):
            accounts.set_roles(act, world.who[name].id, ("member",))
        assert stewards(act, act.catalogue.tier_models["value"]) == [world.who["ada"].id]
