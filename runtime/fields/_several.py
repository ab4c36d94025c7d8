"""What fields with several values share: a tuple in the order given, each value once; entered as a list, filtered by what is in it."""

from __future__ import annotations

from typing import Any, ClassVar

import sqlalchemy as sa
from pydantic import Field

from runtime.definitions.field_type import FieldType, Lookup, Reader
from runtime.definitions.types import LIST, TEXT, Type
from runtime.fields._columns import is_id
from runtime.fields._entries import SearchedSeveralField, control
from runtime.fields._lists import parts_of
from runtime.texts import Message, _, in_language


class Several(FieldType):
    """A kind says what one value is: `one_type`, `one_found`, `one_shown`, `one_schema`."""

    stores = "many"
    widget = "multi_choice"
    operators: ClassVar[tuple[str, ...]] = ("has_any", "has_all", "has_none", "blank", "not_blank")
    sortable = False
    in_rows = False
    without: ClassVar[tuple[str, ...]] = ("unique", "mask")

    @property
    def one_type(self) -> Type:
        return TEXT

    def one_found(self, text: Any, lookup: Lookup) -> Any:
        """The value that one text means. Raises FieldError."""
        raise NotImplementedError

    def one_shown(self, value: Any, reader: Reader) -> Any:
        return str(value)

    def one_schema(self) -> dict[str, Any]:
        return {"type": "string", "minLength": 1, "maxLength": 255}

    @property
    def least_values(self) -> int:
        """The fewest that a value which is not blank may have."""
        return 1

    @property
    def most_values(self) -> int:
        return 200

    def formula_type(self) -> Type:
        return LIST(self.one_type)

    def from_column(self, stored: Any) -> tuple[Any, ...]:
        return tuple(stored or ())

    def parse(self, raw: Any, lookup: Lookup) -> tuple[Any, ...]:
        """A list, or a text with commas between."""
        return tuple(dict.fromkeys(self.one_found(each, lookup) for each in parts_of(raw)))

    def check(self, value: tuple[Any, ...]) -> list[Message]:
        if len(value) < self.least_values:
            return [_("Choose at least {count}.", count=self.least_values)]
        return [_("Choose at most {count}.", count=self.most_values)] if len(value) > self.most_values else []

    def to_entry(self, value: tuple[Any, ...], reader: Reader) -> list[str]:
        return [str(each) for each in value or ()]

    def names(self, value: tuple[Any, ...], reader: Reader) -> list[Any]:
        return [self.one_shown(each, reader) for each in value or ()]

    def display(self, value: tuple[Any, ...], reader: Reader) -> str:
        return str(in_language(self.names(value, reader), reader.language))

    def to_json(self, value: tuple[Any, ...]) -> list[Any]:
        return [str(each) for each in value or ()]

    def schema(self) -> dict[str, Any]:
        schema: dict[str, Any] = {"type": "array", "items": self.one_schema(), "uniqueItems": True, "maxItems": self.most_values}
        if self.required:
            return {**schema, "minItems": self.least_values}
        return schema if self.least_values == 1 else {**schema, "anyOf": [{"maxItems": 0}, {"minItems": self.least_values}]}


class Pointing(Several):
    """People or records: their ids, searched for while typing."""

    most: int = Field(50, ge=1, le=200, title="Greatest number")

    widget = "search_several"

    @property
    def most_values(self) -> int:
        return self.most

    def column_type(self) -> sa.types.TypeEngine[Any]:
        return sa.BigInteger()

    def parse(self, raw: Any, lookup: Lookup) -> tuple[int, ...]:
        """Numbers are ids already."""
        if is_id(raw):
            return (raw,)
        if isinstance(raw, (list, tuple)) and all(is_id(each) for each in raw):
            return tuple(dict.fromkeys(raw))
        return super().parse(raw, lookup)

    def entry(self, validators: list[Any], reader: Reader) -> Any:
        return control(self, SearchedSeveralField, [], reader, choices=[], validate_choice=False)
