"""Exact arithmetic on values, the same as in SQL: decimals, half away from zero, blanks that propagate."""

from __future__ import annotations

from collections.abc import Callable
from datetime import UTC, date, datetime, timedelta
from decimal import MAX_EMAX, MIN_EMIN, ROUND_FLOOR, ROUND_HALF_UP, Context, Decimal, Inexact, InvalidOperation
from typing import Any

from runtime.errors import TierloomError
from runtime.formulas.types import DIVISION_SCALE
from runtime.texts import _

EXACT = Context(prec=400, rounding=ROUND_HALF_UP, Emax=MAX_EMAX, Emin=MIN_EMIN, traps=[InvalidOperation, Inexact])
"""Sums, products and roundings are exact or an error, never silently rounded."""
LARGEST = Decimal(10) ** 30
"""No value of a formula is larger; stored values have limits of their own."""
LARGEST_QUOTIENT = Decimal(10) ** 12
LONGEST_RESULT = 100_000


class CannotCompute(TierloomError):
    """A formula that is right in itself has no result for this record: a number too large, too many steps."""

    status = 422


def too_large() -> CannotCompute:
    return CannotCompute(_("A number in this formula becomes too large; look for a division by almost nothing or a very large value."))


def limited(number: Decimal) -> Decimal:
    if abs(number) > LARGEST:
        raise too_large()
    return number


def blank_if_blank(operation: Callable[[Any, Any], Any]) -> Callable[[Any, Any], Any]:
    def checked(a: Any, b: Any) -> Any:
        return None if a is None or b is None else operation(a, b)

    return checked


@blank_if_blank
def add(a: Any, b: Any) -> Any:
    return limited(EXACT.add(a, b))


@blank_if_blank
def subtract(a: Any, b: Any) -> Any:
    return limited(EXACT.subtract(a, b))


@blank_if_blank
def multiply(a: Any, b: Any) -> Any:
    return limited(EXACT.multiply(a, b))


@blank_if_blank
def divide(a: Any, b: Any) -> Any:
    """Six places, half away from zero; by zero: blank."""
    return quotient(a, b)


def quotient(a: Decimal, b: Decimal, scale: int = DIVISION_SCALE) -> Decimal | None:
    if not b:
        return None
    # on whole numbers, so that the rounding sees the whole quotient
    shift = max(-_exponent(a), -_exponent(b), 0)
    dividend, divisor = int(a.scaleb(shift, EXACT)) * 10**scale, int(b.scaleb(shift, EXACT))
    whole = Decimal(half_away(dividend, divisor)).scaleb(-scale, EXACT)
    if abs(whole) > LARGEST_QUOTIENT:
        raise too_large()
    return whole


def _exponent(number: Decimal) -> int:
    exponent = number.as_tuple().exponent
    return exponent if isinstance(exponent, int) else 0


def whole_pair(a: Decimal, b: Decimal) -> tuple[int, int]:
    """Both numbers as whole numbers of one scale."""
    shift = max(-_exponent(a), -_exponent(b), 0)
    return int(a.scaleb(shift, EXACT)), int(b.scaleb(shift, EXACT))


