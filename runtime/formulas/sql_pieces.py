"""SQL that means the same on SQLite and PostgreSQL: divisions, roundings and the calendar on whole numbers.

Both engines divide whole numbers towards zero, and `%` has the sign of the dividend; everything here builds on that.
"""

from __future__ import annotations

from collections.abc import Sequence
from decimal import Decimal
from typing import Any

import sqlalchemy as sa

from runtime.formulas.types import DIVISION_SCALE

BIG = sa.BigInteger()
SQL_LIMIT = 2**61
LARGEST_QUOTIENT = 10**12
DAY_MICROS = 86_400_000_000


def whole(value: int) -> Any:
    """A literal 64-bit number (PostgreSQL would take small ones as 32 bits)."""
    return sa.literal(value, BIG)


def over(a: Any, b: Any) -> Any:
    """Division of whole numbers, towards zero."""
    return a.op("/", precedence=8, return_type=BIG)(b if not isinstance(b, int) else whole(b))


def rest(a: Any, b: Any) -> Any:
    return a.op("%", precedence=8, return_type=BIG)(b if not isinstance(b, int) else whole(b))


def sign_of(a: Any, then: Any) -> Any:
    """`then` with the sign of a."""
    return sa.case((a < 0, -then), else_=then)


def surely(condition: Any) -> Any:
    """A condition that is false where SQL says “unknown”."""
    return sa.func.coalesce(condition, sa.false(), type_=sa.Boolean())


