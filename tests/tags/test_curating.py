"""Merging, further names, archiving, and taking each of these back."""

from __future__ import annotations

import json
from typing import Any

import pytest
import sqlalchemy as sa

from runtime.definitions import versions
from runtime.errors import NotAllowed, Refused
from runtime.people.person import SYSTEM, Person
from runtime.system.tables import definition_draft, tag_assignment
from runtime.tags import assigning, curating, references, rules, undoing
from tests.tiers.world import TAGS, World, dimension, model

LI = Person(8, "li@shop.cn", "Li", frozenset({"member"}))
PAIR = {**TAGS, "tags": [*TAGS["tags"], {"key": "gold", "label": "Golden"}]}
SEGMENT = {"kind": "segment", "key": "best", "label": "Best", "form": "customer", "where": "'vip' in tags and points > 0"}
ADDS = {
    "kind": "automation",
    "key": "mark",
    "label": "Mark",
    "trigger": {"type": "record_created", "form": "customer"},
    "steps": [{"type": "add_tag", "tag_set": "customer_tags", "tag": "vip"}],
}


def tags(world: World, record: int) -> list[str]:
    with world.workspace.reading(SYSTEM) as act:
        return assigning.tags_of(act, "customer", [record])[record]


def give(world: World, tag: str, *records: int) -> None:
    with world.workspace.writing(SYSTEM) as act:
        assigning.give(act, "customer_tags", tag, records)


def merge(world: World, tag: str = "vip", into: str = "gold", person: Person = SYSTEM, **more: Any) -> int:
    with world.workspace.writing(person) as act:
        return curating.merge(act, "customer_tags", tag, into, **more)


def undo(world: World, number: int, person: Person = SYSTEM) -> None:
    with world.workspace.writing(person) as act:
        undoing.start(act, number)


def body(world: World, kind: str, key: str) -> Any:
    with world.workspace.reading(SYSTEM) as act:
        return versions.find_version(act.connection, kind, key).body


# -- merging ------------------------------------------------------------------------------------------------------------------------
def test_merging_moves_the_records_and_keeps_what_was(workspace):
    world = World(workspace, PAIR)
    ann, ben, cid = world.customer("Ann"), world.customer("Ben"), world.customer("Cid")
    give(world, "vip", ann, ben)
    give(world, "gold", ben)
    with workspace.reading(SYSTEM) as act:
        found = curating.plan(act, "customer_tags", "vip", "gold")
    assert (found.moved, found.both, found.left_to_rule, found.references) == (1, 1, 0, [])
    merge(world)
    assert [tags(world, each) for each in (ann, ben, cid)] == [["gold"], ["gold"], []]
    ended = world.rows(sa.select(tag_assignment).where(tag_assignment.c.tag == "vip"))
    assert len(ended) == 2 and all(row.removed_at is not None for row in ended)
    assert [json.loads(each.payload) for each in world.events("tags_changed")][-1]["items"] == [
        [ann, {"tag_set": "customer_tags", "added": ["gold"], "removed": ["vip"]}],
        [ben, {"tag_set": "customer_tags", "added": [], "removed": ["vip"]}],
    ]


def test_a_merge_is_taken_back_to_the_row(workspace):
    world = World(workspace, PAIR)
    ann, ben = world.customer("Ann"), world.customer("Ben")
    give(world, "vip", ann, ben)
    give(world, "gold", ben)
    alive = sa.select(tag_assignment.c.id, tag_assignment.c.at, tag_assignment.c.person).where(tag_assignment.c.removed_at.is_(None))
    before = world.rows(alive.order_by(tag_assignment.c.id))
    number = merge(world)
    undo(world, number)
    assert world.rows(alive.order_by(tag_assignment.c.id)) == before
    assert body(world, "tag_set", "customer_tags") == PAIR
    with pytest.raises(Refused):
        undo(world, number)


def test_who_got_the_tag_after_the_merge_keeps_it_when_it_is_taken_back(workspace):
    world = World(workspace, PAIR)
    ann, ben = world.customer("Ann"), world.customer("Ben")
    give(world, "vip", ann)
    number = merge(world)
    give(world, "gold", ben)
    undo(world, number)
    assert (tags(world, ann), tags(world, ben)) == (["vip"], ["gold"])


def test_what_names_the_tag_refuses_the_merge_or_is_rewritten_with_it(workspace):
    tiers = model(dimension("points", "points", [10]), floors=[{"when": "HAS_ANY(tags, \"vip\", 'fair')", "tier": "gold"}])
    world = World(workspace, PAIR, SEGMENT, ADDS, tiers)
    ann = world.customer(points=1)
    give(world, "vip", ann)
    with workspace.reading(SYSTEM) as act:
        found = references.references(act.catalogue, act.catalogue.tag_sets["customer_tags"], "vip")
    assert {(each.kind, each.path, each.exact) for each in found} == {
        ("segment", "where", True),
        ("automation", "steps/0/tag", True),
        ("tier_model", "floors/0/when", True),
    }
    with pytest.raises(Refused, match="3 places name"):
        merge(world)
    number = merge(world, rewrite=True)
    assert body(world, "segment", "best")["where"] == "'gold' in tags and points > 0"
    assert body(world, "automation", "mark")["steps"][0]["tag"] == "gold"
    assert body(world, "tier_model", "value")["floors"][0]["when"] == "HAS_ANY(tags, 'gold', 'fair')"
    assert world.tier(ann) == "gold"
    undo(world, number)
    assert (body(world, "segment", "best"), body(world, "automation", "mark")) == (SEGMENT, ADDS)


