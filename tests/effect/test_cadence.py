"""Whether customers are contacted as often as the service plan of their tier says."""

from __future__ import annotations

from datetime import timedelta

import pytest

from runtime.definitions import versions
from runtime.effect.cadence import Kept, cadence, overdue
from runtime.people import accounts
from runtime.people.person import SYSTEM
from tests.makers import checkbox, day, form_json, instant, member, reference, text
from tests.tiers.world import BY_AMOUNT, CUSTOMER, TODAY, World, dimension, model

FIRST = TODAY - timedelta(days=60)
CALL = form_json(
    reference("customer", "customer", many_name="calls"),
    day("called_on"),
    member("caller"),
    checkbox("done", default="TRUE"),
    key="call",
    title="called_on",
    event_date="called_on",
)
MAIL = form_json(
    reference("customer", "customer", many_name="mails"), instant("at"), text("line"), key="mail", title="line", event_date="at"
)
MEETING = form_json(
    reference("customer", "customer", many_name="meetings"), instant("at"), member("host"), key="meeting", title="at", event_date="at"
)
OWNED = {**CUSTOMER, "fields": [*CUSTOMER["fields"], member("owner")]}


def ago(days):
    return TODAY - timedelta(days=days)


def planned(gold=10, silver=30):
    plans = {"gold": {"contact_every_days": gold}, "silver": {"contact_every_days": silver}, "basic": {"channel": "mail"}}
    return model(dimension("points", "points", [10, 20, 30]), tiers=BY_AMOUNT, plans=plans)


def begun(workspace):
    """Ann has been gold and Bo silver for 60 days."""
    world = World(workspace, OWNED, CALL, MAIL, MEETING, planned(), day=FIRST)
    world.ann, world.bo = world.customer("Ann", points=25), world.customer("Bo", points=15)
    return world.on(TODAY)


@pytest.fixture
def world(sqlite_workspace):
    return begun(sqlite_workspace)


@pytest.fixture
def both(workspace):
    """The same on both databases."""
    return begun(workspace)


def call(world, customer, *days, **more):
    return [world.add("call", customer=customer, called_on=ago(each), **more) for each in days]


def found(world, first=29, last=0, person=SYSTEM):
    with world.workspace.reading(person) as act:
        return cadence(act, act.catalogue.tier_models["value"], ago(first), ago(last))


def tiers(world, first=29, last=0, person=SYSTEM):
    return dict(found(world, first, last, person).tiers)


def late(world, day=0, tier=None, person=SYSTEM):
    with world.workspace.reading(person) as act:
        rows, total = overdue(act, act.catalogue.tier_models["value"], ago(day), tier)
    assert total == len(rows)
    return [(each.record, each.days, each.contacted) for each in rows]


def test_a_plan_is_kept_when_every_contact_comes_before_its_time_is_over(world):
    call(world, world.ann, 52, 42, 33, 25, 15, 5)
    assert tiers(world)["gold"] == Kept(due=1, kept=1, made=3, timely=3)


def test_the_last_day_is_in_time_and_the_next_is_not(world):
    call(world, world.ann, 52, 42, 32, 22, 12, 2)
    assert tiers(world)["gold"].kept == 1
    call(world, world.bo, 31, 0)
    assert tiers(world)["silver"] == Kept(due=1, kept=0, made=1, timely=0, longest=1)


def test_without_contact_the_days_run_from_the_beginning_of_the_tier(world):
    assert tiers(world) == {"gold": Kept(1, 0, 0, 0, 1, 50), "silver": Kept(1, 0, 0, 0, 1, 30)}
    assert late(world) == [(world.ann, 50, False), (world.bo, 30, False)]
    assert late(world, tier="silver") == [(world.bo, 30, False)]


def test_a_time_that_is_over_on_the_last_day_is_not_late_yet(world):
    assert late(world, 50) == [] and late(world, 49) == [(world.ann, 1, False)]
    assert tiers(world, 59, 50)["gold"] == Kept()


def test_what_was_late_before_the_period_and_made_up_for_before_it_does_not_count(world):
    call(world, world.ann, 35, 30, 25, 18, 9)
    assert tiers(world)["gold"] == Kept(1, 1, 3, 3)
    assert tiers(world, 40, 31)["gold"] == Kept(1, 0, 1, 0, 0, 15)


def test_a_plan_holds_as_long_as_the_tier_and_the_next_one_begins_anew(both):
    """Ann falls to silver ten days ago: as gold she waited for 40 days too long, as silver she has 20 days left."""
    both.on(ago(10))
    both.change("customer", both.ann, points=15)
    both.on(TODAY)
    call(both, both.bo, 40, 20)
    assert tiers(both) == {"gold": Kept(1, 0, 0, 0, 0, 40), "silver": Kept(1, 1, 1, 1)}
    assert late(both) == []


