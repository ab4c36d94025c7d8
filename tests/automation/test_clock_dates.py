"""Records whose time has come: hours, silences, moved dates, what was missed, and many at once."""

from __future__ import annotations

import pytest
import sqlalchemy as sa

from runtime.automation import due, watching
from runtime.people.person import SYSTEM
from runtime.records import working_days
from tests.automation.conftest import House, automation, created, tell
from tests.makers import SHANGHAI, day, form_json, instant, text


@pytest.fixture
def desk(small_house: House) -> House:
    return furnished(small_house)


def furnished(house: House) -> House:
    house.person("boss@example.com", "boss")
    house.publish(form_json(text(), day("due_on"), instant("due_at")))
    return house


def dated(**trigger: object) -> dict:
    return automation({"type": "date_field", "form": "customer", "field": "due_at", **trigger}, tell(subject="{name}"))


def silent(**trigger: object) -> dict:
    return automation({"type": "no_activity", "form": "customer", **trigger}, tell(subject="{name}"))


def told(house: House) -> list[str]:
    return [
        f"{house.values(run.record)['name']} {run.created_at.astimezone(SHANGHAI):%m-%d %H:%M}"
        for run in house.runs(state="done")
        if run.record and run.created_at
    ]


# -- hours --------------------------------------------------------------------------------------------------------------------------
def test_two_hours_before_a_moment_each_record_has_its_own(desk: House) -> None:
    desk.at("2024-05-01 08:00").publish(dated(hours=-2))
    for name, at in (("a", "12:00"), ("b", "12:07"), ("passed", "09:59")):
        desk.create(name=name, due_at=f"2024-05-01T{at}:00+08:00")
    desk.ticks("2024-05-01 09:59", "2024-05-01 10:00", "2024-05-01 10:06", "2024-05-01 10:07", "2024-05-01 11:00")
    assert told(desk) == ["a 05-01 10:00", "b 05-01 10:07"]


def test_hours_of_a_date_without_time_count_from_its_time_of_day(desk: House) -> None:
    desk.at("2024-05-01 08:00").publish(dated(field="due_on", at="09:00", hours=-16))
    desk.create(name="a", due_on="2024-05-03")
    desk.ticks("2024-05-02 16:59", "2024-05-02 17:00")
    assert told(desk) == ["a 05-02 17:00"]


def test_a_moment_missed_for_long_is_shown_and_one_missed_for_a_while_is_made_up(desk: House) -> None:
    desk.at("2024-05-01 08:00").publish(dated(hours=0, grace_hours=3))
    for name, at in (("early", "10:00"), ("late", "15:00")):
        desk.create(name=name, due_at=f"2024-05-01T{at}:00+08:00")
    desk.ticks("2024-05-01 16:00", "2024-05-01 16:01")
    assert [(run.state, desk.values(run.record)["name"]) for run in desk.runs()] == [("skipped", "early"), ("done", "late")]
    assert "Missed" in desk.runs()[0].reason["en"] and "10:00" in desk.runs()[0].reason["en"]


def test_a_moved_date_moves_the_time(desk: House) -> None:
    desk.at("2024-05-01 08:00").publish(dated(hours=0), {**dated(field="due_on"), "key": "days"})
    record = desk.create(name="a", due_at="2024-05-01T12:00:00+08:00", due_on="2024-05-02")
    desk.update(record, due_at="2024-05-01T14:00:00+08:00", due_on="2024-05-03")
    desk.ticks("2024-05-01 12:00", "2024-05-01 14:00", "2024-05-02 09:00", "2024-05-03 09:00")
    assert told(desk) == ["a 05-01 14:00", "a 05-03 09:00"]


@pytest.mark.parametrize("catch_up", [False, True])
def test_a_moment_that_had_passed_is_made_up_only_if_asked(desk: House, catch_up: bool) -> None:
    desk.at("2024-05-01 08:00").publish(dated(hours=-2, catch_up=catch_up))
    desk.ticks("2024-05-01 08:30")
    desk.create(name="a", due_at="2024-05-01T09:00:00+08:00")
    desk.ticks("2024-05-01 08:31", "2024-05-01 09:00")
    assert told(desk) == (["a 05-01 08:31"] if catch_up else [])


