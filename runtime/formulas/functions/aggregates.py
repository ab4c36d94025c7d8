"""Aggregates: one value over many. Blanks are left out.

Over related records they take where=, on=, days= and months=; over plain values SUM, AVG, MIN, MAX and COUNT take a list.
"""

from __future__ import annotations

from collections.abc import Sequence
from decimal import Decimal
from typing import TYPE_CHECKING, Any

import sqlalchemy as sa

from runtime.definitions.types import NUMBER, Type
from runtime.formulas import sql_pieces as pieces
from runtime.formulas.arithmetic import quotient
from runtime.formulas.functions._aggregates import AggregateFunction, total
from runtime.formulas.functions.base import NUMBER_KINDS, ORDERED, SCALAR, Bound, Parameter, register
from runtime.formulas.tree import Call, Node
from runtime.formulas.types import DIVISION_SCALE, scaled

if TYPE_CHECKING:
    from runtime.formulas.to_sql import Operand, Writer

MOST_ROWS = 10**9


@register
class Sum(AggregateFunction):
    """The sum; of nothing it is 0.

    >>> SUM(orders.amount, where=orders.status == 'done')
    150.25
    >>> SUM(orders.amount, on=orders.paid_on, days=30)
    100
    >>> SUM(amount, nothing, 1)
    121.5
    """

    name, label, nothing = "SUM", {"zh": "求和", "en": "Sum"}, Decimal(0)
    parameters, one_scale = (Parameter("number", NUMBER_KINDS),), True

    def over(self, values: list[Any], *argument: Any) -> Decimal:
        return total(values)

    def sql_over(self, writer: Writer, value: Operand) -> Any:
        return writer.sum(value)

    def sql(self, writer: Writer, *operands: Operand) -> Any:
        found = pieces.whole(0)
        for each in operands:
            found = found + sa.func.coalesce(writer.number(each, writer.result.scale), pieces.whole(0), type_=pieces.BIG)
        return found

    def bound(self, call: Call, given: Sequence[Bound]) -> Bound:
        if any(each is None for each in given):
            return None
        factors = [10 ** (call.type.scale - node.type.scale) for node in call.arguments]
        return (
            sum(min(0, each[0] * by) for each, by in zip(given, factors, strict=True) if each),
            sum(max(0, each[1] * by) for each, by in zip(given, factors, strict=True) if each),
        )


@register
class Count(AggregateFunction):
    """How many related records there are, or how many have a value that is not blank.

    >>> COUNT(orders)
    4
    >>> COUNT(orders.amount)
    3
    >>> COUNT(orders, where=orders.status == 'done') / COUNT(orders) > 0.4
    TRUE
    """

    name, aliases, label, nothing, value_kinds = "COUNT", ("COUNTA",), {"zh": "计数", "en": "Count"}, Decimal(0), SCALAR
    parameters, limits = (Parameter("value", tuple(kind for kind in SCALAR if kind != "record")),), (0, MOST_ROWS)

    def result(self, arguments: list[Node]) -> Type:
        return NUMBER(0)

    def over(self, values: list[Any], *argument: Any) -> Decimal:
        return Decimal(len(values))

    def sql_over(self, writer: Writer, value: Operand) -> Any:
        return sa.func.count(value.sql)

    def sql(self, writer: Writer, *operands: Operand) -> Any:
        total = pieces.whole(0)
        for each in operands:
            total = total + sa.case((each.sql.is_(None), pieces.whole(0)), else_=pieces.whole(1))
        return total

    def bound(self, call: Call, given: Sequence[Bound]) -> Bound:
        return self.limits


