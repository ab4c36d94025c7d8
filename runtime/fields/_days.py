"""Days and instants as people and spreadsheets write them."""
from __future__ import annotations

import calendar
import re
from datetime import UTC, date, datetime, timedelta
from typing import Any
from zoneinfo import ZoneInfo

from runtime.errors import FieldError
from runtime.fields._texts import half_width, text_of
from runtime.texts import Message, _

MONTHS = (_("January"), _("February"), _("March"), _("April"), _("May"), _("June"), _("July"), _("August"), _("September"), _("October"),
          _("November"), _("December"))
DAY = (r"(?P<year>[0-9]{4})"
       r"(?:\s*[-/.年]\s*(?P<month>[0-9]{1,2})\s*[-/.月]\s*(?P<day>[0-9]{1,2})\s*[日号]?|(?P<month2>[0-9]{2})(?P<day2>[0-9]{2}))")
TIME = (r"(?P<hour>[0-9]{1,2})[:时点](?P<minute>[0-9]{1,2})分?(?::?(?P<second>[0-9]{1,2})(?:[.,](?P<fraction>[0-9]{1,9}))?秒?)?"
        r"\s*(?P<offset>[Zz]|[+-][0-9]{2}:?[0-9]{2})?")
WRITTEN = re.compile(rf"{DAY}(?:(?:\s*[Tt]|\s+|(?<=[日号]))\s*{TIME})?")
SPREADSHEET_EPOCH = datetime(1899, 12, 30)
SPREADSHEET_DAYS = range(61, 2_958_466)
"""Days since 1899-12-30 as spreadsheets count them; before 61 they count a 29 February 1900 that never was."""

EARLIEST, LATEST = datetime(1, 1, 3, tzinfo=UTC), datetime(9999, 12, 29, tzinfo=UTC)
"""Every zone can show what lies between."""


def day_of(raw: Any, zone: ZoneInfo) -> date | None:
    """A calendar day; the time of day is left off."""
    found = _read(raw, NOT_A_DAY)
    if isinstance(found, datetime):
        return found.date() if found.tzinfo is None else _shifted(found, zone).date()
    return found


def instant_of(raw: Any, zone: ZoneInfo) -> datetime | None:
    """An instant in UTC. A text without an offset means the workspace's time; a day alone its first minute."""
    found = _read(raw, NOT_AN_INSTANT)
    if found is None:
        return None
    if not isinstance(found, datetime):
        found = datetime(found.year, found.month, found.day)
    instant = _shifted(found if found.tzinfo else found.replace(tzinfo=zone), UTC)
    if not EARLIEST <= instant <= LATEST:
        raise FieldError(NOT_AN_INSTANT)
    return instant


NOT_A_DAY = _("This is not a date. Write year, month and day, like 2024-01-31.")
NOT_AN_INSTANT = _("This is not a date with time. Write it like 2024-01-31 09:30.")


def _read(raw: Any, refusal: Message) -> date | datetime | None:
    if isinstance(raw, date):
        return raw
    if isinstance(raw, bool):
        raise FieldError(refusal)
    if isinstance(raw, (int, float)):
        return _from_spreadsheet(raw, refusal)
    text = text_of(raw)
    if text is None:
        return None
    match = WRITTEN.fullmatch(half_width(text)) if len(text) <= 60 else None
    if match is None:
        raise FieldError(refusal)
    return _from_parts(match, refusal)


def _from_spreadsheet(days: float, refusal: Message) -> datetime:
    if not SPREADSHEET_DAYS.start <= days < SPREADSHEET_DAYS.stop:
        raise FieldError(refusal)
    return SPREADSHEET_EPOCH + timedelta(seconds=round(days * 86_400))


def _from_parts(match: re.Match[str], refusal: Message) -> date | datetime:
    day = real_day(int(match["year"]), int(match["month"] or match["month2"]), int(match["day"] or match["day2"]))
    if match["hour"] is None:
        return day
    hour, minute, second = (int(match[part] or 0) for part in ("hour", "minute", "second"))
    if hour > 23 or minute > 59 or second > 59:
        raise FieldError(_("There is no time {time}. Hours go from 0 to 23, minutes and seconds from 0 to 59.",
                           time=f"{hour}:{minute:02}:{second:02}"))
    micros = int((match["fraction"] or "0").ljust(6, "0")[:6])
    try:
        zone = datetime.strptime(match["offset"].upper(), "%z").tzinfo if match["offset"] else None
    except ValueError as error:
        raise FieldError(refusal) from error
    return datetime(day.year, day.month, day.day, hour, minute, second, micros, zone)


def real_day(year: int, month: int, day: int) -> date:
    """The day, or a sentence that names the month if there is no such day."""
    if year == 0:
        raise FieldError(NOT_A_DAY)
    if not 1 <= month <= 12:
        raise FieldError(_("There is no month {month}; months go from 1 to 12.", month=month))
    last = calendar.monthrange(year, month)[1]
    if not 1 <= day <= last:
        raise FieldError(_("{month} {year} has the days 1 to {last}; there is no day {day}.",
                           month=MONTHS[month - 1], year=year, last=last, day=day))
    return date(year, month, day)


def _shifted(instant: datetime, zone: Any) -> datetime:
    try:
        return instant.astimezone(zone)
    except OverflowError as error:
        raise FieldError(NOT_AN_INSTANT) from error
