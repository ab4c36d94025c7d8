"""One change of a record is taken back by an ordinary write, unless somebody has changed the same field since."""

from __future__ import annotations

from typing import Any

import pytest

from runtime import kinds
from runtime.errors import NotAllowed, NotFound, Refused
from runtime.people import accounts
from runtime.people.person import SYSTEM
from runtime.records import gateway, history, query
from runtime.system.workspace import Workspace
from tests.makers import form_json, formula, multi_choice, number, subform, text
from tests.records.conftest import publish

CUSTOMER = form_json(text("name", required=True), text("city"), number("points"), multi_choice("interests"), subform("items"),
                     formula("greeting", "'Hello ' & name", result="text"))  # fmt: skip


@pytest.fixture(autouse=True, scope="module")
def _kinds() -> None:
    kinds.load()


@pytest.fixture
def customer(workspace: Workspace) -> int:
    publish(workspace, CUSTOMER)
    with workspace.writing(SYSTEM) as act:
        return gateway.create(act, "customer", {"name": "Ann", "city": "Berlin"}).id


def change(workspace: Workspace, record: int, **values: Any) -> int:
    """Changes a record; gives the number of the change."""
    with workspace.writing(SYSTEM) as act:
        gateway.update(act, "customer", record, values)
    return changes(workspace, record)[0].id


def changes(workspace: Workspace, record: int) -> list[Any]:
    with workspace.reading(SYSTEM) as act:
        return sorted(query.history(act, "customer", record), key=lambda row: -row.version)


def values(workspace: Workspace, record: int) -> dict[str, Any]:
    with workspace.reading(SYSTEM) as act:
        return query.get(act, "customer", record).values


def take_back(workspace: Workspace, record: int, number: int) -> None:
    with workspace.writing(SYSTEM, "undo") as act:
        history.take_back(act, "customer", record, number)


@pytest.mark.parametrize(("new", "key", "old"), [
    ({"city": "Bonn"}, "city", "Berlin"), ({"points": 7}, "points", None), ({"interests": ["tea"]}, "interests", None),
    ({"items": [{"product": "tea", "price": "3"}]}, "items", None),
])  # fmt: skip
def test_the_old_values_come_back(workspace: Workspace, customer: int, new: dict[str, Any], key: str, old: Any):
    number = change(workspace, customer, **new)
    take_back(workspace, customer, number)
    assert (values(workspace, customer).get(key) or None) == old
    assert changes(workspace, customer)[0].source == "undo"


def test_computed_values_follow(workspace: Workspace, customer: int):
    number = change(workspace, customer, name="Bea", city="Bonn")
    assert values(workspace, customer)["greeting"] == "Hello Bea"
    take_back(workspace, customer, number)
    assert values(workspace, customer)["greeting"] == "Hello Ann" and values(workspace, customer)["city"] == "Berlin"


def test_other_fields_that_changed_since_stay(workspace: Workspace, customer: int):
    number = change(workspace, customer, city="Bonn")
    change(workspace, customer, points=7)
    take_back(workspace, customer, number)
    assert values(workspace, customer)["city"] == "Berlin" and values(workspace, customer)["points"] == 7


def test_a_field_that_somebody_changed_since_is_not_overwritten(workspace: Workspace, customer: int):
    number = change(workspace, customer, city="Bonn", points=7)
    change(workspace, customer, city="Kiel")
    with pytest.raises(Refused) as refused:
        take_back(workspace, customer, number)
    assert [(each.path, str(each.message)) for each in refused.value.problems] == [
        ("city", "Tierloom has changed City since, so this cannot be taken back. Set it by hand if you want the old value.")
    ]
    assert values(workspace, customer)["points"] == 7


def test_taking_back_can_be_taken_back(workspace: Workspace, customer: int):
    take_back(workspace, customer, change(workspace, customer, city="Bonn"))
    take_back(workspace, customer, changes(workspace, customer)[0].id)
    assert values(workspace, customer)["city"] == "Bonn"


def test_a_field_that_is_gone_leaves_nothing_to_take_back(workspace: Workspace, customer: int):
    number = change(workspace, customer, city="Bonn")
    publish(workspace, form_json(text("name", required=True)))
    with pytest.raises(Refused, match="Nothing of this change"):
        take_back(workspace, customer, number)


def test_only_a_change_of_this_record_can_be_taken_back(workspace: Workspace, customer: int):
    number = change(workspace, customer, city="Bonn")
    with workspace.writing(SYSTEM) as act:
        other = gateway.create(act, "customer", {"name": "Bea"}).id
    for record, wanted in ((other, number), (customer, 999_999), (customer, changes(workspace, customer)[-1].id)):
        with pytest.raises(NotFound):
            take_back(workspace, record, wanted)


def test_who_may_not_edit_may_not_take_back(workspace: Workspace, customer: int):
    number = change(workspace, customer, city="Bonn")
    with workspace.writing(SYSTEM) as act:
        guest = accounts.add(act, email="guest@example.com", name="Guest", roles=["guest"])
    with workspace.writing(guest, "undo") as act, pytest.raises((NotAllowed, NotFound)):
        history.take_back(act, "customer", customer, number)
