"""Company number: 统一社会信用代码, GB 32100-2015, with its check character."""

from __future__ import annotations

from typing import Any, Literal

from runtime.definitions.shelf import FIELD_TYPES
from runtime.fields._documents import DocumentNumber, credit_code
from runtime.texts import Message, _


@FIELD_TYPES.register
class CompanyNumber(DocumentNumber):
    type: Literal["company_number"] = "company_number"

    family, icon = "contact", "building"
    title, about = _("Company number"), _("统一社会信用代码 with its check character.")
    widget = "company_number"

    def check(self, value: str) -> list[Message]:
        return credit_code(value)

    def schema(self) -> dict[str, Any]:
        return self.or_blank({"type": "string", "pattern": "^[0-9A-HJ-NPQRTUWXY]{18}$", "format": "cn-credit-code"})