def half_away(dividend: int, divisor: int) -> int:
    """Quotient of whole numbers, rounded half away from zero."""
    sign = -1 if (dividend < 0) != (divisor < 0) else 1
    dividend, divisor = abs(dividend), abs(divisor)
    return sign * ((2 * dividend + divisor) // (2 * divisor))


@blank_if_blank
def modulo(a: Decimal, b: Decimal) -> Decimal | None:
    """The sign of the divisor, as in Python and Excel; by zero: blank."""
    if not b:
        return None
    shift = max(-_exponent(a), -_exponent(b), 0)
    rest = int(a.scaleb(shift, EXACT)) % int(b.scaleb(shift, EXACT))
    return Decimal(rest).scaleb(-shift, EXACT)


def negate(a: Any) -> Any:
    return None if a is None else (EXACT.minus(a) if isinstance(a, Decimal) else -a)


def rounded(number: Decimal, digits: int = 0) -> Decimal:
    """Half away from zero (四舍五入)."""
    return number.quantize(Decimal(1).scaleb(-digits), rounding=ROUND_HALF_UP, context=_ROUNDING)


def floored(number: Decimal) -> Decimal:
    return number.to_integral_value(rounding=ROUND_FLOOR)


_ROUNDING = Context(prec=400, rounding=ROUND_HALF_UP, traps=[InvalidOperation])


# -- times ----------------------------------------------------------------------------------------------------------------------
@blank_if_blank
def later(a: Any, b: Any) -> Any:
    """A date or time plus a duration, in either order; a date takes whole days of it only."""
    moment, span = (b, a) if isinstance(a, timedelta) else (a, b)
    try:
        if isinstance(moment, timedelta) or isinstance(moment, datetime):
            return moment + span
        return moment + whole_days(span)
    except OverflowError:
        raise too_large() from None


@blank_if_blank
def earlier(a: Any, b: Any) -> Any:
    return later(a, -b) if isinstance(b, timedelta) else a - b


@blank_if_blank
def days_between(a: date, b: date) -> Decimal:
    return Decimal((a - b).days)


@blank_if_blank
def times(a: Any, b: Any) -> timedelta:
    span, number = (a, b) if isinstance(a, timedelta) else (b, a)
    return span_of(number, span)


@blank_if_blank
def ratio(a: timedelta, b: timedelta) -> Decimal | None:
    return quotient(Decimal(micros(a)), Decimal(micros(b)))


def span_of(number: Decimal, unit: timedelta) -> timedelta:
    """`number` units, to the microsecond."""
    try:
        return timedelta(microseconds=int(rounded(limited(EXACT.multiply(number, Decimal(micros(unit)))))))
    except OverflowError:
        raise too_large() from None


def micros(span: timedelta) -> int:
    return span // timedelta(microseconds=1)


def whole_days(span: timedelta) -> timedelta:
    """The whole days of a duration, towards zero."""
    days = abs(span) // timedelta(days=1)
    return timedelta(days=days if span >= timedelta(0) else -days)


EPOCH = date(1970, 1, 1)
EPOCH_TIME = datetime(1970, 1, 1, tzinfo=UTC)


def day_number(day: date) -> int:
    """Days since 1970-01-01, as dates are stored."""
    return (day - EPOCH).days


def micros_of(moment: datetime) -> int:
    """Microseconds since 1970, as times are stored."""
    return (moment - EPOCH_TIME) // timedelta(microseconds=1)


# -- comparison: two-valued -----------------------------------------------------------------------------------------------------
def equal(a: Any, b: Any) -> bool:
    """Blank is a value of its own; lists are compared as sets."""
    if isinstance(a, tuple) or isinstance(b, tuple):
        return set(a or ()) == set(b or ())
    return a == b


def different(a: Any, b: Any) -> bool:
    return not equal(a, b)


def less(a: Any, b: Any) -> bool:
    return a is not None and b is not None and a < b


def less_or_equal(a: Any, b: Any) -> bool:
    return a is not None and b is not None and a <= b


def greater(a: Any, b: Any) -> bool:
    return a is not None and b is not None and a > b


def greater_or_equal(a: Any, b: Any) -> bool:
    return a is not None and b is not None and a >= b


# -- texts ----------------------------------------------------------------------------------------------------------------------
def plain(number: Decimal) -> str:
    """A number as text without superfluous zeros: 12.5, -3, 0."""
    text = f"{number:f}"
    text = text.rstrip("0").rstrip(".") if "." in text else text
    return "0" if text in ("-0", "") else text


def as_text(value: Any) -> str:
    """A value for joining: blank is empty, a number has no superfluous zeros, a day is 2026-11-21."""
    if value is None:
        return ""
    if isinstance(value, Decimal):
        return plain(value)
    return value.isoformat() if isinstance(value, date) else str(value)


def joined(a: Any, b: Any) -> str:
    return short_enough(as_text(a) + as_text(b))


def short_enough(text: str) -> str:
    if len(text) > LONGEST_RESULT:
        raise CannotCompute(_("A text in this formula becomes longer than {most} characters.", most=LONGEST_RESULT))
    return text
