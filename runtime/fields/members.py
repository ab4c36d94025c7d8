"""Members: several people of the workspace."""

from __future__ import annotations

from collections.abc import Iterable
from typing import Any, Literal

from runtime.definitions.field_type import Lookup, Reader
from runtime.definitions.shelf import FIELD_TYPES
from runtime.definitions.types import MEMBER, Type
from runtime.fields._people import SCHEMA, person_found
from runtime.fields._several import Pointing
from runtime.texts import _


@FIELD_TYPES.register
class Members(Pointing):
    type: Literal["members"] = "members"

    family, icon = "people", "users"
    title, about = _("Several people"), _("Several people of the workspace.")

    @property
    def one_type(self) -> Type:
        return MEMBER

    def one_found(self, text: Any, lookup: Lookup) -> int:
        return person_found(text, lookup)

    def one_shown(self, value: int, reader: Reader) -> str:
        return reader.person_name(value)

    def one_schema(self) -> dict[str, Any]:
        return SCHEMA

    def search_at(self, app: str, form: str) -> str:
        return "/people/find"

    def people(self, value: tuple[int, ...]) -> Iterable[int]:
        return value or ()
