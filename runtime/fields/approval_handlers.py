"""Approval handlers: the people who are asked now about a record in a workflow."""

from __future__ import annotations

from collections.abc import Iterable
from typing import Any, ClassVar, Literal

import sqlalchemy as sa

from runtime.definitions.field_type import Lookup, Reader
from runtime.definitions.shelf import FIELD_TYPES
from runtime.definitions.types import LIST, MEMBER, Type
from runtime.fields._approvals import OfWorkflow
from runtime.fields._columns import is_id
from runtime.fields._lists import parts_of
from runtime.fields._people import SCHEMA, person_found
from runtime.texts import _, in_language


@FIELD_TYPES.register
class ApprovalHandlers(OfWorkflow):
    type: Literal["approval_handlers"] = "approval_handlers"

    icon = "users"
    title, about = _("Current handlers"), _("The people who are asked now about the record in a workflow.")
    stores = "many"
    operators: ClassVar[tuple[str, ...]] = ("has_any", "has_all", "has_none", "blank", "not_blank")
    sortable = False

    def column_type(self) -> sa.types.TypeEngine[Any]:
        return sa.BigInteger()

    def from_column(self, stored: Any) -> tuple[int, ...]:
        return tuple(stored or ())

    def formula_type(self) -> Type:
        return LIST(MEMBER)

    def parse(self, raw: Any, lookup: Lookup) -> tuple[int, ...]:
        if is_id(raw):
            return (raw,)
        if isinstance(raw, (list, tuple)) and all(is_id(each) for each in raw):
            return tuple(dict.fromkeys(raw))
        return tuple(dict.fromkeys(person_found(each, lookup) for each in parts_of(raw)))

    def display(self, value: tuple[int, ...], reader: Reader) -> str:
        return str(in_language([reader.person_name(each) for each in value or ()], reader.language))

    def to_json(self, value: tuple[int, ...]) -> list[str]:
        return [str(each) for each in value or ()]

    def schema(self) -> dict[str, Any]:
        return {"type": "array", "items": SCHEMA, "uniqueItems": True, "readOnly": True}

    def search_at(self, app: str, form: str) -> str:
        return "/people/find"

    def people(self, value: tuple[int, ...]) -> Iterable[int]:
        return value or ()
