"""How useful tags are, worked out by sets and told in words."""

from __future__ import annotations

import random
from math import isclose
from typing import Any

import pytest
import sqlalchemy as sa
from hypothesis import given
from hypothesis import strategies as st

from runtime.errors import FormulaProblems
from runtime.people.person import SYSTEM
from runtime.records import query
from runtime.system import jobs
from runtime.system.tables import tag_figures
from runtime.tags import assigning, usefulness, verdicts
from tests.tiers.world import TAGS, World

MARKS = {**TAGS, "tags": [{"key": key, "label": key.upper()} for key in ("a", "b", "c", "none")]}


def mark(world: World, tag: str, *records: int) -> None:
    with world.workspace.writing(SYSTEM) as act:
        assigning.give(act, "customer_tags", tag, records)


def measured(world: World, outcome: str | None = None) -> usefulness.Meter:
    with world.workspace.reading(SYSTEM) as act:
        return usefulness.measure(act, act.catalogue.tag_sets["customer_tags"], outcome)


def judged(world: World) -> dict[str, verdicts.Verdict]:
    meter = measured(world)
    with world.workspace.reading(SYSTEM) as act:
        return {each.tag: each for each in verdicts.verdicts(act.catalogue.tag_sets["customer_tags"], meter)}


# -- arithmetic ---------------------------------------------------------------------------------------------------------------------
@pytest.mark.parametrize(("part", "whole", "bits"), [(0, 10, 0), (10, 10, 0), (5, 10, 1), (1, 4, 0.811278), (0, 0, 0)])
def test_entropy_is_greatest_where_a_tag_halves_the_records(part: int, whole: int, bits: float):
    assert isclose(usefulness.entropy(part, whole), bits, abs_tol=1e-6)


def test_newcombes_interval_is_that_of_his_paper():
    """56/70 against 48/80: Newcombe (1998), table II, case (a), method 10."""
    difference, low, high = usefulness.newcombe(56, 70, 48, 80)
    assert (round(difference, 4), round(low, 4), round(high, 4)) == (0.2, 0.0524, 0.3339)


@given(st.sets(st.integers(0, 30)), st.sets(st.integers(0, 30)))
def test_what_is_left_of_a_tag_lies_between_nothing_and_its_entropy(one: set[int], other: set[int]):
    left = usefulness.conditional(len(one), len(other), len(one & other), 31)
    assert -1e-9 <= left <= usefulness.entropy(len(one), 31) + 1e-9
    if one == other:
        assert isclose(left, 0, abs_tol=1e-9)


# -- measuring ----------------------------------------------------------------------------------------------------------------------
def test_figures_are_those_of_counting_record_by_record(workspace):
    world, chance = World(workspace, MARKS), random.Random(7)
    people = [world.customer(f"Guest {number}", points=chance.randint(0, 9)) for number in range(40)]
    has = {tag: set(chance.sample(people, count)) for tag, count in (("a", 25), ("b", 22), ("c", 3))}
    for tag, records in has.items():
        mark(world, tag, *records)
    gone = people[0]
    world.delete("customer", gone)
    alive = set(people) - {gone}
    has = {tag: records & alive for tag, records in has.items()} | {"none": set()}
    with workspace.reading(SYSTEM) as act:
        high = set(query.ids(act, "customer", "points >= 5"))
    found = measured(world, "points >= 5")
    assert found.population == 39
    for tag, records in has.items():
        each = found.tags[tag]
        assert each.records == len(records) and isclose(each.coverage, len(records) / 39)
        for other, both, overlap in each.nearest:
            assert both == len(records & has[other]) and isclose(overlap, both / len(records | has[other]))
        if not records:
            assert each.lift is None
            continue
        lift = each.lift
        assert (lift.with_tag, lift.yes) == (len(records), len(records & high))
        assert (lift.without_tag, lift.other_yes) == (len(alive - records), len(high - records))
        assert lift.low <= lift.difference <= lift.high


def test_definitions_that_use_a_tag_are_its_consumers(workspace):
    segment = {"kind": "segment", "key": "best", "label": "Best", "form": "customer", "where": "'a' in tags"}
    view = {"kind": "view", "key": "a_list", "label": "A", "form": "customer", "filter": "HAS_ANY(tags, 'a', 'b')"}
    rights = {"kind": "permission_set", "key": "some", "label": "Some", "form": "customer", "for": ["role:x"], "rows": "not 'b' in tags"}
    found = measured(World(workspace, MARKS, segment, view, rights))
    assert set(found.tags["a"].consumers) == {("segment", "best"), ("view", "a_list")}
    assert set(found.tags["b"].consumers) == {("view", "a_list"), ("permission_set", "some")}


def test_a_fact_that_cannot_be_asked_is_refused(workspace):
    world = World(workspace, MARKS)
    with pytest.raises(FormulaProblems):
        measured(world, "points")


def test_an_empty_form_has_figures_too(workspace):
    found = measured(World(workspace, MARKS), "points > 1")
    assert (found.population, found.tags["a"].coverage, found.tags["a"].lift) == (0, 0.0, None)


def test_the_job_keeps_the_newest_figures_of_a_day(workspace):
    world = World(workspace, {**MARKS, "outcome": "points > 1"})
    for _time in range(2):
        with workspace.writing(SYSTEM) as act:
            number = usefulness.queue(act, "customer_tags")
        assert jobs.run_now(workspace, number).state == "done"
    assert len(world.rows(sa.select(tag_figures))) == 5
    with workspace.reading(SYSTEM) as act:
        newest = usefulness.newest(act, act.catalogue.tag_sets["customer_tags"])
    assert newest == measured(world, "points > 1")


# -- verdicts -----------------------------------------------------------------------------------------------------------------------
def test_verdicts_name_what_to_merge_split_drop_and_give_something_to_do(workspace):
    segment = {"kind": "segment", "key": "best", "label": "Best", "form": "customer", "where": "'wide' in tags"}
    keys = ("wide", "twin", "near", "idle", "none", "good")
    good = {"kind": "segment", "key": "good", "label": "Good", "form": "customer", "where": "'good' in tags"}
    tags: dict[str, Any] = {**TAGS, "tags": [{"key": key, "label": key.upper()} for key in keys]}
    world = World(workspace, tags, segment, good)
    people = [world.customer(f"Guest {number}") for number in range(60)]
    mark(world, "wide", *people[:55])
    mark(world, "twin", *people[:25])
    mark(world, "near", *people[:24])
    mark(world, "idle", *people[30:50])
    mark(world, "good", *people[10:20])
    found = judged(world)
    assert {key: each.what for key, each in found.items()} == {
        "near": "merge", "wide": "split", "none": "drop", "twin": "idle", "idle": "idle", "good": "keep"
    }  # fmt: skip
    assert found["near"].other == "twin" and "96%" in str(found["near"].reason)
    assert "92%" in str(found["wide"].reason)


def test_a_tag_nobody_was_given_for_long_and_nobody_uses_is_dropped(workspace):
    world = World(workspace, MARKS)
    people = [world.customer(f"Guest {number}") for number in range(3)]
    mark(world, "a", people[0])
    world.later(days=200)
    assert judged(world)["a"].what == "drop"
