"""Long text: several lines."""
from __future__ import annotations

from typing import Any, Literal

from pydantic import Field
from wtforms import TextAreaField

from runtime.definitions.field_type import Lookup, Reader
from runtime.definitions.shelf import FIELD_TYPES
from runtime.fields._columns import ColumnField
from runtime.fields._entries import control
from runtime.fields._texts import text_of, words
from runtime.texts import Message, _


@FIELD_TYPES.register
class LongText(ColumnField):
    type: Literal["long_text"] = "long_text"
    max_length: int = Field(20_000, ge=1, le=200_000, title="Longest text")

    family, icon = "basic", "align-left"
    title, about = _("Long text"), _("Several lines: a note, a description.")
    widget = "long_text"
    operators = ("contains", "not_contains", "blank", "not_blank")
    sortable = False
    without = ("unique",)

    def parse(self, raw: Any, lookup: Lookup) -> str | None:
        text = text_of(raw)
        return None if text is None else text.replace("\r\n", "\n").replace("\r", "\n")

    def check(self, value: str) -> list[Message]:
        if len(value) > self.max_length:
            return [_("Give at most {most} characters; these are {count}.", most=self.max_length, count=len(value))]
        return []

    def entry(self, validators: list[Any], reader: Reader) -> Any:
        return control(self, TextAreaField, validators, reader, {"maxlength": self.max_length})

    def schema(self) -> dict[str, Any]:
        return self.or_blank(words(1, self.max_length, self.required))

    def search_text(self, value: str | None) -> str:
        return value or ""
