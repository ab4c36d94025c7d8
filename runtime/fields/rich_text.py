"""Rich text: headings, bold, lists, links; nothing that could run or load anything."""

from __future__ import annotations

from typing import Any, Literal

from markupsafe import Markup
from pydantic import Field
from wtforms import TextAreaField

from runtime.definitions.field_type import Lookup, Reader
from runtime.definitions.shelf import FIELD_TYPES
from runtime.fields._columns import ColumnField
from runtime.fields._entries import control
from runtime.fields._html import MARKED, clean, from_text, plain
from runtime.fields._texts import text_of
from runtime.texts import Message, _


@FIELD_TYPES.register
class RichText(ColumnField):
    type: Literal["rich_text"] = "rich_text"
    max_length: int = Field(50_000, ge=1, le=200_000, title="Longest text, marks included")

    family, icon = "basic", "typography"
    title, about = _("Rich text"), _("Text with headings, bold, lists and links.")
    widget = "rich_text"
    operators = ("contains", "not_contains", "blank", "not_blank")
    sortable = False
    without = ("unique", "default")

    def parse(self, raw: Any, lookup: Lookup) -> str | None:
        """HTML, of which only what is allowed is kept; a text without marks becomes paragraphs. Without a letter it is blank."""
        text = text_of(raw)
        if text is None:
            return None
        cleaned = clean(text) if MARKED.search(text) else from_text(text)
        return cleaned if plain(cleaned) else None

    def check(self, value: str) -> list[Message]:
        if len(value) > self.max_length:
            return [_("This is too long: {count} characters with its marks, {most} at most.", most=self.max_length, count=len(value))]
        return []

    def entry(self, validators: list[Any], reader: Reader) -> Any:
        return control(self, TextAreaField, validators, reader)

    def display(self, value: str | None, reader: Reader) -> str:
        return "" if value is None else plain(value)

    def drawn(self, value: str, reader: Reader) -> Markup:
        """Safe to stand in a page, whatever way it came into the database."""
        return Markup('<div class="tl-rich-shown">{}</div>').format(Markup(clean(value)))

    def to_json(self, value: str | None) -> str | None:
        return None if value is None else clean(value)

    def schema(self) -> dict[str, Any]:
        return self.or_blank({"type": "string", "minLength": 1, "maxLength": self.max_length, "contentMediaType": "text/html"})

    def search_text(self, value: str | None) -> str:
        return "" if value is None else plain(value)
