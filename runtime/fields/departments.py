"""Departments: several of the departments of the workspace."""

from __future__ import annotations

from typing import Any, Literal

from runtime.definitions.field_type import FieldType, Lookup, Reader
from runtime.definitions.shelf import FIELD_TYPES
from runtime.definitions.types import LIST, TEXT, Type
from runtime.fields._departments import SCHEMA, found, name, offered
from runtime.fields._entries import SeveralField, control
from runtime.fields._lists import parts_of
from runtime.texts import _, in_language


@FIELD_TYPES.register
class Departments(FieldType):
    type: Literal["departments"] = "departments"

    family, icon = "people", "hierarchy-2"
    title, about = _("Several departments"), _("Several departments of the workspace.")
    stores = "many"
    widget = "multi_choice"
    operators = ("has_any", "has_all", "has_none", "blank", "not_blank")
    sortable = False
    without = ("unique", "mask")

    def formula_type(self) -> Type:
        return LIST(TEXT)

    def from_column(self, stored: Any) -> tuple[str, ...]:
        return tuple(stored or ())

    def parse(self, raw: Any, lookup: Lookup) -> tuple[str, ...]:
        """Keys, names or paths from a list, or from a text with commas between them; each once."""
        return tuple(dict.fromkeys(found(text, lookup) for text in parts_of(raw)))

    def entry(self, validators: list[Any], reader: Reader) -> Any:
        return control(self, SeveralField, [], reader, choices=offered(reader), validate_choice=False)

    def to_entry(self, value: tuple[str, ...], reader: Reader) -> list[str]:
        return list(value or ())

    def display(self, value: tuple[str, ...], reader: Reader) -> str:
        return str(in_language([name(key, reader) for key in value or ()], reader.language))

    def to_json(self, value: tuple[str, ...]) -> list[str]:
        return list(value or ())

    def schema(self) -> dict[str, Any]:
        schema: dict[str, Any] = {"type": "array", "items": SCHEMA, "uniqueItems": True, "maxItems": 200}
        return {**schema, "minItems": 1} if self.required else schema
