"""Values that come from outside a record: declared with their types, checked against a JSON Schema, read as values of formulas."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from datetime import date, datetime
from decimal import ROUND_HALF_UP, Decimal
from typing import Any, Literal
from zoneinfo import ZoneInfo

from pydantic import Field

from runtime.definitions.model import FieldKey, Model, Text
from runtime.definitions.types import BOOLEAN, DATE, DATETIME, NUMBER, TEXT, Type
from runtime.errors import Problem
from runtime.texts import _

LONGEST_TEXT = 10_000
WHOLE_NUMBER = r"-?[0-9]{1,15}"


class Input(Model):
    """`decimals`: to so many a number is rounded, half away from zero."""

    key: FieldKey
    label: Text | None = Field(None, title="Label")
    type: Literal["text", "number", "boolean", "date", "datetime"] = Field("text", title="Type")
    decimals: int = Field(2, ge=0, le=6, title="Decimals")
    required: bool = Field(False, title="Required")

    def formula_type(self) -> Type:
        plain = {"text": TEXT, "boolean": BOOLEAN, "date": DATE, "datetime": DATETIME}
        return NUMBER(self.decimals) if self.type == "number" else plain[self.type]

    def schema(self) -> dict[str, Any]:
        """JSON Schema of its value. A number may be a text, as exact senders write it."""
        plain: dict[str, dict[str, Any]] = {
            "text": {"type": ["string", "null"], "maxLength": LONGEST_TEXT},
            "number": {
                "type": ["number", "string", "null"],
                "pattern": rf"^{WHOLE_NUMBER}(\.[0-9]{{1,10}})?$",
                "minimum": -(10**15),
                "maximum": 10**15,
            },
            "boolean": {"type": ["boolean", "null"]},
            "date": {"type": ["string", "null"], "format": "date"},
            "datetime": {"type": ["string", "null"], "format": "date-time"},
        }
        found = plain[self.type]
        return {**found, "type": [each for each in found["type"] if each != "null"]} if self.required else found

    def read(self, stored: Any, zone: ZoneInfo) -> Any:
        """The value for formulas, from JSON that fits the schema."""
        if stored is None or stored == "":
            return None
        if self.type == "number":
            return Decimal(str(stored)).quantize(Decimal(1).scaleb(-self.decimals), ROUND_HALF_UP)
        if self.type == "date":
            return date.fromisoformat(stored)
        if self.type == "datetime":
            found = datetime.fromisoformat(stored.upper())
            return found if found.tzinfo is not None else found.replace(tzinfo=zone)
        return stored


def names(inputs: Sequence[Input], prefix: str) -> dict[str, Type]:
    return {f"{prefix}.{each.key}": each.formula_type() for each in inputs}


def values(inputs: Sequence[Input], prefix: str, kept: Mapping[str, Any], zone: ZoneInfo) -> dict[str, Any]:
    return {f"{prefix}.{each.key}": each.read(kept.get(each.key), zone) for each in inputs}


def problems(inputs: Sequence[Input]) -> Iterator[Problem]:
    seen: set[str] = set()
    for number, each in enumerate(inputs):
        if each.key in seen:
            yield Problem(f"inputs/{number}/key", _("The key {key} is used twice.", key=each.key))
        seen.add(each.key)
