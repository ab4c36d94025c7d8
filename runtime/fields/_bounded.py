"""What numbers and money have in common: bounds, filters and the entry."""
from __future__ import annotations

from collections.abc import Iterator
from decimal import Decimal
from typing import TYPE_CHECKING, Any

from pydantic import Field
from wtforms import StringField

from runtime.definitions.field_type import Reader
from runtime.errors import FieldError, Problem
from runtime.fields._columns import ColumnField, Scaled
from runtime.fields._entries import control
from runtime.fields._numbers import LARGEST, fitted, out_of_bounds, pattern
from runtime.fields._ranges import decimals_between
from runtime.texts import Message, _

if TYPE_CHECKING:
    from runtime.definitions.catalogue import Catalogue
    from runtime.definitions.form import Form


class Bounded(ColumnField):
    min: Decimal | None = Field(None, title="Least")
    max: Decimal | None = Field(None, title="Most")

    operators = ("is", "is_not", "lt", "le", "gt", "ge", "between", "blank", "not_blank")

    @property
    def column(self) -> Scaled:
        raise NotImplementedError

    def check(self, value: Decimal) -> list[Message]:
        return out_of_bounds(value, self.min, self.max)

    def entry(self, validators: list[Any], reader: Reader) -> Any:
        return control(self, StringField, validators, reader)

    def schema(self) -> dict[str, Any]:
        schema = self.column.schema()
        if self.min is not None:
            schema["minimum"] = _json_number(self.min)
        if self.max is not None:
            schema["maximum"] = _json_number(self.max)
        return self.or_blank({**schema, "pattern": self.pattern(self.column.scale)})

    def pattern(self, scale: int) -> str:
        """The bounds as a text has to keep them."""
        if self.max is None and (self.min is None or self.min == 0):
            return pattern(scale) if self.min is None else pattern(scale).replace("^-?", "^", 1)
        most = Decimal(LARGEST).scaleb(-scale)
        return decimals_between(-most if self.min is None else self.min, most if self.max is None else self.max, scale)

    def problems(self, form: Form, catalogue: Catalogue) -> Iterator[Problem]:
        yield from super().problems(form, catalogue)
        if self.min is not None and self.max is not None and self.min > self.max:
            yield Problem("min", _("The least value is more than the most."))


def fits(bound: Decimal | None, scale: int) -> bool:
    try:
        return bound is None or fitted(bound, scale) == bound
    except FieldError:
        return False


def _json_number(value: Decimal) -> int | float:
    return int(value) if value == value.to_integral_value() else float(value)
