"""The hand-checked cases of tests/data/cases/automations.jsonl, each through the whole product on a clock that the test moves."""

from __future__ import annotations

import io
import json
import re
from collections.abc import Iterator
from dataclasses import replace
from datetime import timedelta
from pathlib import Path
from typing import Any

import pytest

from builder.uses import field_uses
from runtime import kinds
from runtime.automation import due, engine, log, outbound
from runtime.people.person import SYSTEM
from runtime.records import gateway
from runtime.system.workspace import Workspace
from runtime.transfer import importing, imports, mapping
from runtime.transfer.mapping import ColumnMap
from tests.automation.conftest import House, Receiver, allow, automation, created, receiving, setting, tell, updated, webhook
from tests.makers import SHANGHAI, choice, day, form_json, instant, member, money, number, reference, text

CASES: dict[str, Any] = {
    case["id"]: case
    for case in map(json.loads, (Path(__file__).parents[1] / "data" / "cases" / "automations.jsonl").read_text("utf-8").splitlines())
}
kinds.load()


@pytest.fixture
def house(workspace: Workspace) -> House:
    house = House(workspace)
    house.person("boss@example.com", "boss")
    house.publish(
        form_json(
            text(),
            choice("grade", "silver", "gold"),
            text("note"),
            number("points"),
            day("due_on"),
            day("born_on"),
            instant("seen_at"),
            member("owner"),
            {"type": "email", "key": "mail", "label": "Mail"},
        ),
        form_json(text("no"), money("amount"), reference(), key="order"),
    )
    return house


@pytest.fixture
def receiver() -> Iterator[Receiver]:
    with receiving() as receiver:
        yield receiver


def case(name: str) -> Any:
    return CASES[name]


def subjects(house: House) -> list[str]:
    return [subject for _person, subject in house.notifications()]


def moments(house: House, state: str = "done") -> list[str]:
    return [f"{run.created_at.astimezone(SHANGHAI):%Y-%m-%d %H:%M}" for run in house.runs(state=state) if run.created_at]


def days_from(first: str, last: str, *times: str) -> list[str]:
    """These times of every day from the first to the last."""
    from datetime import date

    start, end = date.fromisoformat(first), date.fromisoformat(last)
    return [f"{start + timedelta(days=n)} {at}" for n in range((end - start).days + 1) for at in times]


def test_every_case_is_here() -> None:
    here = {name[5:8].upper() for name in globals() if re.match(r"test_a\d\d_", name)}
    assert here == set(CASES)


# -- what sets it off ---------------------------------------------------------------------------------------------------------------
def test_a02_only_a_change_of_the_field_counts(house: House) -> None:
    house.publish(automation(updated("grade"), tell(subject="{previous.grade}->{grade}")))
    record = house.create(name="a", grade="silver")
    house.update(record, name="b")
    house.update(record, grade="gold")
    house.update(record, grade="gold")
    house.update(record, name="c", grade="silver")
    house.update(record, points=None, note="")
    house.settle()
    assert len(house.runs()) == len(case("A02")["expect"]) == 2
    assert [re.findall("silver|gold", each) for each in subjects(house)] == [["silver", "gold"], ["gold", "silver"]]


def test_a02_neither_blanks_nor_the_same_number_are_a_change(house: House) -> None:
    house.publish(automation(updated("points", "note"), tell()))
    record = house.create(name="a", points=1, note=None)
    house.update(record, points="1.00", note="")
    house.settle()
    assert house.runs() == []


def test_a05_a_condition_about_a_related_record(house: House) -> None:
    rule = automation(created("order"), setting(no="'10 points'"), when="customer.grade == 'gold' and amount >= 500")
    house.publish(rule)
    gold = house.create(name="Lin", grade="gold")
    orders = [
        house.create("order", no="-", amount=amount, customer=who) for amount, who in (("500", gold), ("499.99", gold), ("500", None))
    ]
    house.settle()
    assert [house.values(order, "order")["no"] for order in orders] == ["10 points", "-", "-"]
    assert [run.state for run in house.runs(automation="rule")] == ["done", "skipped", "skipped"]


# -- the clock ----------------------------------------------------------------------------------------------------------------------
@pytest.mark.parametrize("how", [{"cron": "0 8 31 * *"}, {"every": 1, "unit": "months", "day": "31", "at": "08:00"}], ids=["cron", "every"])
def test_a08_months_without_a_31st_are_passed_over(house: House, how: dict) -> None:
    house.at("2024-01-01").publish(automation({"type": "schedule", **how}, tell()))
    for each in days_from("2024-01-01", "2024-07-01", "08:00"):
        if each[8:10] in ("01", "29", "30", "31"):
            house.ticks(each)
    assert moments(house) == case("A08")["expect"]


