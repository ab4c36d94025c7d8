"""Times that come again and again, held against a clock that is watched minute by minute."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import UTC, date, datetime, time, timedelta
from zoneinfo import ZoneInfo

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from runtime.automation.repeating import Every
from runtime.automation.triggers.schedule import Schedule
from runtime.formulas.functions.workdays import is_workday
from tests.makers import SHANGHAI

ZONES = [ZoneInfo(name) for name in ("Europe/Berlin", "America/New_York", "Australia/Lord_Howe", "Asia/Shanghai", "Asia/Beirut")]
CHANGES = [
    date(2024, 3, 31),
    date(2024, 10, 27),
    date(2024, 3, 10),
    date(2024, 11, 3),
    date(2024, 4, 7),
    date(2024, 10, 6),
    date(2024, 2, 27),
]
"""Days on or near which the clocks of these zones change, and the end of a February."""


def works(day: date) -> bool:
    return is_workday(day, "CN")


def times(every: Every, start: str, count: int, zone: ZoneInfo = SHANGHAI) -> list[str]:
    moment, found = datetime.fromisoformat(start).replace(tzinfo=zone), []
    for _turn in range(count):
        moment = every.after(moment, zone, works)
        assert moment is not None
        found.append(f"{moment.astimezone(zone):%m-%d %H:%M}")
    return found


def every(count: int, unit: str, at: str = "09:00", **more: object) -> Every:
    return Every(count, unit, time.fromisoformat(at), **more)  # type: ignore[arg-type]


@pytest.mark.parametrize(
    ("wanted", "start", "expected"),
    [
        (every(1, "days"), "2024-02-28", ["02-28 09:00", "02-29 09:00", "03-01 09:00"]),
        (every(3, "days", starting=date(2024, 2, 28)), "2024-01-01", ["02-28 09:00", "03-02 09:00", "03-05 09:00"]),
        (every(2, "weeks", weekdays=(0, 4), starting=date(2024, 5, 8)), "2024-05-01", ["05-10 09:00", "05-20 09:00", "05-24 09:00"]),
        (every(1, "weeks", starting=date(2024, 5, 8)), "2024-05-01", ["05-08 09:00", "05-15 09:00"]),
        (every(1, "months", day="31"), "2024-01-01", ["01-31 09:00", "03-31 09:00", "05-31 09:00"]),
        (every(3, "months", day="last"), "2024-01-15", ["01-31 09:00", "04-30 09:00", "07-31 09:00"]),
        (every(1, "months", day="last_workday"), "2024-04-01", ["04-30 09:00", "05-31 09:00", "06-28 09:00"]),
        (every(1, "months", day="first_workday"), "2024-05-01", ["05-06 09:00", "06-03 09:00", "07-01 09:00"]),
        (every(90, "minutes", "00:00", starting=date(2024, 5, 1)), "2024-05-01", ["05-01 01:30", "05-01 03:00", "05-01 04:30"]),
        # 1–5 May are holidays and Saturday 11 May is worked in their place
        (every(1, "days", days_off="skip"), "2024-04-30T10:00", ["05-06 09:00", "05-07 09:00"]),
        (every(1, "days", days_off="skip"), "2024-05-10T10:00", ["05-11 09:00", "05-13 09:00"]),
        (every(1, "months", day="1", days_off="before"), "2024-04-15", ["04-30 09:00", "05-31 09:00", "07-01 09:00"]),
        (every(1, "months", day="1", days_off="after"), "2024-04-15", ["05-06 09:00", "06-03 09:00", "07-01 09:00"]),
        (every(1, "weeks", weekdays=(2, 3, 4), days_off="after"), "2024-04-30T10:00", ["05-06 09:00", "05-08 09:00"]),
    ],
)
def test_a_time_comes_as_it_is_said(wanted: Every, start: str, expected: list[str]) -> None:
    assert times(wanted, start, len(expected)) == expected


def test_hours_are_counted_in_real_time_and_days_on_the_wall() -> None:
    berlin = ZoneInfo("Europe/Berlin")
    assert times(every(12, "hours", starting=date(2024, 3, 30)), "2024-03-30T08:00", 3, berlin) == [
        "03-30 09:00",
        "03-30 21:00",
        "03-31 10:00",
    ]
    assert times(every(1, "days"), "2024-03-30T08:00", 2, berlin) == ["03-30 09:00", "03-31 09:00"]


def test_a_time_that_never_comes_ends_the_search() -> None:
    assert every(1, "days", days_off="skip").after(datetime(2024, 1, 1, tzinfo=UTC), SHANGHAI, lambda _day: False) is None


# -- against a plain reference ----------------------------------------------------------------------------------------------------------
def watched(wanted: Every, start: datetime, days: int, zone: ZoneInfo) -> Iterator[datetime]:
    """The same by looking at the clock on the wall every minute: a day's time has come at the first minute that shows it, or a later one."""
    moment, done = start - timedelta(days=2), set()
    for _minute in range((days + 2) * 24 * 60):
        moment += timedelta(minutes=1)
        wall = moment.astimezone(zone)
        day = wall.date()
        for each in (day - timedelta(days=1), day):
            if each not in done and wall.replace(tzinfo=None) >= datetime.combine(each, wanted.at) and named(wanted, each):
                done.add(each)
                if moment > start:
                    yield moment


