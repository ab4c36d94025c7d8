"""Handing over: by every field in which somebody stands, their to-dos, teams and automations; counted, with a reason, and taken back."""

from __future__ import annotations

from typing import Any

import pytest

from runtime.collaboration import todos
from runtime.errors import NotAllowed, Refused
from runtime.ownership import teams
from runtime.records import handing_over
from runtime.records.rows import read_record
from tests import makers
from tests.ownership.conftest import CUSTOMER, House

TWO_FIELDS = {**CUSTOMER, "fields": [*CUSTOMER["fields"], makers.member("keeper")]}
AUTOMATION = {
    "kind": "automation",
    "key": "hello",
    "label": "Hello",
    "trigger": {"type": "record_created", "form": "customer"},
    "steps": [{"type": "update_record", "values": {"secret": "'x'"}}],
    "owner": "user:ann@example.com",
}


def keeper(house: House, record: int) -> Any:
    with house.by(None, writes=False) as act:
        found = read_record(act, "customer", record)
        assert found is not None
        return found.values["keeper"]


def test_all_that_somebody_holds_moves_and_comes_back(house: House):
    house.publish(TWO_FIELDS, AUTOMATION)
    ann, bob = house.id("ann"), house.id("bob")
    first, second, third = house.add("Lin", "ann"), house.add("Wang", "bob", keeper=ann), house.add("Zhao", "ann", keeper=ann)
    with house.by("boss") as act:
        todos.add(act, todos.Wanted("Call", ann))
        for record in (first, third):
            teams.join(act, "customer", record, ann, "helper")
        teams.join(act, "customer", third, bob, "service")
        found = {each.key: each.count for each in handing_over.owned(act, ann)}
        assert found == {"record:customer:owner": 2, "record:customer:keeper": 2, "todo": 1, "team:customer": 2, "automation": 1}
        given = handing_over.hand_over(act, ann, house.people["bob"], "parental leave")
        assert (given.moved, given.left) == (8, 0) and handing_over.owned(act, ann) == []
        assert act.catalogue.automations["hello"].owner == "user:bob@example.com"
        assert [(each.person, each.role) for each in teams.members(act, "customer", third)] == [(bob, "service")]
    assert [house.owner(each) for each in (first, second, third)] == [bob, bob, bob] and keeper(house, third) == bob
    with house.by("boss") as act:
        handing_over.hand_over_records(act, "customer", [first], "owner", house.people["cy"], "her town")
        back = handing_over.take_back(act, given.id)
        assert (back.moved, back.left) == (7, 1)
        found = {each.key: each.count for each in handing_over.owned(act, ann)}
        assert found == {"record:customer:owner": 1, "record:customer:keeper": 2, "todo": 1, "team:customer": 2, "automation": 1}
        assert [(each.person, each.role) for each in teams.members(act, "customer", third)] == [(ann, "helper"), (bob, "service")]
        with pytest.raises(Refused):
            handing_over.take_back(act, given.id)
    assert [house.owner(each) for each in (first, second, third)] == [house.id("cy"), bob, ann]


def test_only_what_is_chosen_moves_and_only_administrators_move_all_of_somebody(sqlite_house: House):
    house = sqlite_house
    house.publish(TWO_FIELDS)
    record = house.add("Lin", "ann", keeper=house.id("ann"))
    with house.by("boss") as act:
        handing_over.hand_over(act, house.id("ann"), house.people["bob"], "less work", {"record:customer:keeper"})
    assert (house.owner(record), keeper(house, record)) == (house.id("ann"), house.id("bob"))
    with house.by("ann") as act, pytest.raises(NotAllowed):
        handing_over.hand_over(act, house.id("bob"), house.people["ann"], "mine")


def test_picked_records_are_handed_over_by_whoever_may_change_them(house: House):
    mine, foreign = house.add("Lin", "ann"), house.add("Wang", "bob")
    with house.by("ann") as act:
        assert handing_over.member_fields(act, "customer") == ["owner"]
        for field, reason in (("name", "why"), ("owner", " ")):
            with pytest.raises(Refused):
                handing_over.hand_over_records(act, "customer", [mine], field, house.people["cy"], reason)
        given = handing_over.hand_over_records(act, "customer", [mine, foreign], "owner", house.people["cy"], "her town")
        assert (given.moved, given.left) == (1, 1)
    assert (house.owner(mine), house.owner(foreign)) == (house.id("cy"), house.id("bob"))
    with house.by("bob") as act, pytest.raises(NotAllowed):
        handing_over.take_back(act, given.id)
    with house.by("boss") as act:
        assert handing_over.take_back(act, given.id).moved == 1
    assert house.owner(mine) == house.id("ann")