def test_a_changed_plan_holds_from_its_day_on(world):
    world.on(ago(20))
    world.publish(planned(gold=5, silver=None))
    world.on(TODAY)
    call(world, world.ann, 55, 45, 35, 25, 15, 10)
    assert tiers(world, 50, 21)["gold"].kept == 1
    assert tiers(world, 50, 21)["silver"].due == 1
    assert tiers(world, 19)["gold"] == Kept(1, 0, 2, 2, 1, 5)
    assert "silver" not in tiers(world, 19)


def test_a_draft_that_was_set_aside_promises_nothing(world):
    with world.workspace.writing(SYSTEM) as act:
        versions.save_draft(act, "tier_model", "value", planned(gold=1))
        versions.set_aside(act, "tier_model", "value")
    call(world, world.ann, 52, 42, 33, 25, 15, 5)
    assert tiers(world)["gold"].kept == 1


def test_a_new_customer_has_the_whole_time_before_them(world):
    world.on(ago(8))
    new = world.customer("Cy", points=25)
    world.on(TODAY)
    call(world, world.ann, 52, 42, 33, 25, 15, 5)
    assert tiers(world)["gold"].due == 1
    call(world, new, 1)
    assert tiers(world)["gold"] == Kept(2, 2, 4, 4)


def test_only_contacts_count_that_are_done_living_and_not_ahead(both):
    call(both, both.bo, 35)
    call(both, both.bo, -3)
    call(both, both.bo, 10, done=False)
    both.delete("call", *call(both, both.bo, 9))
    both.add("mail", customer=both.bo, line="no person of the house", at=both.workspace.now())
    both.add("meeting", customer=both.ann, at=both.workspace.now() - timedelta(days=9, hours=13))  # just before midnight, ten days ago
    assert tiers(both)["silver"] == Kept(1, 0, 0, 0, 1, 5)
    assert tiers(both)["gold"] == Kept(1, 0, 1, 0, 0, 40) and tiers(both, 0)["gold"] == Kept()
    assert found(both).forms == ("call", "meeting")


def test_a_customer_in_the_trash_is_not_asked_for(world):
    world.delete("customer", world.ann)
    assert tiers(world)["gold"] == Kept() and [each[0] for each in late(world)] == [world.bo]


def test_owners_are_those_of_today_and_whom_nobody_looks_after_comes_last(world):
    with world.workspace.writing(SYSTEM) as act:
        sue = accounts.add(act, email="sue@example.com", name="Sue", roles=("sales",), password=None)
    world.change("customer", world.bo, owner=sue.id)
    call(world, world.bo, 35, 20)
    assert found(world).owners == ((sue.id, Kept(1, 1, 1, 1)), (None, Kept(1, 0, 0, 0, 1, 50)))
    assert found(world).whole == Kept(2, 1, 1, 1, 1, 50)


def test_what_is_not_seen_is_not_counted_and_that_is_said(both):
    def right(form, **more):
        body = {"kind": "permission_set", "key": form, "label": form, "form": form, "for": ["role:sales"], "actions": ["view"]}
        return {**body, "fields": {"*": "view"}, **more}

    both.publish(
        right("customer", rows="name == 'Bo'", fields={"*": "view", "owner": "hidden"}),
        right("call", rows="done == FALSE"),
        right("meeting"),
    )
    with both.workspace.writing(SYSTEM) as act:
        sue = accounts.add(act, email="sue@example.com", name="Sue", roles=("sales",), password=None)
    call(both, both.bo, 5)
    mine = found(both, person=sue)
    assert (mine.hidden, mine.owners, dict(mine.tiers)) == (True, None, {"gold": Kept(), "silver": Kept(1, 0, 0, 0, 1, 30)})
    assert [each[0] for each in late(both, person=sue)] == [both.bo]
    assert not found(both).hidden


def test_without_a_plan_or_a_form_of_contacts_it_says_so(sqlite_workspace):
    world = World(sqlite_workspace, planned())
    world.customer("Ann", points=25)
    assert (found(world).promised, found(world).forms, found(world).tiers) == (True, (), ())
    world.on(TODAY + timedelta(days=1))
    world.publish(CALL, model(dimension("points", "points", [10, 20, 30]), tiers=BY_AMOUNT))
    world.on(TODAY + timedelta(days=90))
    with world.workspace.reading(SYSTEM) as act:
        later = cadence(act, act.catalogue.tier_models["value"], TODAY + timedelta(days=60), TODAY + timedelta(days=90))
    assert (later.promised, later.forms, later.tiers) == (False, ("call",), ())
