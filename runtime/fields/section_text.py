"""Section text: words, a heading or a line between fields; holds no value."""

from __future__ import annotations

from typing import Any, Literal

from pydantic import Field

from runtime.definitions.field_type import Reader
from runtime.definitions.model import Text
from runtime.definitions.shelf import FIELD_TYPES
from runtime.fields._entries import WordsField, control
from runtime.fields._silent import Silent
from runtime.texts import _, shown


@FIELD_TYPES.register
class SectionText(Silent):
    type: Literal["section_text"] = "section_text"
    text: Text | None = Field(None, title="Words below the heading")
    look: Literal["plain", "note", "line"] = Field("plain", title="Appearance")

    icon = "heading"
    title, about = _("Text between fields"), _("A heading, an explanation or a line. Holds no value.")
    widget = "section_text"

    def entry(self, validators: list[Any], reader: Reader) -> Any:
        return control(self, WordsField, [], reader, words=shown(self.text, reader.language), look=self.look)
