"""Aggregates beyond sums: positions, products, growth and trend."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace
from decimal import Decimal
from typing import TYPE_CHECKING, Any, ClassVar

import sqlalchemy as sa

from runtime.definitions.types import NUMBER, TEXT, Type
from runtime.formulas import sql_pieces as pieces
from runtime.formulas import tree
from runtime.formulas.arithmetic import EXACT, LONGEST_RESULT, as_text, limited, quotient, rounded, short_enough
from runtime.formulas.functions._aggregates import AggregateFunction, total
from runtime.formulas.functions.base import NUMBER_KINDS, TEXT_KINDS, Bound, Parameter, Trouble, register
from runtime.formulas.tree import Aggregate, Call, Literal, Node, Operation, literal_value
from runtime.formulas.types import DIVISION_SCALE, MOST_SCALE, arithmetic, scaled
from runtime.texts import Message, _

if TYPE_CHECKING:
    from runtime.formulas.sources import RelatedSource
    from runtime.formulas.to_sql import Operand, Writer

MOST_QUOTIENT = pieces.LARGEST_QUOTIENT * 10**DIVISION_SCALE
RANKED = ("number", "money", "date", "datetime", "duration")


class Statistic(AggregateFunction):
    family = "aggregates"


class Position(Statistic):
    """The value at a place when all are in order."""

    only_rows, value_kinds, from_the_end = True, RANKED, False
    argument = Parameter("place", ("number",), constant=True, least=1, most=1_000)
    parameters, repeats = (Parameter("value", RANKED), argument), 0

    def result(self, arguments: list[Node]) -> Type:
        return arguments[0].type

    def sql_alone(self, writer: Writer, node: Aggregate, value: Operand, related: RelatedSource, conditions: list[Any]) -> Any:
        # by the only column: SQLite finds no columns of the record in ORDER BY
        column = sa.literal_column("1")
        order = column.desc() if self.from_the_end else column.asc()
        place = int(str(literal_value(node.argument))) if node.argument is not None else 1
        return related.listed([value.sql], conditions).order_by(order).limit(1).offset(place - 1).scalar_subquery()

    def over(self, values: list[Any], *argument: Any) -> Any:
        place = int(argument[0]) - 1
        return sorted(values, reverse=self.from_the_end)[place] if place < len(values) else None


@register
class Large(Position):
    """The second, third … greatest value of the related records: 1 is the greatest. Blank if there are not so many.

    >>> LARGE(orders.amount, 2)
    50.25
    >>> LARGE(orders.paid_on, 1, where=orders.status == 'done')
    2024-05-01
    >>> LARGE(orders.amount, 9)
    blank
    """

    name, label, from_the_end = "LARGE", {"zh": "第几大", "en": "Nth greatest"}, True


@register
class Small(Position):
    """The second, third … least value of the related records: 1 is the least. Blank if there are not so many.

    >>> SMALL(orders.amount, 2)
    50.25
    """

    name, label = "SMALL", {"zh": "第几小", "en": "Nth least"}


@register
class Median(Statistic):
    """The value in the middle when all are in order, or the average of the two in the middle, with 6 decimals; of nothing it is blank.

    >>> MEDIAN(orders.amount)
    50.25
    >>> MEDIAN(1, 10, 4, 3)
    3.5
    """

    name, label = "MEDIAN", {"zh": "中位数", "en": "Median"}
    parameters, levels, limits = (Parameter("number", NUMBER_KINDS),), 10, (-MOST_QUOTIENT, MOST_QUOTIENT)
    not_in_sql = "of single values: a database sorts rows only"

    def result(self, arguments: list[Node]) -> Type:
        return scaled(super().result(arguments), DIVISION_SCALE)

    def over(self, values: list[Any], *argument: Any) -> Decimal | None:
        values, half = sorted(values), len(values) // 2
        middle = values[half : half + 1] if len(values) % 2 else values[half - 1 : half + 1]
        return quotient(total(middle), Decimal(len(middle)))

    def sql_alone(self, writer: Writer, node: Aggregate, value: Operand, related: RelatedSource, conditions: list[Any]) -> Any:
        number, many = sa.func.row_number().over(order_by=value.sql), sa.func.count().over()
        placed = related.listed([value.sql.label("value"), number.label("number"), many.label("many")], conditions).subquery()
        twice = placed.c.number * 2
        middle, count = sa.cast(sa.func.sum(placed.c.value), pieces.BIG), sa.func.count(placed.c.value, type_=pieces.BIG)
        average = writer.average(middle, value.type.scale, count, 2 * writer.greatest(value.node))
        return sa.select(average).select_from(placed).where(twice >= placed.c.many, twice <= placed.c.many + 2).scalar_subquery()

    def sql_possible(self, call: Call) -> bool:
        return False


@register
class Product(Statistic):
    """The product, rounded to 6 decimals; of nothing it is blank.

    >>> PRODUCT(1.5, 2, whole)
    3
    >>> PRODUCT(orders.amount, where=orders.status == 'done')
    5025
    """

    name, label, value_kinds = "PRODUCT", {"zh": "乘积", "en": "Product"}, ("number",)
    parameters, cost = (Parameter("number", ("number",)),), 3
    not_in_sql = "over related records: the product of many has more digits than whole numbers of a database"

    def result(self, arguments: list[Node]) -> Type:
        return NUMBER(DIVISION_SCALE)

    def over(self, values: list[Any], *argument: Any) -> Decimal:
        product = Decimal(1)
        for each in values:
            # what comes in has few decimals; past a few factors they would grow without end
            product = limited(rounded(EXACT.multiply(product, each), 20))
        return rounded(product, DIVISION_SCALE)

    def sql_over_possible(self) -> bool:
        return False

    def sql(self, writer: Writer, *operands: Operand) -> Any:
        product = pieces.whole(1)
        for each in operands:
            product = product * sa.func.coalesce(each.sql, pieces.whole(10**each.type.scale), type_=pieces.BIG)
        filled = [each.sql.is_not(None) for each in operands]
        return sa.case((sa.or_(*filled), pieces.rescaled(product, sum(each.type.scale for each in operands), DIVISION_SCALE)))

    def sql_possible(self, call: Call) -> bool:
        return sum(each.type.scale for each in call.arguments) <= MOST_SCALE and all(each.type.kind == "number" for each in call.arguments)

    def bound(self, call: Call, given: Sequence[Bound]) -> Bound:
        scale = sum(node.type.scale for node in call.arguments)
        most = 10 ** max(0, DIVISION_SCALE - scale)  # of the product before it is rounded
        for node, each in zip(call.arguments, given, strict=True):
            most *= max(10**node.type.scale, *map(abs, each or (0, 0)))
        return -most, most


@register
class Join(Statistic):
    """The values of all related records, or the entries of a field with several values, as one text with something between them.
    Records are in the order of by= or on=, as for FIRST.

    >>> JOIN(orders.status, '-', on=orders.paid_on)
    'done-draft-done-draft'
    >>> JOIN(tags, ', ')
    'vip'
    """

    name, label, value_kinds, last = "JOIN", {"zh": "拼接", "en": "Join"}, (*TEXT_KINDS, "number", "money", "date"), False
    not_in_sql = "of a field with several values"
    levels, limits = 26, (0, LONGEST_RESULT)
    argument = Parameter("separator", ("text",), constant=True)
    parameters, repeats = (Parameter("list", ("list",)), argument), 0

    def result(self, arguments: list[Node]) -> Type:
        return TEXT

    def over(self, values: list[Any], *argument: Any) -> str:
        return short_enough(str(argument[0]).join(as_text(each) for each in values))

    def run(self, *arguments: Any) -> str | None:
        return self.over(list(arguments[0]), arguments[1]) if arguments[0] else None

    def sql_alone(self, writer: Writer, node: Aggregate, value: Operand, related: RelatedSource, conditions: list[Any]) -> Any:
        number = sa.func.row_number().over(order_by=writer.order(node, related, last=False))
        listed = related.listed([writer.text(value).label("value"), number.label("number")], conditions).subquery()
        ordered = sa.select(listed.c.value).order_by(listed.c.number).subquery()
        name = "string_agg" if writer.dialect == "postgresql" else "group_concat"
        separator = sa.literal(str(literal_value(node.argument)), sa.Text()) if node.argument is not None else ""
        joined = getattr(sa.func, name)(ordered.c.value, separator, type_=sa.Text())
        return pieces.short_enough(sa.select(joined).select_from(ordered).scalar_subquery(), LONGEST_RESULT)

    def sql_possible(self, call: Call) -> bool:
        return False

    def bound(self, call: Call, given: Sequence[Bound]) -> Bound:
        return None


# -- growth and trend: made of sums, so every reader knows them ---------------------------------------------------------------------
class OfSums(Statistic):
    only_rows = True
    parameters: ClassVar[tuple[Parameter, ...]] = (Parameter("number", NUMBER_KINDS),)

    def result(self, arguments: list[Node]) -> Type:
        return super().result(arguments)

    def made(self, operator: str, left: Node, right: Node) -> Node:
        type = arithmetic(operator, left, right)
        if isinstance(type, (Message, list)):
            raise Trouble(type if isinstance(type, Message) else type[0])
        return Operation(type, operator, left, right)


@register
class Growth(OfSums):
    """The growth of a sum: (this window − the window of the same length before it) ÷ the window before it, with 6 decimals. 0.25 is a
    quarter more, −1 means that nothing is left. Blank if there was nothing in the window before.

    >>> GROWTH(orders.amount, on=orders.paid_on, days=60)
    0.246106
    >>> GROWTH(orders.amount, on=orders.paid_on, months=1)
    blank
    """

    name, label = "GROWTH", {"zh": "增长率", "en": "Growth"}

    def composed(self, found: Aggregate) -> Node:
        if found.days is None and found.months is None:
            raise Trouble(_("{name} compares windows; add days= or months=.", name=self.name))
        this = replace(found, function="SUM")
        earlier = replace(this, before=found.before + 1)
        return self.made("/", self.made("-", this, earlier), earlier)


@register
class Trend(OfSums):
    """The trend of monthly sums over the last months: the slope of the least-squares line through them (ordinary linear regression),
    per month, relative to their mean; with 6 decimals. 0.1 means: each month about 10 % of an average month more. The months end with
    the day of the run. Blank if the sum over all of them is 0.

    >>> TREND(orders.amount, on=orders.paid_on, months=4)
    0.487656
    """

    name, label = "TREND", {"zh": "趋势", "en": "Trend"}

    def composed(self, found: Aggregate) -> Node:
        months = found.months
        if months is None or not 2 <= months <= 36 or found.on is None or found.value is None:
            raise Trouble(_("TREND looks at 2 to 36 months: add months=12."))
        # with x = 0 … n−1 the slope is 12·Σ(x − (n−1)/2)·S ÷ n(n²−1), and the mean ΣS ÷ n; so their quotient is as below
        ago = Call(NUMBER(0), "MONTHS_AGO", (found.on, _whole(months)))
        weight = Operation(NUMBER(0), "-", _whole(months - 1), Operation(NUMBER(0), "*", _whole(2), ago))
        if found.before:
            raise Trouble(_("TREND ends with the day of the run; leave before= away."))
        whole = replace(found, function="SUM")
        weighted = self.made("*", found.value, weight)
        slope = replace(whole, type=weighted.type, value=weighted)
        return self.made("/", self.made("*", slope, _whole(6)), self.made("*", whole, _whole(months * months - 1)))


def _whole(number: int) -> Literal:
    return tree.Literal(NUMBER(0), Decimal(number))
