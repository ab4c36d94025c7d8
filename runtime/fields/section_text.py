"""Section text: words, a heading or a line between fields; holds no value."""

from __future__ import annotations

from collections.abc import Iterator
from typing import TYPE_CHECKING, Any, Literal

from pydantic import Field

from runtime.definitions.field_type import FieldType, Lookup, Reader
from runtime.definitions.model import Text
from runtime.definitions.shelf import FIELD_TYPES
from runtime.definitions.types import BLANK, Type
from runtime.errors import Problem
from runtime.fields._entries import WordsField, control
from runtime.texts import _, shown

if TYPE_CHECKING:
    from runtime.definitions.catalogue import Catalogue
    from runtime.definitions.form import Form


@FIELD_TYPES.register
class SectionText(FieldType):
    type: Literal["section_text"] = "section_text"
    text: Text | None = Field(None, title="Words below the heading")
    look: Literal["plain", "note", "line"] = Field("plain", title="Appearance")

    family, icon = "layout", "heading"
    title, about = _("Text between fields"), _("A heading, an explanation or a line. Holds no value.")
    stores = "nothing"
    widget = "section_text"
    operators = ("blank", "not_blank")
    writable = False
    importable = False
    sortable = False
    without = ("required", "unique", "default", "mask")

    def formula_type(self) -> Type:
        return BLANK

    def parse(self, raw: Any, lookup: Lookup) -> None:
        """Whatever is given, there is no place to keep it."""
        return None

    def entry(self, validators: list[Any], reader: Reader) -> Any:
        return control(self, WordsField, [], reader, words=shown(self.text, reader.language), look=self.look)

    def schema(self) -> dict[str, Any]:
        return {"type": "null", "readOnly": True}

    def problems(self, form: Form, catalogue: Catalogue) -> Iterator[Problem]:
        yield from super().problems(form, catalogue)
        if form.title == self.key:
            yield Problem("key", _("Text between fields holds no value and cannot name a record."))
