"""What comes by the clock: cron lines on the wall clock, schedules, days of dates, the night."""

from __future__ import annotations

from datetime import UTC, datetime
from zoneinfo import ZoneInfo

import pytest

from runtime.automation import due
from runtime.automation.clock import Cron, cron, instant_of
from runtime.people.person import SYSTEM
from runtime.system import tables
from runtime.tiers import recomputing
from tests.automation.conftest import House, automation, setting, tell
from tests.makers import SHANGHAI, day, form_json, instant, member, text

BERLIN = ZoneInfo("Europe/Berlin")


def times(line: str, start: str, count: int, zone: ZoneInfo = SHANGHAI) -> list[str]:
    moment = datetime.fromisoformat(start).replace(tzinfo=zone)
    found = []
    for _turn in range(count):
        moment = cron(line).after(moment, zone)
        found.append(f"{moment.astimezone(zone):%m-%d %H:%M}")
    return found


# -- cron -----------------------------------------------------------------------------------------------------------------------
@pytest.mark.parametrize(
    ("line", "start", "expected"),
    [
        ("0 8 31 * *", "2024-01-01", ["01-31 08:00", "03-31 08:00", "05-31 08:00"]),  # case A08: months without a 31st are skipped
        ("0 9 L * *", "2024-01-01", ["01-31 09:00", "02-29 09:00", "03-31 09:00"]),
        ("0 9 * * 0", "2024-05-01", ["05-05 09:00", "05-12 09:00"]),
        ("0 9 * * 7", "2024-05-01", ["05-05 09:00", "05-12 09:00"]),
        ("0 9 * * 5-7", "2024-05-01", ["05-03 09:00", "05-04 09:00", "05-05 09:00", "05-10 09:00"]),
        ("0 9 * * sat-mon", "2024-05-01", ["05-04 09:00", "05-05 09:00", "05-06 09:00", "05-11 09:00"]),
        ("0 9 1 * 1", "2024-05-01T10:00", ["05-06 09:00", "05-13 09:00", "05-20 09:00", "05-27 09:00", "06-01 09:00"]),
        ("*/30 9-10 * * *", "2024-05-01T09:10", ["05-01 09:30", "05-01 10:00", "05-01 10:30", "05-02 09:00"]),
    ],
)
def test_a_cron_line_comes_as_in_crontab(line: str, start: str, expected: list[str]) -> None:
    assert times(line, start, len(expected)) == expected


def test_nine_in_berlin_stays_nine_in_berlin() -> None:
    """Case A17."""
    moments = [datetime(2024, 3, 29, 12, tzinfo=BERLIN)]
    for _turn in range(2):
        moments.append(cron("0 9 * * *").after(moments[-1], BERLIN))
    assert [f"{each.astimezone(SHANGHAI):%Y-%m-%d %H:%M}" for each in moments[1:]] == ["2024-03-30 16:00", "2024-03-31 15:00"]


def test_a_time_left_out_by_the_change_of_clocks_comes_at_the_next_instant_there_is() -> None:
    assert times("30 2 * * *", "2024-03-30", 3, BERLIN) == ["03-30 02:30", "03-31 03:00", "04-01 02:30"]
    assert times("*/20 * * * *", "2024-03-31T01:30", 3, BERLIN) == ["03-31 01:40", "03-31 03:00", "03-31 03:20"]


def test_a_time_repeated_by_the_change_of_clocks_comes_once() -> None:
    assert times("30 2 * * *", "2024-10-26", 3, BERLIN) == ["10-26 02:30", "10-27 02:30", "10-28 02:30"]
    assert instant_of(datetime(2024, 10, 27, 2, 30), BERLIN) == datetime(2024, 10, 27, 0, 30, tzinfo=UTC)


@pytest.mark.parametrize(
    "line", ["", "* * * *", "61 * * * *", "* * * * 8", "*/0 * * * *", "* * * 13 *", "0 0 * * mon-", "0 0 1,,2 * *", "a b c d e"]
)
def test_a_line_that_cannot_be_read_is_refused(line: str) -> None:
    with pytest.raises(ValueError):
        Cron(line)


def test_a_time_that_never_comes_is_known() -> None:
    assert cron("0 0 31 2 *").after(datetime(2024, 1, 1, tzinfo=UTC), SHANGHAI) is None


