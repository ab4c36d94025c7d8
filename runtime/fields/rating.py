"""Rating: a whole number of stars."""

from __future__ import annotations

import re
from decimal import Decimal
from typing import Any, Literal

from pydantic import Field
from wtforms import RadioField
from wtforms.fields.choices import SelectChoice

from runtime.definitions.field_type import Lookup, Reader
from runtime.definitions.shelf import FIELD_TYPES
from runtime.fields._columns import ColumnField, Scaled
from runtime.fields._entries import control
from runtime.fields._numbers import number_of
from runtime.fields._texts import half_width
from runtime.texts import Message, _

WHOLE = Scaled(0)
DRAWN = re.compile(r"(★+)☆*")
OUT_OF = re.compile(r"([0-9]{1,2})\s*/\s*([0-9]{1,2})")


@FIELD_TYPES.register
class Rating(ColumnField):
    type: Literal["rating"] = "rating"
    stars: int = Field(5, ge=2, le=10, title="Number of stars")

    family, icon = "basic", "star"
    title, about = _("Rating"), _("A number of stars.")
    widget = "rating"
    operators = ("is", "is_not", "lt", "le", "gt", "ge", "between", "blank", "not_blank")

    @property
    def column(self) -> Scaled:
        return WHOLE

    def parse(self, raw: Any, lookup: Lookup) -> Decimal | None:
        """A number, ★★★☆☆, or 3/5 where 5 is the number of stars."""
        return number_of(self._counted(half_width(raw)) if isinstance(raw, str) else raw, 0)

    def _counted(self, text: str) -> str:
        drawn, out_of = DRAWN.fullmatch(text), OUT_OF.fullmatch(text)
        if drawn and len(text) <= self.stars:
            return str(len(drawn[1]))
        return out_of[1] if out_of and int(out_of[2]) == self.stars else text

    def check(self, value: Decimal) -> list[Message]:
        return [] if 1 <= value <= self.stars else [_("Give 1 to {stars} stars.", stars=self.stars)]

    def typed(self) -> dict[str, Any]:
        return {"type": "number"}

    def entry(self, validators: list[Any], reader: Reader) -> Any:
        names = [SelectChoice(str(count), reader.say(star_words(count))) for count in range(1, self.stars + 1)]
        return control(self, RadioField, validators, reader, choices=names, validate_choice=False)

    def display(self, value: Decimal | None, reader: Reader) -> str:
        count = int(value or 0)
        return "" if value is None else f"{'★' * count}{'☆' * (self.stars - count)}"

    def to_json(self, value: Decimal | None) -> int | None:
        return None if value is None else int(value)

    def schema(self) -> dict[str, Any]:
        return self.or_blank({"type": "integer", "minimum": 1, "maximum": self.stars})


def star_words(count: int) -> Message:
    return _("1 star") if count == 1 else _("{count} stars", count=count)
