"""Money: an exact amount in one currency, to its smallest unit."""
from __future__ import annotations

import re
from collections.abc import Iterator
from decimal import Decimal
from functools import cache, cached_property
from typing import TYPE_CHECKING, Any, Literal

from babel.core import get_global
from babel.numbers import get_currency_precision, get_currency_symbol
from pydantic import Field

from runtime.definitions.field_type import Lookup
from runtime.definitions.shelf import FIELD_TYPES
from runtime.errors import FieldError, Problem
from runtime.fields._bounded import Bounded, fits
from runtime.fields._columns import Amount
from runtime.fields._numbers import LONGEST, NOT_A_NUMBER, number_of
from runtime.fields._texts import half_width
from runtime.texts import _

if TYPE_CHECKING:
    from runtime.definitions.catalogue import Catalogue
    from runtime.definitions.form import Form

USUAL = "CNY"
"""What an amount is read and shown in where neither field nor workspace names a currency."""
ALSO_WRITTEN = {"CNY": ("¥", "元", "圆", "RMB", "人民币"), "JPY": ("¥", "円", "日元"), "USD": ("$", "美元"), "EUR": ("€", "欧元")}
WITH_SIGN = re.compile(r"([+-]?)\s*([^0-9+\-.,\s]*)\s*([+-]?[0-9., ]*?)\s*([^0-9+\-.,\s]*)")


@FIELD_TYPES.register
class Money(Bounded):
    type: Literal["money"] = "money"
    currency: str | None = Field(None, pattern="^[A-Z]{3}$", title="Currency")
    """ISO 4217; the workspace's where none is given."""

    family, icon = "basic", "currency-yuan"
    title, about = _("Money"), _("An exact amount in one currency.")
    widget = "money"

    @cached_property
    def scale(self) -> int:
        return get_currency_precision(self.currency or USUAL)

    @cached_property
    def column(self) -> Amount:
        return Amount(self.scale, self.currency)

    def signature(self) -> str:
        return f"money:{self.scale}"

    def parse(self, raw: Any, lookup: Lookup) -> Decimal | None:
        return number_of(self._without_sign(raw) if isinstance(raw, str) else raw, self.scale)

    def _without_sign(self, text: str) -> str:
        """The amount alone: the currency may stand before or after it, a minus before both."""
        found = WITH_SIGN.fullmatch(half_width(text)) if len(text) <= LONGEST else None
        if found is None or not (found[2] or found[4]) or found[4] == "%":
            return text
        minus, before, figure, after = found.groups()
        if (before and after) or not figure:
            raise FieldError(NOT_A_NUMBER)
        currency, sign = self.currency or USUAL, before or after
        if folded_sign(sign) not in signs_of(currency):
            raise FieldError(_("This field takes amounts in {currency}. Write the amount without “{sign}”.", currency=currency, sign=sign))
        return minus + figure

    def problems(self, form: Form, catalogue: Catalogue) -> Iterator[Problem]:
        yield from super().problems(form, catalogue)
        if self.currency is not None and self.currency not in known_currencies():
            yield Problem("currency", _("{currency} is no currency. Use a code such as CNY, USD or EUR.", currency=self.currency))
        for name in ("min", "max"):
            if not fits(getattr(self, name), self.scale):
                yield Problem(name, _("This bound has more decimals or digits than the field can hold."))


@cache
def known_currencies() -> frozenset[str]:
    return frozenset(get_global("all_currencies"))


@cache
def signs_of(currency: str) -> frozenset[str]:
    """How a currency is written beside an amount."""
    written = {currency, *ALSO_WRITTEN.get(currency, ()), *(get_currency_symbol(currency, locale) for locale in ("zh", "en"))}
    return frozenset(folded_sign(each) for each in written)


def folded_sign(sign: str) -> str:
    return half_width(sign).casefold()
