"""Numbers: rounding and remainders. All rounding is half away from zero."""

from __future__ import annotations

from collections.abc import Sequence
from decimal import ROUND_DOWN, ROUND_FLOOR, ROUND_UP, Decimal
from typing import TYPE_CHECKING, Any

import sqlalchemy as sa

from runtime.definitions.types import NUMBER, Type
from runtime.formulas import sql_pieces as pieces
from runtime.formulas.arithmetic import EXACT, modulo, rounded
from runtime.formulas.functions.base import NUMBER_KINDS, Bound, Function, Parameter, register
from runtime.formulas.tree import Call, Node, literal_value
from runtime.formulas.types import scaled

if TYPE_CHECKING:
    from runtime.formulas.to_sql import Operand, Writer

NUMBER_ = Parameter("number", NUMBER_KINDS)
DIGITS = Parameter("digits", ("number",), constant=True, least=0, most=6)


class Rounding(Function):
    parameters, optional = (NUMBER_, DIGITS), 1
    mode: str
    cost = 3

    def digits(self, arguments: Sequence[Node]) -> int:
        value = literal_value(arguments[1]) if len(arguments) > 1 else 0
        return int(value or 0)

    def result(self, arguments: list[Node]) -> Type:
        return scaled(arguments[0].type, min(arguments[0].type.scale, self.digits(arguments)))

    def run(self, *arguments: Any) -> Decimal:
        number: Decimal = arguments[0]
        digits = int(arguments[1]) if len(arguments) > 1 else 0
        if self.mode == "half":
            return rounded(number, digits)
        return number.quantize(Decimal(1).scaleb(-digits), rounding=ROUND_UP if self.mode == "up" else ROUND_DOWN, context=_WIDE)

    def sql(self, writer: Writer, *operands: Operand) -> Any:
        drop = operands[0].type.scale - writer.result.scale
        if drop <= 0:
            return operands[0].sql
        return {"half": pieces.half_away, "up": pieces.away, "down": pieces.towards}[self.mode](operands[0].sql, 10**drop)

    def bound(self, call: Call, given: Sequence[Bound]) -> Bound:
        if given[0] is None:
            return None
        factor = 10 ** (call.arguments[0].type.scale - call.type.scale)
        return (given[0][0] // factor - 1, given[0][1] // factor + 1)


_WIDE = EXACT.copy()
_WIDE.clear_traps()


@register
class Round(Rounding):
    """Rounds half away from zero (四舍五入) to 0 to 6 decimals.

    >>> ROUND(2.5)
    3
    >>> ROUND(0 - 2.5)
    -3
    >>> ROUND(1.005, 2)
    1.01
    >>> ROUND(nothing, 2)
    blank
    """

    name, label, mode = "ROUND", {"zh": "四舍五入", "en": "Round"}, "half"


@register
class RoundUp(Rounding):
    """Rounds away from zero.

    >>> ROUNDUP(2.01)
    3
    >>> ROUNDUP(0 - 2.01, 1)
    -2.1
    """

    name, label, mode = "ROUNDUP", {"zh": "向上舍入", "en": "Round up"}, "up"


@register
class RoundDown(Rounding):
    """Rounds towards zero: what lies behind the digits is cut off.

    >>> ROUNDDOWN(2.99)
    2
    >>> ROUNDDOWN(0 - 2.99, 1)
    -2.9
    """

    name, aliases, label, mode = "ROUNDDOWN", ("TRUNC",), {"zh": "向下舍入", "en": "Round down"}, "down"


@register
class Int(Function):
    """The greatest whole number that is not greater: INT(0 - 2.5) is -3.

    >>> INT(2.9)
    2
    >>> INT(0 - 2.5)
    -3
    """

    name, label = "INT", {"zh": "取整", "en": "Whole number"}
    parameters, cost = (NUMBER_,), 3

    def result(self, arguments: list[Node]) -> Type:
        return scaled(arguments[0].type, 0)

    def run(self, *arguments: Any) -> Decimal:
        return arguments[0].quantize(Decimal(1), rounding=ROUND_FLOOR, context=_WIDE)

    def sql(self, writer: Writer, *operands: Operand) -> Any:
        factor = 10 ** operands[0].type.scale
        return pieces.floored(operands[0].sql, factor) if factor > 1 else operands[0].sql

    def bound(self, call: Call, given: Sequence[Bound]) -> Bound:
        factor = 10 ** call.arguments[0].type.scale
        return None if given[0] is None else (given[0][0] // factor, given[0][1] // factor + 1)


@register
class Abs(Function):
    """A number without its sign.

    >>> ABS(0 - 3.5)
    3.5
    """

    name, label = "ABS", {"zh": "绝对值", "en": "Absolute value"}
    parameters = (NUMBER_,)

    def result(self, arguments: list[Node]) -> Type:
        return arguments[0].type

    def run(self, *arguments: Any) -> Decimal:
        return arguments[0].copy_abs()

    def sql(self, writer: Writer, *operands: Operand) -> Any:
        return sa.func.abs(operands[0].sql, type_=sa.BigInteger())

    def bound(self, call: Call, given: Sequence[Bound]) -> Bound:
        return None if given[0] is None else (0, max(abs(given[0][0]), abs(given[0][1])))


@register
class Mod(Function):
    """The rest of a division; it has the sign of the divisor. By zero: blank. The same as `a % b`.

    >>> MOD(7, 3)
    1
    >>> MOD(0 - 7, 3)
    2
    >>> MOD(7.5, 2)
    1.5
    >>> MOD(7, zero)
    blank
    """

    name, label = "MOD", {"zh": "取余", "en": "Remainder"}
    parameters, cost, one_scale = (Parameter("number", ("number",)), Parameter("divisor", ("number",))), 4, True

    def result(self, arguments: list[Node]) -> Type:
        return NUMBER(max(each.type.scale for each in arguments))

    def run(self, *arguments: Any) -> Decimal | None:
        return modulo(*arguments)

    def sql(self, writer: Writer, *operands: Operand) -> Any:
        a, b = (writer.number(each, writer.result.scale) for each in operands)
        return pieces.modulo(a, b)

    def bound(self, call: Call, given: Sequence[Bound]) -> Bound:
        if given[1] is None:
            return None
        most = max(abs(given[1][0]), abs(given[1][1])) * 10 ** (call.type.scale - call.arguments[1].type.scale)
        return (-most, most)
