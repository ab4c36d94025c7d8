"""Member: a person of the workspace."""
from __future__ import annotations

from collections.abc import Iterable
from typing import Any, Literal

from runtime.definitions.field_type import Lookup, Reader
from runtime.definitions.shelf import FIELD_TYPES
from runtime.fields._columns import SOMEONE, Column, ColumnField, is_id
from runtime.fields._entries import SearchedField, control
from runtime.fields._people import person_found
from runtime.fields._texts import text_of
from runtime.texts import _


@FIELD_TYPES.register
class Member(ColumnField):
    type: Literal["member"] = "member"

    family, icon = "people", "user"
    title, about = _("Person"), _("Somebody of the workspace.")
    widget = "member"
    operators = ("is", "is_not", "any_of", "is_me", "blank", "not_blank")
    without = ("mask",)

    @property
    def column(self) -> Column:
        return SOMEONE

    def parse(self, raw: Any, lookup: Lookup) -> int | None:
        """A number is an id already; a text is an id, an e-mail address or a name."""
        if is_id(raw):
            return raw
        text = text_of(raw)
        if text is None:
            return None
        return person_found(text, lookup)

    def search_at(self, app: str, form: str) -> str:
        return "/people/find"

    def people(self, value: int | None) -> Iterable[int]:
        return () if value is None else (value,)

    def entry(self, validators: list[Any], reader: Reader) -> Any:
        return control(self, SearchedField, validators, reader)