def test_days_and_hours_together_are_refused_where_hours_count_from_the_moment(desk: House) -> None:
    from runtime.errors import DefinitionProblems

    with pytest.raises(DefinitionProblems) as refused:
        desk.publish(dated(days=1, hours=1))
    assert [problem.path for problem in refused.value.problems] == ["trigger/days"]


# -- silence ------------------------------------------------------------------------------------------------------------------------
def test_a_silence_is_told_of_once_and_another_again(desk: House) -> None:
    desk.at("2024-05-01 08:00").publish(silent(days=3, at="10:00"))
    record = desk.create(name="a")
    busy = desk.create(name="busy")
    desk.ticks("2024-05-03 10:00")
    desk.update(busy, name="Busy")
    desk.ticks("2024-05-04 09:59", "2024-05-04 10:00", "2024-05-05 10:00")
    assert told(desk) == ["a 05-04 10:00"]
    desk.update(record, name="A")
    desk.ticks("2024-05-06 10:00", "2024-05-08 10:00", "2024-05-09 10:00")
    assert told(desk) == ["A 05-04 10:00", "Busy 05-06 10:00", "A 05-08 10:00"]


def test_a_silence_may_be_counted_from_a_date_of_the_record(desk: House) -> None:
    desk.at("2024-05-01 08:00").publish(silent(days=30, field="due_on", catch_up=True))
    desk.create(name="new", due_on="2024-05-01")
    desk.create(name="long ago", due_on="2024-03-01")
    desk.ticks("2024-05-01 08:01", "2024-05-01 08:02", "2024-05-31 09:00")
    assert told(desk) == ["long ago 05-01 08:01", "new 05-31 09:00"]


# -- many, in portions --------------------------------------------------------------------------------------------------------------
@pytest.mark.parametrize("trigger", [{"hours": 0}, {"field": "due_on"}], ids=["moments", "days"])
def test_many_that_are_due_come_in_portions_and_each_once(house: House, monkeypatch: pytest.MonkeyPatch, trigger: dict) -> None:
    furnished(house).at("2024-05-01 08:00").publish(dated(**trigger))
    for number in range(7):
        house.create(name=f"c{number}", due_at=f"2024-05-02T08:0{number % 3}:00+08:00", due_on="2024-05-02")
    monkeypatch.setattr(due, "RUNS_AT_ONCE", 2)
    house.at("2024-05-02 09:30")
    with house.workspace.reading(SYSTEM) as act:
        (rule,) = due.at_work(act.catalogue)
    assert due._fire_dated(house.workspace, rule)  # the process dies after its first portion
    due.tick(house.workspace)
    due.tick(house.workspace)
    house.settle()
    assert sorted(each.partition(" ")[0] for each in told(house)) == [f"c{number}" for number in range(7)]


@pytest.mark.parametrize(
    "trigger", [{"hours": 0}, {"field": "due_on"}, {"field": "due_on", "every": "year"}], ids=["moments", "days", "years"]
)
def test_those_that_are_due_are_found_by_an_index(house: House, trigger: dict) -> None:
    furnished(house).at("2024-05-01 08:00").publish(dated(**trigger))
    house.at("2024-05-02 09:00")
    with house.workspace.reading(SYSTEM) as act:
        (rule,) = due.at_work(act.catalogue)
        until, after = due._from(act, rule, None)
        query = rule.trigger.due_query(act, until, act.now, after).compile(act.connection, compile_kwargs={"literal_binds": True})
        if act.connection.dialect.name == "sqlite":
            plan = str(act.connection.execute(sa.text(f"EXPLAIN QUERY PLAN {query}")).all())
        else:
            act.connection.execute(sa.text("SET LOCAL enable_seqscan = off"))  # three rows are read faster without any index
            plan = str(act.connection.execute(sa.text(f"EXPLAIN {query}")).all())
    assert "_due" in plan and "SCAN r_" not in plan.upper().replace("INDEX SCAN", "")


# -- missed schedules and days off ----------------------------------------------------------------------------------------------------
@pytest.mark.parametrize(
    ("missed", "states"), [("once", ["skipped", "skipped", "done"]), ("each", ["skipped", "done", "done"]), ("skip", ["skipped"] * 3)]
)
def test_what_becomes_of_times_that_were_missed(desk: House, missed: str, states: list[str]) -> None:
    trigger = {"type": "schedule", "every": 1, "unit": "hours", "at": "00:00", "grace_hours": 2, "missed": missed}
    desk.at("2024-05-06 01:30").publish(automation(trigger, tell(subject="time")))
    desk.ticks("2024-05-06 04:30", "2024-05-06 04:31")
    assert [run.state for run in desk.runs()] == states


