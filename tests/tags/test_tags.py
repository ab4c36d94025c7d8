"""Tags: given and taken by people within their rights, and by rule as the facts change."""

import json
from datetime import date, timedelta

import pytest
import sqlalchemy as sa

from runtime.errors import NotAllowed, NotFound, Refused
from runtime.people.person import SYSTEM, Person
from runtime.system.tables import record_change, tag_assignment
from runtime.tags import assigning, rules
from tests.tiers.world import TAGS, TODAY, World, dimension, model

SELLER = Person(7, "ning@shop.cn", "Ning", frozenset({"member", "sales"}))
STRANGER = Person(8, "li@shop.cn", "Li", frozenset({"member"}))


def give(world: World, record: int, tag: str, person: Person = SYSTEM, **more) -> bool:
    with world.workspace.writing(person) as act:
        return assigning.assign(act, "customer", record, tag, **more)


def take(world: World, record: int, tag: str, person: Person = SYSTEM) -> bool:
    with world.workspace.writing(person) as act:
        return assigning.remove(act, "customer", record, tag)


def tags(world: World, record: int) -> list[str]:
    with world.workspace.reading(SYSTEM) as act:
        return assigning.tags_of(act, "customer", [record])[record]


def assignments(world: World) -> list:
    return world.rows(sa.select(tag_assignment).order_by(tag_assignment.c.id))


# -- by people ----------------------------------------------------------------------------------------------------------------------
def test_a_tag_is_given_once_and_taken_with_its_row_kept(workspace):
    world = World(workspace)
    ann = world.customer()
    assert (give(world, ann, "vip", reason="asked"), give(world, ann, "vip"), tags(world, ann)) == (True, False, ["vip"])
    assert (take(world, ann, "vip"), take(world, ann, "vip"), tags(world, ann)) == (True, False, [])
    (row,) = assignments(world)
    assert (row.tag, row.by_rule, row.reason, row.removed_at is not None) == ("vip", 0, "asked", True)
    assert give(world, ann, "vip")


def test_event_and_timeline_tell_of_it(workspace):
    world = World(workspace)
    ann = world.customer()
    give(world, ann, "vip", SELLER)
    (told,) = world.events("tags_changed")
    assert (told.record, told.person, json.loads(told.payload)) == (ann, 7, {"tag_set": "customer_tags", "added": ["vip"], "removed": []})
    line = world.rows(sa.select(record_change).where(record_change.c.action == "tags"))[0]
    assert (line.record, json.loads(line.changes), line.event) == (ann, {"tags": [[], ["vip"]]}, told.id)


def test_many_records_are_told_of_in_one_event(workspace):
    world = World(workspace)
    people = [world.customer(), world.customer()]
    with workspace.writing(SYSTEM) as act:
        assert assigning.give(act, "customer_tags", "vip", people) == people
    (told,) = world.events("tags_changed")
    assert (json.loads(told.records), [record for record, _payload in json.loads(told.payload)["items"]]) == (people, people)


def test_archived_and_unknown_tags_are_refused(workspace):
    world = World(workspace)
    ann = world.customer()
    with pytest.raises(Refused):
        give(world, ann, "old")
    with pytest.raises(NotFound):
        give(world, ann, "nobody")
    with pytest.raises(NotFound):
        give(world, 999, "vip")


def test_the_dictionary_says_who_gives_and_who_takes(workspace):
    world = World(workspace, {**TAGS, "may_assign": ["role:sales"], "may_remove": ["user:li@shop.cn"]})
    ann = world.customer()
    with pytest.raises(NotAllowed):
        give(world, ann, "vip", STRANGER)
    give(world, ann, "vip", SELLER)
    with pytest.raises(NotAllowed):
        take(world, ann, "vip", SELLER)
    assert take(world, ann, "vip", STRANGER)


def test_a_tag_changes_what_reads_it(workspace):
    world = World(workspace, model(dimension("points", "points", [10]), floors=[{"when": "'vip' in tags", "tier": "gold"}]))
    ann = world.customer(points=0)
    give(world, ann, "vip")
    assert world.tier(ann) == "gold"
    take(world, ann, "vip")
    assert world.tier(ann) == "basic"


