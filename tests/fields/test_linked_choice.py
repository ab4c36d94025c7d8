"""Linked choice: what is particular to it, and its source in the database."""

from __future__ import annotations

from typing import Any

import pytest

from runtime import kinds
from runtime.definitions import versions
from runtime.errors import FieldError, Refused
from runtime.people.person import SYSTEM
from runtime.records import gateway, linking, query
from runtime.system.workspace import Workspace
from tests import makers
from tests.makers import PlainLookup, catalogue_of, field, field_of, form_of

DRINK = field("linked_choice", "drink", form="drinks", field="name", where="sold")


def test_what_does_not_stand_there_is_refused_unless_another_answer_may_be_written() -> None:
    with pytest.raises(FieldError, match="“Juice” does not stand in the form"):
        field_of(DRINK).parse("Juice", PlainLookup())
    assert field_of({**DRINK, "other": True}).parse(" Apple   juice ", PlainLookup()) == "Apple juice"


@pytest.mark.parametrize(("settings", "path"), [({"form": "nowhere"}, "form"), ({"field": "missing"}, "field"), ({"field": "price"}, "field")])
def test_a_source_that_cannot_be_chosen_from_is_named(settings: dict[str, Any], path: str) -> None:
    drinks = form_of(makers.text("name"), makers.money("price"), makers.checkbox("sold"), key="drinks")
    form = form_of(makers.text("name"), {**DRINK, **settings})
    assert [each.path for each in form.by_key["drink"].problems(form, catalogue_of(drinks))] == [path]


@pytest.fixture
def filled(sqlite_workspace: Workspace) -> Workspace:
    kinds.load()
    drinks = makers.form_json(makers.text("name"), makers.checkbox("sold"), key="drinks")
    with sqlite_workspace.writing(SYSTEM, "publish") as act:
        versions.publish(act, [drinks, makers.form_json(makers.text("name"), DRINK)])
    with sqlite_workspace.writing(SYSTEM) as act:
        for name, sold in (("Tea", True), ("Green tea", True), ("Tea", True), ("Beer", False)):
            gateway.create(act, "drinks", {"name": name, "sold": sold})
    return sqlite_workspace


def test_the_values_come_from_the_records_for_which_the_condition_holds_each_once(filled: Workspace) -> None:
    with filled.reading(SYSTEM) as act:
        field_type = act.catalogue.forms["customer"].by_key["drink"]
        assert [linking.values(act, field_type, text) for text in ("", "TEA", "beer")] == [["Green tea", "Tea"], ["Tea", "Green tea"], []]


def test_a_value_is_taken_as_it_stands_there_and_kept_when_the_source_changes(filled: Workspace) -> None:
    with filled.writing(SYSTEM) as act:
        record = gateway.create(act, "customer", {"name": "Lin", "drink": "green TEA"}).id
    with filled.writing(SYSTEM) as act:
        gateway.delete(act, "drinks", 2)
    with filled.writing(SYSTEM) as act:
        gateway.update(act, "customer", record, {"name": "Lin Yi", "drink": "Green tea"})
        assert query.get(act, "customer", record).values["drink"] == "Green tea"
    with pytest.raises(Refused, match="does not stand"), filled.writing(SYSTEM) as act:
        gateway.create(act, "customer", {"name": "Zhao", "drink": "Green tea"})
