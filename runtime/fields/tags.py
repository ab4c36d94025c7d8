"""Tags: shown in the record; given and taken through the tag set's own rules."""
from __future__ import annotations

from collections.abc import Iterator
from typing import TYPE_CHECKING, Any, Literal

from pydantic import Field

from runtime.definitions.field_type import FieldType, Lookup, Reader
from runtime.definitions.shelf import FIELD_TYPES
from runtime.definitions.types import CHOICE, LIST, Type
from runtime.errors import FieldError, Problem
from runtime.fields._entries import ReadOnlyField, control
from runtime.fields._lists import parts_of
from runtime.fields._texts import text_of
from runtime.texts import _, in_language

if TYPE_CHECKING:
    from runtime.definitions.catalogue import Catalogue
    from runtime.definitions.form import Form


@FIELD_TYPES.register
class Tags(FieldType):
    type: Literal["tags"] = "tags"
    tag_set: str = Field(title="Tag set")

    family, icon = "computed", "tags"
    title, about = _("Tags"), _("The tags of the record.")
    stores = "assigned"
    widget = "readonly"
    operators = ("has_any", "has_all", "has_none", "blank", "not_blank")
    writable = False
    sortable = False
    without = ("required", "unique", "default", "mask")

    def formula_type(self) -> Type:
        return LIST(CHOICE())

    def from_column(self, stored: Any) -> tuple[str, ...]:
        return tuple(stored or ())

    def parse(self, raw: Any, lookup: Lookup) -> tuple[str, ...]:
        """Keys of tags from a list, or from a text with commas, of keys or labels; each once, in the order given."""
        if isinstance(raw, str) and (text := text_of(raw)) and (whole := lookup.tag(self.tag_set, text)):
            return (whole,)  # a label may hold a comma itself
        return tuple(dict.fromkeys(self._tag(text, lookup) for text in parts_of(raw)))

    def _tag(self, text: str, lookup: Lookup) -> str:
        found = lookup.tag(self.tag_set, text)
        if found is None:
            raise FieldError(_("There is no tag “{text}” in the dictionary. Choose one of its tags, or ask for a new one.", text=text))
        return found

    def entry(self, validators: list[Any], reader: Reader) -> Any:
        return control(self, ReadOnlyField, [], reader)

    def to_entry(self, value: tuple[str, ...], reader: Reader) -> str:
        return self.display(value, reader)

    def display(self, value: tuple[str, ...], reader: Reader) -> str:
        named = getattr(reader, "tag_label", lambda tag_set, tag: tag)  # a reader without a catalogue shows keys
        return str(in_language([named(self.tag_set, tag) for tag in value or ()], reader.language))

    def to_json(self, value: tuple[str, ...]) -> list[str]:
        return list(value or ())

    def schema(self) -> dict[str, Any]:
        return {"type": "array", "items": {"type": "string"}, "uniqueItems": True, "readOnly": True}

    def problems(self, form: Form, catalogue: Catalogue) -> Iterator[Problem]:
        yield from super().problems(form, catalogue)
        tag_set = catalogue.tag_sets.get(self.tag_set)
        if tag_set is None:
            yield Problem("tag_set", _("There is no tag set with the key {key}.", key=self.tag_set))
        elif tag_set.form != form.key:
            yield Problem("tag_set", _("The tag set {key} is for the form {form}.", key=self.tag_set, form=tag_set.form))