# -- schedules --------------------------------------------------------------------------------------------------------------------
def scheduled(line: str, **settings: object) -> dict:
    return automation({"type": "schedule", "cron": line, **settings}, tell(subject="it is time"))


@pytest.fixture
def office(house: House) -> House:
    house.person("boss@example.com", "boss")
    house.publish(form_json(text()))
    return house


def test_of_many_times_missed_only_the_last_is_made_up(office: House) -> None:
    office.at("2024-05-06 01:00").publish(scheduled("0 * * * *"))
    office.ticks("2024-05-06 04:30")
    assert [run.state for run in office.runs()] == ["skipped", "skipped", "done"]


def test_a_year_of_minutes_missed_is_no_flood(office: House) -> None:
    office.at("2024-05-06 01:00").publish(scheduled("* * * * *"))
    office.ticks("2025-05-06 01:00")
    assert len(office.runs(state="done")) == 1 and len(office.runs()) <= due.MISSED_IN_LOG


def test_looking_at_the_clock_twice_fires_once(office: House) -> None:
    office.at("2024-05-06 01:00").publish(scheduled("0 2 * * *"))
    office.ticks("2024-05-06 02:00", "2024-05-06 02:00", "2024-05-06 02:01")
    assert len(office.runs()) == 1


def test_another_schedule_counts_from_when_it_was_published(office: House) -> None:
    office.at("2024-05-06 01:00").publish(scheduled("0 2 * * *"))
    office.ticks("2024-05-06 02:00")
    office.at("2024-05-06 12:00").publish(scheduled("0 11 * * *"))
    office.ticks("2024-05-06 12:30", "2024-05-07 02:00")
    assert len(office.runs()) == 1
    office.ticks("2024-05-07 11:00")
    assert len(office.runs()) == 2


def test_a_new_label_does_not_swallow_a_time_that_has_come(office: House) -> None:
    office.at("2024-05-06 01:00").publish(scheduled("0 2 * * *"))
    office.at("2024-05-06 02:01").publish({**scheduled("0 2 * * *"), "label": "Other"})
    office.ticks("2024-05-06 02:02")
    assert [run.state for run in office.runs()] == ["done"]


def test_a_schedule_in_another_zone_keeps_that_zones_time(office: House) -> None:
    """Case A17."""
    office.at("2024-03-30 12:00").publish(scheduled("0 9 * * *", timezone="Europe/Berlin"))
    office.ticks("2024-03-30 15:59", "2024-03-30 16:00", "2024-03-31 14:59", "2024-03-31 15:00")
    assert [f"{run.created_at.astimezone(SHANGHAI):%d %H:%M}" for run in office.runs()] == ["30 16:00", "31 15:00"]


def test_two_looks_at_once_start_one_run(office: House) -> None:
    """Both have seen that the time has come; one claims it."""
    office.at("2024-05-06 01:00").publish(scheduled("0 2 * * *"))
    office.at("2024-05-06 02:00")
    with office.workspace.reading(SYSTEM) as act:
        (rule,) = due.at_work(act.catalogue)
        (when,) = due._times(act, rule)
    due._fire(office.workspace, rule, when, last=True, listed=True)
    due._fire(office.workspace, rule, when, last=True, listed=True)
    office.settle()
    assert len(office.runs()) == 1


# -- days of dates ------------------------------------------------------------------------------------------------------------------
def reminding(**settings: object) -> dict:
    trigger = {"type": "date_field", "form": "customer", "field": "due_on", **settings}
    return automation(trigger, tell("field:owner", subject="{name}"))


@pytest.fixture
def contracts(house: House) -> House:
    house.person("ning@example.com")
    house.publish(form_json(text(), day(), instant(), member()))
    return house


def told(house: House) -> list[tuple[str, str]]:
    return [(house.values(run.record)["name"], f"{run.created_at.astimezone(SHANGHAI):%Y-%m-%d %H:%M}") for run in house.runs(state="done")]


def test_making_up_does_not_reach_for_records_from_before_it_was_switched_on(contracts: House) -> None:
    contracts.at("2024-01-05").create(name="old", due_on="2024-01-20", owner=1)
    contracts.at("2024-01-10").publish(reminding(days=-30, catch_up=True))
    contracts.ticks("2024-01-10 10:00", "2024-01-11 09:00")
    assert told(contracts) == []


