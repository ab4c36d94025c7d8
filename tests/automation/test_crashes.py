"""A worker is killed at the worst moments: nothing is lost, and inside the workspace nothing happens twice."""

from __future__ import annotations

import signal
import threading
from typing import Any

import pytest

from runtime.automation import engine
from runtime.people.person import SYSTEM
from runtime.records import gateway
from runtime.system.workspace import Workspace
from tests.automation.conftest import House, Receiver, adding, allow, automation, created, setting, tell, visits, webhook
from tests.automation.dying import OF_A_BATCH, OF_A_WAIT, POINTS, exit_code_of_a_worker_until
from tests.makers import form_json, number, text


@pytest.fixture
def rules(house: House, receiver: Receiver) -> House:
    house.person("boss@example.com", "boss")
    house.publish(form_json(text(), number("points")), visits())
    allow(house, receiver)
    house.publish(
        automation(
            created(),
            adding(note="'one'", customer="record"),
            webhook(receiver),
            adding(note="'two'", customer="record"),
            tell(subject="end"),
        )
    )
    return house


def dies_at(house: House, point: str) -> None:
    """Another process works for this workspace until it dies there."""
    settings = house.workspace.settings
    assert (
        exit_code_of_a_worker_until(
            point, str(settings.data_dir), settings.database_url, house.moment.isoformat(), ",".join(settings.outbound_allow)
        )
        == -signal.SIGKILL
    )


@pytest.mark.parametrize("point", [each for each in POINTS if each not in (OF_A_WAIT, *OF_A_BATCH)])
def test_a_worker_killed_in_the_middle_loses_nothing_and_doubles_nothing(rules: House, receiver: Receiver, point: str) -> None:
    rules.create(name="Lin")
    dies_at(rules, point)
    rules.later(minutes=4).settle()
    run = rules.run()
    assert run.state == "done" and [step.state for step in run.steps] == ["done"] * 4
    assert [visit["note"] for visit in rules.all("visit")] == ["one", "two"]
    assert rules.notifications() == [(1, "end")]
    assert len(receiver.calls) == (2 if point in ("called, not yet noted", "noted as called, not committed") else 1)
    assert len(set(receiver.keys)) == 1 and len({call.body for call in receiver.calls}) == 1


@pytest.mark.parametrize("point", OF_A_BATCH)
def test_a_worker_killed_in_the_middle_of_a_batch_does_it_once_and_tells_once(house: House, point: str) -> None:
    house.person("boss@example.com", "boss", "builder")
    house.publish(form_json(text(), number("points")), visits())
    task = {"type": "create_task", "to": ["role:boss"], "title": "Call {name}"}
    house.publish(automation(created(), task, adding(note="name", customer="record"), setting(points="points + 1"), sources=["import"]))
    with house.workspace.writing(SYSTEM, "import") as act:
        gateway.write_batch(act, "customer", [gateway.BatchRow({"name": f"c{each}", "points": 1}) for each in range(25)])
    dies_at(house, point)
    house.later(minutes=4).settle()
    assert sorted(each["note"] for each in house.all("visit")) == sorted(f"c{each}" for each in range(25))
    assert {each["points"] for each in house.all("customer")} == {2} and len(house.notifications()) == 1
    assert [(run.automation, run.state) for run in house.runs()] == [("rule", "done")]


def test_a_worker_killed_while_it_puts_a_run_off_neither_loses_the_wait_nor_calls_another_automation_twice(rules: House) -> None:
    rules.publish(automation({"type": "called", "form": "customer"}, {"type": "wait", "hours": 1}, tell(subject="called"), key="helper"))
    rules.publish(
        automation(created(), adding(note="'a'"), {"type": "run_automation", "automation": "helper", "wait": True}, adding(note="'b'"))
    )
    rules.create(name="Lin")
    dies_at(rules, OF_A_WAIT)
    assert rules.all("visit") == []
    rules.settle()
    rules.later(hours=1).settle()
    assert [visit["note"] for visit in rules.all("visit")] == ["a", "b"] and rules.notifications() == [(1, "called")]
    assert [run.state for run in rules.runs()] == ["done", "done"]


def test_the_lease_of_a_living_worker_is_respected(rules: House, receiver: Receiver) -> None:
    rules.create(name="Lin")
    dies_at(rules, "noted, not yet called")
    rules.later(minutes=2).settle()
    assert receiver.calls == [] and rules.run().state == "running"
    rules.later(minutes=2).settle()
    assert len(receiver.calls) == 1 and rules.run().steps[1].tries == 2


def test_a_call_that_kills_the_worker_every_time_is_given_up(rules: House) -> None:
    rules.create(name="Lin")
    for _try in range(5):
        dies_at(rules, "noted, not yet called")
        rules.later(minutes=4)
    rules.settle()
    assert rules.run().state == "failed" and "broken off" in rules.run().reason["en"]


def test_what_is_committed_is_sent_after_a_restart(rules: House, receiver: Receiver) -> None:
    """Case A29: the event is in the transaction of the record; one that was rolled back leaves none."""
    from runtime.people.person import SYSTEM
    from runtime.records import gateway

    with pytest.raises(ZeroDivisionError), rules.workspace.writing(SYSTEM) as act:
        gateway.create(act, "customer", {"name": "never"})
        raise ZeroDivisionError
    rules.create(name="Lin")
    again = Workspace(rules.workspace.settings, now=rules.workspace.now)
    engine.settle(again)
    again.engine.dispose()
    assert len(receiver.calls) == 1


