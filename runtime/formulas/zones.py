"""The clock of a time zone in SQL, as steps: from which instant on which offset holds. The steps are asked of the zone data that Python
uses, so that a time of day is the same everywhere, whatever a database knows of zones.
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from functools import lru_cache
from itertools import pairwise
from typing import Any
from zoneinfo import ZoneInfo

import sqlalchemy as sa

from runtime.formulas import sql_pieces as pieces
from runtime.formulas.arithmetic import EPOCH_TIME, micros, micros_of

FIRST = datetime(1, 1, 1, tzinfo=UTC)
BEYOND = micros_of(datetime(9999, 12, 31, tzinfo=UTC)) + micros(timedelta(days=1))
OLDEST, NEWEST = datetime(1800, 1, 1, tzinfo=UTC), datetime(2100, 1, 1, tzinfo=UTC)
"""Between these every change of an offset is looked for: there are none before, and rules that go on beyond them never end."""
A_DAY = timedelta(days=1)
LEAST_CLOCK = -719_163 * pieces.DAY_MICROS
"""A midnight before every time that a clock shows."""


@dataclass(frozen=True)
class Steps:
    """`since` holds (first instant, offset), newest first, both in microseconds; at `beyond` the last of them ends."""

    since: tuple[tuple[int, int], ...]
    beyond: int


@lru_cache(maxsize=50)
def offsets(zone: ZoneInfo) -> Steps:
    """The offset of the clock at an instant."""
    changes = _changes(zone)
    first = _offset(zone, OLDEST)
    # what the clock shows lies in the years 1 to 9999 too; where summer time never ends it is known up to NEWEST only
    beyond = micros_of(NEWEST) if _goes_on(changes) else BEYOND - max(0, changes[-1][1] if changes else first)
    least = micros_of(FIRST) - min(0, first)
    return Steps((*reversed(changes), (least, first)), beyond)


@lru_cache(maxsize=50)
def clock_offsets(zone: ZoneInfo) -> Steps:
    """The offset at what a clock shows. A time that the clock shows twice is the first of them; one that it skips counts by the clock
    before the change."""
    steps = offsets(zone)
    times = list(reversed(steps.since))
    since = [(at + max(before, after), after) for (__, before), (at, after) in pairwise(times)]
    least, beyond = micros_of(FIRST) + max(0, times[0][1]), min(BEYOND, steps.beyond + times[-1][1])
    return Steps((*reversed(since), (least, times[0][1])), beyond)


# -- in SQL -----------------------------------------------------------------------------------------------------------------------
def clock(instant: Any, zone: ZoneInfo) -> Any:
    """What the clock shows at an instant, in microseconds since 1970."""
    return pieces.once(instant, lambda at: at + _stepped(at, offsets(zone)))


def day(instant: Any, zone: ZoneInfo) -> Any:
    """The number of the day on which the clock shows an instant."""
    return pieces.floored_above(clock(instant, zone), pieces.DAY_MICROS, LEAST_CLOCK)


def time_of_day(instant: Any, zone: ZoneInfo) -> Any:
    """The microseconds since midnight that the clock shows."""
    return pieces.rest(clock(instant, zone) - pieces.whole(LEAST_CLOCK), pieces.DAY_MICROS)


def instant(shown: Any, zone: ZoneInfo) -> Any:
    """The instant at which the clock shows a time."""
    return pieces.once(shown, lambda at: at - _stepped(at, clock_offsets(zone)))


def _stepped(at: Any, steps: Steps) -> Any:
    """The offset of the step in which a time lies. Before the first and after the last the statement fails."""
    cases = [(at >= pieces.whole(since), pieces.whole(offset)) for since, offset in steps.since]
    return sa.case((at >= pieces.whole(steps.beyond), pieces.overflow(at)), *cases, else_=pieces.overflow(at))


# -- what a zone has done -----------------------------------------------------------------------------------------------------------
def _changes(zone: ZoneInfo) -> list[tuple[int, int]]:
    found: list[tuple[int, int]] = []
    day, before = OLDEST, _offset(zone, OLDEST)
    while day < NEWEST:
        day += A_DAY
        after = _offset(zone, day)
        if after != before:
            found.append((_moment(zone, day - A_DAY, day, before), after))
            before = after
    return found


def _moment(zone: ZoneInfo, last: datetime, first: datetime, before: int) -> int:
    """The first instant of a new offset, which lies after `last` and not after `first`."""
    low, high = micros_of(last) // 1_000_000, micros_of(first) // 1_000_000
    while high - low > 1:
        middle = (low + high) // 2
        low, high = (middle, high) if _offset(zone, EPOCH_TIME + timedelta(seconds=middle)) == before else (low, middle)
    return high * 1_000_000


def _offset(zone: ZoneInfo, at: datetime) -> int:
    found = at.astimezone(zone).utcoffset()
    assert found is not None
    return micros(found)


def _goes_on(changes: list[tuple[int, int]]) -> bool:
    return bool(changes) and changes[-1][0] > micros_of(NEWEST - 400 * A_DAY)
