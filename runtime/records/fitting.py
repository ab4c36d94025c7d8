"""How a value that was worked out comes into a field."""

from __future__ import annotations

from decimal import ROUND_HALF_UP, Decimal
from typing import Any

from runtime.definitions.field_type import FieldType


def stored(field_type: FieldType, value: Any) -> Any:
    """A computed value as its field keeps it: numbers rounded half away from zero to the field's decimals."""
    if isinstance(value, Decimal):
        return value.quantize(Decimal(1).scaleb(-field_type.formula_type().scale), rounding=ROUND_HALF_UP)
    return value


def is_blank(value: Any) -> bool:
    return value is None or value == () or value == ""