@pytest.mark.parametrize("catch_up", [False, True])
def test_a11_thirty_days_before_a_date(house: House, catch_up: bool) -> None:
    house.at("2024-01-10").publish(
        automation({"type": "date_field", "form": "customer", "field": "due_on", "days": -30, "catch_up": catch_up}, tell(subject="{name}"))
    )
    for name, on in (("K1", "2024-03-31"), ("K2", "2024-03-30"), ("K3", None)):
        house.create(name=name, due_on=on)
    house.at("2024-01-20 12:00").create(name="K4", due_on="2024-02-01")
    house.ticks("2024-01-20 12:01", "2024-01-20 12:02", *days_from("2024-02-27", "2024-03-02", "08:59", "09:00"))
    told = [f"{name} {at}" for name, at in zip(subjects(house), moments(house), strict=True)]
    assert told == [*(["K4 2024-01-20 12:01"] if catch_up else []), *case("A11")["expect"]]


def test_a14_a_birthday_on_29_february(house: House) -> None:
    house.at("2022-12-31").publish(
        automation({"type": "date_field", "form": "customer", "field": "born_on", "every": "year", "at": "10:00"}, tell())
    )
    house.create(name="Lin", born_on="1992-02-29")
    house.ticks("2023-01-01 10:00", *days_from("2023-02-27", "2023-03-02", "10:00"), *days_from("2024-02-27", "2024-03-02", "10:00"))
    assert moments(house) == case("A14")["expect"]


@pytest.mark.parametrize("how", [{"cron": "0 9 * * *"}, {"every": 1, "unit": "days", "at": "09:00"}], ids=["cron", "every"])
def test_a17_nine_in_berlin_stays_nine_in_berlin(house: House, how: dict) -> None:
    house.at("2024-03-29 20:00").publish(automation({"type": "schedule", "timezone": "Europe/Berlin", **how}, tell()))
    house.ticks(*days_from("2024-03-30", "2024-03-31", "14:59", "15:00", "15:59", "16:00"))
    assert [f"{each} Shanghai" for each in moments(house)] == case("A17")["expect"]


def test_a20_a_missed_run_is_made_up_within_its_grace(house: House) -> None:
    house.at("2024-05-06 01:00").publish(automation({"type": "schedule", "cron": "0 2 * * *", "grace_hours": 6}, tell()))
    house.ticks("2024-05-06 07:00", "2024-05-07 01:00", "2024-05-07 09:00")
    assert moments(house) == ["2024-05-06 07:00"] and len(subjects(house)) == 1
    (missed,) = house.runs(state="skipped")
    assert missed.reason and "2024-05-07 02:00" in missed.reason["en"] and "Missed" in missed.reason["en"]


# -- round and round ----------------------------------------------------------------------------------------------------------------
def test_a23_a_rule_that_writes_its_own_field(house: House) -> None:
    house.publish(automation(updated("note"), setting(note="note & '.'")))
    record = house.create(name="a")
    house.update(record, note="x")
    house.settle()
    assert house.values(record)["note"] == "x."
    assert house.runs()[-1].reason and "repeat itself" in house.runs()[-1].reason["en"]


# -- the world outside --------------------------------------------------------------------------------------------------------------
def test_a26_what_no_retry_helps_and_what_one_does(house: House, receiver: Receiver, monkeypatch: pytest.MonkeyPatch) -> None:
    allow(house, receiver)
    assert outbound.TIMEOUT == 10.0  # as the case has it; here we do not wait for as long
    monkeypatch.setattr(outbound.send, "__defaults__", ((), 0.3, ()))
    house.publish(automation(created(), webhook(receiver, body={"name": "name"})))

    def silent(handler: Any) -> None:
        handler.connection.recv(1)

    def calls(name: str, answers: list[Any], minutes: int) -> list[int]:
        """In which second after the record each call came."""
        receiver.calls, receiver.answers, found = [], answers, []
        house.create(name=name)
        for second in (0, 5, 6, 7, 10, 20, 30, 69, 70, 150, *range(200, minutes * 60, 300)):
            start, before = house.moment, len(receiver.calls)
            house.later(seconds=second - sum(spent))
            spent.append(second - sum(spent))
            house.settle()
            found += [second] * (len(receiver.calls) - before)
            assert house.moment >= start
        spent.clear()
        return found

    spent: list[int] = []
    assert calls("a", [400], 10) == [0] and house.runs()[-1].state == "failed"
    again = calls("b", [(429, {"Retry-After": "7"}), 200], 2)
    assert again[0] == 0 and len(again) == 2 and again[1] >= 7 and house.runs()[-1].state == "done"
    assert len(calls("c", [silent] * 9, 60)) == 5 and house.runs()[-1].state == "failed"


def test_a29_an_event_is_never_lost_and_never_made_up(house: House, receiver: Receiver) -> None:
    allow(house, receiver)
    house.publish(automation(created(), webhook(receiver)))
    with pytest.raises(ZeroDivisionError), house.workspace.writing(SYSTEM) as act:
        gateway.create(act, "customer", {"name": "rolled back"})
        raise ZeroDivisionError
    house.create(name="Lin")  # nothing has looked at its event when the process ends
    again = Workspace(house.workspace.settings, now=house.workspace.now)
    engine.settle(again)
    again.engine.dispose()
    assert len(receiver.calls) == 1


