"""What is kept with the help of LOOKUP, TEXTUSER and TIER_AT follows changes of what was looked up, at once and for no others."""

from __future__ import annotations

from datetime import date
from typing import Any

import pytest

from runtime.definitions import versions
from runtime.errors import DefinitionProblems
from runtime.people import accounts
from runtime.people.person import SYSTEM
from runtime.records import derived, gateway
from runtime.records.gateway import BatchRow
from runtime.records.lookup import ActLookup
from runtime.records.rows import read_record
from runtime.system.tables import person
from tests import makers
from tests.tiers.world import World, dimension, model

CNY = {"result": "money", "currency": "CNY"}
RATE = makers.form_json(
    makers.text("code"),
    makers.number("rate", decimals=4),
    makers.number("margin", decimals=4),
    makers.formula("buying", "rate - IFEMPTY(margin, 0)", result="number", decimals=4),
    key="rate",
)
BILL = makers.form_json(
    makers.text("code"),
    makers.money("amount"),
    makers.reference("customer", "customer", many_name="bills"),
    makers.member("seller"),
    makers.formula("worth", "amount * LOOKUP('rate', 'code', code, 'rate')", **CNY),
    makers.formula("least", "amount * LOOKUP('rate', 'code', code, 'buying')", **CNY),
    makers.formula("doubled", "worth * 2", **CNY),
    makers.formula("sold_by", "TEXTUSER(seller)", result="text"),
    key="bill",
)
CUSTOMER = makers.form_json(
    makers.text("name"),
    makers.number("points", decimals=2),
    makers.tier("tier", "value"),
    makers.tags(),
    makers.formula("bought", "SUM(bills.amount * LOOKUP('rate', 'code', bills.code, 'rate'))", **CNY),
    makers.formula("spring_tier", "TIER_AT('value', DATE(2026, 12, 1))", result="text"),
)
RULES = model(
    dimension(value="points", cuts=[50]), tiers=[{"key": "gold", "label": "G", "from": 50}, {"key": "basic", "label": "B", "from": 0}]
)
TAGS = {
    "kind": "tag_set",
    "key": "customer_tags",
    "label": "Tags",
    "form": "customer",
    "tags": [{"key": "dear", "label": "Dear", "rule": "points >= LOOKUP('rate', 'code', 'POINTS', 'rate')"}],
}


@pytest.fixture
def world(workspace) -> World:
    return World(workspace, CUSTOMER, RULES, TAGS, RATE, BILL)


def kept(world: World, form: str, record: int, *keys: str) -> Any:
    with world.workspace.reading(SYSTEM) as act:
        found = read_record(act, form, record)
        assert found is not None
        return tuple(found.values.get(key) for key in keys) if len(keys) > 1 else found.values.get(keys[0])


def test_a_changed_rate_reaches_those_that_look_it_up_and_what_is_made_of_them(world: World):
    dollars, pounds = world.add("rate", code="USD", rate="7"), world.add("rate", code="GBP", rate="9")
    first, second = (world.add("bill", code=code, amount="10") for code in ("USD", "GBP"))
    assert kept(world, "bill", first, "worth", "doubled") == (70, 140)
    world.change("rate", dollars, rate="7.5")
    assert kept(world, "bill", first, "worth", "least", "doubled") == (75, 75, 150)
    world.change("rate", dollars, margin="0.5")
    assert kept(world, "bill", first, "worth", "least") == (75, 70)
    assert kept(world, "bill", second, "worth") == 90
    world.delete("rate", pounds)
    assert kept(world, "bill", second, "worth") is None
    world.restore("rate", pounds)
    assert kept(world, "bill", second, "worth") == 90


def test_a_record_that_is_found_by_another_value_leaves_those_it_matched_before(world: World):
    first, _later = world.add("rate", code="USD", rate="7"), world.add("rate", code="USD", rate="8")
    dollars, euros = (world.add("bill", code=code, amount="10") for code in ("USD", "EUR"))
    assert (kept(world, "bill", dollars, "worth"), kept(world, "bill", euros, "worth")) == (70, None)
    world.change("rate", first, code="EUR")
    assert (kept(world, "bill", dollars, "worth"), kept(world, "bill", euros, "worth")) == (80, 70)
    world.change("rate", first, code="")
    assert (kept(world, "bill", dollars, "worth"), kept(world, "bill", euros, "worth")) == (80, None)
    world.add("rate", code="EUR", rate="6")
    assert kept(world, "bill", euros, "worth") == 60


