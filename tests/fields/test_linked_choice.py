"""Linked choice: what is particular to it, and its source in the database."""

from __future__ import annotations

from typing import Any

import pytest

from runtime import kinds
from runtime.definitions import versions
from runtime.errors import FieldError, Refused
from runtime.people import accounts
from runtime.people.person import SYSTEM
from runtime.records import gateway, linking, query
from runtime.records.entries import prepare
from runtime.records.lookup import ActLookup
from runtime.records.plan import plan_of
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


# -- narrowed by what is being filled in ------------------------------------------------------------------------------------------------
PLACES = makers.form_json(makers.text("name"), makers.text("province"), makers.choice("size", "big", "small"), key="places")
CITY = field("linked_choice", "city", form="places", field="name", pairs=[{"theirs": "province", "ours": "province"}])
STOP = field("linked_choice", "stop", form="places", field="name",
             pairs=[{"theirs": "province", "ours": "parent.province"}, {"theirs": "size", "ours": "size"}])
TRIP = makers.form_json(
    makers.text("name"),
    field("linked_choice", "province", form="places", field="province"),
    CITY,
    makers.subform("stops", makers.choice("size", "big", "small"), STOP),
    key="trip",
)


@pytest.fixture
def trips(workspace: Workspace) -> Workspace:
    kinds.load()
    with workspace.writing(SYSTEM, "publish") as act:
        versions.publish(act, [PLACES, TRIP])
    with workspace.writing(SYSTEM) as act:
        for name, province, size in (("Guangzhou", "Guangdong", "big"), ("Foshan", "Guangdong", "small"), ("Nanjing", "Jiangsu", "big")):
            gateway.create(act, "places", {"name": name, "province": province, "size": size})
    return workspace


def offered(act: Any, key: str, **ours: Any) -> list[str]:
    form = act.catalogue.forms["trip"]
    found = form.by_key.get(key) or form.by_key["stops"].lines()[key]
    return linking.fitting(act, "trip", found, ours, "", ActLookup(act))


def refused(workspace: Workspace, record: int | None = None, **values: Any) -> dict[str, str]:
    with pytest.raises(Refused) as refusal, workspace.writing(SYSTEM) as act:
        gateway.create(act, "trip", values) if record is None else gateway.update(act, "trip", record, values)
    return {each.path: str(each.message) for each in refusal.value.problems}


def test_only_the_values_of_records_that_fit_are_offered_and_a_blank_fits_nothing(trips: Workspace) -> None:
    with trips.reading(SYSTEM) as act:
        assert offered(act, "city", province="Guangdong") == ["Foshan", "Guangzhou"]
        assert offered(act, "city", province=None) == offered(act, "city", province="Hunan") == []
        assert offered(act, "stop", **{"parent.province": "Guangdong", "size": "small"}) == ["Foshan"]


def test_a_value_that_does_not_fit_is_refused_with_the_fields_it_hangs_on(trips: Workspace) -> None:
    wrong = {"city": "“Nanjing” does not fit Province. Choose again, or clear it."}
    assert refused(trips, province="Guangdong", city="Nanjing") == wrong
    assert refused(trips, city="Nanjing") == {"city": "Fill in Province first; “Nanjing” is chosen by it."}
    rows = [{"size": "big", "stop": "Guangzhou"}, {"size": "big", "stop": "Foshan"}]
    assert list(refused(trips, province="Guangdong", stops=rows)) == ["stops/1/stop"]
    assert list(refused(trips, province="Jiangsu", stops=rows[:1])) == ["stops/0/stop"]


def test_a_row_of_an_import_whose_value_does_not_fit_is_refused_alone(trips: Workspace) -> None:
    rows = [{"name": "A", "province": "Guangdong", "city": "Foshan"}, {"name": "B", "province": "Jiangsu", "city": "Foshan"}]
    with trips.writing(SYSTEM, "import") as act:
        plan = plan_of(act.catalogue, "trip", act.connection.dialect)
        found = [[(each.path, str(each.message)) for each in prepare(act, plan, row, None, ActLookup(act)).problems] for row in rows]
    assert found == [[], [("city", "“Foshan” does not fit Province. Choose again, or clear it.")]]


