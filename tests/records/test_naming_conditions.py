"""Conditions about people, records and departments, as they are picked in a list: what they find, and that they tell nobody more than they see."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

import pytest

from runtime import kinds
from runtime.definitions import versions
from runtime.errors import Refused
from runtime.formulas.definitions import formula
from runtime.formulas.evaluate import evaluate
from runtime.people import accounts
from runtime.people.person import SYSTEM, Person
from runtime.records import gateway, query
from runtime.records.conditions import operators, read_condition
from runtime.records.lookup import ActLookup
from runtime.records.rows import read_record
from runtime.records.values import RecordValues
from runtime.system.workspace import Workspace
from tests.makers import department, departments, field, form_json, member, reference, text

DEAL = form_json(
    text("name"), member("owner"), field("members", "crew"), reference("parent", "deal"), field("multi_reference", "beside", form="deal"),
    department("team"), departments("teams"), key="deal", title="name", app="shop",
)  # fmt: skip
APP = {
    "kind": "app",
    "key": "shop",
    "label": "Shop",
    "menu": [{"section": "All", "items": ["form:deal"]}],
    "roles": {"member": ["role:sales"]},
}
OWN = {
    "kind": "permission_set", "key": "own", "label": "Own", "form": "deal", "for": ["role:sales"], "actions": ["view"],
    "rows": "owner == CURRENT_USER()", "fields": {"*": "view"},
}  # fmt: skip


class House:
    def __init__(self, workspace: Workspace):
        self.workspace = workspace
        kinds.load()
        with workspace.writing(SYSTEM, "publish") as act:
            versions.publish(act, [APP, DEAL, OWN])
        with workspace.writing(SYSTEM) as act:
            self.ann, self.bob = (
                accounts.add(act, email=f"{name}@example.com", name=name, roles=["sales"], password=None) for name in ("ann", "bob")
            )
        ann, bob = self.ann.id, self.bob.id
        self.one = self.add(owner=ann, crew=[ann, bob], team="north", teams=["north", "south"])
        self.two = self.add(owner=bob, crew=[bob], parent=self.one, beside=[self.one], team="south", teams=["south"])
        self.three = self.add(parent=self.two, beside=[self.one, self.two])

    def add(self, **values: Any) -> int:
        class AnyDepartment(ActLookup):
            def department(self, text: str) -> str | None:
                return text

        with self.workspace.writing(SYSTEM) as act:
            return gateway.create(act, "deal", {"name": "x", **values}, AnyDepartment(act)).id

    def found(self, text: str, who: Person = SYSTEM, departments: tuple[str, ...] = ()) -> list[int]:
        """By the statement; in memory it has to be the same."""
        with self.workspace.reading(who) as act:
            act = replace(act, person=replace(act.person, department_keys=departments))
            asked = read_condition(act.catalogue.forms["deal"], text).formula(ActLookup(act))
            meant = formula(act.catalogue, "deal", asked, allow=frozenset({"person"}))
            seen = query.ids(act, "deal")
            records = [each for each in (read_record(act, "deal", number) for number in seen) if each is not None]
            held = [each.id for each in records if evaluate(meant, RecordValues(act, each.form, each.values, each.id))]
            found = query.ids(act, "deal", filter=asked)
            assert sorted(found) == sorted(held)
            return sorted(found)


@pytest.fixture
def house(workspace: Workspace) -> House:
    return House(workspace)


def test_what_is_picked_is_found(house: House) -> None:
    ann, bob, one, two, three = house.ann.id, house.bob.id, house.one, house.two, house.three
    for asked, wanted in (
        (f"owner|is|{ann}", [one]),
        ("owner|is|bob@example.com", [two]),
        (f"owner|any_of|{ann},{bob}", [one, two]),
        (f"owner|is_not|{ann}", [two, three]),
        ("owner|blank|", [three]),
        (f"crew|has_any|{ann}", [one]),
        (f"crew|has_any|{ann},{bob}", [one, two]),
        (f"crew|has_all|{ann},{bob}", [one]),
        ("crew|not_blank|", [one, two]),
        (f"parent|is|{one}", [two]),
        (f"parent|any_of|{one},{two}", [two, three]),
        (f"beside|has_any|{two}", [three]),
        (f"beside|has_all|{one},{two}", [three]),
        ("team|is|north", [one]),
        ("team|any_of|north,south", [one, two]),
        ("teams|has_any|north", [one]),
        ("teams|has_all|north,south", [one]),
    ):
        assert (asked, house.found(asked)) == (asked, wanted)
    assert house.found("team|my_department|", departments=("south", "west")) == [two]
    assert house.found("teams|my_department|", departments=("south",)) == [one, two]
    assert house.found("teams|my_department|") == [] == house.found("team|my_department|")


def test_nobody_learns_more_than_they_see(house: House) -> None:
    assert house.found("owner|mine|", house.bob) == [house.two] == house.found("crew|mine|", house.bob)
    with pytest.raises(Refused):  # a record that they do not see cannot be asked for, by whatever name
        house.found(f"parent|is|{house.three}", house.bob)
    assert house.found(f"parent|any_of|{house.two}", house.bob) == []
    for asked in ("owner|is|nobody", "owner|is|", "parent|is|999", "beside|has_any|,"):
        with pytest.raises(Refused):
            house.found(asked)


def test_every_relation_that_is_offered_has_words_and_makes_a_formula_or_says_why_not(house: House) -> None:
    with house.workspace.reading(SYSTEM) as act:
        form = act.catalogue.forms["deal"]
        for each in form.fields:
            for operator in operators(each):
                value = {"owner": house.ann.id, "crew": house.ann.id, "parent": house.one, "beside": house.one}.get(each.key, "north")
                asked = read_condition(form, f"{each.key}|{operator}|{value}").formula(ActLookup(act))
                assert formula(act.catalogue, "deal", asked, allow=frozenset({"person"}))
