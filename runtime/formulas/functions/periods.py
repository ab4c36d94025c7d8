"""Periods: first and last days of weeks, months, quarters and years."""

from __future__ import annotations

from datetime import date, timedelta
from typing import TYPE_CHECKING, Any

from runtime.definitions.types import DATE
from runtime.formulas import sql_pieces as pieces
from runtime.formulas.arithmetic import too_large
from runtime.formulas.functions._days import DAY_BOUND, OfDay, end_of_month, months_later
from runtime.formulas.functions.base import register

if TYPE_CHECKING:
    from runtime.formulas.to_sql import Operand, Writer


class Border(OfDay):
    """First or last day of a period. `months` is its length, 0 for a week."""

    result_type, limits, months, end = DATE, DAY_BOUND, 0, False

    def of(self, day: date) -> date:
        try:
            if not self.months:
                return day + timedelta(days=(6 if self.end else 0) - day.weekday())
            first = date(day.year, day.month - (day.month - 1) % self.months, 1)
            return end_of_month(months_later(first, self.months - 1)) if self.end else first
        except OverflowError:
            raise too_large() from None

    def sql(self, writer: Writer, *operands: Operand) -> Any:
        day = operands[0].sql
        if not self.months:
            found = day - pieces.since_monday(day) + pieces.whole(6 if self.end else 0)
            # the last Sunday of the calendar is 26 December 9999
            return pieces.guarded(day, DAY_BOUND[0], DAY_BOUND[1] - 5, found) if self.end else found
        if self.months == 1 and not self.end:
            return day - pieces.day_of_month(day) + pieces.whole(1)
        months = pieces.month_number(day)
        first = months - pieces.rest(months, self.months) if self.months > 1 else months
        return pieces.first_of_month(first + pieces.whole(self.months)) - pieces.whole(1) if self.end else pieces.first_of_month(first)


@register
class StartOfWeek(Border):
    """The Monday of a day's week.

    >>> START_OF_WEEK(day)
    2024-02-26
    """

    name, label, cost = "START_OF_WEEK", {"zh": "周初", "en": "Start of the week"}, 2


@register
class EndOfWeek(Border):
    """The Sunday of a day's week.

    >>> END_OF_WEEK(day)
    2024-03-03
    """

    name, label, end, cost = "END_OF_WEEK", {"zh": "周末", "en": "End of the week"}, True, 2


@register
class StartOfMonth(Border):
    """The first day of a day's month.

    >>> START_OF_MONTH(day)
    2024-02-01
    """

    name, label, months, cost = "START_OF_MONTH", {"zh": "月初", "en": "Start of the month"}, 1, 2


@register
class EndOfMonth(Border):
    """The last day of a day's month.

    >>> END_OF_MONTH(day)
    2024-02-29
    """

    name, label, months, end, cost = "END_OF_MONTH", {"zh": "月末", "en": "End of the month"}, 1, True, 12


@register
class StartOfQuarter(Border):
    """The first day of a day's quarter.

    >>> START_OF_QUARTER(day)
    2024-01-01
    """

    name, label, months, cost = "START_OF_QUARTER", {"zh": "季初", "en": "Start of the quarter"}, 3, 24


@register
class EndOfQuarter(Border):
    """The last day of a day's quarter.

    >>> END_OF_QUARTER(day)
    2024-03-31
    """

    name, label, months, end, cost = "END_OF_QUARTER", {"zh": "季末", "en": "End of the quarter"}, 3, True, 24


@register
class StartOfYear(Border):
    """The first day of a day's year.

    >>> START_OF_YEAR(day)
    2024-01-01
    """

    name, label, months, cost = "START_OF_YEAR", {"zh": "年初", "en": "Start of the year"}, 12, 24


@register
class EndOfYear(Border):
    """The last day of a day's year.

    >>> END_OF_YEAR(day)
    2024-12-31
    """

    name, label, months, end, cost = "END_OF_YEAR", {"zh": "年末", "en": "End of the year"}, 12, True, 24