def test_a_lookup_inside_of_an_aggregate_is_followed_too(world: World):
    ann, bob = world.customer("Ann"), world.customer("Bob")
    rate = world.add("rate", code="USD", rate="7")
    world.add("bill", code="USD", amount="10", customer=ann)
    world.add("bill", code="EUR", amount="10", customer=bob)
    assert (kept(world, "customer", ann, "bought"), kept(world, "customer", bob, "bought")) == (70, 0)
    world.change("rate", rate, rate="8")
    world.add("rate", code="EUR", rate="9")
    assert (kept(world, "customer", ann, "bought"), kept(world, "customer", bob, "bought")) == (80, 90)


def test_many_are_noted_and_worked_off_by_sets(world: World):
    rate = world.add("rate", code="USD", rate="7")
    with world.workspace.writing(SYSTEM, "import") as act:
        rows = [BatchRow({"code": "USD", "amount": str(number)}) for number in range(derived.AT_ONCE + 50)]
        saved = gateway.write_batch(act, "bill", rows, ActLookup(act)).saved
    derived.work_off(world.workspace)
    world.change("rate", rate, rate="2")
    assert derived.work_off(world.workspace) == derived.AT_ONCE + 50
    assert saved[-1] is not None and kept(world, "bill", saved[-1].id, "worth", "doubled") == (498, 996)


def test_a_tag_by_rule_follows_what_its_rule_looks_up(world: World):
    ann = world.customer("Ann", points=10)
    assert not kept(world, "customer", ann, "tags")
    rate = world.add("rate", code="POINTS", rate="5")
    assert kept(world, "customer", ann, "tags") == ["dear"] or kept(world, "customer", ann, "tags") == ("dear",)
    world.change("rate", rate, rate="11")
    assert not kept(world, "customer", ann, "tags")


def test_a_new_name_of_a_person_reaches_what_is_kept_of_it(world: World):
    with world.workspace.writing(SYSTEM) as act:
        act.connection.execute(person.insert().values(id=7, name="Sam", email="sam@example.com", active=1, created_at=act.micros))
    own, others = world.add("bill", seller=7), world.add("bill")
    assert kept(world, "bill", own, "sold_by") == "Sam"
    with world.workspace.writing(SYSTEM) as act:
        accounts.set_name(act, 7, "Samuel")
    assert (kept(world, "bill", own, "sold_by"), kept(world, "bill", others, "sold_by")) == ("Samuel", None)


def test_the_tier_on_a_day_follows_a_move(world: World):
    ann = world.customer("Ann", points=10)
    assert kept(world, "customer", ann, "spring_tier") == "basic"
    world.change("customer", ann, points=90)
    assert kept(world, "customer", ann, "spring_tier") == "gold"
    world.on(date(2026, 12, 2))
    world.change("customer", ann, points=1)
    assert kept(world, "customer", ann, "tier", "spring_tier") == ("basic", "gold")


def problems(world: World, *bodies: dict[str, Any]) -> str:
    with pytest.raises(DefinitionProblems) as refused, world.workspace.writing(SYSTEM) as act:
        versions.publish(act, bodies)
    return str(refused.value)


def test_a_kept_value_cannot_look_up_by_what_is_worked_out(world: World):
    field = makers.formula("cheapest", "LOOKUP('rate', 'buying', 7, 'code')", result="text")
    said = problems(world, {**BILL, "fields": [*BILL["fields"], field]})
    assert "fields/8/formula" in said and "buying of rate is worked out" in said


def test_what_looks_itself_up_is_refused_with_the_way(world: World):
    field = makers.formula("least", "amount * LOOKUP('rate', 'code', code, 'dear')", **CNY)
    dear = makers.formula("dear", "LOOKUP('bill', 'code', code, 'least') / LOOKUP('bill', 'code', code, 'amount')", result="number")
    bill = {**BILL, "fields": [each if each["key"] != "least" else field for each in BILL["fields"]]}
    said = problems(world, bill, {**RATE, "fields": [*RATE["fields"], dear]})
    assert "bill.least → rate.dear → bill.least" in said


def test_nothing_that_is_looked_up_waits_for_the_night(world: World):
    with world.workspace.reading(SYSTEM) as act:
        assert derived.day_fields(act.catalogue, "bill") == []
