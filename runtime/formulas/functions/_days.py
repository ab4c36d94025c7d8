"""What the functions of days share."""

from __future__ import annotations

from calendar import monthrange
from collections.abc import Sequence
from datetime import date, datetime, timedelta
from typing import TYPE_CHECKING, Any, ClassVar

from runtime.definitions.types import DURATION
from runtime.formulas import sql_pieces as pieces
from runtime.formulas.arithmetic import day_number, span_of, too_large
from runtime.formulas.functions.base import DAY_KINDS, Bound, Function, Parameter
from runtime.formulas.tree import Call

if TYPE_CHECKING:
    from runtime.formulas.to_sql import Operand, Writer

DAY = Parameter("date", DAY_KINDS)
DAY_BOUND = (-719_162, 2_932_896)
"""Day numbers of the years 1 to 9999."""


def day_of(value: Any, values: Any) -> date:
    """The calendar day of a date, or of a time in the workspace's zone."""
    return shown(value, values).date() if isinstance(value, datetime) else value


def shown(instant: datetime, values: Any) -> datetime:
    """A time as the clock of the workspace shows it."""
    try:
        return instant.astimezone(values.zone)
    except OverflowError:
        raise too_large() from None


def months_later(day: date, months: int) -> date:
    """The same day of a later month, or its last day where it is shorter."""
    number = day.year * 12 + day.month - 1 + months
    year, month = divmod(number, 12)
    if not 1 <= year <= 9999:
        raise too_large()
    return date(year, month + 1, min(day.day, monthrange(year, month + 1)[1]))


def end_of_month(day: date) -> date:
    return day.replace(day=monthrange(day.year, day.month)[1])


def reach(months: int) -> tuple[int, int]:
    """First and last day number that still have a day some months later."""
    first = months_later(date(1, 1, 1), max(0, -months))
    last = end_of_month(months_later(date(9999, 12, 1), min(0, -months)))
    return day_number(first), day_number(last)


class OfDay(Function):
    """A function of one day, which may be given as a time."""

    parameters: ClassVar[tuple[Parameter, ...]] = (DAY,)
    needs_values, takes_day, cost = True, True, 3

    def run(self, *arguments: Any) -> Any:
        return self.of(day_of(arguments[1], arguments[0]))

    def of(self, day: date) -> Any:
        raise NotImplementedError


class Span(Function):
    """A duration."""

    result_type, unit, cost = DURATION, timedelta(0), 2
    parameters: ClassVar[tuple[Parameter, ...]] = (Parameter("number", ("number",)),)

    def run(self, *arguments: Any) -> timedelta:
        return span_of(arguments[0], self.unit)

    def sql(self, writer: Writer, *operands: Operand) -> Any:
        factor = self.unit // timedelta(microseconds=1)
        return pieces.rescaled(operands[0].sql * pieces.whole(factor), operands[0].type.scale, 0)

    def bound(self, call: Call, given: Sequence[Bound]) -> Bound:
        factor = self.unit // timedelta(microseconds=1)
        return None if given[0] is None else (given[0][0] * factor, given[0][1] * factor)


def full_months(start: date, end: date) -> int:
    """The most months that can be added to `start` without passing `end`."""
    months = (end.year - start.year) * 12 + end.month - start.month
    return months - 1 if months_later(start, months) > end else months


def day_in(text: str) -> date | None:
    """The day that a text such as 2026-11-21 names."""
    try:
        return date.fromisoformat(text.strip()[:10])
    except ValueError:
        return None
