"""Days: quarters, weeks of the year, and years of 360 days."""

from __future__ import annotations

from datetime import date, timedelta
from decimal import Decimal
from typing import TYPE_CHECKING, Any

import sqlalchemy as sa

from runtime.definitions.types import NUMBER
from runtime.formulas import sql_pieces as pieces
from runtime.formulas.functions._days import DAY, OfDay, day_of
from runtime.formulas.functions.base import Function, Parameter, register

if TYPE_CHECKING:
    from runtime.formulas.to_sql import Operand, Writer


class OfYear(OfDay):
    family, result_type = "dates", NUMBER(0)


@register
class Quarter(OfYear):
    """The quarter of a day, 1 to 4.

    >>> QUARTER(day)
    1
    """

    name, label, limits = "QUARTER", {"zh": "季度", "en": "Quarter"}, (1, 4)

    def of(self, day: date) -> Decimal:
        return Decimal((day.month - 1) // 3 + 1)

    def sql(self, writer: Writer, *operands: Operand) -> Any:
        return pieces.over(pieces.rest(pieces.month_number(operands[0].sql), 12), 3) + pieces.whole(1)


def first_of_year(day: Any) -> Any:
    """1 January of a day's year, in SQL."""
    before = pieces.over(pieces.month_number(day), 12) - pieces.whole(1)
    leap_days = pieces.over(before, 4) - pieces.over(before, 100) + pieces.over(before, 400)
    return before * pieces.whole(365) + leap_days - pieces.whole(719_162)


@register
class IsoWeekNum(OfYear):
    """The week of the year by ISO 8601: weeks begin on Monday, and week 1 is the one with the first Thursday.

    >>> ISOWEEKNUM(DATE(2024, 5, 6))
    19
    >>> ISOWEEKNUM(DATE(2021, 1, 3))
    53
    """

    name, label, limits, cost = "ISOWEEKNUM", {"zh": "ISO周数", "en": "ISO week"}, (1, 53), 26

    def of(self, day: date) -> Decimal:
        return Decimal(day.isocalendar().week)

    def sql(self, writer: Writer, *operands: Operand) -> Any:
        thursday = operands[0].sql - pieces.since_monday(operands[0].sql) + pieces.whole(3)
        return pieces.over(thursday - first_of_year(thursday), 7) + pieces.whole(1)


@register
class WeekNum(OfYear):
    """The week of the year, counted from 1 January; weeks begin on Sunday, with 2 as second argument on Monday. For ISO weeks use
    ISOWEEKNUM.

    >>> WEEKNUM(DATE(2024, 1, 7))
    2
    >>> WEEKNUM(DATE(2024, 1, 7), 2)
    1
    """

    name, label, limits, cost = "WEEKNUM", {"zh": "周数", "en": "Week of the year"}, (1, 54), 25
    parameters, optional = (DAY, Parameter("first_day", ("number",), constant=True, least=1, most=2)), 1

    def run(self, *arguments: Any) -> Decimal:
        day = day_of(arguments[1], arguments[0])
        first = day.replace(month=1, day=1)
        before = (first.weekday() + 1) % 7 if self.on_sunday(arguments[2:]) else first.weekday()
        return Decimal(((day - first).days + before) // 7 + 1)

    def on_sunday(self, more: Any) -> bool:
        return not more or int(more[0]) == 1

    def sql(self, writer: Writer, *operands: Operand) -> Any:
        day = operands[0].sql
        first = first_of_year(day)
        before = pieces.since_monday(first)
        if self.on_sunday([each.literal for each in operands[1:]]):
            before = pieces.rest(before + pieces.whole(1), 7)
        return pieces.over(day - first + before, 7) + pieces.whole(1)


@register
class Days360(Function):
    """The days between two dates in a year of twelve months of 30 days, by the rule of US bonds: the last day of a month as start counts
    as the 30th, and so does a 31st as end after such a start.

    >>> DAYS360(DATE(2024, 1, 31), DATE(2024, 3, 31))
    60
    >>> DAYS360(DATE(2024, 1, 1), DATE(2024, 12, 31))
    360
    """

    name, label, family, result_type, limits = (
        "DAYS360",
        {"zh": "360天差", "en": "Days of 360"},
        "dates",
        NUMBER(0),
        (-4_000_000, 4_000_000),
    )
    parameters, cost = (Parameter("start", ("date",)), Parameter("end", ("date",))), 25

    def run(self, *arguments: Any) -> Decimal:
        start, end = arguments
        from_day = 30 if _ends_month(start) else start.day
        to_day = 30 if end.day == 31 and from_day == 30 else end.day
        return Decimal((end.year - start.year) * 360 + (end.month - start.month) * 30 + to_day - from_day)

    def sql(self, writer: Writer, *operands: Operand) -> Any:
        start, end = (each.sql for each in operands)
        thirty, one = pieces.whole(30), pieces.whole(1)
        from_day = sa.case((pieces.day_of_month(start + one) == one, thirty), else_=pieces.day_of_month(start))
        to_day = pieces.day_of_month(end)
        to_day = sa.case((sa.and_(to_day == pieces.whole(31), from_day == thirty), thirty), else_=to_day)
        return (pieces.month_number(end) - pieces.month_number(start)) * thirty + to_day - from_day


def _ends_month(day: date) -> bool:
    return day == date.max or (day + timedelta(days=1)).day == 1
