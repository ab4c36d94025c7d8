"""Times: parts of a time in the workspace's zone, and times made of parts."""

from __future__ import annotations

from datetime import UTC, date, datetime, time, timedelta
from decimal import Decimal
from typing import TYPE_CHECKING, Any, ClassVar

import sqlalchemy as sa

from runtime.definitions.types import DATETIME, DURATION, NUMBER, Type
from runtime.formulas import sql_pieces as pieces
from runtime.formulas import zones
from runtime.formulas.arithmetic import micros, micros_of, too_large
from runtime.formulas.functions._days import Span, shown
from runtime.formulas.functions.base import DAY_KINDS, Function, Parameter, register
from runtime.formulas.tree import Call, Node, Operation

if TYPE_CHECKING:
    from runtime.formulas.scope import Scope
    from runtime.formulas.to_sql import Operand, Writer


class OfTime(Function):
    """A part of a time as the clock of the workspace shows it. `unit`: its length; `many`: how many of them make the next greater part."""

    family, result_type, needs_values, cost = "dates", NUMBER(0), True, 2
    parameters: ClassVar[tuple[Parameter, ...]] = (Parameter("time", ("datetime",)),)
    unit, many = timedelta(hours=1), 24

    def run(self, *arguments: Any) -> Any:
        return Decimal(getattr(shown(arguments[1], arguments[0]), self.name.lower()))

    def sql(self, writer: Writer, *operands: Operand) -> Any:
        return pieces.rest(pieces.over(zones.time_of_day(operands[0].sql, writer.source.zone), micros(self.unit)), self.many)


@register
class Hour(OfTime):
    """The hour of a time in the workspace's time zone, 0 to 23.

    >>> HOUR(DATETIME(day, 15, 30))
    15
    """

    name, label, limits = "HOUR", {"zh": "时", "en": "Hour"}, (0, 23)


@register
class Minute(OfTime):
    """The minute of a time, 0 to 59.

    >>> MINUTE(DATETIME(day, 15, 30))
    30
    """

    name, label, limits = "MINUTE", {"zh": "分", "en": "Minute"}, (0, 59)
    unit, many = timedelta(minutes=1), 60


@register
class Second(OfTime):
    """The second of a time, 0 to 59.

    >>> SECOND(DATETIME(day, 15, 30, 45))
    45
    """

    name, label, limits = "SECOND", {"zh": "秒", "en": "Second"}, (0, 59)
    unit, many = timedelta(seconds=1), 60


@register
class DateTime(OfTime):
    """A time from a day, an hour, a minute and a second in the workspace's time zone; blank if there is no such time of day.

    >>> DATETIME(DATE(2024, 5, 6), 12) == NOW()
    TRUE
    >>> DATETIME(day, 24)
    blank
    """

    name, label, result_type, optional = "DATETIME", {"zh": "日期时间", "en": "Date and time"}, DATETIME, 2
    parameters = (Parameter("date", ("date",)), *(Parameter(each, ("number",)) for each in ("hour", "minute", "second")))

    def run(self, *arguments: Any) -> datetime | None:
        values, day, *clock = arguments
        hour, minute, second = (int(each) for each in [*clock, 0, 0][:3])
        try:
            at = time(hour, minute, second)
        except (ValueError, OverflowError):
            return None
        return _instant(day, at, values)

    def sql(self, writer: Writer, *operands: Operand) -> Any:
        day, *clock = operands
        shown = day.sql * pieces.whole(pieces.DAY_MICROS)
        for each, part in zip(clock, (Hour, Minute, Second), strict=False):
            whole = pieces.towards(each.sql, 10**each.type.scale)
            possible = sa.case((whole.between(pieces.whole(0), pieces.whole(part.many - 1)), whole))
            shown = shown + possible * pieces.whole(micros(part.unit))
        return zones.instant(shown, writer.source.zone)


def _instant(day: date, at: time, values: Any) -> datetime:
    """The instant at which the clock of the workspace shows a time."""
    try:
        return datetime.combine(day, at, values.zone).astimezone(UTC)
    except OverflowError:
        raise too_large() from None


@register
class Seconds(Span):
    """A duration of some seconds.

    >>> SECONDS(90) == MINUTES(1.5)
    TRUE
    """

    name, label, family, unit = "SECONDS", {"zh": "秒数", "en": "Seconds"}, "dates", timedelta(seconds=1)


@register
class Time(Function):
    """A duration of hours, minutes and seconds, for adding to times.

    >>> TIME(1, 30, 0) == MINUTES(90)
    TRUE
    """

    name, label, family, result_type = "TIME", {"zh": "时间", "en": "Time"}, "dates", DURATION
    parameters, optional = tuple(Parameter(each, ("number",)) for each in ("hours", "minutes", "seconds")), 1

    def build(self, arguments: list[Node], scope: Scope) -> Node:
        total: Node | None = None
        for unit, each in zip(("HOURS", "MINUTES", "SECONDS"), arguments, strict=False):
            part = Call(DURATION, unit, (each,))
            total = part if total is None else Operation(DURATION, "+", total, part)
        assert total is not None
        return total


@register
class DateDelta(Function):
    """A day or time some days later, or earlier with a minus. The same as `date + DAYS(n)`.

    >>> DATEDELTA(DATE(2024, 2, 27), 3)
    2024-03-01
    >>> DATEDELTA(day, 0 - 29)
    2024-01-31
    """

    name, label, family = "DATEDELTA", {"zh": "日期加减", "en": "Days later"}, "dates"
    parameters = (Parameter("date", DAY_KINDS), Parameter("days", ("number",)))

    def build(self, arguments: list[Node], scope: Scope) -> Node:
        day, days = arguments
        return Operation(self.result(arguments), "+", day, Call(DURATION, "DAYS", (days,)))

    def result(self, arguments: list[Node]) -> Type:
        return arguments[0].type


@register
class Timestamp(Function):
    """The milliseconds from 1 January 1970 in UTC to a time; of a date, to its first moment in the workspace's time zone.

    >>> TIMESTAMP(NOW())
    1714968000000
    >>> TIMESTAMP(DATE(2024, 5, 6))
    1714924800000
    """

    name, label, family, result_type, needs_values, levels = "TIMESTAMP", {"zh": "时间戳", "en": "Timestamp"}, "dates", NUMBER(0), True, 18
    parameters, limits = (Parameter("time", DAY_KINDS),), (-62_200_000_000_000, 253_500_000_000_000)

    def run(self, *arguments: Any) -> Decimal:
        values, moment = arguments
        if not isinstance(moment, datetime):
            moment = _instant(moment, time(), values)
        return Decimal(micros_of(moment) // 1000)

    def sql(self, writer: Writer, *operands: Operand) -> Any:
        moment = operands[0].sql
        if operands[0].type.kind == "date":
            moment = zones.instant(moment * pieces.whole(pieces.DAY_MICROS), writer.source.zone)
        return pieces.once(moment, lambda each: pieces.floored(each, 1000))
