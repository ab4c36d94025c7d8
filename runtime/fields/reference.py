"""Reference: a record of another form."""
from __future__ import annotations

from collections.abc import Iterable, Iterator
from typing import TYPE_CHECKING, Any, Literal

import sqlalchemy as sa

from runtime.definitions.field_type import Lookup, Reader
from runtime.definitions.shelf import FIELD_TYPES
from runtime.definitions.types import RECORD, Type
from runtime.errors import Problem
from runtime.fields._columns import ColumnField, is_id
from runtime.fields._entries import SearchedField, control
from runtime.fields._records import SCHEMA, Points
from runtime.fields._texts import text_of
from runtime.texts import _

if TYPE_CHECKING:
    from runtime.definitions.catalogue import Catalogue
    from runtime.definitions.form import Form


@FIELD_TYPES.register
class Reference(Points, ColumnField):
    type: Literal["reference"] = "reference"

    family, icon = "related", "link-plus"
    title, about = _("Reference"), _("A record of another form.")
    widget = "reference"
    operators = ("is", "is_not", "any_of", "blank", "not_blank")
    without = ("mask",)

    def signature(self) -> str:
        return f"reference:{self.form}"

    def column_type(self) -> sa.types.TypeEngine[Any]:
        return sa.BigInteger()

    def formula_type(self) -> Type:
        return RECORD(self.form)

    def parse(self, raw: Any, lookup: Lookup) -> int | None:
        """A number is an id already; a text is an id or the value of the match field."""
        if is_id(raw):
            return raw
        text = text_of(raw)
        if text is None:
            return None
        return self.record_found(text, lookup)

    def entry(self, validators: list[Any], reader: Reader) -> Any:
        return control(self, SearchedField, validators, reader)

    def search_at(self, app: str, form: str) -> str:
        return f"/apps/{app}/{self.form}/find"

    def to_entry(self, value: int | None, reader: Reader) -> str | None:
        return None if value is None else str(value)

    def display(self, value: int | None, reader: Reader) -> str:
        return "" if value is None else reader.record_title(self.form, value)

    def to_json(self, value: int | None) -> str | None:
        return None if value is None else str(value)

    def records(self, value: int | None) -> Iterable[tuple[str, int]]:
        return () if value is None else [(self.form, value)]

    def schema(self) -> dict[str, Any]:
        return self.or_blank(SCHEMA)

    def problems(self, form: Form, catalogue: Catalogue) -> Iterator[Problem]:
        yield from super().problems(form, catalogue)
        if self.required and self.on_delete == "clear":
            yield Problem("on_delete", _("A required reference cannot be cleared. Choose restrict or cascade."))
        yield from self.pointing_problems(self.key, form, catalogue)
