"""Percent: a share of a whole, entered and shown as 12.5 %, kept and computed as 0.125."""

from __future__ import annotations

from collections.abc import Iterator
from decimal import Decimal
from functools import cached_property
from typing import TYPE_CHECKING, Any, Literal
from zoneinfo import ZoneInfo

from pydantic import Field

from runtime.definitions.field_type import Reader
from runtime.definitions.shelf import FIELD_TYPES
from runtime.errors import Problem
from runtime.fields._bounded import Bounded, fits
from runtime.fields._columns import Scaled
from runtime.fields._numbers import number_of, out_of_bounds
from runtime.fields._texts import half_width, text_of
from runtime.texts import Message, _

if TYPE_CHECKING:
    from runtime.definitions.catalogue import Catalogue
    from runtime.definitions.form import Form


class Share(Scaled):
    """Hundredths with `decimals`: what is written is a percentage, what is a number already is the share itself."""

    def __init__(self, decimals: int):
        super().__init__(decimals + 2)
        self.decimals = decimals

    def read(self, raw: Any, zone: ZoneInfo) -> Decimal | None:
        if not isinstance(raw, str):
            return number_of(raw, self.scale)
        text = text_of(raw)
        hundredths = None if text is None else number_of(half_width(text).removesuffix("%").rstrip(), self.decimals)
        return None if hundredths is None else hundredths.scaleb(-2)

    def figure(self, value: Decimal) -> str:
        return format(value.scaleb(2), f".{self.decimals}f")

    def to_json(self, value: Decimal) -> str:
        return f"{self.figure(value)}%"

    def show(self, value: Decimal, reader: Reader) -> str:
        return f"{reader.number(value.scaleb(2), self.decimals)}%"


@FIELD_TYPES.register
class Percent(Bounded):
    type: Literal["percent"] = "percent"
    decimals: int = Field(1, ge=0, le=4, title="Decimals")
    min: Decimal | None = Field(None, title="Least, in percent")
    max: Decimal | None = Field(None, title="Most, in percent")

    family, icon = "basic", "percentage"
    title, about = _("Percent"), _("A share, such as a discount: 12.5 % counts as 0.125 in formulas.")
    widget = "percent"

    @cached_property
    def column(self) -> Share:
        return Share(self.decimals)

    def signature(self) -> str:
        return f"percent:{self.decimals}"

    def check(self, value: Decimal) -> list[Message]:
        return out_of_bounds(value.scaleb(2), self.min, self.max)

    def in_file(self, value: Decimal, reader: Reader) -> str:
        return self.column.to_json(value)

    def to_entry(self, value: Decimal | None, reader: Reader) -> str | None:
        return None if value is None else self.column.figure(value)

    def schema(self) -> dict[str, Any]:
        figure = self.pattern(self.decimals).removesuffix("$")
        return self.or_blank({"type": "string", "pattern": f"{figure}%$"})

    def problems(self, form: Form, catalogue: Catalogue) -> Iterator[Problem]:
        yield from super().problems(form, catalogue)
        for name in ("min", "max"):
            if not fits(getattr(self, name), self.decimals):
                yield Problem(name, _("This bound has more decimals or digits than the field can hold."))