# -- by rule ------------------------------------------------------------------------------------------------------------------------
def test_a_rule_gives_and_takes_as_the_facts_change(workspace):
    world = World(workspace)
    ann = world.customer()
    world.order(ann, 10)
    assert tags(world, ann) == []
    second = world.order(ann, 10)
    assert tags(world, ann) == ["busy"]
    world.change("order", second, paid_on=TODAY - timedelta(days=200))
    assert tags(world, ann) == []
    assert [json.loads(event.payload)["added"] for event in world.events("tags_changed")] == [["busy"], []]


def test_a_rule_never_takes_what_a_person_gave(workspace):
    world = World(workspace)
    ann, ben = world.customer(), world.customer("Ben")
    give(world, ann, "busy", SELLER)
    world.orders(ben, 10, 10)
    give(world, ben, "busy", SELLER)
    world.orders(ann, 10, 10)
    world.on(TODAY + timedelta(days=60))
    rules.recompute(workspace, "customer_tags")
    assert (tags(world, ann), tags(world, ben)) == (["busy"], ["busy"])


def test_what_a_rule_gave_is_taken_by_the_rule_alone(workspace):
    world = World(workspace)
    ann = world.customer()
    world.orders(ann, 10, 10)
    with pytest.raises(Refused):
        take(world, ann, "busy")


def test_a_new_day_moves_the_windows_of_rules(workspace):
    world = World(workspace)
    ann, ben = world.customer(), world.customer("Ben")
    world.orders(ann, 10, 10)
    world.orders(ben, 10, 10, paid_on=TODAY - timedelta(days=20))
    assert rules.recompute(workspace, "customer_tags") == {"changed": 0}
    world.on(TODAY + timedelta(days=15))
    assert rules.recompute(workspace, "customer_tags") == {"changed": 1}
    assert (tags(world, ann), tags(world, ben)) == (["busy"], [])


def test_a_tag_by_rule_feeds_the_tier_in_the_same_act(workspace):
    world = World(workspace, model(dimension("points", "points", [10]), floors=[{"when": "'busy' in tags", "tier": "gold"}]))
    ann = world.customer(points=0)
    world.orders(ann, 10, 10)
    assert world.tier(ann) == "gold"
    world.on(TODAY + timedelta(days=60))
    rules.recompute(workspace, "customer_tags")
    assert world.tier(ann) == "basic"


def test_a_changed_rule_takes_hold_with_the_next_recompute(workspace):
    world = World(workspace)
    ann = world.customer()
    world.order(ann, 10)
    world.publish({**TAGS, "tags": [{**tag, "rule": "COUNT(orders) >= 1"} if tag["key"] == "busy" else tag for tag in TAGS["tags"]]})
    assert rules.recompute(workspace, "customer_tags") == {"changed": 1}
    assert tags(world, ann) == ["busy"]


def test_a_temporary_tag_ends_with_its_last_day(workspace):
    world = World(workspace)
    ann = world.customer()
    give(world, ann, "fair")
    world.on(date(2026, 11, 30), hour=15)
    assert rules.expire(workspace) == {"expired": 0}
    world.on(date(2026, 11, 30), hour=16)
    assert rules.expire(workspace) == {"expired": 1}
    assert tags(world, ann) == []
    assert json.loads(world.events("tags_changed")[-1].payload)["removed"] == ["fair"]


def test_a_rule_whose_last_day_is_over_gives_no_more(workspace):
    world = World(
        workspace,
        {
            **TAGS,
            "tags": [{"key": "busy", "label": "Busy", "standing": "temporary", "expires": "2026-11-20", "rule": "COUNT(orders) >= 1"}],
        },
    )
    ann = world.customer()
    world.order(ann, 10)
    assert (tags(world, ann), rules.recompute(workspace, "customer_tags")) == ([], {"changed": 0})
