"""How values are kept in a column, written in JSON and shown. A field type names its column; a formula's depends on its result."""
from __future__ import annotations

from collections.abc import Callable
from datetime import date, datetime
from decimal import Decimal
from typing import Any
from zoneinfo import ZoneInfo

import sqlalchemy as sa

from runtime.definitions.field_type import FieldType, Lookup, Reader
from runtime.definitions.types import BOOLEAN, DATE, DATETIME, MEMBER, NUMBER, TEXT, Type
from runtime.errors import FieldError
from runtime.fields._days import day_of, instant_of
from runtime.fields._numbers import LARGEST, number_of, pattern
from runtime.fields._texts import folded, text_of
from runtime.system.clock import from_day, from_micros, to_day, to_micros
from runtime.texts import _

YES = frozenset({"true", "yes", "y", "on", "1", "t", "是", "对", "有", "真", "√", "✓", "✔", "☑"})
NO = frozenset({"false", "no", "n", "off", "0", "f", "否", "错", "无", "假", "×", "✗", "✘", "☐"})

class Column:
    """Texts, kept as they are. The others say what is different; none of them meets a blank."""

    sql: sa.types.TypeEngine[Any] = sa.Text()
    type: Type = TEXT

    def read(self, raw: Any, zone: ZoneInfo) -> Any:
        """The value that was typed, stood in a cell, or was worked out."""
        return text_of(raw)

    def store(self, value: Any) -> Any:
        return value

    def load(self, stored: Any) -> Any:
        return stored

    def to_json(self, value: Any) -> Any:
        return value

    def show(self, value: Any, reader: Reader) -> str:
        return str(value)

    def schema(self) -> dict[str, Any]:
        return {"type": "string"}


class Scaled(Column):
    """Exact decimals as integers of the smallest unit."""

    sql = sa.BigInteger()

    def __init__(self, scale: int):
        self.scale = scale
        self.type = Type("number", scale=scale)

    def read(self, raw: Any, zone: ZoneInfo) -> Decimal | None:
        return number_of(raw, self.scale)

    def store(self, value: Decimal) -> int:
        return int(value.scaleb(self.scale))

    def load(self, stored: int) -> Decimal:
        return Decimal(stored).scaleb(-self.scale)

    def to_json(self, value: Decimal) -> str:
        return format(value, f".{self.scale}f")

    def show(self, value: Decimal, reader: Reader) -> str:
        return reader.number(value, self.scale)

    def schema(self) -> dict[str, Any]:
        bound = LARGEST // 10**self.scale
        step = {} if self.scale else {"multipleOf": 1}
        return {"type": ["string", "number"], "pattern": pattern(self.scale), "minimum": -bound, "maximum": bound, **step}


class Amount(Scaled):
    def __init__(self, scale: int, currency: str | None):
        super().__init__(scale)
        self.currency = currency
        self.type = Type("money", scale=scale, currency=currency)

    def show(self, value: Decimal, reader: Reader) -> str:
        return reader.money(value, self.currency, self.scale)


class WholeMinutes(Column):
    """Times and lengths: whole minutes, which formulas count."""

    sql = sa.Integer()
    type = NUMBER(0)

    def store(self, value: Decimal) -> int:
        return int(value)

    def load(self, stored: int) -> Decimal:
        return Decimal(stored)


class Day(Column):
    sql = sa.Integer()
    type = DATE

    def read(self, raw: Any, zone: ZoneInfo) -> date | None:
        return day_of(raw, zone)

    def store(self, value: date) -> int:
        return to_day(value)

    def load(self, stored: int) -> Any:
        return from_day(stored)

    def to_json(self, value: date) -> str:
        return value.isoformat()

    def show(self, value: date, reader: Reader) -> str:
        return reader.date(value)

    def schema(self) -> dict[str, Any]:
        return {"type": "string", "format": "date"}


class Instant(Column):
    sql = sa.BigInteger()
    type = DATETIME

    def read(self, raw: Any, zone: ZoneInfo) -> datetime | None:
        return instant_of(raw, zone)

    def store(self, value: datetime) -> int:
        return to_micros(value)

    def load(self, stored: int) -> Any:
        return from_micros(stored)

    def to_json(self, value: datetime) -> str:
        return value.isoformat().replace("+00:00", "Z")

    def show(self, value: datetime, reader: Reader) -> str:
        return reader.datetime(value)

    def schema(self) -> dict[str, Any]:
        return {"type": "string", "format": "date-time"}


class Truth(Column):
    sql = sa.SmallInteger()
    type = BOOLEAN

    def read(self, raw: Any, zone: ZoneInfo) -> bool | None:
        if isinstance(raw, bool):
            return raw
        text = text_of(raw)
        if text is None:
            return None
        if folded(text) not in YES | NO:
            raise FieldError(_("This is neither yes nor no. Write yes or no, 是 or 否, 1 or 0."))
        return folded(text) in YES

    def store(self, value: bool) -> int:
        return int(value)

    def load(self, stored: int) -> bool:
        return bool(stored)

    def show(self, value: bool, reader: Reader) -> str:
        return reader.say(_("Yes") if value else _("No"))

    def schema(self) -> dict[str, Any]:
        return {"type": "boolean"}


class Someone(Column):
    """The id of a person, found already."""

    sql = sa.BigInteger()
    type = MEMBER

    def read(self, raw: Any, zone: ZoneInfo) -> int | None:
        if raw is None or is_id(raw):
            return raw
        if text_of(raw) is None:
            return None
        raise FieldError(_("This is not the number of a person."))

    def to_json(self, value: int) -> str:
        return str(value)

    def show(self, value: int, reader: Reader) -> str:
        return reader.person_name(value)

    def schema(self) -> dict[str, Any]:
        return {"type": "string", "minLength": 1, "maxLength": 254}


WORDS, DAY, INSTANT, TRUTH, SOMEONE = Column(), Day(), Instant(), Truth(), Someone()


def is_id(raw: Any) -> bool:
    return isinstance(raw, int) and not isinstance(raw, bool) and 0 <= raw < 2**53


class ColumnField(FieldType):
    """A field whose values live in one column."""

    @property
    def column(self) -> Column:
        return WORDS

    def column_type(self) -> sa.types.TypeEngine[Any]:
        return self.column.sql

    def parse(self, raw: Any, lookup: Lookup) -> Any:
        return self.column.read(raw, lookup.zone)

    def to_column(self, value: Any) -> Any:
        return None if value is None else self.column.store(value)

    def from_column(self, stored: Any) -> Any:
        return None if stored is None else self.column.load(stored)

    def loader(self) -> Callable[[Any], Any] | None:
        return None if type(self.column).load is Column.load else self.column.load

    def formula_type(self) -> Type:
        return self.column.type

    def to_json(self, value: Any) -> Any:
        return None if value is None else self.column.to_json(value)

    def display(self, value: Any, reader: Reader) -> str:
        return "" if value is None else self.column.show(value, reader)

    def to_entry(self, value: Any, reader: Reader) -> Any:
        return None if value is None else str(self.column.to_json(value))

    def schema(self) -> dict[str, Any]:
        return self.or_blank(self.column.schema())

    def or_blank(self, schema: dict[str, Any]) -> dict[str, Any]:
        """The schema of a value, opened for null unless the field is required."""
        return schema if self.required else nullable(schema)


def nullable(schema: dict[str, Any]) -> dict[str, Any]:
    kinds = schema["type"] if isinstance(schema["type"], list) else [schema["type"]]
    opened = {**schema, "type": [*kinds, "null"]}
    if "enum" in schema:
        opened["enum"] = [*schema["enum"], None]
    return opened
