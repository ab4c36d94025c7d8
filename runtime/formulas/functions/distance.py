"""The distance between two places on the earth, exactly to the last digit that is shown."""

from __future__ import annotations

from decimal import ROUND_HALF_EVEN, Context, Decimal
from functools import cache
from typing import Any

from runtime.definitions.types import NUMBER
from runtime.formulas.arithmetic import rounded
from runtime.formulas.functions.base import Function, Parameter, register

PLACES = Context(prec=50, rounding=ROUND_HALF_EVEN)
TINY = Decimal(10) ** -48
RADIUS = Decimal("6371008.7714")
"""Metres: the mean radius of the earth (IUGG, WGS 84)."""


@register
class Distance(Function):
    """The distance in metres between two places along the surface of the earth (great circle by the haversine formula, mean radius
    6,371,008.7714 m), with 6 decimals: longitude and latitude of the one, then of the other, in degrees. Blank for degrees that no place
    has.

    >>> ROUND(DISTANCE(120.1551, 30.2741, 121.4737, 31.2304) / 1000, 3)
    164.874
    >>> DISTANCE(120, 30, 120, 30)
    0
    >>> DISTANCE(200, 30, 120, 30)
    blank
    """

    name, label, family, in_sql, result_type = "DISTANCE", {"zh": "距离", "en": "Distance"}, "numbers", False, NUMBER(6)
    not_in_sql = "databases work angles out in binary fractions, each a little differently"
    parameters = tuple(Parameter(name, ("number",)) for name in ("longitude", "latitude", "other longitude", "other latitude"))

    def run(self, *arguments: Any) -> Decimal | None:
        longitude, latitude, other_longitude, other_latitude = arguments
        if max(abs(longitude), abs(other_longitude)) > 180 or max(abs(latitude), abs(other_latitude)) > 90:
            return None
        half = haversine(_radians(latitude), _radians(other_latitude), _radians(PLACES.subtract(other_longitude, longitude)))
        return rounded(PLACES.multiply(PLACES.multiply(RADIUS, 2), _arcsine_of_root(half)), 6)


def haversine(latitude: Decimal, other: Decimal, apart: Decimal) -> Decimal:
    """sin²(Δφ/2) + cos φ₁ · cos φ₂ · sin²(Δλ/2), all in radians."""
    north, east = _sine(PLACES.divide(PLACES.subtract(other, latitude), 2)), _sine(PLACES.divide(apart, 2))
    both = PLACES.multiply(_cosine(latitude), _cosine(other))
    return PLACES.fma(both, PLACES.multiply(east, east), PLACES.multiply(north, north))


def _radians(degrees: Decimal) -> Decimal:
    return PLACES.divide(PLACES.multiply(degrees, _pi()), 180)


def _sine(x: Decimal) -> Decimal:
    """Taylor's series; x is at most π."""
    return _series(x, x, 2)


def _cosine(x: Decimal) -> Decimal:
    return _series(Decimal(1), x, 1)


def _series(first: Decimal, x: Decimal, number: int) -> Decimal:
    total = term = first
    square = PLACES.multiply(x, x)
    while abs(term) > TINY:
        term = PLACES.divide(PLACES.multiply(-term, square), number * (number + 1))
        total, number = PLACES.add(total, term), number + 2
    return total


def _arcsine_of_root(square: Decimal) -> Decimal:
    """arcsin √square. Near the antipodes by the other side of the right angle, where the sine is not flat."""
    if square > Decimal("0.5"):
        return PLACES.subtract(PLACES.divide(_pi(), 2), _arcsine_of_root(max(Decimal(0), PLACES.subtract(1, square))))
    wanted = PLACES.sqrt(square)
    angle = wanted
    for _round in range(8):  # Newton's method doubles the digits each time
        angle = PLACES.subtract(angle, PLACES.divide(PLACES.subtract(_sine(angle), wanted), _cosine(angle)))
    return angle


@cache
def _pi() -> Decimal:
    """Machin: π = 16 arctan 1/5 − 4 arctan 1/239."""
    return PLACES.subtract(PLACES.multiply(16, _arctangent_of_part(5)), PLACES.multiply(4, _arctangent_of_part(239)))


def _arctangent_of_part(part: int) -> Decimal:
    """arctan 1/part."""
    power = total = PLACES.divide(1, part)
    number = 1
    while abs(power) > TINY:
        power, number = PLACES.divide(-power, part * part), number + 2
        total = PLACES.add(total, PLACES.divide(power, number))
    return total
