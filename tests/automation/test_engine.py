"""The engine: waits are rows, one at a time per record, who goes first, and what people do with runs at work."""

from __future__ import annotations

import contextlib
from collections import Counter
from dataclasses import replace
from typing import Any

import pytest
import sqlalchemy as sa
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from runtime.automation import engine, lanes, matching, runs, tending, watching
from runtime.errors import NotFound
from runtime.people.person import SYSTEM
from runtime.records import gateway
from runtime.system import tables
from runtime.system.workspace import Workspace
from tests.automation.conftest import House, Receiver, adding, allow, automation, created, setting, tell, updated, visits, webhook
from tests.makers import field, form_json, member, number, reference, text

WAIT = {"type": "wait", "days": 2, "at": "09:00"}


@pytest.fixture
def shop(small_house: House) -> House:
    small_house.person("boss@example.com", "boss", "builder")
    small_house.publish(form_json(text(), number("points"), {"type": "date", "key": "due", "label": "Due"}), visits())
    return small_house


def told(house: House) -> list[str]:
    return [subject for _person, subject in house.notifications()]


def doing(house: House, call: Any, *given: Any) -> Any:
    with house.workspace.writing(SYSTEM) as act:
        return call(act, *given)


# -- waits --------------------------------------------------------------------------------------------------------------------------
def test_a_run_waits_for_days_on_the_wall_clock_and_goes_on_in_its_version(house: House) -> None:
    house.person("boss@example.com", "boss")
    house.publish(form_json(text()))
    house.publish(automation(created(), tell(subject="hello"), WAIT, tell(subject="reminder of {name}")))
    house.at("2024-05-06 15:00").create(name="Lin")
    house.settle()
    run = house.run()
    assert run.state == "waiting" and told(house) == ["hello"] and "2024-05-08 09:00" in run.reason["en"]
    house.publish(automation(created(), tell(subject="changed"), WAIT, tell(subject="changed too")))
    again = Workspace(house.workspace.settings, now=house.workspace.now)
    house.at("2024-05-08 08:59")
    engine.settle(again)
    assert told(house) == ["hello"]
    house.at("2024-05-08 09:00")
    engine.settle(again)
    again.engine.dispose()
    assert told(house) == ["hello", "reminder of Lin"] and [step.state for step in house.run().steps] == ["done"] * 3


def test_a_wait_until_a_date_follows_the_date(shop: House) -> None:
    shop.publish(automation(created(), {"type": "wait", "until": "due", "at": "08:00"}, tell(subject="due")))
    record = shop.at("2024-05-06 10:00").create(name="Lin", due="2024-05-10")
    shop.settle()
    shop.update(record, due="2024-05-08")
    shop.settle()
    shop.at("2024-05-08 07:59").settle()
    assert told(shop) == []
    shop.at("2024-05-08 08:00").settle()
    assert told(shop) == ["due"]


@pytest.mark.parametrize(("points", "expected"), [(9, "reached"), (1, "gave up")])
def test_a_wait_for_a_condition_ends_when_it_comes_true_or_at_its_deadline(shop: House, points: int, expected: str) -> None:
    arms = {"type": "branch", "when": "ok", "then": [tell(subject="reached")], "otherwise": [tell(subject="gave up")]}
    shop.publish(automation(created(), {"type": "wait", "key": "ok", "becomes": "points > 5", "days": 3}, arms))
    record = shop.create(name="Lin", points=0)
    shop.settle()
    shop.later(hours=3).settle()
    assert told(shop) == []
    shop.update(record, points=points)
    shop.settle()
    assert told(shop) == (["reached"] if points > 5 else [])
    shop.later(days=3).settle()
    assert told(shop) == [expected] and shop.run().state == "done"


def test_a_waiting_run_can_be_cancelled_and_run_again(shop: House) -> None:
    shop.publish(automation(created(), WAIT, tell(subject="late")))
    shop.at("2024-05-06 10:00").create(name="Lin")
    shop.settle()
    number_ = shop.run().id
    assert doing(shop, tending.cancel, [number_, 999]) == 1 and doing(shop, tending.cancel, [number_]) == 0
    shop.later(days=3).settle()
    assert shop.run().state == "stopped" and told(shop) == [] and "Cancelled" in shop.run().reason["en"]
    assert doing(shop, tending.replay, [number_]) == 1
    shop.settle()
    shop.later(days=3).settle()
    assert told(shop) == ["late"]


# -- loops, arms, ends --------------------------------------------------------------------------------------------------------------
def loop(*steps: Any, **settings: Any) -> dict[str, Any]:
    return {"type": "for_each", "key": "each_one", "each": list(steps), **settings}


