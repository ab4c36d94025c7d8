"""Numbers: multiples of a step, even and odd, signs and whole quotients."""

from __future__ import annotations

from collections.abc import Sequence
from decimal import Decimal
from typing import TYPE_CHECKING, Any, ClassVar

import sqlalchemy as sa

from runtime.definitions.types import BOOLEAN, NUMBER, Type
from runtime.formulas import sql_pieces as pieces
from runtime.formulas.arithmetic import EXACT, half_away, limited, whole_pair
from runtime.formulas.functions.base import NUMBER_KINDS, Bound, Function, Parameter, Trouble, register
from runtime.formulas.tree import Call, Literal, Node, literal_value
from runtime.formulas.types import scaled
from runtime.texts import _

if TYPE_CHECKING:
    from runtime.formulas.scope import Scope
    from runtime.formulas.to_sql import Operand, Writer

NUMBER_ = Parameter("number", NUMBER_KINDS)


class OfNumber(Function):
    family = "numbers"
    parameters: ClassVar[tuple[Parameter, ...]] = (NUMBER_,)


class Multiple(OfNumber):
    """A multiple of a step, which is 1 where nothing is said."""

    parameters, optional, one_scale, cost = (NUMBER_, Parameter("step", ("number",))), 1, True, 3

    def prepared(self, arguments: list[Node], scope: Scope) -> list[Node]:
        step = arguments[1] if len(arguments) > 1 else Literal(NUMBER(0), Decimal(1))
        value = literal_value(step)
        if not isinstance(value, Decimal) or value <= 0:
            raise Trouble(_("Write the step out as a number above 0, such as 5 or 0.05."), 1)
        return [arguments[0], step]

    def result(self, arguments: list[Node]) -> Type:
        return scaled(arguments[0].type, arguments[1].type.scale)

    def run(self, *arguments: Any) -> Decimal:
        number, step = whole_pair(arguments[0], arguments[1])
        return limited(EXACT.multiply(Decimal(self.steps(number, step)), arguments[1]))

    def sql(self, writer: Writer, *operands: Operand) -> Any:
        number, step = operands
        scale = max(number.type.scale, step.type.scale)
        steps = self.sql_steps(writer.number(number, scale), pieces.to_scaled(step.value, scale))
        return steps * pieces.whole(pieces.to_scaled(step.value, step.type.scale))

    def bound(self, call: Call, given: Sequence[Bound]) -> Bound:
        if given[0] is None:
            return None
        number, step = call.arguments
        size = abs(pieces.to_scaled(Decimal(str(literal_value(step))), step.type.scale)) + 1
        up, down = 10**step.type.scale, 10**number.type.scale
        return given[0][0] * up // down - size, given[0][1] * up // down + size

    def steps(self, number: int, step: int) -> int:
        """How many steps, from whole numbers of one scale."""
        raise NotImplementedError

    def sql_steps(self, number: Any, step: int) -> Any:
        raise NotImplementedError


@register
class Floor(Multiple):
    """The greatest multiple of a step that is not greater than a number; without a step the greatest whole number.

    >>> FLOOR(2.9)
    2
    >>> FLOOR(1234, 500)
    1000
    >>> FLOOR(0 - 2.5, 2)
    -4
    >>> FLOOR(0.17, 0.05)
    0.15
    """

    name, label = "FLOOR", {"zh": "向下取整", "en": "Floor"}

    def steps(self, number: int, step: int) -> int:
        return number // step

    def sql_steps(self, number: Any, step: int) -> Any:
        return pieces.floored(number, step)