def named(wanted: Every, day: date) -> bool:
    first = wanted.starting or date(2024, 1, 1)
    if day < (wanted.starting or date.min) or (wanted.days_off == "skip" and not works(day)):
        return False
    if wanted.unit == "days":
        return (day - first).days % wanted.count == 0
    if wanted.unit == "weeks":
        monday = first - timedelta(days=first.weekday())
        return (day - monday).days // 7 % wanted.count == 0 and day.weekday() in (wanted.weekdays or (first.weekday(),))
    months = (day.year - first.year) * 12 + day.month - first.month
    is_last = (day + timedelta(days=1)).month != day.month
    return months % wanted.count == 0 and (is_last if wanted.day == "last" else str(day.day) == wanted.day)


@settings(max_examples=25, deadline=None)
@given(
    zone=st.sampled_from(ZONES),
    near=st.sampled_from(CHANGES),
    unit=st.sampled_from(["days", "weeks", "months"]),
    count=st.integers(1, 3),
    minute=st.integers(0, 24 * 12 - 1),
    weekdays=st.sets(st.integers(0, 6), max_size=3),
    day=st.sampled_from(["1", "10", "27", "29", "30", "31", "last"]),
    days_off=st.sampled_from(["run", "skip"]),
    starting=st.none() | st.dates(date(2024, 1, 1), date(2024, 11, 1)),
)
def test_it_comes_exactly_when_somebody_who_watches_the_clock_sees_it(
    zone: ZoneInfo, near: date, unit: str, count: int, minute: int, weekdays: set[int], day: str, days_off: str, starting: date | None
) -> None:
    at = time(minute * 5 // 60, minute * 5 % 60)
    wanted = every(count, unit, at.isoformat(), weekdays=tuple(sorted(weekdays)), day=day, days_off=days_off, starting=starting)
    start = datetime.combine(near, time(), UTC) - timedelta(days=1, hours=2)
    seen = list(watched(wanted, start, 3, zone))
    found, moment = [], start
    while (following := wanted.after(moment, zone, works)) is not None and following <= start + timedelta(days=3):
        found.append(following)
        moment = following
    assert found == seen


# -- what is wrong with it --------------------------------------------------------------------------------------------------------------
@pytest.mark.parametrize(
    ("settings_", "path"),
    [
        ({}, "every"),
        ({"cron": "0 9 * * *", "every": 1, "unit": "days"}, "every"),
        ({"every": 2}, "unit"),
        ({"every": 2, "unit": "hours", "days_off": "after"}, "days_off"),
        ({"cron": "0 9 * * *", "days_off": "before"}, "days_off"),
        ({"every": 1, "unit": "days", "timezone": "Mars"}, "timezone"),
    ],
)
def test_what_says_no_time_is_refused(settings_: dict, path: str) -> None:
    assert [problem.path for problem in Schedule(**settings_).problems(None)] == [path]  # type: ignore[arg-type]


@pytest.mark.parametrize(
    ("settings_", "en", "zh"),
    [
        ({"every": 15, "unit": "minutes"}, "every 15 minutes", "每 15 分钟"),
        ({"every": 1, "unit": "days", "days_off": "skip"}, "every day at 09:00, not on days off", "每天 09:00（休息日除外）"),
        (
            {"every": 2, "unit": "weeks", "weekdays": ("fri", "mon")},
            "every 2 weeks on Monday, Friday at 09:00",
            "每 2 周的周一、周五 09:00",
        ),
        (
            {"every": 1, "unit": "months", "day": "last_workday", "at": "17:30"},
            "on the last working day of every month at 17:30",
            "每月最后一个工作日 17:30",
        ),
    ],
)
def test_it_says_itself_in_words(settings_: dict, en: str, zh: str) -> None:
    trigger = Schedule(**settings_)
    assert (trigger.sentence("en", None), trigger.sentence("zh", None)) == (en, zh)  # type: ignore[arg-type]
