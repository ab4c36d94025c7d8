"""Values in their stored form: whole numbers at the scale of the type, day numbers, microseconds, texts. What closures compute with."""

from __future__ import annotations

from collections.abc import Callable
from datetime import date, datetime, timedelta
from decimal import Decimal
from typing import Any

from runtime.definitions.types import Type
from runtime.formulas import tree
from runtime.formulas.arithmetic import EPOCH_TIME, EXACT, LARGEST, LARGEST_QUOTIENT, day_number, micros, micros_of, too_large
from runtime.formulas.bounds import default_bound
from runtime.formulas.sql_pieces import to_scaled
from runtime.formulas.types import DIVISION_SCALE, NUMERIC

FIRST_DAY = date(1970, 1, 1).toordinal()
MICROSECOND = timedelta(microseconds=1)


def refuse() -> Any:
    raise too_large()


def today(values: Any) -> int:
    return day_number(values.today)


def modulo(a: int, b: int) -> int | None:
    return a % b if b else None


def divider(up: int, down: int) -> Callable[[int, int], int | None]:
    """Division with six decimals, half away from zero, by zero blank; `up` and `down` bring dividend and divisor to one scale."""
    most = int(LARGEST_QUOTIENT) * 10**DIVISION_SCALE
    twice = 2 * up

    def divided(a: int, b: int) -> int | None:
        if not b:
            return None
        b *= down
        if b < 0:
            a, b = -a, -b
        whole = (a * twice + b) // (2 * b) if a >= 0 else -((b - a * twice) // (2 * b))
        if not -most <= whole <= most:
            raise too_large()
        return whole

    return divided


def greatest(node: tree.Node) -> int:
    """At most how large a number is, without its sign, in units of its scale."""
    if isinstance(node, tree.Literal):
        return abs(to_scaled(node.value, node.type.scale)) if isinstance(node.value, Decimal) else 0
    if isinstance(node, (tree.Field, tree.Path, tree.Name)):
        return max(map(abs, getattr(node, "bound", None) or default_bound(node)))
    if isinstance(node, tree.Negative):
        return greatest(node.operand)
    if isinstance(node, tree.Operation) and node.type.kind in NUMERIC:
        if node.operator == "*":
            return greatest(node.left) * greatest(node.right)
        if node.operator in ("+", "-") and node.left.type.kind in NUMERIC:
            return sum(greatest(each) * 10 ** (node.type.scale - each.type.scale) for each in (node.left, node.right))
    if isinstance(node, tree.Choose):
        values = [value for __, value in node.cases] + ([node.otherwise] if node.otherwise is not None else [])
        return max(greatest(each) * 10 ** max(0, node.type.scale - each.type.scale) for each in values)
    return int(LARGEST) * 10**node.type.scale


def reader(type: Type) -> Callable[[Any], Any]:
    """From the stored form of a value that is not blank to the value."""
    if type.kind in NUMERIC:
        scale = -type.scale
        return Decimal if not scale else lambda stored: Decimal(stored).scaleb(scale, EXACT)
    return _READERS.get(type.kind, _same)


def keeper(type: Type) -> Callable[[Any], Any]:
    """The other way round."""
    if type.kind in NUMERIC:
        scale = type.scale
        return lambda value: int(value.scaleb(scale, EXACT))
    return _KEEPERS.get(type.kind, _same)


def _same(value: Any) -> Any:
    return value


def _day(stored: int) -> date:
    return date.fromordinal(stored + FIRST_DAY)


def _instant(stored: int) -> datetime:
    return EPOCH_TIME + stored * MICROSECOND


def _span(stored: int) -> timedelta:
    return stored * MICROSECOND


_READERS: dict[str, Callable[[Any], Any]] = {"date": _day, "datetime": _instant, "duration": _span, "boolean": bool}
_KEEPERS: dict[str, Callable[[Any], Any]] = {"date": day_number, "datetime": micros_of, "duration": micros}