def test_what_cannot_be_rewritten_exactly_is_left_to_a_person(workspace):
    mixed = {**SEGMENT, "where": "'vip' in tags or note == 'vip'"}
    world = World(workspace, PAIR, mixed)
    with pytest.raises(Refused, match="only a person can rewrite"):
        merge(world, rewrite=True)
    assert body(world, "segment", "best") == mixed


def test_a_text_that_only_reads_like_the_tag_is_no_reference(workspace):
    world = World(workspace, PAIR, {**SEGMENT, "where": "note == 'vip'"})
    merge(world)
    assert body(world, "segment", "best")["where"] == "note == 'vip'"


def test_drafts_of_what_is_rewritten_are_rewritten_too(workspace):
    world = World(workspace, PAIR, SEGMENT)
    with workspace.writing(SYSTEM) as act:
        versions.save_draft(act, "segment", "best", {**SEGMENT, "label": "Better"})
    merge(world, rewrite=True)
    (draft,) = world.rows(sa.select(definition_draft))
    assert json.loads(draft.body) == {**SEGMENT, "label": "Better", "where": "'gold' in tags and points > 0"}


def test_the_rule_of_the_tag_that_stays_decides_about_what_a_rule_gave(workspace):
    by_rule = {"key": "loyal", "label": "Loyal", "rule": "COUNT(orders) >= 3"}
    world = World(workspace, {**PAIR, "tags": [*PAIR["tags"], by_rule]})
    ann, ben = world.customer("Ann"), world.customer("Ben")
    world.orders(ann, 10, 10)
    world.orders(ben, 10, 10, 10)
    give(world, "busy", ben)
    number = merge(world, "busy", "loyal")
    assert (tags(world, ann), tags(world, ben)) == ([], ["loyal"])
    assert rules.recompute(workspace, "customer_tags") == {"changed": 0}
    undo(world, number)
    assert (tags(world, ann), sorted(tags(world, ben))) == (["busy"], ["busy", "loyal"])
    assert rules.recompute(workspace, "customer_tags") == {"changed": 0}


def test_without_a_rule_the_records_keep_the_tag_like_one_given_by_hand(workspace):
    world = World(workspace, PAIR)
    ann = world.customer()
    world.orders(ann, 10, 10)
    merge(world, "busy", "gold")
    assert tags(world, ann) == ["gold"]
    with workspace.writing(SYSTEM) as act:
        assert assigning.remove(act, "customer", ann, "gold")


@pytest.mark.parametrize(("tag", "into"), [("vip", "vip"), ("vip", "old")])
def test_a_tag_is_merged_with_another_living_one(workspace, tag: str, into: str):
    with pytest.raises(Refused):
        merge(World(workspace), tag, into)


# -- one tag ------------------------------------------------------------------------------------------------------------------------
def test_an_archived_tag_stays_on_records_and_is_given_no_more(workspace):
    world = World(workspace, PAIR)
    ann = world.customer()
    give(world, "vip", ann)
    with workspace.writing(SYSTEM) as act:
        number = curating.archive(act, "customer_tags", "vip")
    assert tags(world, ann) == ["vip"]
    with pytest.raises(Refused):
        give(world, "vip", world.customer("Ben"))
    undo(world, number)
    give(world, "vip", world.customer("Cid"))


def test_a_tag_that_an_automation_gives_is_not_archived(workspace):
    World(workspace, PAIR, ADDS)
    with pytest.raises(Refused, match="automation:mark"), workspace.writing(SYSTEM) as act:
        curating.archive(act, "customer_tags", "vip")


def test_a_tag_comes_back_from_the_archive_beyond_the_limit_with_a_reason(workspace):
    world = World(workspace, {**PAIR, "most": 4})
    with pytest.raises(Refused), workspace.writing(SYSTEM) as act:
        curating.restore(act, "customer_tags", "old")
    with workspace.writing(SYSTEM) as act:
        number = curating.restore(act, "customer_tags", "old", "the law asks for it")
        assert act.catalogue.tag_sets["customer_tags"].by_key["old"].exception == "the law asks for it"
    undo(world, number)
    assert body(world, "tag_set", "customer_tags") == {**PAIR, "most": 4}


def test_further_names_are_set_and_belong_to_one_tag(workspace):
    world = World(workspace, PAIR)
    with workspace.writing(SYSTEM) as act:
        curating.rename(act, "customer_tags", "vip", ["Stammgast", " stammgast ", "VIP"])
        assert act.catalogue.tag_sets["customer_tags"].by_key["vip"].aliases == ("Stammgast",)
    with pytest.raises(Refused, match="STAMMGAST"), workspace.writing(SYSTEM) as act:
        curating.rename(act, "customer_tags", "gold", ["STAMMGAST"])
    assert body(world, "tag_set", "customer_tags")["tags"][0]["aliases"] == ["Stammgast"]


def test_only_those_who_approve_look_after_the_dictionary(workspace):
    world = World(workspace, PAIR)
    for act_on in (curating.archive, curating.restore):
        with pytest.raises(NotAllowed), workspace.writing(LI) as act:
            act_on(act, "customer_tags", "vip")
    with pytest.raises(NotAllowed):
        merge(world, person=LI)
    number = merge(world)
    with pytest.raises(NotAllowed):
        undo(world, number, LI)


def test_what_was_changed_since_is_not_taken_back(workspace):
    world = World(workspace, PAIR)
    with workspace.writing(SYSTEM) as act:
        first = curating.archive(act, "customer_tags", "vip")
    with workspace.writing(SYSTEM) as act:
        curating.restore(act, "customer_tags", "vip")
    with pytest.raises(Refused, match="changed since"):
        undo(world, first)


def test_after_thirty_days_nothing_is_taken_back(workspace):
    world = World(workspace, PAIR)
    number = merge(world)
    world.later(days=31)
    with pytest.raises(Refused):
        undo(world, number)
