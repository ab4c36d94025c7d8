"""Times of day and spans of time, both kept as whole minutes, so that formulas count with them as with any number."""

from __future__ import annotations

import re
from datetime import time, timedelta
from decimal import Decimal
from typing import Any

from runtime.errors import FieldError
from runtime.fields._texts import half_width, text_of
from runtime.texts import Message, _

DAY = 24 * 60
LONGEST = 1_000_000
"""At most so many minutes, nearly two years."""
CLOCK = re.compile(
    r"(?P<half>上午|下午|中午|晚上|am|pm)?\s*(?P<hour>[0-9]{1,2})(?:[:时点](?P<minute>[0-9]{1,2})分?(?::00)?|[时点](?P<thirty>半)?)"
    r"\s*(?P<after>am|pm)?",
    re.I,
)
SPAN = re.compile(
    r"(?:(?P<days>[0-9.]{1,9})(?:d|days?|天))?"
    r"(?:(?P<hours>[0-9.]{1,9})(?:h|hours?|小时|时))?"
    r"(?:(?P<minutes>[0-9]{1,9})(?:m|min|minutes?|分钟|分))?",
    re.I,
)
COLONS = re.compile(r"(?P<hours>[0-9]{1,6}):(?P<minutes>[0-5][0-9])(?::00)?")
NOT_A_TIME = _("This is not a time of day. Write hours and minutes, like 09:30.")
NOT_A_SPAN = _("This is not a length of time. Write hours and minutes, like 1:30 or 90 min.")


def minutes_of_day(raw: Any) -> Decimal | None:
    """Minutes since midnight; a spreadsheet's time is a fraction of a day."""
    if isinstance(raw, Decimal):
        return _within(raw, DAY - 1, NOT_A_TIME)
    if isinstance(raw, time):
        return Decimal(raw.hour * 60 + raw.minute)
    if isinstance(raw, float) and 0 <= raw < 1:
        return Decimal(min(round(raw * DAY), DAY - 1))
    if not isinstance(raw, str) and raw is not None:
        raise FieldError(NOT_A_TIME)
    text = text_of(raw)
    return None if text is None else Decimal(_clock(half_width(text)))


def _clock(text: str) -> int:
    found = CLOCK.fullmatch(text) if len(text) <= 20 else None
    if found is None or (found["half"] and found["after"]):
        raise FieldError(NOT_A_TIME)
    hour, minute = int(found["hour"]), 30 if found["thirty"] else int(found["minute"] or 0)
    half = (found["half"] or found["after"] or "").lower()
    if half in ("pm", "下午", "晚上") and hour < 12:
        hour += 12
    elif half in ("am", "上午") and hour == 12:
        hour = 0
    if hour > 23 or minute > 59:
        raise FieldError(_("There is no time {time}. Hours go from 0 to 23, minutes from 0 to 59.", time=f"{hour}:{minute:02}"))
    return hour * 60 + minute


def clock(minutes: Decimal) -> str:
    """09:30"""
    return f"{int(minutes) // 60:02}:{int(minutes) % 60:02}"


def minutes_long(raw: Any) -> Decimal | None:
    """A length in minutes: a number is minutes already, a list is what stood in the boxes for hours and minutes."""
    if isinstance(raw, (list, tuple)):
        return _from_boxes(raw)
    if isinstance(raw, timedelta):
        return _within(Decimal(raw // timedelta(minutes=1)), LONGEST, NOT_A_SPAN)
    if isinstance(raw, (int, float, Decimal)) and not isinstance(raw, bool):
        return _within(Decimal(str(raw)), LONGEST, NOT_A_SPAN)
    if not isinstance(raw, str) and raw is not None:
        raise FieldError(NOT_A_SPAN)
    text = text_of(raw)
    return None if text is None else _within(_span(half_width(text).replace(" ", "")), LONGEST, NOT_A_SPAN)


def _from_boxes(boxes: Any) -> Decimal | None:
    texts = [text_of(each) for each in boxes]
    if not any(texts):
        return None
    written = [half_width(each or "0") for each in texts]
    if len(written) == 1:
        return minutes_long(written[0])
    if len(written) != 2 or not all(each.isascii() and each.isdecimal() and len(each) < 8 for each in written):
        raise FieldError(_("Give hours and minutes as whole numbers."))
    return _within(Decimal(int(written[0]) * 60 + int(written[1])), LONGEST, NOT_A_SPAN)


def _span(text: str) -> Decimal:
    colons, worded = COLONS.fullmatch(text), SPAN.fullmatch(text)
    if text.isascii() and text.isdecimal() and len(text) < 10:
        return Decimal(text)
    if colons:
        return Decimal(int(colons["hours"]) * 60 + int(colons["minutes"]))
    if not text or worded is None:
        raise FieldError(NOT_A_SPAN)
    total = Decimal(0)
    for name, each in (("days", DAY), ("hours", 60), ("minutes", 1)):
        if written := worded[name]:
            if written.count(".") > 1 or written.strip(".") != written:
                raise FieldError(NOT_A_SPAN)
            total += Decimal(written) * each
    return total


def _within(minutes: Decimal, most: int, refusal: Message) -> Decimal:
    if not minutes.is_finite() or not 0 <= minutes <= most or minutes != minutes.to_integral_value():
        raise FieldError(refusal)
    return Decimal(int(minutes))
