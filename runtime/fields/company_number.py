"""Company number: 统一社会信用代码, GB 32100-2015, with its check character."""

from __future__ import annotations

from typing import Any, Literal

from wtforms import StringField

from runtime.definitions.field_type import Lookup, Reader
from runtime.definitions.shelf import FIELD_TYPES
from runtime.fields._columns import ColumnField
from runtime.fields._documents import LONGEST, credit_code, document_number
from runtime.fields._entries import control
from runtime.texts import Message, _


@FIELD_TYPES.register
class CompanyNumber(ColumnField):
    type: Literal["company_number"] = "company_number"

    family, icon = "contact", "building"
    title, about = _("Company number"), _("统一社会信用代码 with its check character.")
    widget = "company_number"
    operators = ("is", "is_not", "starts_with", "any_of", "blank", "not_blank")

    def parse(self, raw: Any, lookup: Lookup) -> str | None:
        return document_number(raw)

    def check(self, value: str) -> list[Message]:
        return credit_code(value)

    def typed(self) -> dict[str, Any]:
        return {"type": "document"}

    def entry(self, validators: list[Any], reader: Reader) -> Any:
        return control(self, StringField, validators, reader, {"maxlength": LONGEST})

    def schema(self) -> dict[str, Any]:
        return self.or_blank({"type": "string", "pattern": "^[0-9A-HJ-NPQRTUWXY]{18}$", "format": "cn-credit-code"})

    def search_text(self, value: str | None) -> str:
        return value or ""