def half_away(a: Any, divisor: int) -> Any:
    """a ÷ divisor, rounded half away from zero. The divisor is an even power of ten, so its half is whole."""
    return over(a + sa.case((a < 0, whole(-(divisor // 2))), else_=whole(divisor // 2)), divisor)


def away(a: Any, divisor: int) -> Any:
    return over(a + sa.case((a < 0, whole(1 - divisor)), else_=whole(divisor - 1)), divisor)


def towards(a: Any, divisor: int) -> Any:
    return over(a, divisor)


def floored(a: Any, divisor: int) -> Any:
    return over(a - sa.case((a < 0, whole(divisor - 1)), else_=whole(0)), divisor)


def rescaled(a: Any, scale: int, wanted: int) -> Any:
    """A scaled number at another scale, rounded half away from zero where decimals are lost."""
    if wanted == scale:
        return a
    return a * whole(10 ** (wanted - scale)) if wanted > scale else half_away(a, 10 ** (scale - wanted))


def modulo(a: Any, b: Any) -> Any:
    """The rest with the sign of the divisor; by zero NULL."""
    divisor = sa.func.nullif(b, whole(0), type_=BIG)
    return rest(rest(a, divisor) + b, divisor)


def quotient_factor(a_scale: int, b_scale: int) -> tuple[int, int]:
    """(factor of the dividend, factor of the divisor) that bring a quotient to its six decimals."""
    power = DIVISION_SCALE + b_scale - a_scale
    return (10**power, 1) if power >= 0 else (1, 10**-power)


def quotient(a: Any, a_scale: int, b: Any, b_scale: int, steps: Sequence[int], guarded: bool) -> Any:
    """a ÷ b with six decimals, half away from zero, NULL by zero. `steps` and `guarded` are what the bounds allow: see bounds.division."""
    up, down = quotient_factor(a_scale, b_scale)
    divisor = sa.func.nullif(b * whole(down) if down > 1 else b, whole(0), type_=BIG)
    if not steps:
        return over(a * whole(2 * up) + sign_of(a, sa.func.abs(divisor, type_=BIG)), divisor * whole(2))
    # long division: the whole part first, then the rest in steps of a few digits each; the last digits are rounded
    value, left, worth = over(a, divisor) * whole(up), rest(a, divisor), up
    for step in steps[:-1]:
        worth //= step
        value = value + over(left * whole(step), divisor) * whole(worth)
        left = rest(left * whole(step), divisor)
    value = value + over(left * whole(2 * steps[-1]) + sign_of(a, sa.func.abs(divisor, type_=BIG)), divisor * whole(2))
    if not guarded:
        return value
    most = LARGEST_QUOTIENT * 10**DIVISION_SCALE // up
    return sa.case(
        (sa.func.abs(over(a, divisor), type_=BIG) <= whole(most), value),
        (sa.or_(a.is_(None), divisor.is_(None)), sa.null()),
        else_=overflow(over(a, divisor)),
    )


def overflow(value: Any) -> Any:
    """Raises “out of range” on both engines, when it is reached. Depends on a value so that no planner works it out beforehand."""
    return sa.func.abs(whole(-(2**63) + 1) - whole(1) + value * whole(0), type_=BIG)


def within(value: Any, most: int) -> Any:
    """A value that is checked to lie within ±most when the statement runs: beyond it the statement fails rather than wrap."""
    return sa.case((value.between(whole(-most), whole(most)), value), (value.is_(None), sa.null()), else_=overflow(value))


# -- texts ----------------------------------------------------------------------------------------------------------------------
def length(text: Any) -> Any:
    return sa.func.length(text, type_=sa.Integer())


def substring(text: Any, start: Any, count: Any) -> Any:
    return sa.func.substr(text, _small(start), _small(count), type_=sa.Text())


def _small(value: Any) -> Any:
    return sa.literal(value, sa.Integer()) if isinstance(value, int) else sa.cast(value, sa.Integer())


def joined(texts: Sequence[Any]) -> Any:
    """Texts joined; NULL is empty."""
    parts = [sa.func.coalesce(each, "", type_=sa.Text()) for each in texts]
    found = parts[0]
    for each in parts[1:]:
        found = found.concat(each)
    return found


def number_text(number: Any, scale: int, dialect: str, trimmed: bool) -> Any:
    """A scaled number as text: -12.50, or trimmed -12.5."""
    if scale == 0:
        return sa.cast(number, sa.Text())
    size = sa.func.abs(number, type_=BIG)
    decimals = sa.func.substr(sa.cast(whole(10**scale) + rest(size, 10**scale), sa.Text()), 2, type_=sa.Text())
    sign = sa.case((number < 0, "-"), else_="")
    text = sign.concat(sa.cast(over(size, 10**scale), sa.Text())).concat(".").concat(decimals)
    return sa.func.rtrim(sa.func.rtrim(text, "0", type_=sa.Text()), ".", type_=sa.Text()) if trimmed else text


# -- the calendar: day numbers since 1970-01-01 -----------------------------------------------------------------------------------
# After Howard Hinnant, “chrono-Compatible Low-Level Date Algorithms” (2013): years begin in March, so the leap day is the last.
def civil(day: Any) -> tuple[Any, Any, Any]:
    """(year, month, day of the month) of a day number."""
    shifted = day + whole(719_468)
    era = over(shifted, 146_097)
    of_era = rest(shifted, 146_097)
    year_of_era = over(of_era - over(of_era, 1_460) + over(of_era, 36_524) - over(of_era, 146_096), 365)
    of_year = of_era - (year_of_era * whole(365) + over(year_of_era, 4) - over(year_of_era, 100))
    march_month = over(of_year * whole(5) + whole(2), 153)
    of_month = of_year - over(march_month * whole(153) + whole(2), 5) + whole(1)
    month = march_month + sa.case((march_month < 10, whole(3)), else_=whole(-9))
    year = year_of_era + era * whole(400) + sa.case((march_month >= 10, whole(1)), else_=whole(0))
    return year, month, of_month


def month_number(day: Any) -> Any:
    """Months since the year 0."""
    year, month, __ = civil(day)
    return year * whole(12) + month - whole(1)


def first_of_month(months: Any) -> Any:
    """The day number of the first day of a month, given in months since the year 0."""
    # months since March: year and month of the calendar that begins in March
    march = months - whole(2)
    year = over(march, 12)
    of_year = over(rest(march, 12) * whole(153) + whole(2), 5)
    return year * whole(365) + over(year, 4) - over(year, 100) + over(year, 400) + of_year - whole(719_468)


def clamped(months: Any, of_month: Any) -> Any:
    """The day `of_month` of a month, or its last day where it is shorter."""
    last = first_of_month(months + whole(1)) - first_of_month(months)
    return first_of_month(months) + sa.case((of_month > last, last), else_=of_month) - whole(1)


def to_scaled(value: Decimal, scale: int) -> int:
    return int(value.scaleb(scale))