@register
class Ceiling(Multiple):
    """The least multiple of a step that is not less than a number; without a step the least whole number.

    >>> CEILING(2.1)
    3
    >>> CEILING(0 - 2.5)
    -2
    >>> CEILING(1201, 100)
    1300
    """

    name, label = "CEILING", {"zh": "向上取整", "en": "Ceiling"}

    def steps(self, number: int, step: int) -> int:
        return -(-number // step)

    def sql_steps(self, number: Any, step: int) -> Any:
        return -pieces.floored(-number, step)


@register
class Mround(Multiple):
    """The nearest multiple of a step, half away from zero.

    >>> MROUND(7.5, 5)
    10
    >>> MROUND(0 - 7.4, 5)
    -5
    """

    name, label, optional = "MROUND", {"zh": "倍数舍入", "en": "Round to a multiple"}, 0

    def steps(self, number: int, step: int) -> int:
        return half_away(number, step)

    def sql_steps(self, number: Any, step: int) -> Any:
        return pieces.over(number * pieces.whole(2) + sa.case((number < 0, pieces.whole(-step)), else_=pieces.whole(step)), 2 * step)


class Parity(OfNumber):
    """The next even or odd number, away from zero. `odd` is 0 or 1."""

    odd, cost = 0, 4

    def result(self, arguments: list[Node]) -> Type:
        return scaled(arguments[0].type, 0)

    def run(self, *arguments: Any) -> Decimal:
        number, one = whole_pair(arguments[0], Decimal(1))
        size = max(0, -(-(abs(number) - self.odd * one) // (2 * one))) * 2 + self.odd
        return Decimal(-size if number < 0 else size)

    def sql(self, writer: Writer, *operands: Operand) -> Any:
        number, one = operands[0].sql, 10 ** operands[0].type.scale
        size = pieces.over(sa.func.abs(number, type_=pieces.BIG) + pieces.whole((1 if self.odd else 2) * one - 1), 2 * one)
        return pieces.sign_of(number, size * pieces.whole(2) + pieces.whole(self.odd))

    def bound(self, call: Call, given: Sequence[Bound]) -> Bound:
        one = 10 ** call.arguments[0].type.scale
        return None if given[0] is None else (given[0][0] // one - 3, given[0][1] // one + 3)


@register
class Even(Parity):
    """The next even whole number, away from zero.

    >>> EVEN(3)
    4
    >>> EVEN(0 - 1.2)
    -2
    """

    name, label = "EVEN", {"zh": "取偶", "en": "Next even number"}


@register
class Odd(Parity):
    """The next odd whole number, away from zero.

    >>> ODD(2.1)
    3
    >>> ODD(0)
    1
    """

    name, label, odd = "ODD", {"zh": "取奇", "en": "Next odd number"}, 1


class IsParity(OfNumber):
    """Whether the whole part of a number is even or odd; false for a blank."""

    result_type, blank, odd = BOOLEAN, "own", 0

    def run(self, *arguments: Any) -> bool:
        return arguments[0] is not None and int(arguments[0]) % 2 == self.odd

    def sql(self, writer: Writer, *operands: Operand) -> Any:
        whole = pieces.over(operands[0].sql, 10 ** operands[0].type.scale)
        return pieces.surely(sa.func.abs(pieces.rest(whole, 2), type_=pieces.BIG) == pieces.whole(self.odd))


@register
class IsEven(IsParity):
    """True if the whole part of a number is even. A blank is not.

    >>> ISEVEN(4.7)
    TRUE
    >>> ISEVEN(nothing)
    FALSE
    """

    name, label = "ISEVEN", {"zh": "是偶数", "en": "Is even"}


@register
class IsOdd(IsParity):
    """True if the whole part of a number is odd. A blank is not.

    >>> ISODD(0 - 3)
    TRUE
    """

    name, label, odd = "ISODD", {"zh": "是奇数", "en": "Is odd"}, 1


@register
class Sign(OfNumber):
    """1 for a number above zero, −1 below, 0 for zero.

    >>> SIGN(0 - 12.5)
    -1
    >>> SIGN(nothing)
    blank
    """

    name, label, result_type, limits, cost = "SIGN", {"zh": "正负号", "en": "Sign"}, NUMBER(0), (-1, 1), 3

    def run(self, *arguments: Any) -> Decimal:
        return Decimal((arguments[0] > 0) - (arguments[0] < 0))

    def sql(self, writer: Writer, *operands: Operand) -> Any:
        number = operands[0].sql
        return sa.case((number > 0, pieces.whole(1)), (number < 0, pieces.whole(-1)), (number == 0, pieces.whole(0)))


@register
class Quotient(OfNumber):
    """The whole part of a division, towards zero; by zero: blank.

    >>> QUOTIENT(17, 5)
    3
    >>> QUOTIENT(0 - 17, 5)
    -3
    >>> QUOTIENT(17, zero)
    blank
    """

    name, label, result_type, one_scale = "QUOTIENT", {"zh": "整除", "en": "Whole quotient"}, NUMBER(0), True
    parameters = (Parameter("number", ("number",)), Parameter("divisor", ("number",)))

    def run(self, *arguments: Any) -> Decimal | None:
        number, divisor = whole_pair(arguments[0], arguments[1])
        if not divisor:
            return None
        size = abs(number) // abs(divisor)
        return Decimal(-size if (number < 0) != (divisor < 0) else size)

    def sql(self, writer: Writer, *operands: Operand) -> Any:
        number, divisor = writer.same_scale(operands)
        return pieces.over(number, sa.func.nullif(divisor, pieces.whole(0), type_=pieces.BIG))

    def bound(self, call: Call, given: Sequence[Bound]) -> Bound:
        if given[0] is None:
            return None
        most = max(abs(each) for each in given[0]) * 10 ** max(0, call.arguments[1].type.scale - call.arguments[0].type.scale)
        return (-most, most)
