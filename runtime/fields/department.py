"""Department: one of the departments of the workspace."""

from __future__ import annotations

from typing import Any, Literal

from wtforms import SelectField

from runtime.definitions.field_type import Lookup, Reader
from runtime.definitions.shelf import FIELD_TYPES
from runtime.fields._columns import ColumnField
from runtime.fields._departments import SCHEMA, found, name, offered
from runtime.fields._entries import control
from runtime.fields._texts import text_of
from runtime.texts import _


@FIELD_TYPES.register
class Department(ColumnField):
    type: Literal["department"] = "department"

    family, icon = "people", "sitemap"
    title, about = _("Department"), _("A department of the workspace.")
    widget = "choice"
    operators = ("is", "is_not", "blank", "not_blank")
    without = ("mask",)

    def parse(self, raw: Any, lookup: Lookup) -> str | None:
        text = text_of(raw)
        return None if text is None else found(text, lookup)

    def entry(self, validators: list[Any], reader: Reader) -> Any:
        return control(self, SelectField, validators, reader, choices=offered(reader), validate_choice=False)

    def display(self, value: str | None, reader: Reader) -> str:
        return "" if value is None else name(value, reader)

    def schema(self) -> dict[str, Any]:
        return self.or_blank(SCHEMA)