@register
class Avg(AggregateFunction):
    """The average with 6 decimals; of nothing it is blank.

    >>> AVG(orders.amount)
    60.083333
    >>> AVG(1, 2, nothing)
    1.5
    """

    name, aliases, label = "AVG", ("AVERAGE",), {"zh": "平均", "en": "Average"}
    parameters, cost, levels, one_scale = (Parameter("number", NUMBER_KINDS),), 8, 10, True

    def result(self, arguments: list[Node]) -> Type:
        return scaled(super().result(arguments), DIVISION_SCALE)

    def over(self, values: list[Any], *argument: Any) -> Decimal | None:
        return quotient(total(values), Decimal(len(values)))

    def sql_over(self, writer: Writer, value: Operand) -> Any:
        return writer.average(writer.sum(value), value.type.scale, sa.func.count(value.sql, type_=pieces.BIG), writer.plan.sum_limit)

    def sql(self, writer: Writer, *operands: Operand) -> Any:
        scale = max(each.type.scale for each in operands)
        total, count = pieces.whole(0), pieces.whole(0)
        for each in operands:
            total = total + sa.func.coalesce(writer.number(each, scale), pieces.whole(0), type_=pieces.BIG)
            count = count + sa.case((each.sql.is_(None), pieces.whole(0)), else_=pieces.whole(1))
        return writer.average(total, scale, count, pieces.SQL_LIMIT // 4)

    def bound(self, call: Call, given: Sequence[Bound]) -> Bound:
        most = pieces.LARGEST_QUOTIENT * 10**DIVISION_SCALE
        return (-most, most)


class Extreme(AggregateFunction):
    value_kinds = ORDERED
    parameters = (Parameter("value", ORDERED),)
    cost, one_scale = 2, True
    greatest = False

    def over(self, values: list[Any], *argument: Any) -> Any:
        return max(values) if self.greatest else min(values)

    def sql_over(self, writer: Writer, value: Operand) -> Any:
        return (sa.func.max if self.greatest else sa.func.min)(writer.ordered(value), type_=writer.sql_type(value.type))

    def sql_possible(self, call: Call) -> bool:
        # the best of several texts is found by comparing them pair by pair, which doubles with each
        return call.type.kind != "text" or len(call.arguments) <= 3

    def sql(self, writer: Writer, *operands: Operand) -> Any:
        values = [writer.as_type(each, writer.result) for each in operands]
        if writer.result.kind == "text":
            return self._best_text([writer.c_collated(each) for each in values])
        if len(values) == 1:
            return values[0]
        if writer.dialect == "postgresql":
            return (sa.func.greatest if self.greatest else sa.func.least)(*values, type_=pieces.BIG)
        # on SQLite a blank would win; what stands in for it lies beyond every value
        beyond = pieces.whole(-(2**62) if self.greatest else 2**62)
        function = sa.func.max if self.greatest else sa.func.min
        return sa.func.nullif(function(*(sa.func.coalesce(each, beyond) for each in values), type_=pieces.BIG), beyond, type_=pieces.BIG)

    def _best_text(self, values: list[Any]) -> Any:
        found = values[0]
        for each in values[1:]:
            better = found >= each if self.greatest else found <= each
            found = sa.case((sa.or_(each.is_(None), better), found), else_=each)
        return found


@register
class Min(Extreme):
    """The least value; of nothing it is blank. Dates and texts too.

    >>> MIN(orders.paid_on, where=orders.status == 'done')
    2024-02-10
    >>> MIN(amount, 100, nothing)
    100
    """

    name, label = "MIN", {"zh": "最小", "en": "Least"}


@register
class Max(Extreme):
    """The greatest value; of nothing it is blank. Dates and texts too.

    >>> MAX(orders.paid_on)
    2024-05-01
    >>> MAX(amount, 100, nothing)
    120.5
    """

    name, label, greatest = "MAX", {"zh": "最大", "en": "Greatest"}, True


class Ordered(AggregateFunction):
    """The value of one row. Rows are in order of by= (else on=, else the form's date, else as they were made); blanks stand last,
    equal ones by record number."""

    only_rows, value_kinds = True, SCALAR
    parameters = (Parameter("value", SCALAR),)
    last = False

    def result(self, arguments: list[Node]) -> Type:
        return arguments[0].type

    def over(self, values: list[Any], *argument: Any) -> Any:
        return values[0]


@register
class First(Ordered):
    """The value of the first related record that has one, in the order of by= or on=.

    >>> FIRST(orders.status, on=orders.paid_on)
    'done'
    """

    name, label = "FIRST", {"zh": "首个", "en": "First"}


@register
class Last(Ordered):
    """The value of the last related record that has one, in the order of by= or on=.

    >>> LAST(orders.amount, on=orders.paid_on)
    100
    """

    name, label, last = "LAST", {"zh": "末个", "en": "Last"}, True


@register
class Distinct(AggregateFunction):
    """How many different values there are; blanks do not count.

    >>> DISTINCT(orders.status)
    2
    """

    name, aliases, label = "DISTINCT", ("COUNT_DISTINCT",), {"zh": "去重计数", "en": "Different values"}
    only_rows, nothing, value_kinds, limits = True, Decimal(0), SCALAR, (0, MOST_ROWS)
    parameters = (Parameter("value", SCALAR),)

    def result(self, arguments: list[Node]) -> Type:
        return NUMBER(0)

    def over(self, values: list[Any], *argument: Any) -> Decimal:
        return Decimal(len(set(values)))

    def sql_over(self, writer: Writer, value: Operand) -> Any:
        return sa.func.count(sa.distinct(value.sql))
