"""Numbers: powers, roots and logarithms, with 6 decimals. Not in SQL, where they would be floating-point numbers."""

from __future__ import annotations

from collections.abc import Callable
from decimal import ROUND_HALF_EVEN, Context, Decimal, DivisionByZero, InvalidOperation, Overflow
from typing import Any, ClassVar

from runtime.definitions.types import NUMBER
from runtime.formulas.arithmetic import LARGEST_QUOTIENT, rounded, too_large
from runtime.formulas.functions.base import Function, Parameter, register
from runtime.formulas.types import DIVISION_SCALE

WORKING = Context(prec=60, rounding=ROUND_HALF_EVEN, Emax=99_999, Emin=-99_999, traps=[InvalidOperation, DivisionByZero, Overflow])
SHORTER = Context(prec=45, rounding=ROUND_HALF_EVEN)
"""What is exact in theory is exact again after it has lost the last digits of the way."""


def six_places(compute: Callable[[], Decimal]) -> Decimal | None:
    """A result with 6 places, half away from zero; blank where there is none."""
    try:
        found = compute()
    except (InvalidOperation, DivisionByZero):
        return None
    except Overflow:
        raise too_large() from None
    if abs(found) > LARGEST_QUOTIENT:
        raise too_large()
    return rounded(SHORTER.plus(found), DIVISION_SCALE)


class Transcendental(Function):
    family, in_sql, result_type = "numbers", False, NUMBER(DIVISION_SCALE)
    not_in_sql = "databases work it out in binary fractions, each a little differently"
    parameters: ClassVar[tuple[Parameter, ...]] = (Parameter("number", ("number",)),)


@register
class Power(Transcendental):
    """A number to a power, rounded to 6 decimals. Blank where there is no such number, as for 0 to the power of 0 or a root of a negative
    number.

    >>> POWER(1.05, 3)
    1.157625
    >>> POWER(2, 0 - 1)
    0.5
    >>> POWER(0 - 8, 0.5)
    blank
    """

    name, label = "POWER", {"zh": "乘方", "en": "Power"}
    parameters = (Parameter("number", ("number",)), Parameter("exponent", ("number",)))

    def run(self, *arguments: Any) -> Decimal | None:
        return six_places(lambda: WORKING.power(arguments[0], arguments[1]))


@register
class Sqrt(Transcendental):
    """The square root, rounded to 6 decimals; blank for a negative number.

    >>> SQRT(2)
    1.414214
    >>> SQRT(0 - 1)
    blank
    """

    name, label = "SQRT", {"zh": "平方根", "en": "Square root"}

    def run(self, *arguments: Any) -> Decimal | None:
        return six_places(lambda: WORKING.sqrt(arguments[0]))


@register
class Exp(Transcendental):
    """e to a power, rounded to 6 decimals.

    >>> EXP(1)
    2.718282
    """

    name, label = "EXP", {"zh": "自然指数", "en": "Exponential"}

    def run(self, *arguments: Any) -> Decimal | None:
        return six_places(lambda: WORKING.exp(arguments[0]))


@register
class Ln(Transcendental):
    """The natural logarithm, rounded to 6 decimals; blank for 0 and below.

    >>> LN(10)
    2.302585
    >>> LN(0)
    blank
    """

    name, label = "LN", {"zh": "自然对数", "en": "Natural logarithm"}

    def run(self, *arguments: Any) -> Decimal | None:
        return six_places(lambda: WORKING.ln(arguments[0])) if arguments[0] > 0 else None


@register
class Log(Transcendental):
    """The logarithm to a base, which is 10 where nothing is said, rounded to 6 decimals; blank for 0 and below.

    >>> LOG(1000)
    3
    >>> LOG(8, 2)
    3
    >>> LOG(10, 1)
    blank
    """

    name, aliases, label = "LOG", ("LOG10",), {"zh": "对数", "en": "Logarithm"}
    parameters, optional = (Parameter("number", ("number",)), Parameter("base", ("number",))), 1

    def run(self, *arguments: Any) -> Decimal | None:
        number, base = arguments[0], arguments[1] if len(arguments) > 1 else Decimal(10)
        if number <= 0 or base <= 0:
            return None
        if base == 10:
            return six_places(lambda: WORKING.log10(number))
        return six_places(lambda: WORKING.divide(WORKING.ln(number), WORKING.ln(base)))
