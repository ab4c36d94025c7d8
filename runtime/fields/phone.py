"""Phone number: stored as E.164 (+8613812342046), shown as the country writes it."""
from __future__ import annotations

from collections.abc import Iterator
from typing import TYPE_CHECKING, Any, Literal

import phonenumbers
from phonenumbers import NumberParseException, PhoneNumberFormat
from pydantic import Field
from wtforms import TelField

from runtime.definitions.field_type import Lookup, Reader
from runtime.definitions.shelf import FIELD_TYPES
from runtime.errors import FieldError, Problem
from runtime.fields._columns import ColumnField
from runtime.fields._entries import control
from runtime.fields._texts import SCIENTIFIC, excel_lost_digits, half_width, text_of
from runtime.texts import _

if TYPE_CHECKING:
    from runtime.definitions.catalogue import Catalogue
    from runtime.definitions.form import Form

LONGEST = 40


@FIELD_TYPES.register
class Phone(ColumnField):
    type: Literal["phone"] = "phone"
    region: str = Field("CN", pattern="^[A-Z]{2}$", title="Country of numbers without +")

    family, icon = "contact", "phone"
    title, about = _("Phone number"), _("A mobile or fixed number, checked by country.")
    widget = "phone"
    operators = ("is", "is_not", "contains", "starts_with", "any_of", "blank", "not_blank")

    def parse(self, raw: Any, lookup: Lookup) -> str | None:
        text = text_of(raw)
        if text is None:
            return None
        written = half_width(text)
        if SCIENTIFIC.fullmatch(written):
            raise excel_lost_digits()
        return phonenumbers.format_number(self._number(written), PhoneNumberFormat.E164)

    def _number(self, written: str) -> phonenumbers.PhoneNumber:
        try:
            number = phonenumbers.parse(written, self.region) if len(written) <= LONGEST else None
        except NumberParseException:
            number = None
        if number is not None and number.extension:
            raise FieldError(_("Write the number without its extension {extension}; that belongs in a field of its own.",
                               extension=number.extension))
        if number is None or not phonenumbers.is_valid_number(number):
            raise self._refusal(written)
        return number

    def _refusal(self, written: str) -> FieldError:
        digits = "".join(char for char in written if char.isdigit())
        if self.region == "CN" and digits.startswith("1") and not written.startswith("+") and len(digits) != 11:
            return FieldError(_("A mobile number needs 11 digits; this one has {count}.", count=len(digits)))
        return FieldError(_("This is no phone number of {region}. Numbers of other countries begin with + and the country's code.",
                            region=self.region))

    def _stored(self, value: str) -> phonenumbers.PhoneNumber | None:
        try:
            return phonenumbers.parse(value, None)
        except NumberParseException:
            return None

    def display(self, value: str | None, reader: Reader) -> str:
        number = self._stored(value) if value else None
        if number is None:
            return value or ""
        home = phonenumbers.region_code_for_number(number) == self.region
        return phonenumbers.format_number(number, PhoneNumberFormat.NATIONAL if home else PhoneNumberFormat.INTERNATIONAL)

    def masked(self, value: str | None) -> str:
        """138****2046: enough to recognise a number that one knows."""
        number = self._stored(value) if value else None
        digits = phonenumbers.national_significant_number(number) if number else ""
        return f"{digits[:3]}****{digits[-4:]}" if len(digits) > 7 else super().masked(value)

    def entry(self, validators: list[Any], reader: Reader) -> Any:
        return control(self, TelField, validators, reader)

    def to_entry(self, value: str | None, reader: Reader) -> str:
        return self.display(value, reader)

    def schema(self) -> dict[str, Any]:
        return self.or_blank({"type": "string", "minLength": 3, "maxLength": LONGEST, "format": "phone"})

    def search_text(self, value: str | None) -> str:
        """With and without the country's code, so that either is found."""
        number = self._stored(value) if value else None
        return f"{value} {phonenumbers.national_significant_number(number)}" if number else value or ""

    def problems(self, form: Form, catalogue: Catalogue) -> Iterator[Problem]:
        yield from super().problems(form, catalogue)
        if self.region not in phonenumbers.SUPPORTED_REGIONS:
            yield Problem("region", _("{region} is no country with phone numbers. Use a code such as CN, US or DE.", region=self.region))
