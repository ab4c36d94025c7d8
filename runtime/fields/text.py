"""Text: one line, with a format where there is one."""
from __future__ import annotations

from collections.abc import Callable, Iterator
from typing import TYPE_CHECKING, Any, Literal

from pydantic import Field
from wtforms import StringField

from runtime.definitions.field_type import Lookup, Reader
from runtime.definitions.shelf import FIELD_TYPES
from runtime.errors import Problem
from runtime.fields._columns import ColumnField
from runtime.fields._documents import bank_card, compact, credit_code, identity_number, postcode
from runtime.fields._entries import control
from runtime.fields._texts import text_of, words
from runtime.texts import Message, _

if TYPE_CHECKING:
    from runtime.definitions.catalogue import Catalogue
    from runtime.definitions.form import Form


@FIELD_TYPES.register
class Text(ColumnField):
    type: Literal["text"] = "text"
    max_length: int = Field(255, ge=1, le=2000, title="Longest text")
    min_length: int | None = Field(None, ge=1, le=2000, title="Shortest text")
    format: Literal["none", "cn_uscc", "cn_id", "cn_postcode", "bank_card"] = Field("none", title="Format")

    family, icon = "basic", "forms"
    title, about = _("Text"), _("One line: a name, a short answer.")
    operators = ("is", "is_not", "contains", "not_contains", "starts_with", "any_of", "blank", "not_blank")

    def parse(self, raw: Any, lookup: Lookup) -> str | None:
        text = text_of(raw)
        if text is None:
            return None
        if self.format == "none":
            return text if text.isprintable() else " ".join(text.splitlines())
        return compact(text)

    def check(self, value: str) -> list[Message]:
        if self.format != "none":
            return FORMATS[self.format](value)
        if len(value) > self.max_length:
            return [_("Give at most {most} characters; these are {count}.", most=self.max_length, count=len(value))]
        if self.min_length is not None and len(value) < self.min_length:
            return [_("Give at least {least} characters; these are {count}.", least=self.min_length, count=len(value))]
        return []

    def masked(self, value: str | None) -> str:
        if value is None or len(value) < 8:
            return super().masked(value)
        return f"{value[:3]}****{value[-2:]}"

    def entry(self, validators: list[Any], reader: Reader) -> Any:
        limits = {} if self.format != "none" else {"maxlength": self.max_length, "minlength": self.min_length}
        typing = {"inputmode": "numeric"} if self.format in ("cn_postcode", "bank_card") else {}
        return control(self, StringField, validators, reader, limits, render_kw=typing or None)

    def schema(self) -> dict[str, Any]:
        if self.format != "none":
            return self.or_blank({"type": "string", "pattern": PATTERNS[self.format], **MEANT.get(self.format, {})})
        return self.or_blank(words(self.min_length or 1, self.max_length, self.required))

    def search_text(self, value: str | None) -> str:
        return value or ""

    def problems(self, form: Form, catalogue: Catalogue) -> Iterator[Problem]:
        yield from super().problems(form, catalogue)
        if self.min_length is not None and self.min_length > self.max_length:
            yield Problem("min_length", _("The shortest text is longer than the longest one."))


FORMATS: dict[str, Callable[[str], list[Message]]] = {
    "cn_uscc": credit_code, "cn_id": identity_number, "cn_postcode": postcode, "bank_card": bank_card}
MEANT = {"cn_uscc": {"format": "cn-credit-code"}, "cn_id": {"format": "cn-identity"}, "bank_card": {"format": "bank-card"}}
"""Formats that say more than a pattern can: the check digit fits."""
PATTERNS = {
    "cn_uscc": "^[0-9A-HJ-NPQRTUWXY]{18}$", "cn_id": "^[0-9]{17}[0-9X]$", "cn_postcode": "^[0-9]{6}$", "bank_card": "^[0-9]{12,19}$"}
