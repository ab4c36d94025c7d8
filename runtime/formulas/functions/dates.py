"""Days and times. A day is a calendar day of the workspace's time zone; today is the day of the run, fixed once."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import date, datetime, timedelta
from decimal import Decimal
from typing import TYPE_CHECKING, Any

import sqlalchemy as sa

from runtime.definitions.types import DATE, DATETIME, DURATION, NUMBER, Type
from runtime.formulas import sql_pieces as pieces
from runtime.formulas.arithmetic import days_between
from runtime.formulas.functions._days import DAY, DAY_BOUND, OfDay, Span, day_in, day_of, end_of_month, full_months, months_later, reach
from runtime.formulas.functions.base import DAY_KINDS, Bound, Function, Parameter, Trouble, register
from runtime.formulas.tree import Call, Node, literal_value
from runtime.texts import _

if TYPE_CHECKING:
    from runtime.formulas.scope import Scope
    from runtime.formulas.to_sql import Operand, Writer

DATE_ = Parameter("date", ("date",))
MONTHS = Parameter("months", ("number",), constant=True, least=-1200, most=1200)


@register
class Today(Function):
    """The day of the run, in the workspace's time zone.

    >>> TODAY() == DATE(2024, 5, 6)
    TRUE
    """

    name, label, result_type, uses_day, needs_values = "TODAY", {"zh": "今天", "en": "Today"}, DATE, True, True
    limits = DAY_BOUND

    def run(self, *arguments: Any) -> date:
        return arguments[0].today

    def sql(self, writer: Writer, *operands: Operand) -> Any:
        return writer.source.today


@register
class Now(Function):
    """The time of the run, fixed once at its start.

    >>> NOW() + HOURS(24) > NOW()
    TRUE
    """

    name, aliases, label, result_type, uses_day, needs_values = "NOW", ("SYSTIME",), {"zh": "现在", "en": "Now"}, DATETIME, True, True

    def run(self, *arguments: Any) -> datetime:
        return arguments[0].now

    def sql(self, writer: Writer, *operands: Operand) -> Any:
        return writer.source.now


@register
class DateFunction(Function):
    """A day from year, month and day; the day of a time; or the day a text such as '2026-11-21' names. An impossible day is blank.

    >>> DATE(2024, 2, 29)
    2024-02-29
    >>> DATE(2024, 2, 30)
    blank
    >>> DATE('2026-11-21')
    2026-11-21
    """

    name, aliases, label, result_type = "DATE", ("DATEVALUE",), {"zh": "日期", "en": "Date"}, DATE
    needs_values, takes_day, limits = True, True, DAY_BOUND
    not_in_sql = "of parts or a text that is worked out: which of them name a day no two databases agree on"
    parameters, optional = (
        (Parameter("year", ("number", "datetime", "date", "text")), Parameter("month", ("number",)), Parameter("day", ("number",))),
        2,
    )

    def prepared(self, arguments: list[Node], scope: Scope) -> list[Node]:
        if len(arguments) == 2 or (len(arguments) == 3) != (arguments[0].type.kind == "number"):
            raise Trouble(_("DATE takes year, month and day, or one time or text."))
        return arguments

    def run(self, *arguments: Any) -> date | None:
        values, first = arguments[0], arguments[1]
        try:
            if isinstance(first, str):
                return day_in(first)
            if isinstance(first, Decimal):
                return date(*(int(each) for each in arguments[1:]))
        except (ValueError, OverflowError):
            return None
        return day_of(first, values)

    def sql_possible(self, call: Call) -> bool:
        return call.arguments[0].type.kind in DAY_KINDS or all(literal_value(each) is not None for each in call.arguments)

    def cost_of(self, call: Call) -> int:
        # what is written out becomes one number
        return 1 if call.arguments[0].type.kind in DAY_KINDS else 0

    def sql(self, writer: Writer, *operands: Operand) -> Any:
        if operands[0].type.kind == "date":
            return operands[0].sql
        found = self.run(None, *(literal_value(each.node) for each in operands))
        return sa.literal(None, pieces.BIG) if found is None else writer.day(found)


@register
class Year(OfDay):
    """The year of a day.

    >>> YEAR(day)
    2024
    """

    name, label, result_type, limits = "YEAR", {"zh": "年", "en": "Year"}, NUMBER(0), (0, 9999)

    def of(self, day: date) -> Decimal:
        return Decimal(day.year)

    def sql(self, writer: Writer, *operands: Operand) -> Any:
        return pieces.over(pieces.month_number(operands[0].sql), 12)


@register
class Month(OfDay):
    """The month of a day, 1 to 12.

    >>> MONTH(day)
    2
    """

    name, label, result_type, limits = "MONTH", {"zh": "月", "en": "Month"}, NUMBER(0), (1, 12)

    def of(self, day: date) -> Decimal:
        return Decimal(day.month)

    def sql(self, writer: Writer, *operands: Operand) -> Any:
        return pieces.rest(pieces.month_number(operands[0].sql), 12) + pieces.whole(1)


@register
class Day(OfDay):
    """The day of the month, 1 to 31.

    >>> DAY(day)
    29
    """

    name, label, result_type, limits = "DAY", {"zh": "日", "en": "Day of the month"}, NUMBER(0), (1, 31)

    def of(self, day: date) -> Decimal:
        return Decimal(day.day)

    def sql(self, writer: Writer, *operands: Operand) -> Any:
        return pieces.day_of_month(operands[0].sql)


@register
class Weekday(OfDay):
    """The day of the week: Monday is 1, Sunday is 7.

    >>> WEEKDAY(DATE(2024, 5, 6))
    1
    """

    name, label, result_type, limits, cost = "WEEKDAY", {"zh": "星期", "en": "Day of the week"}, NUMBER(0), (1, 7), 1

    def of(self, day: date) -> Decimal:
        return Decimal(day.isoweekday())

    def sql(self, writer: Writer, *operands: Operand) -> Any:
        return pieces.since_monday(operands[0].sql) + pieces.whole(1)


@register
class Edate(Function):
    """The same day some months later (or earlier, with a minus); the last day of the month where it is shorter.

    >>> EDATE(DATE(2024, 1, 31), 1)
    2024-02-29
    >>> EDATE(day, -12)
    2023-02-28
    """

    name, label, result_type, limits, cost = "EDATE", {"zh": "加月", "en": "Months later"}, DATE, DAY_BOUND, 25
    parameters = (DATE_, MONTHS)

    def run(self, *arguments: Any) -> date:
        return months_later(arguments[0], int(arguments[1]))

    def sql(self, writer: Writer, *operands: Operand) -> Any:
        day, months = operands[0].sql, operands[1].literal
        found = pieces.clamped(pieces.month_number(day) + pieces.whole(months), pieces.day_of_month(day), writer.dialect)
        return pieces.guarded(day, *reach(months), found) if months else found


@register
class Eomonth(Function):
    """The last day of the month some months later.

    >>> EOMONTH(DATE(2024, 1, 31), 1)
    2024-02-29
    """

    name, label, result_type, limits, cost = "EOMONTH", {"zh": "月底", "en": "End of a later month"}, DATE, DAY_BOUND, 12
    parameters = (DATE_, MONTHS)

    def run(self, *arguments: Any) -> date:
        return end_of_month(months_later(arguments[0], int(arguments[1])))

    def sql(self, writer: Writer, *operands: Operand) -> Any:
        day, months = operands[0].sql, operands[1].literal
        found = pieces.first_of_month(pieces.month_number(day) + pieces.whole(months + 1)) - pieces.whole(1)
        return pieces.guarded(day, *reach(months), found) if months else found


@register
class Days(Span):
    """A duration of some days, for adding to dates and times; or with two dates the number of days from the second to the first.

    >>> DATE(2024, 2, 27) + DAYS(3)
    2024-03-01
    >>> DAYS(DATE(2024, 3, 1), DATE(2024, 2, 1))
    29
    """

    name, label, unit = "DAYS", {"zh": "天数", "en": "Days"}, timedelta(days=1)
    parameters, optional = (Parameter("number", ("number", "date")), Parameter("start", ("date",))), 1

    def prepared(self, arguments: list[Node], scope: Scope) -> list[Node]:
        if (len(arguments) == 2) != (arguments[0].type.kind == "date"):
            raise Trouble(_("DAYS takes one number, or two dates: the end and the start."))
        return arguments

    def result(self, arguments: list[Node]) -> Type:
        return NUMBER(0) if len(arguments) == 2 else DURATION

    def run(self, *arguments: Any) -> Any:
        return days_between(*arguments) if len(arguments) == 2 else super().run(*arguments)

    def sql(self, writer: Writer, *operands: Operand) -> Any:
        return operands[0].sql - operands[1].sql if len(operands) == 2 else super().sql(writer, *operands)

    def bound(self, call: Call, given: Sequence[Bound]) -> Bound:
        return (-4_000_000, 4_000_000) if len(given) == 2 else super().bound(call, given)


@register
class Hours(Span):
    """A duration of some hours.

    >>> NOW() + HOURS(24) == NOW() + DAYS(1)
    TRUE
    """

    name, label, unit = "HOURS", {"zh": "小时", "en": "Hours"}, timedelta(hours=1)


@register
class Minutes(Span):
    """A duration of some minutes.

    >>> HOURS(1) == MINUTES(60)
    TRUE
    """

    name, label, unit = "MINUTES", {"zh": "分钟", "en": "Minutes"}, timedelta(minutes=1)


@register
class DaysSince(Function):
    """The days from a date to the day of the run; negative for a later date, blank without one.

    >>> DAYS_SINCE(DATE(2024, 5, 1))
    5
    >>> DAYS_SINCE(no_day)
    blank
    """

    name, label, result_type, uses_day, needs_values = "DAYS_SINCE", {"zh": "距今天数", "en": "Days since"}, NUMBER(0), True, True
    parameters, takes_day, limits = (DAY,), True, (-4_000_000, 4_000_000)

    def run(self, *arguments: Any) -> Decimal:
        return Decimal((arguments[0].today - day_of(arguments[1], arguments[0])).days)

    def sql(self, writer: Writer, *operands: Operand) -> Any:
        return writer.source.today - operands[0].sql


UNITS = {
    "days": "days",
    "day": "days",
    "d": "days",
    "months": "months",
    "month": "months",
    "m": "months",
    "years": "years",
    "year": "years",
    "y": "years",
}


@register
class Datedif(Function):
    """The whole days, months or years from one date to another; negative if the second is earlier. A month is full when the same day of
    the month is reached, or the last day of a shorter one.

    >>> DATEDIF(DATE(2024, 1, 31), DATE(2024, 2, 29), 'months')
    1
    >>> DATEDIF(DATE(2023, 5, 7), DATE(2024, 5, 6), 'years')
    0
    >>> DATEDIF(DATE(2024, 5, 1), DATE(2024, 5, 6), 'days')
    5
    """

    name, aliases, label, result_type = "DATEDIF", ("DATEDIFF",), {"zh": "日期差", "en": "Between dates"}, NUMBER(0)
    parameters, limits, cost = (
        (Parameter("start", ("date",)), Parameter("end", ("date",)), Parameter("unit", ("text",), constant=True)),
        (-4_000_000, 4_000_000),
        14,
    )

    def prepared(self, arguments: list[Node], scope: Scope) -> list[Node]:
        if str(literal_value(arguments[2])).lower() not in UNITS:
            raise Trouble(_("The unit is 'days', 'months' or 'years'."), 2)
        return arguments

    def run(self, *arguments: Any) -> Decimal:
        start, end, unit = arguments[0], arguments[1], UNITS[arguments[2].lower()]
        if unit == "days":
            return days_between(end, start)
        months = -full_months(end, start) if end < start else full_months(start, end)
        return Decimal(months if unit == "months" else (months // 12 if months >= 0 else -(-months // 12)))

    def sql(self, writer: Writer, *operands: Operand) -> Any:
        start, end, unit = operands[0].sql, operands[1].sql, UNITS[str(operands[2].value).lower()]
        if unit == "days":
            return end - start
        forwards, back = pieces.full_months(start, end), pieces.full_months(end, start)
        if unit == "years":
            forwards, back = pieces.over(forwards, 12), pieces.over(back, 12)
        return sa.case((sa.or_(start.is_(None), end.is_(None)), sa.null()), (end < start, -back), else_=forwards)
