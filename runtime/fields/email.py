"""E-mail address, in small letters."""
from __future__ import annotations

import re
from typing import Any, Literal

from wtforms import EmailField

from runtime.definitions.field_type import Lookup, Reader
from runtime.definitions.shelf import FIELD_TYPES
from runtime.errors import FieldError
from runtime.fields._columns import ColumnField
from runtime.fields._entries import control
from runtime.fields._texts import half_width, text_of
from runtime.texts import _

LONGEST = 254
LABEL = r"[a-z0-9](?:[a-z0-9-]{0,61}[a-z0-9])?"
ADDRESS = rf"[a-z0-9.!#$%&'*+/=?^_`{{|}}~-]{{1,64}}@{LABEL}(?:\.{LABEL})+"
"""What browsers accept (the HTML standard), but the host has a dot."""


@FIELD_TYPES.register
class Email(ColumnField):
    type: Literal["email"] = "email"

    family, icon = "contact", "mail"
    title, about = _("E-mail"), _("An e-mail address.")
    widget = "email"
    operators = ("is", "is_not", "contains", "ends_with", "any_of", "blank", "not_blank")

    def parse(self, raw: Any, lookup: Lookup) -> str | None:
        text = text_of(raw)
        if text is None:
            return None
        address = half_width(text).removeprefix("mailto:").lower()
        if len(address) > LONGEST or not re.fullmatch(ADDRESS, address):
            raise FieldError(_("This is not an e-mail address. Write it like name@example.com."))
        return address

    def masked(self, value: str | None) -> str:
        name, at, host = (value or "").partition("@")
        return f"{name[0]}****@{host}" if name and at else super().masked(value)

    def entry(self, validators: list[Any], reader: Reader) -> Any:
        return control(self, EmailField, validators, reader, {"maxlength": LONGEST})

    def schema(self) -> dict[str, Any]:
        return self.or_blank({"type": "string", "format": "email", "maxLength": LONGEST, "pattern": f"^{ADDRESS}$"})

    def search_text(self, value: str | None) -> str:
        return value or ""
