"""The clock: cron arithmetic, and a few fixed jobs that look for what is due. The only home of APScheduler.

APScheduler is nothing but a ticker in memory. What is due, and what has been done about it, are rows claimed under unique keys, so any
number of processes may tick at once, and one that starts late makes good what it may.
"""

from __future__ import annotations

from collections.abc import Callable
from datetime import UTC, date, datetime, timedelta
from functools import cache
from zoneinfo import ZoneInfo

from apscheduler.schedulers.background import BackgroundScheduler
from apscheduler.triggers.cron import CronTrigger

Works = Callable[[date], bool]
"""Whether people work on a day, by the workspace's calendar."""

WEEKDAYS = ("sun", "mon", "tue", "wed", "thu", "fri", "sat")
WEEKDAY_NUMBERS = {name: number for number, name in enumerate(WEEKDAYS)}


# -- cron -----------------------------------------------------------------------------------------------------------------------
class Cron:
    """Five fields as in crontab: minute, hour, day, month, weekday. 0 and 7 are Sunday; L is the last day; a day and a weekday mean either.

    It is worked out on the wall clock: a time left out by a change of clocks comes at the next instant there is, a repeated one comes once.
    """

    def __init__(self, line: str):
        fields = line.split()
        if len(fields) != 5:
            raise ValueError(f"five fields are needed, not {len(fields)}")
        minute, hour, day, month, weekday = (field.lower() for field in fields)
        day, weekday = ("last" if day == "l" else day), _weekdays(weekday)
        either = day != "*" and weekday != "*"
        choices = [(day, "*"), ("*", weekday)] if either else [(day, weekday)]
        self._triggers = [
            CronTrigger(minute=minute, hour=hour, day=one, month=month, day_of_week=other, timezone=UTC) for one, other in choices
        ]

    def after(self, instant: datetime, zone: ZoneInfo) -> datetime | None:
        """The first time after `instant` on a clock of the zone, as an instant in UTC; None if it never comes."""
        wall: datetime | None = instant.astimezone(zone).replace(tzinfo=UTC, fold=0)
        while wall is not None:
            wall = self._next_wall(wall)
            found = instant_of(wall.replace(tzinfo=None), zone) if wall is not None else None
            if found is not None and found > instant:
                return found
        return None

    def _next_wall(self, wall: datetime) -> datetime | None:
        start = wall.replace(microsecond=0) + timedelta(seconds=1)
        found = [each.get_next_fire_time(None, start) for each in self._triggers]
        there = [each for each in found if each is not None]
        return min(there) if there else None


def _weekdays(text: str) -> str:
    """Crontab's weekdays (0 = Sunday) as names: APScheduler counts from Monday and knows no range over the end of the week."""
    if text == "*":
        return text
    chosen: set[int] = set()
    for part in text.split(","):
        span, _slash, step = part.partition("/")
        if span == "*":
            first, last = 0, 6
        else:
            start, dash, end = span.partition("-")
            first = _weekday(start)
            last = _weekday(end) if dash else 6 if step else first
        if last < first:
            last += 7
        chosen |= {number % 7 for number in range(first, last + 1, _step(step))}
    return ",".join(WEEKDAYS[number] for number in sorted(chosen))


def _weekday(text: str) -> int:
    number = WEEKDAY_NUMBERS.get(text)
    if number is None:
        if not text.isdecimal() or int(text) > 7:
            raise ValueError(f"{text} is no weekday")
        number = int(text)
    return number


def _step(text: str) -> int:
    if text and (not text.isdecimal() or int(text) == 0):
        raise ValueError(f"{text} is no step")
    return int(text or 1)


@cache
def cron(line: str) -> Cron:
    """Raises ValueError when the line cannot be read."""
    return Cron(line)


def instant_of(wall: datetime, zone: ZoneInfo) -> datetime:
    """When a clock on the wall shows this: the earlier of two, or the end of the gap when the clocks were put forward over it."""
    found = wall.replace(tzinfo=zone).astimezone(UTC)
    if found.astimezone(zone).replace(tzinfo=None) == wall:
        return found
    before, after = (wall.replace(tzinfo=zone, fold=fold).utcoffset() or timedelta() for fold in (0, 1))
    low, high = (wall - max(before, after)).replace(tzinfo=UTC), (wall - min(before, after)).replace(tzinfo=UTC)
    old = low.astimezone(zone).utcoffset()
    while high - low > timedelta(seconds=1):
        middle = low + (high - low) / 2
        low, high = (middle, high) if middle.astimezone(zone).utcoffset() == old else (low, middle)
    return (high + timedelta(milliseconds=500)).replace(microsecond=0)


# -- the ticker -------------------------------------------------------------------------------------------------------------------
class Ticker:
    """Calls a few functions again and again, in threads of its own, until it is stopped. One that is busy is not called a second time."""

    def __init__(self, jobs: dict[str, tuple[float, Callable[[], object]]]):
        """`jobs`: name → (seconds between two calls, function)."""
        # a job that comes late after a pause of the machine comes once, and comes at all
        self._scheduler = BackgroundScheduler(timezone=UTC, job_defaults={"coalesce": True, "max_instances": 1, "misfire_grace_time": None})
        for name, (seconds, call) in jobs.items():
            self._scheduler.add_job(call, "interval", seconds=seconds, id=name, next_run_time=datetime.now(UTC))

    def start(self) -> None:
        self._scheduler.start()

    def stop(self) -> None:
        """Ends after the calls that are under way."""
        self._scheduler.shutdown(wait=True)
