"""Two people in one draft: what each changed is kept, by the keys of fields, sections and options; only what both changed is asked about."""

from __future__ import annotations

import copy
import json
import random
import subprocess
from pathlib import Path
from typing import Any

import pytest

from scripts.dev import find_node
from tests.support.missing import missing

Json = Any
HARNESS = Path(__file__).with_name("joining.mjs")


def join(*triples: tuple[Json, Json, Json]) -> list[dict[str, Any]]:
    """One Node process for all of them."""
    node = find_node() or missing("No Node with npm on PATH.")
    done = subprocess.run([str(node[0]), str(HARNESS)], input=json.dumps(triples), capture_output=True, text=True, encoding="utf-8")
    assert done.returncode == 0, done.stderr
    return json.loads(done.stdout)


def field(key: str, **more: Any) -> dict[str, Any]:
    return {"key": key, "type": "text", "label": key, **more}


def form(*keys: str, **more: Any) -> dict[str, Any]:
    return {"kind": "form", "key": "visit", "fields": [field(key) for key in keys], **more}


def options(*keys: str) -> dict[str, Any]:
    return {"fields": [{"key": "sort", "options": [{"key": key, "label": key} for key in keys]}]}


def sections(*lists: list[str]) -> list[dict[str, Any]]:
    return [{"section": f"S{number}", "columns": 2, "fields": keys} for number, keys in enumerate(lists)]


A, B = {"show": ["a"], "when": "b == 'x'"}, {"require": ["b"], "when": "a == 'x'"}
KEPT = {
    "both add a field at the same place": (form("a"), form("a", "mine"), form("a", "theirs"), form("a", "theirs", "mine")),
    "each in another place": (form("a", "b"), form("a", "x", "b"), form("a", "b", "y"), form("a", "x", "b", "y")),
    "one adds, one takes out": (form("a", "b"), form("a", "b", "c"), form("b"), form("b", "c")),
    "one sorts, one adds": (form("a", "b", "c"), form("c", "a", "b"), form("a", "b", "x", "c"), form("c", "a", "b", "x")),
    "options": (options("x"), options("x", "m"), options("x", "t"), options("x", "t", "m")),
    "fields of one section": (
        {"layout": sections(["a"], ["b"])},
        {"layout": sections(["a", "m"], ["b"])},
        {"layout": sections(["a", "t"], ["b"])},
        {"layout": sections(["a", "t", "m"], ["b"])},
    ),
    "a section moves, another gets a field": (
        {"layout": sections(["a"], ["b"])},
        {"layout": sections(["a"], ["b"])[::-1]},
        {"layout": sections(["a", "t"], ["b"])},
        {"layout": sections(["a", "t"], ["b"])[::-1]},
    ),
    "rules without keys": (
        {"rules": [A]},
        {"rules": [A, B]},
        {"rules": [{**A, "when": "b == 'y'"}]},
        {"rules": [{**A, "when": "b == 'y'"}, B]},
    ),
    "settings of one field": (
        {"fields": [field("a")]},
        {"fields": [field("a", required=True)]},
        {"fields": [field("a", help="Say it")]},
        {"fields": [field("a", help="Say it", required=True)]},
    ),
    "both the same": (form("a"), {**form("a"), "label": "New"}, {**form("a"), "label": "New"}, {**form("a"), "label": "New"}),
}
ASKED = {
    "the same name in two ways": (form("a"), {**form("a"), "label": "Mine"}, {**form("a"), "label": "Theirs"}),
    "one takes out what the other changes": (
        form("a", "b"),
        form("a"),
        {"kind": "form", "key": "visit", "fields": [field("a"), field("b", required=True)]},
    ),
    "two orders": (form("a", "b", "c"), form("b", "a", "c"), form("c", "a", "b")),
    "two things under one key": (
        form("a"),
        {**form("a", "x")},
        {"kind": "form", "key": "visit", "fields": [field("a"), field("x", type="number")]},
    ),
}


@pytest.fixture(scope="module")
def answers() -> dict[str, dict[str, Any]]:
    asked = [*(each[:3] for each in KEPT.values()), *ASKED.values()]
    return dict(zip([*KEPT, *ASKED], join(*asked), strict=True))


@pytest.mark.parametrize("case", KEPT)
def test_both_changes_are_kept_where_nothing_collides(answers: dict[str, dict[str, Any]], case: str) -> None:
    assert answers[case] == {"value": KEPT[case][3], "collisions": []}


@pytest.mark.parametrize("case", ASKED)
def test_what_both_changed_is_asked_about(answers: dict[str, dict[str, Any]], case: str) -> None:
    assert answers[case]["collisions"] != []


def test_whatever_two_people_add_and_change_apart_from_each_other_is_all_there() -> None:
    chance = random.Random(7)
    rounds = [_two_people(chance) for _round in range(300)]
    for (base, mine, theirs), found in zip(rounds, join(*rounds), strict=True):
        assert found["collisions"] == []
        each = {one["key"]: one for one in found["value"]["fields"]}
        for one in [*mine["fields"], *theirs["fields"]]:
            assert one in base["fields"] or each[one["key"]] == one
        assert set(each) == ({one["key"] for one in mine["fields"]} | {one["key"] for one in theirs["fields"]}) - _taken_out(
            base, mine, theirs
        )
        assert sorted(key for one in found["value"]["layout"] for key in one["fields"]) == sorted(each)


def _taken_out(base: Json, mine: Json, theirs: Json) -> set[str]:
    was = {one["key"] for one in base["fields"]}
    return {key for key in was if any(key not in {one["key"] for one in person["fields"]} for person in (mine, theirs))}


def _two_people(chance: random.Random) -> tuple[Json, Json, Json]:
    """A form of some fields in three sections; one person works on the even ones, the other on the odd ones, and both add."""
    keys = [f"f{number}" for number in range(chance.randint(4, 12))]
    base = {"fields": [field(key) for key in keys], "layout": sections(*(keys[number::3] for number in range(3)))}
    mine, theirs = copy.deepcopy(base), copy.deepcopy(base)
    for person, name, part in ((mine, "m", 0), (theirs, "t", 1)):
        for number in range(chance.randint(1, 4)):
            added = field(f"{name}{number}")
            person["fields"].insert(chance.randint(0, len(person["fields"])), added)
            here = chance.choice(person["layout"])["fields"]
            here.insert(chance.randint(0, len(here)), added["key"])
        own = [one for one in person["fields"] if one["key"] in keys[part::2]]
        chance.choice(own)["required"] = True
        if chance.random() < 0.5:
            gone = chance.choice(own)["key"]
            person["fields"] = [one for one in person["fields"] if one["key"] != gone]
            for one in person["layout"]:
                one["fields"] = [key for key in one["fields"] if key != gone]
    return base, mine, theirs
