"""Member: a person of the workspace."""
from __future__ import annotations

from typing import Any, Literal

from runtime.definitions.field_type import Lookup, Reader
from runtime.definitions.shelf import FIELD_TYPES
from runtime.errors import FieldError
from runtime.fields._columns import SOMEONE, Column, ColumnField, is_id
from runtime.fields._entries import SearchedField, control
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
        found = lookup.person(text)
        if found is None:
            raise FieldError(_("Nobody here answers to “{text}”, or several people do. Give the e-mail address.", text=text))
        return found

    def entry(self, validators: list[Any], reader: Reader) -> Any:
        return control(self, SearchedField, validators, reader)