def test_a_worker_that_comes_back_too_late_notes_nothing(rules: House, receiver: Receiver) -> None:
    """Its lease has run out and another has done the work: its own result is dropped."""

    def others_take_over(handler: Any) -> None:
        handler.send_response(200)
        handler.send_header("Content-Length", "0")
        rules.later(minutes=4)
        rules.settle()
        handler.end_headers()

    receiver.answers = [others_take_over]
    rules.create(name="Lin")
    rules.settle()
    assert [visit["note"] for visit in rules.all("visit")] == ["one", "two"]
    assert rules.run().state == "done" and len(receiver.calls) == 2 and len(set(receiver.keys)) == 1


def test_something_unforeseen_takes_everything_back_and_is_tried_again(
    rules: House, receiver: Receiver, monkeypatch: pytest.MonkeyPatch
) -> None:
    from runtime.automation.steps.create_record import CreateRecord

    real, failures = CreateRecord.run, [ZeroDivisionError("a bug"), OSError("a full disk")]

    def shaky(step: CreateRecord, doing: object) -> object:
        result = real(step, doing)
        if failures:
            raise failures.pop()
        return result

    monkeypatch.setattr(CreateRecord, "run", shaky)
    rules.create(name="Lin")
    rules.settle()
    assert rules.run().state == "waiting" and rules.all("visit") == [] and "number" in rules.run().reason["en"]
    rules.later(seconds=10).settle()
    rules.later(seconds=20).settle()
    assert rules.run().state == "done" and len(rules.all("visit")) == 2


# -- several workers ----------------------------------------------------------------------------------------------------------------
def test_workers_side_by_side_do_every_run_once(rules: House, receiver: Receiver) -> None:
    for number_ in range(12):
        rules.create(name=str(number_))
    others = [Workspace(rules.workspace.settings, now=rules.workspace.now) for _worker in range(3)]
    start = threading.Barrier(len(others))
    failures: list[BaseException] = []

    def work(workspace: Workspace) -> None:
        try:
            start.wait()
            engine.settle(workspace)
        except BaseException as error:
            failures.append(error)

    threads = [threading.Thread(target=work, args=(each,)) for each in others]
    for each in threads:
        each.start()
    for each in threads:
        each.join()
    for each in others:
        each.engine.dispose()
    rules.later(minutes=1).settle()
    assert failures == []
    assert [run.state for run in rules.runs()] == ["done"] * 12
    assert len(rules.all("visit")) == 24 and len(receiver.calls) == 12 and len(set(receiver.keys)) == 12


def test_the_engine_of_a_process_works_by_itself_and_stops(small_house: House, receiver: Receiver) -> None:
    from runtime.system import clock

    small_house.workspace.now = clock.now
    small_house.publish(form_json(text()))
    allow(small_house, receiver, workers=2)
    small_house.publish(automation(created(), webhook(receiver)))
    engine.start(small_house.workspace)
    try:
        with pytest.raises(RuntimeError):
            engine.start(small_house.workspace)
        for name in ("a", "b"):
            small_house.create(name=name)
            assert receiver.arrived.acquire(timeout=20)
    finally:
        engine.stop()
    small_house.create(name="c")
    assert len(receiver.calls) == 2 and not [each for each in threading.enumerate() if each.name.startswith("worker-")]


# -- not too fast ---------------------------------------------------------------------------------------------------------------------
def test_runs_keep_to_their_number_a_minute_in_their_order(house: House) -> None:
    """Case A38: 200 at once, 60 a minute."""
    house.person("boss@example.com", "boss")
    house.publish(form_json(text()))
    house.publish(automation(created(), tell(subject="{name}"), limit={"runs_per_minute": 60}))
    from runtime.people.person import SYSTEM
    from runtime.records import gateway

    with house.workspace.writing(SYSTEM) as act:
        for number_ in range(200):  # each by itself: of a batch everybody hears once
            gateway.create(act, "customer", {"name": f"{number_:03}"})
    started: list[int] = []
    for _tick in range(14):
        house.settle()
        started.append(len(house.notifications()))
        house.later(seconds=15)
    assert started == [60] * 4 + [120] * 4 + [180] * 4 + [200] * 2
    assert [subject for _person, subject in house.notifications()] == [f"{number_:03}" for number_ in range(200)]


def test_a_limit_counts_any_minute_and_holds_up_no_other_automation(house: House) -> None:
    house.person("boss@example.com", "boss")
    house.publish(form_json(text()))
    house.publish(
        automation(created(), tell(subject="slow {name}"), key="slow", limit={"runs_per_minute": 2}),
        automation(created(), tell(subject="fast"), key="fast"),
    )
    for second, name in ((0, "a"), (50, "b"), (55, "c"), (56, "d")):
        house.at("2024-05-06 10:00").later(seconds=second)
        house.create(name=name)
        house.settle()
    assert len([subject for _person, subject in house.notifications() if subject == "fast"]) == 4
    assert len([subject for _person, subject in house.notifications() if subject != "fast"]) == 2
    house.at("2024-05-06 10:01").settle()
    assert [subject for _person, subject in house.notifications()][-1] == "slow c"
    house.at("2024-05-06 10:01").later(seconds=50)
    house.settle()
    assert [subject for _person, subject in house.notifications()][-1] == "slow d"