def test_a_loop_does_its_steps_for_each_record_that_points_here_and_names_the_time(house: House) -> None:
    house.person("boss@example.com", "boss")
    house.publish(form_json(text(), number("points")), form_json(text("note"), reference("customer"), number("size"), key="visit"))
    house.publish(
        automation(
            updated("points"),
            loop(
                tell(subject="{each_one.note}"),
                {"type": "branch", "when": "each_one.size > 1", "then": [tell(subject="big")]},
                form="visit",
                field="customer",
                limit=3,
            ),
            tell(subject="end"),
        )
    )
    record = house.create(name="Lin", points=0)
    for size in (1, 2):
        house.create("visit", note=f"v{size}", customer=record, size=size)
    house.update(record, points=1)
    house.settle()
    assert sorted(told(house)) == ["big", "end", "v1", "v2"]
    assert {step.path for step in house.run().steps} >= {"0", "0/each/0/0", "0/each/1/1", "1"}


def test_a_long_loop_takes_several_turns_and_fails_only_where_it_fails(shop: House, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(runs, "STEPS_A_TURN", 4)
    record = shop.create(name="Lin", points=0)
    for count in range(9):
        shop.create("visit", note=str(count), customer=record)
    shop.publish(
        automation(
            updated("points"),
            loop(
                {"type": "branch", "when": "each_one.note = '5' and points < 2", "then": [{"type": "stop", "failed": True}]},
                adding("visit", note="'copy of ' & each_one.note"),
                form="visit",
                field="customer",
            ),
        )
    )
    shop.update(record, points=1)
    shop.settle()
    assert shop.runs("rule")[0].state == "failed" and len(shop.all("visit")) == 9 + 3
    assert max(step.path for step in shop.runs("rule")[0].steps if step.state == "failed") == "0/each/3/0/then/0"


def test_of_several_arms_the_first_that_holds_is_taken(shop: House) -> None:
    arms = {
        "type": "branch",
        "when": "points > 100",
        "then": [tell(subject="many")],
        "else_if": [{"when": "points > 10", "then": [tell(subject="some")]}, {"when": "points > 5", "then": [tell(subject="few")]}],
        "otherwise": [tell(subject="none")],
    }
    shop.publish(automation(created(), arms))
    for points in (200, 20, 7, 1):
        shop.create(name="Lin", points=points)
        shop.settle()
    assert told(shop) == ["many", "some", "few", "none"]


def test_stop_ends_the_run_from_within_a_loop(shop: House) -> None:
    shop.publish(
        automation(updated("points"), loop({"type": "stop", "reason": "enough of {name}"}, form="visit", field="customer"), tell())
    )
    record = shop.create(name="Lin", points=0)
    shop.create("visit", note="a", customer=record)
    shop.update(record, points=1)
    shop.settle()
    assert shop.run().state == "done" and shop.run().reason["en"] == "enough of Lin" and told(shop) == []


# -- another automation ---------------------------------------------------------------------------------------------------------------
def calling(**settings: Any) -> dict[str, Any]:
    return {"type": "run_automation", "automation": "helper", "inputs": {"sum": "points * 2"}, **settings}


CALLED = {"type": "called", "form": "customer", "inputs": [{"key": "sum", "label": "Sum", "type": "number"}]}


def test_another_automation_gets_values_and_is_waited_for(house: House) -> None:
    house.person("boss@example.com", "boss")
    house.publish(form_json(text(), number("points")))
    house.publish(automation(CALLED, {"type": "wait", "hours": 1}, tell(subject="got {input.sum}"), key="helper"))
    house.publish(automation(created(), calling(wait=True), tell(subject="after")))
    house.create(name="Lin", points=4)
    house.settle()
    assert [run.state for run in house.runs()] == ["waiting", "waiting"] and told(house) == []
    house.later(hours=1).settle()
    assert told(house) == ["got 8", "after"] and [run.state for run in house.runs()] == ["done", "done"]


def test_one_that_is_waited_for_and_fails_lets_the_other_fail(shop: House) -> None:
    shop.publish(automation(CALLED, {"type": "stop", "failed": True}, key="helper"))
    shop.publish(automation(created(), calling(wait=True), tell(subject="after")))
    shop.create(name="Lin", points=4)
    shop.settle()
    assert [run.state for run in shop.runs()] == ["failed", "failed"] and told(shop) == []


def test_automations_that_call_each_other_come_to_an_end(shop: House) -> None:
    shop.publish(
        automation(CALLED, tell(subject="again"), key="helper"),
    )
    shop.publish(automation(CALLED, tell(subject="again"), calling(), key="helper"))
    shop.publish(automation(created(), calling()))
    shop.create(name="Lin", points=4)
    shop.settle()
    assert told(shop) == ["again"] and "repeat itself" in shop.runs("helper")[-1].reason["en"]


# -- one at a time per record ---------------------------------------------------------------------------------------------------------
@pytest.mark.parametrize(
    ("mode", "states", "subjects"),
    [
        ("parallel", ["done", "done", "done"], ["end 1.00", "end 2.00", "end 3.00"]),
        ("single", ["done", "skipped", "skipped"], ["end 1.00"]),
        ("restart", ["stopped", "stopped", "done"], ["end 3.00"]),
        ("queued", ["done", "done", "done"], ["end 1.00", "end 2.00", "end 3.00"]),
    ],
)
def test_what_happens_to_a_second_run_for_the_same_record(house: House, mode: str, states: list[str], subjects: list[str]) -> None:
    house.person("boss@example.com", "boss")
    house.publish(form_json(text(), number("points")))
    # what is told is what the record was when it fired
    house.publish(automation(updated("points"), {"type": "wait", "hours": 1}, tell(subject="end {points}"), mode=mode))
    records = [house.create(name=name, points=0) for name in ("a", "b")]
    for points in (1, 2, 3):
        for record in records:
            house.update(record, points=points)
        house.settle()
        house.later(minutes=5)
    for _hour in range(4):
        house.later(hours=1).settle()
    for record in records:
        assert [run.state for run in house.runs() if run.record == record] == states
    assert sorted(told(house)) == sorted(subjects * 2)


# -- pause --------------------------------------------------------------------------------------------------------------------------
def test_a_paused_automation_keeps_what_waits_and_goes_on_in_order(house: House) -> None:
    house.person("boss@example.com", "boss")
    house.publish(form_json(text()))
    house.publish(automation(created(), tell(subject="a {name}"), {"type": "wait", "hours": 1}, tell(subject="b {name}")))
    house.create(name="1")
    house.settle()
    assert doing(house, tending.pause, "rule") == 1
    house.create(name="2")
    house.later(hours=2).settle()
    assert told(house) == ["a 1"] and [run.state for run in house.runs()] == ["paused", "paused"]
    assert doing(house, tending.paused)["rule"].by is None
    assert doing(house, tending.resume, "rule") == 2
    house.settle()
    assert told(house) == ["a 1", "b 1", "a 2"]


def test_too_many_that_wait_let_an_automation_pause_and_tell(shop: House) -> None:
    shop.publish(automation(created(), tell(), limit={"runs_per_minute": 1, "waiting": 3}))
    for _number in range(5):
        shop.create(name="x")
    shop.settle()
    watching.watch(shop.workspace)
    watching.watch(shop.workspace)
    assert list(doing(shop, tending.paused)) == ["rule"] and len([each for each in told(shop) if "Rule" in each]) == 1
    shop.later(minutes=10).settle()
    assert [run.state for run in shop.runs()].count("paused") == 4
    doing(shop, tending.resume, "rule")
    for _minute in range(5):
        shop.later(minutes=2).settle()
    assert [run.state for run in shop.runs()] == ["done"] * 5


def test_a_run_that_was_put_aside_while_its_automation_was_let_go_on_is_found(shop: House) -> None:
    shop.publish(automation(created(), tell(subject="found")))
    shop.create(name="x")
    matching.match(shop.workspace)
    with shop.workspace.writing(SYSTEM) as act:
        act.connection.execute(tables.automation_run.update().values(state="paused"))
    watching.watch(shop.workspace)
    shop.settle()
    assert told(shop) == ["found"]


# -- who goes first -----------------------------------------------------------------------------------------------------------------
def test_bulk_waits_behind_what_a_person_did_and_calls_outside_hold_up_nobody(
    shop: House, receiver: Receiver, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(runs, "RUNS_A_TURN", 1)
    allow(shop, receiver)
    shop.publish(automation(created(), webhook(receiver), tell(subject="{name}")))
    shop.publish(automation(created(), {"type": "wait", "until": "due"}, tell(subject="bulk {name}"), key="other", sources=["import"]))
    with shop.workspace.writing(SYSTEM, "import") as act:
        gateway.write_batch(act, "customer", [gateway.BatchRow({"name": str(each)}) for each in range(30)])
    shop.create(name="click")
    while matching.match(shop.workspace):
        pass
    assert runs.run_due(shop.workspace, lanes.INWARD)
    click = next(run for run in shop.runs("rule") if run.source == "form")
    assert click.started_at is not None and receiver.calls == []  # begun at once, and handed over to those who call outside
    engine.work_outside(shop.workspace)
    assert len(receiver.calls) == 1
    shop.settle()
    assert told(shop)[0] == "click" and sorted(told(shop)) == sorted(["click", *(f"bulk {each}" for each in range(30))])


def test_what_follows_from_bulk_is_bulk(shop: House) -> None:
    shop.publish(automation(created(), setting(points="1"), sources=["import"]), automation(updated("points"), tell(), key="second"))
    with shop.workspace.writing(SYSTEM, "import") as act:
        gateway.write_batch(act, "customer", [gateway.BatchRow({"name": "a"})])
    shop.settle()
    with shop.workspace.reading(SYSTEM) as act:
        found = act.connection.execute(tables.automation_run.select()).all()
    assert {(row.automation, row.lane) for row in found} == {("rule", lanes.BULK), ("second", lanes.BULK)}


def test_fifty_events_begin_in_the_turn_in_which_they_are_seen(shop: House) -> None:
    """An event waits at most one tick: however many arrive between two looks, the next look begins them all."""
    shop.publish(automation(created(), adding(note="'one'", customer="record"), setting(points="1")))
    for tick in range(3):
        for each in range(50):
            shop.create(name=f"{tick}.{each}")
        turns = 0
        while engine.work_inside(shop.workspace):
            turns += 1
        assert turns <= 1 + 50 // runs.RUNS_A_TURN + 1
        assert {run.started_at for run in shop.runs()[-50:]} == {shop.moment}
        shop.later(seconds=1)


# -- groups -------------------------------------------------------------------------------------------------------------------------
def test_one_run_deals_with_a_batch_record_by_record(house: House) -> None:
    house.person("boss@example.com", "boss")
    house.publish(form_json(text(), number("points")), visits())
    steps = [{"type": "branch", "when": "points > 20", "then": [setting(points="points + 100")]}, adding(note="name")]
    house.publish(automation(created(), *steps, when="points > 4", sources=["import"]))
    with house.workspace.writing(SYSTEM, "import") as act:
        gateway.write_batch(act, "customer", [gateway.BatchRow({"name": str(each), "points": each}) for each in range(25)])
    house.settle()
    run = house.run()
    assert run.state == "done" and {step.path: step.result["records"] for step in run.steps} == {"0/then/0": 4, "1": 20}
    assert sorted(int(each["points"]) for each in house.all("customer"))[-4:] == [121, 122, 123, 124] and len(house.all("visit")) == 20


def test_in_a_group_one_bad_record_does_not_hold_up_the_others(shop: House) -> None:
    shop.publish(
        automation(created(), adding(note="name"), setting(points="points * IF(points = 7, 999999999999999, 1)"), sources=["import"])
    )
    with shop.workspace.writing(SYSTEM, "import") as act:
        gateway.write_batch(act, "customer", [gateway.BatchRow({"name": str(each), "points": each}) for each in range(25)])
    shop.settle()
    assert shop.run().reason is not None and shop.run().reason["en"] == "For 1 of 25 records it failed."
    assert len(shop.all("visit")) == 24 and [step.result["failed"] for step in shop.run().steps] == [0, 1]


def brought_in(house: House, *rows: dict[str, Any]) -> None:
    with house.workspace.writing(SYSTEM, "import") as act:
        gateway.write_batch(act, "customer", [gateway.BatchRow(row) for row in rows])
    house.settle()


def test_people_hear_once_of_many_records_and_everybody_only_of_theirs(house: House) -> None:
    boss, ann = house.person("boss@example.com", "boss", language="en"), house.person("ann@example.com", "sales", language="en")
    house.publish(form_json(text(), member()))
    steps = [tell(to=["role:boss"], subject="new: {name}"), tell(to=["field:owner"], subject="yours: {name}")]
    house.publish(automation(created(), *steps, sources=["import"]))
    brought_in(house, *({"name": f"c{each}", "owner": ann if each in (3, 4) else None} for each in range(30)))
    told = house.notifications()
    assert sorted(told) == sorted([(boss, "new: c0 – and 29 more"), (ann, "yours: c3 – and 1 more")])
    assert [len(house.runs()), house.run().state] == [1, "done"]
    with house.workspace.reading(SYSTEM) as act:
        bodies = act.connection.execute(sa.select(tables.notification.c.body).order_by(tables.notification.c.id)).scalars().all()
    assert bodies[0].splitlines() == ["new: c1", "new: c2", "new: c3", "new: c4", "And 25 more."] and bodies[1] == "yours: c4"


def test_who_follows_a_record_is_not_told_of_each_change_that_an_import_led_to(house: House) -> None:
    ann = house.person("ann@example.com", "sales", "builder")
    house.publish(form_json(text(), number("points"), member()))
    house.publish(automation(created(), setting(points="1"), sources=["import", "form"]))
    brought_in(house, *({"name": f"c{each}", "owner": ann} for each in range(30)))
    assert house.notifications() == [] and {each["points"] for each in house.all("customer")} == {1}
    house.create(name="alone", owner=ann)
    house.settle()
    assert len(house.notifications()) == 1


@pytest.mark.parametrize("by", ["round_robin", "least_loaded"])
def test_a_batch_is_shared_out_as_evenly_and_within_capacity_as_one_by_one(house: House, by: str) -> None:
    people = [house.person(f"p{each}@example.com", "sales") for each in range(3)]
    house.publish(form_json(text(), member()))
    house.publish(automation(created(), {"type": "assign", "field": "owner", "pool": "role:sales", "by": by, "capacity": 11}, sources=["import"]))
    brought_in(house, *({"name": f"c{each}", "owner": people[0] if each < 4 else None} for each in range(36)))
    had = Counter(each["owner"] for each in house.all("customer"))
    assert [had[each] for each in people] == [11, 11, 11] and had[None] == 3 and len(house.runs()) == 1


def test_letters_to_colleagues_are_gathered_and_letters_to_customers_are_their_own(house: House) -> None:
    house.workspace.settings = replace(house.workspace.settings, smtp_url="smtp://mail.example.com")
    house.person("boss@example.com", "boss", language="en")
    house.publish(form_json(text(), field("email", "mail")))
    inside = automation(created(), tell(to=["role:boss"], channel="email", subject="new: {name}"), key="inside", sources=["import"])
    outside = automation(created(), tell(to=["field:mail"], channel="email", subject="hello {name}"), key="outside", sources=["import"])
    house.publish(inside, outside)
    with house.workspace.writing(SYSTEM, "import") as act:
        gateway.write_batch(act, "customer", [gateway.BatchRow({"name": f"c{each}", "mail": f"c{each}@example.com"}) for each in range(25)])
    while matching.match(house.workspace):
        pass
    assert Counter(run.automation for run in house.runs()) == {"inside": 1, "outside": 25}
    engine.work_inside(house.workspace)
    with house.workspace.reading(SYSTEM) as act:
        waiting = act.connection.execute(sa.select(tables.notification.c.subject, tables.notification.c.mail)).all()
    assert [tuple(each) for each in waiting] == [("new: c0 – and 24 more", "now")]


# -- any order of things --------------------------------------------------------------------------------------------------------------
ACTS = st.lists(st.one_of(st.sampled_from(["work", "cancel", "pause", "resume"]), st.integers(1, 90)), min_size=3, max_size=12)


@settings(max_examples=5, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(acts=ACTS)
@pytest.mark.parametrize("mode", ["single", "restart", "queued"])
def test_whatever_happens_only_one_run_of_a_record_is_under_way(shop: House, mode: str, acts: list[str | int]) -> None:
    """Acts: a worker's turn, cancelling the newest run, a pause and its end, or so many minutes and then a change of the record."""
    if "rule" not in {each.automation for each in shop.runs()}:
        shop.publish(automation(updated("points"), {"type": "wait", "hours": 1}, tell(subject="{points}"), mode=mode))
    record, points = shop.create(name="Lin", points=0), 0
    for act in acts:
        if act == "work":
            engine.work(shop.workspace)
        elif act == "cancel":
            doing(shop, tending.cancel, [each.id for each in _of(shop, record)][-1:])
        elif act in ("pause", "resume"):
            with contextlib.suppress(NotFound):
                doing(shop, getattr(tending, act), "rule")
        else:
            points += 1
            shop.later(minutes=int(act)).update(record, points=points)
        begun = [each for each in _of(shop, record) if each.started_at and not each.finished_at]
        assert len(begun) <= 1
    with contextlib.suppress(NotFound):
        doing(shop, tending.resume, "rule")
    for _hour in range(len(acts) + 1):
        shop.settle()
        watching.watch(shop.workspace)
        shop.later(hours=1)
    shop.settle()
    ended = _of(shop, record)
    assert all(each.finished_at for each in ended)
    done = [each for each in ended if each.state == "done"]
    assert [each.id for each in done] == [each.id for each in sorted(done, key=lambda each: (each.finished_at, each.id))]


def _of(house: House, record: int) -> list[Any]:
    with house.workspace.reading(SYSTEM) as act:
        run = tables.automation_run
        return list(act.connection.execute(run.select().where(run.c.record == record, run.c.automation == "rule").order_by(run.c.id)))