def test_days_off_are_those_of_the_country_and_of_the_workspace(desk: House) -> None:
    with desk.workspace.writing(SYSTEM) as act:
        working_days.set_own(act, "2024-05-08 off 盘点\n2024-05-12, 班 , 补班")
    trigger = {"type": "schedule", "every": 1, "unit": "days", "days_off": "skip"}
    desk.at("2024-05-05 12:00").publish(automation(trigger, tell(subject="time")))
    desk.ticks(*[f"2024-05-{number:02} 09:00" for number in range(6, 14)])
    days = [f"{run.created_at.astimezone(SHANGHAI):%d}" for run in desk.runs(state="done")]
    assert days == ["06", "07", "09", "10", "11", "12", "13"]  # 11 May is worked in place of a holiday
    assert working_days.own_text(desk.workspace, "zh") == "2024-05-08 休 盘点\n2024-05-12 班 补班"


@pytest.mark.parametrize("line", ["2024-05-08", "2024-02-30 off", "soon off", "2024-05-08 maybe", "2024-05-08 off\n2024-05-08 work"])
def test_a_day_that_cannot_be_read_is_refused(desk: House, line: str) -> None:
    from runtime.errors import Refused

    with pytest.raises(Refused), desk.workspace.writing(SYSTEM) as act:
        working_days.set_own(act, line)


# -- a clock that was wrong -----------------------------------------------------------------------------------------------------------
def test_after_a_clock_was_set_back_schedules_and_dates_go_on_and_nothing_comes_twice(desk: House) -> None:
    hourly = automation({"type": "schedule", "cron": "0 * * * *"}, tell(subject="hour"), key="hourly")
    desk.at("2024-05-01 08:30").publish(dated(hours=0), hourly)
    for name, at in (("a", "09:00"), ("b", "10:00")):
        desk.create(name=name, due_at=f"2024-05-01T{at}:00+08:00")
    watching.watch(desk.workspace)
    desk.ticks("2024-05-01 09:00", "2025-05-01 09:00")
    watching.watch(desk.workspace)
    assert "b" in [desk.values(run.record)["name"] for run in desk.runs("rule", "skipped")]  # missed, so it seemed
    desk.ticks("2024-05-01 09:00", "2024-05-01 09:59")
    watching.watch(desk.workspace)
    desk.create(name="new", due_at="2024-05-01T10:00:00+08:00")
    desk.ticks("2024-05-01 10:00", "2024-05-01 10:01")
    assert told(desk) == ["a 05-01 09:00", "b 05-01 10:00", "new 05-01 10:00"]
    # at nine, at nine of the year that was none, and at ten
    assert len(desk.runs("hourly", "done")) == 3


def test_what_was_published_by_a_clock_that_was_ahead_is_at_work_all_the_same(desk: House) -> None:
    hourly = automation({"type": "schedule", "cron": "0 * * * *"}, tell(subject="hour"), key="hourly")
    desk.at("2030-01-01 08:30").publish(dated(hours=0, catch_up=True), hourly)
    desk.at("2024-05-01 09:00")
    for name, at in (("a", "10:00"), ("late", "08:00")):
        desk.create(name=name, due_at=f"2024-05-01T{at}:00+08:00")
    desk.ticks("2024-05-01 09:01", "2024-05-01 10:00", "2024-05-01 10:01")
    assert told(desk) == ["late 05-01 09:01", "a 05-01 10:00"] and len(desk.runs("hourly")) == 2


def test_a_run_made_by_a_clock_that_was_ahead_does_not_wait_for_that_time(desk: House) -> None:
    desk.at("2024-05-01 08:30").publish(automation(created(), tell(subject="{name}"), limit={"runs_per_minute": 1}))
    desk.at("2030-01-01 08:30")
    for name in "ab":
        desk.create(name=name)
    desk.settle()  # the second waits for the end of a minute that never comes
    desk.at("2024-05-01 09:00").settle()
    assert [run.state for run in desk.runs()] == ["done", "waiting"]
    watching.watch(desk.workspace)
    desk.later(minutes=2).settle()
    assert [run.state for run in desk.runs()] == ["done", "done"]