def test_a38_sixty_a_minute_in_their_order(house: House, receiver: Receiver) -> None:
    allow(house, receiver)
    house.publish(automation(updated("points"), webhook(receiver, body={"points": "points"}), limit={"runs_per_minute": 60}))
    with house.workspace.writing(SYSTEM) as act:
        saved = gateway.write_batch(act, "customer", [gateway.BatchRow({"name": f"c{n}"}) for n in range(200)]).saved
    with house.workspace.writing(SYSTEM) as act:
        gateway.write_batch(act, "customer", [gateway.BatchRow({"points": n}, each.id) for n, each in enumerate(saved) if each])
    done = []
    for _tick in range(7):
        house.settle()
        done.append(len(receiver.calls))
        house.later(seconds=30)
    assert done == [60, 60, 120, 120, 180, 180, 200]
    assert [int(float(call.json["points"])) for call in receiver.calls] == list(range(200))


# -- an import ----------------------------------------------------------------------------------------------------------------------
def brought(house: House, rows: int, fire: str) -> dict[str, int]:
    """Imports customers with an address."""
    lines = ["name,mail", *(f"c{n},c{n}@example.com" for n in range(rows))]
    path = imports.keep_file(house.workspace, io.BytesIO("\n".join(lines).encode()))
    how = imports.inspect(house.workspace, path)
    with house.workspace.writing(SYSTEM) as act:
        task = imports.begin(act, "customer", path, "c.csv", how)
        assert task.map is not None
        chosen = mapping.check(act, imports.form_of(act, "customer"), ColumnMap(task.map.columns, "add", None))
        imports.save(act.connection, task.id, mapping=chosen.to_json(), options={"fire": fire}, state="importing")
        task = imports.find(act, task.id)
    return importing.write(house.workspace, SYSTEM, task, lambda *_given: None)


def test_a32_an_import_surprises_nobody_with_mails(house: House, monkeypatch: pytest.MonkeyPatch) -> None:
    sent: list[str] = []
    monkeypatch.setattr("runtime.automation.mail.send", lambda _settings, to, *_given, **_more: sent.append(to))
    house.workspace.settings = replace(house.workspace.settings, smtp_url="smtp://mail.example.com:587?from=crm@example.com")
    welcome = tell("field:mail", channel="email", subject="Welcome, {name}")
    house.publish(
        automation(created(), welcome, sources=["form", "import"], limit={"runs_per_minute": 60}),
        automation({"type": "import_finished", "form": "customer"}, tell(subject="{import.new} new"), key="report"),
    )
    many = 10_000 if house.workspace.engine.dialect.name == "sqlite" else 1_000  # nobody is waited for: the number shows on either
    assert brought(house, many, "nothing")["new"] == many
    house.settle()
    assert sent == [] and [run.automation for run in house.runs()] == ["report"] and subjects(house) == [f"{many} new"]
    assert brought(house, 100, "automations")["new"] == 100 and sent == []  # the import itself waits for no mail
    house.settle()
    assert len(sent) == 60 and subjects(house) == [f"{many} new", "100 new"]
    house.later(seconds=61).settle()
    assert sorted(sent) == sorted(f"c{n}@example.com" for n in range(100))


# -- people and definitions ---------------------------------------------------------------------------------------------------------
def test_a35_a_rule_does_not_go_on_with_the_rights_of_somebody_who_left(house: House) -> None:
    boss = house.person("lead@example.com", "builder")
    chief = house.person("u1@example.com", "member")
    house.at("2024-05-06 08:00").publish(automation({"type": "schedule", "cron": "0 9 * * *"}, tell(), owner="user:u1@example.com"))
    house.ticks("2024-05-06 09:00")
    house.leaves(chief)
    house.ticks("2024-05-07 09:00")
    assert [run.state for run in house.runs()] == ["done", "stopped"]
    assert "u1@example.com" in house.runs()[1].reason["en"]
    assert boss in [person for person, _subject in house.notifications()]


def test_a41_a_renamed_field_goes_on_and_a_deleted_one_switches_the_rule_off(house: House) -> None:
    house.publish(automation(updated("grade"), tell()))
    record = house.create(name="a", grade="silver")
    house.publish(form_json(text(), choice("grade", "silver", "gold", label="客户等级")))
    house.update(record, grade="gold")
    house.settle()
    assert len(house.runs()) == 1
    with house.workspace.reading(SYSTEM) as act:
        assert ("automation", "rule") in field_uses(act.catalogue, act.catalogue.forms["customer"])["grade"]
    house.publish(form_json(text()))
    house.update(record, name="b")
    due.tick(house.workspace)
    house.settle()
    assert len(house.runs()) == 1
    with house.workspace.reading(SYSTEM) as act:
        assert "rule" in log.broken(act)
