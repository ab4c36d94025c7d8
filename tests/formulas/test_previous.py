"""PREVIOUS through the gateway: in checks of a form, in the condition of an automation, and never for whom the field is hidden."""

from __future__ import annotations

from typing import Any

import pytest

from runtime import kinds
from runtime.definitions import versions
from runtime.definitions.types import CHOICE
from runtime.errors import DefinitionProblems, Refused
from runtime.formulas.definitions import formula
from runtime.pages.entry_rules import standing
from runtime.people.person import SYSTEM, Person
from runtime.records import gateway
from runtime.records.guard import reads_whole, require_readable
from runtime.system.workspace import Workspace
from tests import makers
from tests.automation.conftest import House, automation, house, setting, tell, updated

__all__ = ["house", "setting"]
DEAL = makers.form_json(
    makers.text("name"),
    makers.choice("stage", "open", "won", "lost"),
    makers.number("discount", decimals=2),
    makers.text("secret"),
    key="deal",
    rules=[
        {"check": "PREVIOUS(stage) != 'won' or stage == 'won'", "fields": ["stage"], "message": "What is won stays won."},
        {"check": "IFEMPTY(discount, 0) - IFEMPTY(PREVIOUS(discount), 0) <= 10", "message": "At most ten more at once."},
    ],
)


@pytest.fixture
def deals(workspace: Workspace) -> Workspace:
    kinds.load()
    with workspace.writing(SYSTEM, "publish") as act:
        versions.publish(act, [DEAL])
    return workspace


def create(deals: Workspace, **values: Any) -> int:
    with deals.writing(SYSTEM) as act:
        return gateway.create(act, "deal", values).id


def change(deals: Workspace, record: int, **values: Any) -> None:
    with deals.writing(SYSTEM) as act:
        gateway.update(act, "deal", record, values)


def test_a_check_compares_with_what_stood_there_before(deals: Workspace):
    record = create(deals, stage="open", discount="10")
    change(deals, record, discount="20")
    with pytest.raises(Refused, match="At most ten more"):
        change(deals, record, discount="30.01")
    change(deals, record, stage="won")
    change(deals, record, name="Lin")
    with pytest.raises(Refused, match="stays won"):
        change(deals, record, stage="lost")


def test_before_a_record_is_new_nothing_stood_there(deals: Workspace):
    assert create(deals, stage="won", discount="10")
    with pytest.raises(Refused, match="At most ten more"):
        create(deals, discount="11")


def test_the_page_says_how_such_a_check_stands(deals: Workspace):
    record = create(deals, stage="won")
    with deals.reading(SYSTEM) as act:
        form = act.catalogue.forms["deal"]
        assert [check for _when, check in standing(act, form, {"stage": "lost"}, record).holding] == [False, True]
        assert [check for _when, check in standing(act, form, {"stage": "lost", "discount": None}, None).holding] == [True, True]


def test_a_rule_that_shows_a_field_does_not_know_what_was_before(deals: Workspace):
    shows = {**DEAL, "rules": [{"show": ["secret"], "when": "PREVIOUS(stage) == 'won'"}]}
    with pytest.raises(DefinitionProblems, match="belongs into checks"), deals.writing(SYSTEM, "publish") as act:
        versions.publish(act, [shows])


def test_the_condition_of_an_automation_compares_with_the_values_before(house: House):
    house.person("boss@example.com", "boss", language="en")
    house.publish(makers.form_json(makers.text(), makers.choice("grade", "silver", "gold"), makers.number("visits"), makers.member()))
    house.publish(automation(updated(), tell(), when="PREVIOUS(grade) == 'silver' and visits > PREVIOUS(visits)"))
    record = house.create(name="a", grade="silver", visits=5)
    for values in ({"visits": 6}, {"visits": 2}, {"visits": 3, "grade": "gold"}, {"visits": 9}):
        house.update(record, **values)
        house.settle()
    assert [run.state for run in house.runs()].count("done") == 2


ANN = Person(11, "ann@example.com", "Ann", frozenset({"sales"}))


@pytest.mark.parametrize(
    ("asked", "readable"),
    [
        ("PREVIOUS(stage) == 'won'", True),
        ("PREVIOUS(secret) == 'x'", False),
        ("LOOKUP('deal', 'name', name, 'stage') == 'won'", True),
        ("LOOKUP('deal', 'name', name, 'secret') == 'x'", False),
        ("LOOKUP('deal', 'secret', 'x', 'name') == 'x'", False),
    ],
)
def test_who_may_not_read_a_field_may_not_ask_what_it_was_either(deals: Workspace, asked: str, readable: bool):
    sales = {"kind": "permission_set", "key": "sales", "label": "Sales", "form": "deal", "for": ["role:sales"], "actions": ["view"]}
    with deals.writing(SYSTEM, "publish") as act:
        versions.publish(act, [{**sales, "fields": {"*": "view", "secret": "hidden"}}])
    names = {"previous.stage": CHOICE(("open", "won", "lost")), "previous.secret": makers.field_of(makers.text("secret")).formula_type()}
    with deals.reading(ANN) as act:
        wanted = formula(act.catalogue, "deal", asked, names)
        assert reads_whole(act, "deal", wanted) is readable
        if not readable:
            with pytest.raises(Refused, match="may not see"):
                require_readable(act, "deal", wanted)
