"""Barcode: what a scanner or a camera reads from a label; shown as a QR code beside its text."""

from __future__ import annotations

from typing import Any, Literal

import segno
from markupsafe import Markup
from pydantic import Field
from segno import DataOverflowError
from wtforms import StringField

from runtime.definitions.field_type import Lookup, Reader
from runtime.definitions.shelf import FIELD_TYPES
from runtime.fields._columns import ColumnField
from runtime.fields._entries import control
from runtime.fields._texts import half_width, text_of
from runtime.texts import Message, _

LONGEST = 500
TYPED_WRONG = _("The check digit does not fit: a digit is wrong, or two have changed places. Compare it with the label.")


@FIELD_TYPES.register
class Barcode(ColumnField):
    type: Literal["barcode"] = "barcode"
    kind: Literal["any", "ean13"] = Field("any", title="Kind of code")
    qr: bool = Field(True, title="Show as a QR code")

    family, icon = "basic", "barcode"
    title, about = _("Barcode or QR code"), _("Read by a scanner or the camera, or typed.")
    widget = "barcode"
    operators = ("is", "is_not", "contains", "starts_with", "any_of", "blank", "not_blank")

    def parse(self, raw: Any, lookup: Lookup) -> str | None:
        """One line; scanners end it with Enter, which is taken off."""
        text = text_of(raw)
        if text is None:
            return None
        return half_width(text).replace(" ", "") if self.kind == "ean13" else " ".join(text.split())

    def check(self, value: str) -> list[Message]:
        if len(value) > LONGEST:
            return [_("Give at most {most} characters; these are {count}.", most=LONGEST, count=len(value))]
        return ean13(value) if self.kind == "ean13" else []

    def entry(self, validators: list[Any], reader: Reader) -> Any:
        return control(self, StringField, validators, reader, {"maxlength": LONGEST})

    def drawn(self, value: str, reader: Reader) -> Markup | None:
        if not self.qr:
            return None
        try:
            code = segno.make(value, micro=False)
        except DataOverflowError:
            return None
        picture = code.svg_inline(scale=3, border=4, svgclass="tl-qr", lineclass=None, light="#fff", dark="#000", omitsize=False)
        return Markup('<span class="tl-coded">{}<span>{}</span></span>').format(Markup(picture), value)

    def schema(self) -> dict[str, Any]:
        if self.kind == "ean13":
            return self.or_blank({"type": "string", "pattern": "^[0-9]{13}$", "format": "ean-13"})
        return self.or_blank({"type": "string", "minLength": 1, "maxLength": LONGEST})

    def search_text(self, value: str | None) -> str:
        return value or ""


def ean13(code: str) -> list[Message]:
    """GS1: the digits, every second of them three times, add up to a multiple of 10."""
    if len(code) != 13 or not (code.isascii() and code.isdecimal()):
        return [_("An EAN-13 code has 13 digits; these are {count} characters.", count=len(code))]
    total = sum(int(digit) * (3 if place % 2 else 1) for place, digit in enumerate(code))
    return [] if total % 10 == 0 else [TYPED_WRONG]
