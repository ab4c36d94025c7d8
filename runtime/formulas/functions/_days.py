"""What the functions of days share."""

from __future__ import annotations

from calendar import monthrange
from datetime import date, datetime
from typing import Any

from runtime.formulas.arithmetic import too_large
from runtime.formulas.functions.base import DAY_KINDS, Function, Parameter
from runtime.formulas.tree import Call

DAY = Parameter("date", DAY_KINDS)
DAY_BOUND = (-719_162, 2_932_896)
"""Day numbers of the years 1 to 9999."""


def day_of(value: Any, values: Any) -> date:
    """The calendar day of a date, or of a time in the workspace's zone."""
    return value.astimezone(values.zone).date() if isinstance(value, datetime) else value


def months_later(day: date, months: int) -> date:
    """The same day of a later month, or its last day where it is shorter."""
    number = day.year * 12 + day.month - 1 + months
    year, month = divmod(number, 12)
    if not 1 <= year <= 9999:
        raise too_large()
    return date(year, month + 1, min(day.day, monthrange(year, month + 1)[1]))


class OfDay(Function):
    """A function of one day, which may be given as a time."""

    parameters, needs_values, cost = (DAY,), True, 3

    def run(self, *arguments: Any) -> Any:
        return self.of(day_of(arguments[1], arguments[0]))

    def of(self, day: date) -> Any:
        raise NotImplementedError

    def sql_possible(self, call: Call) -> bool:
        return all(each.type.kind != "datetime" for each in call.arguments)
