"""SQL that means the same on SQLite and PostgreSQL: divisions, roundings and the calendar on whole numbers.

Both engines divide whole numbers towards zero, and `%` has the sign of the dividend; everything here builds on that.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from datetime import UTC, date, datetime, time, timedelta
from decimal import Decimal
from typing import Any
from zoneinfo import ZoneInfo

import sqlalchemy as sa
from sqlalchemy.ext.compiler import compiles
from sqlalchemy.sql.expression import ColumnElement

from runtime.formulas.arithmetic import day_number, micros_of
from runtime.formulas.types import DIVISION_SCALE

BIG = sa.BigInteger()
SQL_LIMIT = 2**61
LARGEST_QUOTIENT = 10**12


@dataclass(frozen=True)
class Division:
    """How a division is written. `steps`: factors by which the rest is taken further, together the factor of the quotient; none for small
    dividends. `guarded`: the quotient is checked against its limit as well. `signed`: the dividend may be negative."""

    steps: tuple[int, ...]
    guarded: bool
    signed: bool


DAY_MICROS = 86_400_000_000


class Whole(ColumnElement[int]):
    """A 64-bit number in the text of the statement: quicker than a parameter, and where an expression is repeated, SQLite sees that it is
    the same and works it out once."""

    inherit_cache = True
    type = BIG
    _traverse_internals = [("value", sa.sql.visitors.InternalTraversal.dp_plain_obj)]

    def __init__(self, value: int):
        self.value = value

    def self_group(self, against: Any = None) -> Whole:
        return self


@compiles(Whole, "sqlite")
def _plain(element: Whole, compiler: Any, **options: Any) -> str:
    return str(element.value) if element.value >= 0 else f"({element.value})"


@compiles(Whole, "postgresql")
def _cast(element: Whole, compiler: Any, **options: Any) -> str:
    return f"CAST({element.value} AS BIGINT)"  # it would take small ones as 32 bits


def whole(value: int) -> Any:
    return Whole(value)


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


def floored_above(a: Any, divisor: int, least: int) -> Any:
    """a ÷ divisor towards the lesser; nothing is below `least`, a multiple of the divisor."""
    return over(a - whole(least), divisor) + whole(least // divisor)


def once(value: Any, use: Callable[[Any], Any]) -> Any:
    """What `use` makes of a value that it needs many times: if that is more than a column, it is worked out beside it, once."""
    if isinstance(value, (sa.ColumnClause, sa.BindParameter, Whole)):
        return use(value)
    # OFFSET keeps PostgreSQL from putting the value back where it is used
    beside = sa.select(value.label("x")).correlate_except().offset(0).subquery()
    return sa.select(use(beside.c.x)).select_from(beside).correlate_except(beside).scalar_subquery()


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


def quotient(a: Any, a_scale: int, b: Any, b_scale: int, way: Division) -> Any:
    """a ÷ b with six decimals, half away from zero, NULL by zero. `way` is what the bounds allow: see bounds.division."""
    up, down = quotient_factor(a_scale, b_scale)
    divisor = sa.func.nullif(b * whole(down) if down > 1 else b, whole(0), type_=BIG)
    size = sa.func.abs(divisor, type_=BIG)
    half = sign_of(a, size) if way.signed else size
    if not way.steps:
        return over(a * whole(2 * up) + half, divisor * whole(2))
    # long division: the whole part first, then the rest in steps of a few digits each; the last digits are rounded
    value, left, worth = over(a, divisor) * whole(up), rest(a, divisor), up
    for step in way.steps[:-1]:
        worth //= step
        value = value + over(left * whole(step), divisor) * whole(worth)
        left = rest(left * whole(step), divisor)
    value = value + over(left * whole(2 * way.steps[-1]) + half, divisor * whole(2))
    if not way.guarded:
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
    return sa.case((sa.func.abs(value, type_=BIG) > whole(most), overflow(value)), else_=value)


def guarded(value: Any, least: int, most: int, then: Any) -> Any:
    """`then`, where a value lies between two limits: outside of them the statement fails. NULL of NULL."""
    return sa.case((value.between(whole(least), whole(most)), then), else_=overflow(value))


# -- texts ----------------------------------------------------------------------------------------------------------------------
def length(text: Any) -> Any:
    return sa.func.length(text, type_=sa.Integer())


def substring(text: Any, start: Any, count: Any) -> Any:
    return sa.func.substr(text, _small(start), _small(count), type_=sa.Text())


def _small(value: Any) -> Any:
    return sa.literal(value, sa.Integer()) if isinstance(value, int) else sa.cast(value, sa.Integer())


def trimmed(text: Any, signs: str, dialect: str) -> Any:
    """A text without some signs at both ends."""
    return (sa.func.btrim if dialect == "postgresql" else sa.func.trim)(text, signs, type_=sa.Text())


def position(text: Any, part: Any, dialect: str) -> Any:
    """Where a part begins in a text: 1 is its first character, 0 is nowhere."""
    return (sa.func.strpos if dialect == "postgresql" else sa.func.instr)(text, part, type_=sa.Integer())


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


def day_text(day: Any, dialect: str) -> Any:
    """A day as text: 2026-11-21."""
    if dialect == "postgresql":
        first = sa.literal_column("DATE '1970-01-01'", sa.Date())
        return sa.func.to_char(first + sa.cast(day, sa.Integer()), "YYYY-MM-DD", type_=sa.Text())
    return sa.func.date(day * whole(86_400), "unixepoch", type_=sa.Text())


def short_enough(text: Any, most: int) -> Any:
    """A text that is checked to have at most so many characters when the statement runs."""
    return once(text, lambda each: sa.case((length(each) > most, sa.cast(overflow(sa.cast(length(each), BIG)), sa.Text())), else_=each))


# -- the calendar: day numbers since 1970-01-01 -----------------------------------------------------------------------------------
# After Cassio Neri and Lorenz Schneider, “Euclidean affine functions and their application to calendar algorithms” (2022): years begin
# in March,
# so the leap day is the last. Chosen because each step needs the one before only once or twice, which keeps nested calls short.
SHIFT = 719_468
"""Days from 1 March of the year 0 to 1970-01-01."""


def _of_year(day: Any) -> tuple[Any, Any]:
    """(century, product) of a day number: the product holds the year of the century above 2^32 and the day of that year below."""
    quarter_days = (day + whole(SHIFT)) * whole(4) + whole(3)
    of_century = over(rest(quarter_days, 146_097), 4)
    return over(quarter_days, 146_097), (of_century * whole(4) + whole(3)) * whole(2_939_745)


def _month_and_day(product: Any) -> Any:
    """The month (3 to 14) above 2^16 and the day of the month below."""
    return over(rest(product, 2**32), 2_939_745 * 4) * whole(2_141) + whole(197_913)


def month_number(day: Any) -> Any:
    """Months since January of the year 0."""
    century, product = _of_year(day)
    return century * whole(1_200) + over(product, 2**32) * whole(12) + over(_month_and_day(product), 2**16) - whole(1)


def day_of_month(day: Any) -> Any:
    return over(rest(_month_and_day(_of_year(day)[1]), 2**16), 2_141) + whole(1)


def since_monday(day: Any) -> Any:
    """Days since the Monday before, 0 to 6."""
    # day 0 was a Thursday; the shift by whole weeks keeps every day of our calendar above zero
    return rest(day + whole(3 + 7 * 102_741), 7)


def first_of_month(months: Any) -> Any:
    """The day number of the first day of a month, given in months since January of the year 0."""
    march = months - whole(2)
    year = over(march, 12)
    of_year = over(rest(march, 12) * whole(153) + whole(2), 5)
    return over(year * whole(1_461), 4) - over(year, 100) + over(year, 400) + of_year - whole(SHIFT)


def clamped(months: Any, of_month: Any, dialect: str) -> Any:
    """The day `of_month` of a month, or its last day where it is shorter."""
    wanted, end = first_of_month(months) + of_month - whole(1), first_of_month(months + whole(1)) - whole(1)
    return sa.func.least(wanted, end, type_=BIG) if dialect == "postgresql" else sa.func.min(wanted, end, type_=BIG)


def full_months(start: Any, end: Any) -> Any:
    """Whole months from one day to a later one; the last day of a month completes one."""
    short = sa.and_(day_of_month(start) > day_of_month(end), day_of_month(end + whole(1)) != whole(1))
    return month_number(end) - month_number(start) - sa.case((short, whole(1)), else_=whole(0))


def ends(kind: str, first: date, last: date, zone: ZoneInfo) -> tuple[int, int]:
    """First and last stored value of some days: day numbers, or instants in the workspace's zone."""
    if kind == "date":
        return day_number(first), day_number(last)
    begin = datetime.combine(first, time(), zone).astimezone(UTC)
    end = datetime.combine(last + timedelta(days=1), time(), zone).astimezone(UTC)
    return micros_of(begin), micros_of(end) - 1


def to_scaled(value: Decimal, scale: int) -> int:
    return int(value.scaleb(scale))