def test_a_date_with_a_time_counts_by_its_day_in_the_workspace(contracts: House) -> None:
    contracts.at("2024-05-01").publish(reminding(field="due_at", days=1, at="08:00"))
    contracts.create(name="late evening", due_at="2024-05-06T23:30:00+08:00", owner=1)
    contracts.create(name="early morning", due_at="2024-05-07T00:30:00+08:00", owner=1)
    contracts.ticks("2024-05-07 08:00", "2024-05-08 08:00")
    assert told(contracts) == [("late evening", "2024-05-07 08:00"), ("early morning", "2024-05-08 08:00")]


def test_days_away_for_more_than_a_day_are_shown_as_missed(contracts: House) -> None:
    contracts.at("2024-05-01 12:00").publish(reminding())
    contracts.create(name="missed", due_on="2024-05-02", owner=1)
    contracts.create(name="made up", due_on="2024-05-04", owner=1)
    contracts.ticks("2024-05-04 20:00")
    assert [(run.state, contracts.values(run.record)["name"]) for run in contracts.runs()] == [("skipped", "missed"), ("done", "made up")]


def test_an_only_if_holds_for_dates_too(contracts: House) -> None:
    contracts.at("2024-05-01 12:00").publish({**reminding(), "when": "name == 'yes'"})
    for name in ("yes", "no"):
        contracts.create(name=name, due_on="2024-05-02", owner=1)
    contracts.ticks("2024-05-02 09:00")
    assert [run.state for run in contracts.runs()] == ["done", "skipped"]


# -- the night ----------------------------------------------------------------------------------------------------------------------
def model(at: str) -> dict:
    return {
        "kind": "tier_model",
        "key": "value",
        "label": "Value",
        "form": "customer",
        "recompute": {"nightly_at": at},
        "dimensions": [{"key": "all", "label": "All", "weight": 1, "value": "1", "bands": {"by": "cuts", "cuts": [2]}}],
        "tiers": [{"key": "gold", "label": "Gold", "from": 50}, {"key": "basic", "label": "Basic", "from": 0}],
    }


def nights(house: House, kind: str) -> list[str]:
    """When jobs of a kind were started in the night."""
    with house.workspace.reading(SYSTEM) as act:
        rows = act.connection.execute(tables.job.select().where(tables.job.c.kind == kind).order_by(tables.job.c.id)).all()
    by_clock = [row for row in rows if '"publish"' not in row.payload]
    assert [row.state for row in rows] == ["done"] * len(rows)
    return [f"{datetime.fromtimestamp(row.created_at / 1e6, SHANGHAI):%d %H:%M}" for row in by_clock]


def test_tiers_are_recomputed_once_every_night_at_their_hour(office: House) -> None:
    office.at("2024-05-06 12:00").publish(model("02:30"))
    office.ticks("2024-05-06 12:01", "2024-05-07 02:29", "2024-05-07 02:30", "2024-05-07 02:31", "2024-05-08 11:00")
    assert nights(office, recomputing.KIND) == ["07 02:30", "08 11:00"]


def test_tags_by_rule_are_recomputed_when_the_day_changes(office: House) -> None:
    due.register()
    rule = {"key": "short", "label": "Short", "rule": "LEN(name) < 3"}
    tag_set = {"kind": "tag_set", "key": "marks", "label": "Marks", "form": "customer", "tags": [rule]}
    office.at("2024-05-06 12:00").publish(tag_set)
    office.ticks("2024-05-06 23:59", "2024-05-07 00:05", "2024-05-07 00:06")
    assert nights(office, due.TAGS) == ["07 00:05"]


def test_old_events_and_runs_are_removed_and_claims_are_kept(office: House) -> None:
    office.at("2024-05-06 01:00").publish(
        scheduled("0 2 * * *"), automation({"type": "record_created", "form": "customer"}, setting(name="'x'"), key="other")
    )
    office.create(name="a")
    office.ticks("2024-05-06 02:00")
    office.at("2024-07-20")  # events are kept for two months, so that “last month” can be tried
    assert due.clean_up(office.workspace) > 0 and len(office.runs()) == 2
    office.at("2025-01-01")
    due.clean_up(office.workspace)
    assert office.runs() == []
    with office.workspace.reading(SYSTEM) as act:
        assert len(act.connection.execute(tables.due_time.select()).all()) == 1
