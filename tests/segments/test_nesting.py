"""Segments in segments, and what names a segment: circles, triggers, uses, other keys."""

from __future__ import annotations

from typing import Any

import pytest

from builder.renaming import renamed
from builder.uses import used_by
from runtime import kinds
from runtime.definitions.loading import check
from runtime.definitions.versions import publish
from runtime.errors import DefinitionProblems
from runtime.formulas.parts import joined, parts
from runtime.people.person import SYSTEM
from runtime.segments.uses import users
from runtime.system.workspace import Workspace
from runtime.texts import shown
from tests.makers import Json, catalogue_of, definition, form_json, formula, number, tags, text, tier
from tests.segments.conftest import Shop, segment
from tests.tiers.world import TAGS, dimension, model

CUSTOMER = form_json(text("name"), number("points"), tags(), tier("tier", "value"), formula("best", "IN_SEGMENT('a')", result="boolean"))
RULED = {**TAGS, "tags": [{"key": "hot", "label": "Hot", "rule": "IN_SEGMENT('a')"}]}


def refused(*bodies: Json) -> list[tuple[str, str]]:
    kinds.load()
    found = check([definition(each) for each in bodies], catalogue_of())
    return [(each.path, shown(each.message.in_language("en"), "en")) for each in found]


@pytest.mark.parametrize(
    ("where", "others", "ways"),
    [
        ("IN_SEGMENT('a')", [], ["a → a"]),
        ("not IN_SEGMENT('b')", [segment("b", "points > 1 and IN_SEGMENT('a')")], ["a → b → a", "b → a → b"]),
        ("IN_SEGMENT('b')", [segment("b", "IN_SEGMENT('c')"), segment("c", "IN_SEGMENT('a')")], ["a → b → c → a"]),
        ("best", [], ["a → customer.best → a"]),
        ("'hot' in tags", [RULED], ["a → customer_tags.hot → a"]),
        ("tier == 'gold'", [model(dimension(value="points"), population="IN_SEGMENT('a')")], ["a → value → a"]),
    ],
)
def test_a_segment_that_needs_itself_is_refused_with_the_way(where: str, others: list[Json], ways: list[str]):
    given = {("tag_set", "customer_tags"): {**TAGS, "tags": []}, ("tier_model", "value"): model(dimension(value="points"))}
    given |= {(each["kind"], each["key"]): each for each in others}
    said = refused(CUSTOMER, *given.values(), segment("a", where))
    for way in ways:
        assert (
            "segment:a/where" if way.startswith("a") else "segment:b/where",
            f"This needs its own result: {way}. Take one of these steps out.",
        ) in said


def test_what_is_no_circle_is_published(sqlite_workspace: Workspace):
    shop = Shop(
        sqlite_workspace, segment("a", "IN_SEGMENT('b') and IN_SEGMENT('c')"), segment("b", "IN_SEGMENT('c')"), segment("c", "points > 1")
    )
    ann = shop.customer("Ann", points=2)
    assert [shop.members(key) for key in "abc"] == [{ann}] * 3


def test_a_segment_cannot_name_one_of_another_form_or_the_person_who_asks():
    for where in ("IN_SEGMENT('v')", "IN_SEGMENT('none')", "created_by == CURRENT_USER()", "points"):
        (problem,) = refused(
            form_json(number("points")),
            form_json(text("name"), key="visit"),
            segment("v", "name == 'x'", form="visit"),
            segment("s", where),
        )
        assert problem[0] == "segment:s/where", where


# -- triggers ---------------------------------------------------------------------------------------------------------------------------
def automation(kind: str, key: str, **more: Any) -> Json:
    tag = {"segment_entered": "vip", "segment_left": "gone"}[kind]
    steps = [{"type": "add_tag", "tag_set": "customer_tags", "tag": tag}]
    return {"kind": "automation", "key": kind, "label": kind, "trigger": {"type": kind, "segment": key}, "steps": steps, **more}


@pytest.fixture
def acting(sqlite_workspace: Workspace) -> Shop:
    kept = {**TAGS, "tags": [{"key": "vip", "label": "VIP"}, {"key": "busy", "label": "Busy"}, {"key": "gone", "label": "Gone"}]}
    return Shop(
        sqlite_workspace, segment("big", "points >= 5"), kept, automation("segment_entered", "big"), automation("segment_left", "big")
    )


def tags_of(shop: Shop, record: int) -> set[str]:
    from runtime.tags import assigning

    with shop.workspace.reading(SYSTEM) as act:
        return set(assigning.tags_of(act, "customer", [record])[record])


def test_automations_start_for_those_who_enter_and_leave_a_segment(acting: Shop):
    acting.later(hours=1)
    ann, bob = acting.customer("Ann", points=9), acting.customer("Bob", points=1)
    acting.settle()
    assert (tags_of(acting, ann), tags_of(acting, bob)) == ({"vip"}, set())
    acting.later(hours=1).change("customer", ann, points=2)
    acting.settle()
    assert tags_of(acting, ann) == {"vip", "gone"}


def test_an_import_starts_only_automations_that_list_it(acting: Shop):
    acting.later(hours=1)
    first = acting.add("customer", "import", name="Ann", points=9)
    acting.settle()
    assert tags_of(acting, first) == set()
    acting.publish(automation("segment_entered", "big", sources=["import"]))
    second = acting.later(hours=1).add("customer", "import", name="Bob", points=9)
    acting.settle()
    assert (tags_of(acting, first), tags_of(acting, second)) == (set(), {"vip"})


def test_an_automation_cannot_wait_for_a_segment_that_is_not_there(sqlite_workspace: Workspace):
    shop = Shop(sqlite_workspace, segment("big", "points >= 5"))
    with pytest.raises(DefinitionProblems) as caught, shop.workspace.writing(SYSTEM) as act:
        publish(act, [automation("segment_left", "none")])
    assert "trigger/segment" in [each.path.removeprefix("automation:segment_left/") for each in caught.value.problems]


def test_who_uses_a_segment_is_found_in_formulas_and_triggers(acting: Shop):
    acting.publish(segment("both", "IN_SEGMENT('big') and points < 9"))
    with acting.workspace.reading(SYSTEM) as act:
        found = [(each.kind, each.key) for each in users(act.catalogue)["big"]]
        assert found == used_by(act.catalogue)["segment", "big"]
    assert set(found) == {("segment", "both"), ("automation", "segment_entered"), ("automation", "segment_left")}


def test_a_template_under_a_prefix_takes_its_segments_along():
    names = {("segment", "big"): "north_big", ("automation", "segment_left"): "north_left"}
    assert renamed(automation("segment_left", "big"), names)["trigger"] == {"type": "segment_left", "segment": "north_big"}


# -- conditions taken apart ---------------------------------------------------------------------------------------------------------------
@pytest.mark.parametrize(
    ("condition", "pieces"),
    [
        ("a > 1 and not b", ["a > 1", "not b"]),
        ("a or b", ["a or b"]),
        ("(a or b) and c", ["(a or b)", "c"]),
        ("AND(a, b) and x == 'p and q'", ["AND(a, b)", "x == 'p and q'"]),
        ("a if b and c else d", ["a if b and c else d"]),
    ],
)
def test_a_condition_is_taken_apart_where_all_must_hold(condition: str, pieces: list[str]):
    assert parts(condition) == pieces
    assert joined(pieces) == condition
    assert joined(["a or b", "c"]) == "(a or b) and c"
