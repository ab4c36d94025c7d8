"""Groups whose records go through the steps together: the same comes out as one after the other, in fewer statements."""

from __future__ import annotations

from collections import Counter
from typing import Any

import pytest
import sqlalchemy as sa

from runtime.automation import together
from runtime.people.person import SYSTEM
from runtime.records import gateway
from runtime.system import tables
from tests.automation.conftest import House, Json, adding, automation, created, setting, visits
from tests.makers import form_json, member, number, reference, text

MARKS = {"kind": "tag_set", "key": "marks", "label": "Marks", "form": "customer", "tags": [{"key": "up", "label": "Up"}]}
TASK = {"type": "create_task", "to": ["field:owner"], "title": "Call {name}", "due": "TODAY() + DAYS(1)"}
ASSIGN = {"type": "assign", "field": "owner", "pool": "role:sales", "by": "round_robin", "keep": True, "capacity": 12}
STEPS = [
    ASSIGN,
    {"type": "branch", "when": "points > 20", "then": [setting(points="points + 100"), {"type": "stop"}], "otherwise": [adding(note="name", customer="record")]},
    {"type": "add_tag", "tag_set": "marks", "tag": "up"},
    TASK,
    setting(points="points * 2"),
    {"type": "notify", "to": ["field:owner"], "subject": "{name} is yours"},
    {"type": "remove_tag", "tag_set": "marks", "tag": "up"},
]


def opened(house: House, *more: Json, **settings: Any) -> list[int]:
    people = [house.person(f"p{each}@example.com", "sales", "builder", language="en") for each in range(3)]
    tags = {"type": "tags", "key": "tags", "label": "Tags", "tag_set": "marks"}
    house.publish(form_json(text(), number("points"), member(), tags, *more, **settings), MARKS, visits())
    return people


def brought_in(house: House, *rows: Json) -> None:
    with house.workspace.writing(SYSTEM, "import") as act:
        result = gateway.write_batch(act, "customer", [gateway.BatchRow(row) for row in rows])
    assert not any(result.problems)
    house.settle()


def outcome(house: House) -> Any:
    """Everything that people see of it, but for times and numbers of lines."""
    with house.workspace.reading(SYSTEM) as act:
        todos = act.connection.execute(sa.select(tables.todo.c.title, tables.todo.c.person, tables.todo.c.due, tables.todo.c.record)).all()
        members = act.connection.execute(sa.select(tables.automation_run_record).order_by(tables.automation_run_record.c.record)).all()
    (run,) = house.runs("rule")
    steps = {step.path: (step.state, step.result) for step in run.steps}
    told = sorted(house.notifications())
    return house.all("customer"), house.all("visit"), sorted(map(tuple, todos)), told, run.state, steps, [(each.state, each.reason) for each in members]


def test_what_comes_out_is_what_comes_out_one_after_the_other(house: House, monkeypatch: pytest.MonkeyPatch, tmp_path: Any) -> None:
    from runtime.system.workspace import Workspace
    from tests.support.databases import fill

    people = opened(house)
    rule = automation(created(), *STEPS, sources=["import"], when="points <> 3")
    rows = [{"name": f"c{each}", "points": each, "owner": people[2] if each < 4 else None} for each in range(40)]
    house.publish(rule)
    brought_in(house, *rows)
    together_out = outcome(house)
    assert together_out[4] == "done" and [step.result["records"] for step in house.run().steps if step.path == "0"] == [39]

    url = f"sqlite:///{tmp_path / 'alone.sqlite'}"
    fill(url)
    alone = House(Workspace(house.workspace.settings, engine=_engine(url)))
    opened(alone)
    alone.publish(rule)
    monkeypatch.setattr(together, "may_go", lambda *_given: False)
    brought_in(alone, *rows)
    assert outcome(alone) == together_out
    alone.workspace.engine.dispose()


def _engine(url: str) -> Any:
    from runtime.system import database

    return database.open_engine(url)


def test_of_to_dos_for_many_records_people_hear_once(house: House) -> None:
    ann, bob, _cy = opened(house)
    house.publish(automation(created(), TASK, sources=["import"]))
    brought_in(house, *({"name": f"c{each}", "owner": ann if each else bob} for each in range(30)))
    with house.workspace.reading(SYSTEM) as act:
        had = Counter(act.connection.execute(sa.select(tables.todo.c.person)).scalars())
        bodies = dict(act.connection.execute(sa.select(tables.notification.c.person, tables.notification.c.body)).all())
    assert had == {ann: 29, bob: 1}
    subjects = dict(house.notifications())
    assert subjects[ann].endswith("gives you 29 to-dos: Call c1 and others") and subjects[bob].endswith("gives you a to-do at c0: Call c0")
    assert bodies[ann].splitlines() == [f"Call c{each}" for each in range(1, 6)]


def test_of_those_that_cannot_be_done_the_others_are_done_all_the_same(house: House) -> None:
    opened(house, number("code", unique=True))
    steps = [adding(note="name"), setting(code="IF(points < 3, 7, points)"), {"type": "add_tag", "tag_set": "marks", "tag": "up"}]
    house.publish(automation(created(), *steps, sources=["import"]))
    brought_in(house, *({"name": f"c{each}", "points": 9 if each == 20 else each} for each in range(30)))
    codes = [each["code"] for each in house.all("customer")]
    assert codes[0] == 7 and codes[1] is codes[2] is codes[7] is codes[20] is None and len(house.all("visit")) == 26
    assert [len(each["tags"]) for each in house.all("customer")].count(0) == 4 and house.run().state == "done"
    assert [(step.result["records"], step.result["failed"]) for step in house.run().steps] == [(26, 0), (30, 4), (26, 0)]


def test_what_hangs_on_what_the_others_have_got_goes_one_after_the_other(house: House) -> None:
    parent = form_json(text(), {"type": "formula", "key": "whole", "label": "Whole", "formula": "SUM(customers.points)"}, key="family")
    house.publish(parent, form_json(text(), number("points"), reference("family", "family", many_name="customers")))
    house.publish(automation(created(), setting(points="family.whole + 1"), sources=["import"]))
    family = house.create("family", name="f")
    brought_in(house, *({"name": f"c{each}", "points": 0, "family": family} for each in range(20)))
    assert [int(each["points"]) for each in house.all("customer")] == [2**each for each in range(20)]


def test_three_times_the_records_take_hardly_more_statements(small_house: House) -> None:
    house = small_house
    opened(house)
    house.publish(automation(created(), {**ASSIGN, "capacity": None}, *STEPS[1:], sources=["import"]))

    def asked(records: int) -> int:
        with house.workspace.writing(SYSTEM, "import") as act:
            gateway.write_batch(act, "customer", [gateway.BatchRow({"name": "c", "points": 1}) for _each in range(records)])
        found: list[Any] = []
        listen = lambda *given: found.append(given[2])  # noqa: E731
        sa.event.listen(house.workspace.engine, "before_cursor_execute", listen)
        try:
            house.settle()
        finally:
            sa.event.remove(house.workspace.engine, "before_cursor_execute", listen)
        return len(found)

    asked(50)
    few = asked(50)
    assert asked(150) < few + 20