def test_who_does_not_see_what_it_is_narrowed_by_is_offered_and_may_write_nothing(trips: Workspace) -> None:
    hidden = {"*": "view", "province": "hidden"}
    sets = [
        {"kind": "permission_set", "key": "all_trips", "label": "Trips", "form": "trip", "for": ["role:sales"],
         "actions": ["view", "add", "edit"], "fields": {"*": "edit"}},
        {"kind": "permission_set", "key": "some_places", "label": "Places", "form": "places", "for": ["role:sales"], "actions": ["view"],
         "fields": hidden},
    ]  # fmt: skip
    with trips.writing(SYSTEM, "publish") as act:
        versions.publish(act, sets)
    with trips.writing(SYSTEM) as act:
        ann = accounts.add(act, email="ann@example.com", name="Ann", roles=["sales"], password=None)
        trip = gateway.create(act, "trip", {"name": "A", "province": "Guangdong"}).id
    with trips.reading(ann) as act:
        assert offered(act, "city", province="Guangdong") == []
    with pytest.raises(Refused) as refusal, trips.writing(ann, "api") as act:
        gateway.update(act, "trip", trip, {"city": "Foshan"})
    assert [each.path for each in refusal.value.problems] == ["city"]


def test_what_a_record_has_stays_until_something_it_hangs_on_changes(trips: Workspace) -> None:
    with trips.writing(SYSTEM) as act:
        rows = [{"size": "small", "stop": "Foshan"}]
        record = gateway.create(act, "trip", {"name": "A", "province": "Guangdong", "city": "foshan", "stops": rows}).id
        gateway.update(act, "places", 2, {"province": "Elsewhere"})
    with trips.writing(SYSTEM) as act:
        gateway.update(act, "trip", record, {"name": "B", "city": "Foshan", "stops": rows})
        assert query.get(act, "trip", record).values["city"] == "Foshan"
    assert set(refused(trips, record, province="Jiangsu")) == {"city", "stops/0/stop"}
    with trips.writing(SYSTEM) as act:
        gateway.update(act, "trip", record, {"province": "Jiangsu", "city": "Nanjing", "stops": []})


def test_where_another_answer_may_be_written_pairs_only_narrow_what_is_offered(trips: Workspace) -> None:
    free = {**TRIP, "fields": [{**each, "other": True} if each["key"] == "city" else each for each in TRIP["fields"]]}
    with trips.writing(SYSTEM, "publish") as act:
        versions.publish(act, [free])
    with trips.writing(SYSTEM) as act:
        gateway.create(act, "trip", {"province": "Guangdong", "city": "Macau"})
        assert offered(act, "city", province="Jiangsu") == ["Nanjing"]


@pytest.mark.parametrize(
    ("pair", "path"),
    [
        ({"theirs": "missing", "ours": "province"}, "pairs/0/theirs"),
        ({"theirs": "province", "ours": "missing"}, "pairs/0/ours"),
        ({"theirs": "province", "ours": "city"}, "pairs/0/ours"),
        ({"theirs": "province", "ours": "stops"}, "pairs/0/ours"),
        ({"theirs": "province", "ours": "day"}, "pairs/0/ours"),
    ],
)
def test_a_pair_that_cannot_be_compared_is_named(pair: dict[str, str], path: str) -> None:
    form = form_of(makers.text("province"), makers.day("day"), {**CITY, "pairs": [pair]}, makers.subform("stops", makers.text("a")))
    assert [each.path for each in form.by_key["city"].problems(form, catalogue_of(PLACES))] == [path]


def test_a_choice_here_equals_a_text_there_by_key_or_label(trips: Workspace) -> None:
    options = [{"key": "gd", "label": {"en": "Guangdong", "zh": "广东"}}]
    form = {**TRIP, "fields": [makers.text("name"), field("choice", "province", options=options), CITY], "key": "trip"}
    with trips.writing(SYSTEM, "publish") as act:
        versions.publish(act, [{**form, "key": "other_trip"}])
        found = act.catalogue.forms["other_trip"].by_key["city"]
        assert linking.fitting(act, "other_trip", found, {"province": "gd"}, "", ActLookup(act)) == ["Foshan", "Guangzhou"]


