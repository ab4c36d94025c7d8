"""Values as the browser's interpreter reads them: JSON in which nothing is rounded. static/src/formulas/values.ts is the other side."""

from __future__ import annotations

from datetime import date, datetime, timedelta
from decimal import Decimal
from typing import Any

from runtime.definitions.types import Type
from runtime.formulas.arithmetic import day_number, micros, micros_of


def to_wire(value: Any, type: Type) -> Any:
    """A number is a text of its smallest units, a day a day number, an instant and a duration a text of microseconds."""
    if isinstance(value, Decimal):
        return str(int(value.scaleb(type.scale)))
    if isinstance(value, datetime):
        return str(micros_of(value))
    if isinstance(value, date):
        return day_number(value)
    if isinstance(value, timedelta):
        return str(micros(value))
    return list(value) if isinstance(value, tuple) else value
