"""Instants and days as the database keeps them."""
from __future__ import annotations

from datetime import UTC, date, datetime, timedelta

EPOCH = datetime(1970, 1, 1, tzinfo=UTC)
FIRST_DAY = date(1970, 1, 1).toordinal()
MICROSECOND = timedelta(microseconds=1)


def now() -> datetime:
    """This instant, UTC, to the microsecond."""
    return datetime.now(UTC)


def to_micros(instant: datetime) -> int:
    """Microseconds since 1970 of an aware instant."""
    return (instant - EPOCH) // MICROSECOND


def from_micros(stored: int | None) -> datetime | None:
    return None if stored is None else EPOCH + timedelta(microseconds=stored)


def to_day(day: date) -> int:
    return day.toordinal() - FIRST_DAY


def from_day(stored: int | None) -> date | None:
    return None if stored is None else date.fromordinal(stored + FIRST_DAY)
