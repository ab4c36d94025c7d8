"""Checkbox: yes or no. No is a value; only what was never asked is blank."""
from __future__ import annotations

from typing import Any, Literal

from wtforms import BooleanField

from runtime.definitions.field_type import Reader
from runtime.definitions.shelf import FIELD_TYPES
from runtime.fields._columns import TRUTH, Column, ColumnField
from runtime.fields._entries import control
from runtime.texts import _


@FIELD_TYPES.register
class Checkbox(ColumnField):
    type: Literal["checkbox"] = "checkbox"

    family, icon = "basic", "checkbox"
    title, about = _("Yes or no"), _("A box to tick.")
    widget = "checkbox"
    operators = ("is", "blank", "not_blank")
    without = ("unique",)

    @property
    def column(self) -> Column:
        return TRUTH

    def entry(self, validators: list[Any], reader: Reader) -> Any:
        return control(self, BooleanField, [], reader)  # “required” would make the browser demand a tick, but no is an answer

    def to_entry(self, value: bool | None, reader: Reader) -> bool:
        return bool(value)
