"""When something is due: so many hours or days on, or only within working time."""

from __future__ import annotations

from datetime import datetime, time, timedelta
from zoneinfo import ZoneInfo

from runtime.formulas.functions.workdays import is_workday, workdays

BEGINS, ENDS = time(9), time(18)
"""The working hours of a working day, on the wall clock of the workspace."""
A_DAY = timedelta(hours=9)


def later(start: datetime, hours: float, days: int, working: bool, zone: ZoneInfo, calendar: str) -> datetime:
    """`hours` and `days` after an instant. Working time: a day is a working day, an hour one between 9:00 and 18:00 of those."""
    if not working:
        return start + timedelta(hours=hours, days=days)
    here = start.astimezone(zone).replace(tzinfo=None)
    for _day in range(days):
        here = datetime.combine(_next_day(here, calendar), here.time())
    left = timedelta(hours=hours)
    while True:
        here = _within(here, calendar)
        rest = datetime.combine(here.date(), ENDS) - here
        if left <= rest:
            return (here + left).replace(tzinfo=zone).astimezone(start.tzinfo)
        left -= rest
        here = datetime.combine(_next_day(here, calendar), BEGINS)


def _within(here: datetime, calendar: str) -> datetime:
    """The instant itself, or the next at which people work."""
    if not is_workday(here.date(), calendar) or here.time() >= ENDS:
        return datetime.combine(_next_day(here, calendar), BEGINS)
    return max(here, datetime.combine(here.date(), BEGINS))


def _next_day(here: datetime, calendar: str):  # type: ignore[no-untyped-def]
    return next(workdays(here.date(), 1, calendar))
