"""Departments: several of the departments of the workspace."""

from __future__ import annotations

from typing import Any, Literal

from runtime.definitions.field_type import Lookup, Reader
from runtime.definitions.shelf import FIELD_TYPES
from runtime.fields._departments import SCHEMA, found, name, offered
from runtime.fields._entries import SeveralField, control
from runtime.fields._several import Several
from runtime.texts import _


@FIELD_TYPES.register
class Departments(Several):
    type: Literal["departments"] = "departments"

    family, icon = "people", "hierarchy-2"
    title, about = _("Several departments"), _("Several departments of the workspace.")

    def one_found(self, text: Any, lookup: Lookup) -> str:
        return found(text, lookup)

    def one_shown(self, value: str, reader: Reader) -> str:
        return name(value, reader)

    def one_schema(self) -> dict[str, Any]:
        return SCHEMA

    def entry(self, validators: list[Any], reader: Reader) -> Any:
        return control(self, SeveralField, [], reader, choices=offered(reader), validate_choice=False)
