"""Days seen from the day of the run: ages, and which of the last months."""

from __future__ import annotations

from collections.abc import Sequence
from decimal import Decimal
from typing import TYPE_CHECKING, Any

import sqlalchemy as sa

from runtime.definitions.types import NUMBER
from runtime.formulas import sql_pieces as pieces
from runtime.formulas.functions._days import DAY, OfDay, day_of, full_months, months_later
from runtime.formulas.functions.base import Bound, Parameter, register
from runtime.formulas.tree import Call, Field, literal_value

if TYPE_CHECKING:
    from runtime.formulas.to_sql import Operand, Writer


class SeenFromToday(OfDay):
    family, result_type, uses_day = "dates", NUMBER(0), True


@register
class Age(SeenFromToday):
    """The full years from a date to the day of the run, as people count their age; blank for a later date.

    >>> AGE(DATE(1990, 5, 7))
    33
    >>> AGE(DATE(1990, 5, 6))
    34
    """

    name, label, limits, cost = "AGE", {"zh": "周岁", "en": "Age in years"}, (0, 9_999), 14

    def run(self, *arguments: Any) -> Decimal | None:
        today, day = arguments[0].today, day_of(arguments[1], arguments[0])
        return None if day > today else Decimal(full_months(day, today) // 12)

    def sql(self, writer: Writer, *operands: Operand) -> Any:
        day, today = operands[0].sql, writer.source.today
        return sa.case((day <= today, pieces.over(pieces.full_months(day, today), 12)))


@register
class MonthsAgo(SeenFromToday):
    """In which of the last n months a day lies: 0 for the month that ends with the day of the run, 1 for the one before, and so on; blank
    outside of them. The months are those of windows with months=n: they end on the same day of the month as the run, or on the last day of
    a shorter month.

    >>> MONTHS_AGO(DATE(2024, 4, 7), 12)
    0
    >>> MONTHS_AGO(DATE(2024, 4, 6), 12)
    1
    >>> MONTHS_AGO(DATE(2024, 5, 7), 12)
    blank
    """

    name, label = "MONTHS_AGO", {"zh": "几个月前", "en": "Months ago"}
    not_in_sql = "of more than 60 months, one comparison each"
    parameters = (DAY, Parameter("months", ("number",), constant=True, least=1, most=1_200))

    def run(self, *arguments: Any) -> Decimal | None:
        today, day = arguments[0].today, day_of(arguments[1], arguments[0])
        ago = (today.year - day.year) * 12 + today.month - day.month - (day.day > today.day)
        return Decimal(ago) if 0 <= ago < int(arguments[2]) else None

    def sql(self, writer: Writer, *operands: Operand) -> Any:
        day, today = operands[0].sql, writer.source.today_value
        ends = [writer.day(months_later(today, -ago)) for ago in range(operands[1].literal + 1)]
        steps = [(day > end, pieces.whole(ago)) for ago, end in enumerate(ends[1:])]
        return sa.case((sa.or_(day.is_(None), day > ends[0]), sa.null()), *steps)

    def sql_possible(self, call: Call) -> bool:
        return _months(call) <= 60

    def cost_of(self, call: Call) -> int:
        # a bare column is repeated beside one number a month, which is short and not nested
        return 3 if isinstance(call.arguments[0], Field) and _months(call) <= 36 else 2 + _months(call)

    def bound(self, call: Call, given: Sequence[Bound]) -> Bound:
        return 0, _months(call) - 1


def _months(call: Call) -> int:
    return int(str(literal_value(call.arguments[1])))
