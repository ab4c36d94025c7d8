"""Colour: #1E90FF."""

from __future__ import annotations

import re
from typing import Any, Literal

from markupsafe import Markup
from wtforms import StringField

from runtime.definitions.field_type import Lookup, Reader
from runtime.definitions.shelf import FIELD_TYPES
from runtime.errors import FieldError
from runtime.fields._columns import ColumnField
from runtime.fields._entries import control
from runtime.fields._texts import half_width, text_of
from runtime.texts import _

WRITTEN = re.compile(r"#?([0-9a-fA-F]{3}|[0-9a-fA-F]{6})")
SWATCH = Markup('<svg class="tl-swatch" viewBox="0 0 16 16" aria-hidden="true"><rect width="16" height="16" rx="3" fill="{}"/></svg> {}')


@FIELD_TYPES.register
class Color(ColumnField):
    type: Literal["color"] = "color"

    family, icon = "basic", "palette"
    title, about = _("Colour"), _("A colour, picked or written as #1E90FF.")
    widget = "color"
    operators = ("is", "is_not", "any_of", "blank", "not_blank")

    def parse(self, raw: Any, lookup: Lookup) -> str | None:
        text = text_of(raw)
        if text is None:
            return None
        found = WRITTEN.fullmatch(half_width(text)) if len(text) < 20 else None
        if found is None:
            raise FieldError(_("This is not a colour. Write # and six signs, like #1E90FF."))
        digits = found[1].upper()
        return f"#{digits if len(digits) == 6 else ''.join(each * 2 for each in digits)}"

    def entry(self, validators: list[Any], reader: Reader) -> Any:
        return control(self, StringField, validators, reader, {"maxlength": 7})

    def drawn(self, value: str, reader: Reader) -> Markup | None:
        return SWATCH.format(value, value) if WRITTEN.fullmatch(value) else None

    def schema(self) -> dict[str, Any]:
        return self.or_blank({"type": "string", "pattern": "^#[0-9A-F]{6}$"})
