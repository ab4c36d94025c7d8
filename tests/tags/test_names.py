"""Names of tags: no two tags of a dictionary are called alike, whatever the keyboard; merged and further names lead to the right one."""

from __future__ import annotations

from typing import Any

import pytest
import sqlalchemy as sa

from runtime.definitions import versions
from runtime.definitions.loading import load
from runtime.definitions.tag_set import TagSet, folded
from runtime.errors import DefinitionProblems
from runtime.people.person import SYSTEM
from runtime.records.lookup import ActLookup
from runtime.system.tables import tag_name
from tests.tiers.world import TAGS, World


def tag_set(*tags: dict[str, Any], **more: Any) -> TagSet:
    found = load({"kind": "tag_set", "key": "marks", "label": "Marks", "form": "customer", "tags": list(tags), **more})
    assert isinstance(found, TagSet)
    return found


@pytest.mark.parametrize(
    ("one", "other"),
    [
        ("VIP", "vip"),
        ("ＶＩＰ", "vip"),  # full width
        ("Big  spender ", "big spender"),
        ("Straße", "STRASSE"),
        ("ﬁne", "FINE"),
        ("②", "2"),
        ("ｶﾞ", "ガ"),
        ("İ", "i̇"),
    ],
)
def test_names_are_compared_without_width_case_and_spaces(one: str, other: str):
    assert folded(one) == folded(other)


@pytest.mark.parametrize(
    "second",
    [
        {"key": "second", "label": "ｖｉｐ"},
        {"key": "second", "label": {"zh": "贵宾", "en": "Second"}},
        {"key": "second", "label": "Second", "aliases": ["first"]},
        {"key": "second", "label": "Second", "aliases": [" Best  friend"]},
    ],
)
def test_two_tags_of_one_name_are_not_published(workspace, second: dict[str, Any]):
    world = World(workspace)
    first = {"key": "first", "label": {"zh": "贵宾", "en": "VIP"}, "aliases": ["best friend"]}
    with pytest.raises(DefinitionProblems) as refused:
        world.publish({**TAGS, "tags": [first, second]})
    (problem,) = refused.value.problems
    assert problem.path == "tags/1/label" and "are the same name for two tags" in str(problem.message)


def test_a_problem_of_names_tells_both(workspace):
    world = World(workspace)
    with pytest.raises(DefinitionProblems) as refused:
        world.publish({**TAGS, "tags": [{"key": "a", "label": "Big spender"}, {"key": "b", "label": "BIG Spender"}]})
    assert "“BIG Spender” and “Big spender”" in str(refused.value)


def test_the_database_holds_each_name_once(workspace):
    World(workspace)
    with workspace.reading(SYSTEM) as act:
        rows = act.connection.execute(sa.select(tag_name).order_by(tag_name.c.name)).all()
    assert [(row.name, row.tag) for row in rows] == [("busy", "busy"), ("fair", "fair"), ("old", "old"), ("vip", "vip")]
    with pytest.raises(sa.exc.IntegrityError), workspace.writing(SYSTEM) as act:
        act.connection.execute(tag_name.insert().values(tag_set="customer_tags", name="vip", tag="busy"))


def test_the_names_of_a_merged_tag_lead_to_its_successor():
    found = tag_set(
        {"key": "a", "label": "Old name", "archived": True, "merged_into": "b"},
        {"key": "b", "label": "Between", "archived": True, "merged_into": "c"},
        {"key": "c", "label": "New name", "aliases": ["Nickname"]},
    )
    assert {found.find(text).key for text in ("a", "OLD name", "between", "Nickname", "c")} == {"c"}
    assert found.find("nobody") is None


@pytest.mark.parametrize(
    ("tags", "path"),
    [
        ([{"key": "a", "label": "A", "archived": True, "merged_into": "none"}], "tags/0/merged_into"),
        ([{"key": "a", "label": "A", "merged_into": "b"}, {"key": "b", "label": "B"}], "tags/0/merged_into"),
        (
            [
                {"key": "a", "label": "A", "archived": True, "merged_into": "b"},
                {"key": "b", "label": "B", "archived": True, "merged_into": "a"},
            ],
            "tags/0/merged_into",
        ),
    ],
)
def test_a_tag_is_merged_into_another_of_its_dictionary(workspace, tags: list[dict[str, Any]], path: str):
    world = World(workspace)
    with pytest.raises(DefinitionProblems) as refused:
        world.publish({**TAGS, "tags": tags})
    assert refused.value.problems[0].path == path


def test_imports_and_the_api_find_a_tag_by_any_name(workspace):
    world = World(workspace)
    world.publish({**TAGS, "tags": [{"key": "vip", "label": {"zh": "贵宾", "en": "Best"}, "aliases": ["Ｇold 客户"]}]})
    with workspace.reading(SYSTEM) as act:
        assert {ActLookup(act).tag("customer_tags", text) for text in ("vip", "贵宾", "BEST", "gold 客户")} == {"vip"}


def test_a_restored_version_loses_no_tag(workspace):
    world = World(workspace)
    world.publish({**TAGS, "tags": [*TAGS["tags"], {"key": "late", "label": "Late"}]})
    with workspace.writing(SYSTEM) as act:
        versions.restore(act, "tag_set", "customer_tags", 1)
        assert act.catalogue.tag_sets["customer_tags"].by_key["late"].archived


def test_a_tag_with_a_reason_stands_beyond_the_limit(workspace):
    world = World(workspace)
    tags = [{"key": "a", "label": "A"}, {"key": "b", "label": "B"}]
    with pytest.raises(DefinitionProblems):
        world.publish({**TAGS, "most": 1, "tags": tags})
    world.publish({**TAGS, "most": 1, "tags": [tags[0], {**tags[1], "exception": "the law asks for it"}]})
