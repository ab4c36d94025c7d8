"""Identity number: 居民身份证号码 of 18 characters (GB 11643-1999), or the 15 digits of before."""

from __future__ import annotations

from typing import Any, Literal

from pydantic import Field
from runtime.definitions.shelf import FIELD_TYPES
from runtime.fields._documents import DocumentNumber, identity_number, old_identity_number, place_of
from runtime.texts import Message, _


@FIELD_TYPES.register
class IdNumber(DocumentNumber):
    type: Literal["id_number"] = "id_number"
    old: bool = Field(True, title="Numbers of 15 digits too")
    mask: bool = Field(True, title="Show masked")

    family, icon = "contact", "id"
    title, about = _("Identity number"), _("居民身份证 with its check digit; shown masked unless you say otherwise.")
    widget = "id_number"

    def check(self, value: str) -> list[Message]:
        if self.old and len(value) == 15:
            return old_identity_number(value)
        return identity_number(value) or place_of(value)

    def masked(self, value: str | None) -> str:
        return f"{value[:3]}{'*' * (len(value) - 5)}{value[-2:]}" if value and len(value) >= 15 else super().masked(value)

    def schema(self) -> dict[str, Any]:
        return self.or_blank({"type": "string", "pattern": "^[0-9]{17}[0-9X]$|^[0-9]{15}$" if self.old else "^[0-9]{17}[0-9X]$", "format": "cn-identity"})
