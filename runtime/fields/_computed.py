"""What fields whose values are worked out share: the result, how it is kept, shown and filtered."""
from __future__ import annotations

from collections.abc import Iterator
from functools import cached_property
from typing import TYPE_CHECKING, Any, Literal

from babel.numbers import get_currency_precision
from pydantic import Field

from runtime.definitions.field_type import Reader
from runtime.definitions.types import CHOICE, Type
from runtime.errors import Problem
from runtime.fields._columns import DAY, INSTANT, SOMEONE, TRUTH, WORDS, Amount, Column, ColumnField, Scaled, nullable
from runtime.fields._entries import ReadOnlyField, control
from runtime.fields._numbers import with_unit
from runtime.fields._options import Finder, Option, option_problems
from runtime.texts import _

if TYPE_CHECKING:
    from runtime.definitions.catalogue import Catalogue
    from runtime.definitions.form import Form

USUAL_CURRENCY = "CNY"
COLUMNS = {"text": WORDS, "choice": WORDS, "boolean": TRUTH, "date": DAY, "datetime": INSTANT, "member": SOMEONE}
FIGURES = ("is", "is_not", "lt", "le", "gt", "ge", "between", "blank", "not_blank")
DAYS = (*FIGURES[:-2], "last_days", "next_days", "blank", "not_blank")
OPERATORS: dict[str, tuple[str, ...]] = {
    "number": FIGURES, "money": FIGURES, "date": DAYS, "datetime": DAYS, "boolean": ("is", "blank", "not_blank"),
    "text": ("is", "is_not", "contains", "blank", "not_blank"), "choice": ("is", "is_not", "any_of", "blank", "not_blank"),
    "member": ("is", "is_not", "any_of", "is_me", "blank", "not_blank")}


class Computed(ColumnField):
    """`formula` is what works the value out, a setting or made of settings; `result` what kind of value comes of it."""

    result: Literal["number", "money", "text", "boolean", "date", "datetime", "choice", "member"] = Field("number", title="Result")
    decimals: int | None = Field(None, ge=0, le=6, title="Decimals")
    """Of a number; 2 where none are given."""
    currency: str | None = Field(None, pattern="^[A-Z]{3}$", title="Currency")
    """Of money; the workspace's where none is given."""
    options: tuple[Option, ...] = Field((), max_length=500, title="Options")
    """Labels and colours of a choice."""
    unit: str | None = Field(None, max_length=20, title="Unit")

    family = "computed"
    stores = "computed"
    widget = "readonly"
    writable = False
    importable = False
    without = ("required", "unique", "default")

    @property
    def operators(self) -> tuple[str, ...]:  # type: ignore[override]
        return OPERATORS[self.result]

    @cached_property
    def finder(self) -> Finder:
        return Finder(self.options)

    @cached_property
    def column(self) -> Column:
        if self.result == "number":
            return Scaled(2 if self.decimals is None else self.decimals)
        if self.result == "money":
            return Amount(get_currency_precision(self.currency or USUAL_CURRENCY), self.currency)
        return COLUMNS[self.result]

    def signature(self) -> str:
        column = self.column
        return f"{self.type}:{self.result}:{column.scale}" if isinstance(column, Scaled) else f"{self.type}:{self.result}"

    def formula_type(self) -> Type:
        if self.result == "choice":
            return CHOICE(tuple(option.key for option in self.options))
        return self.column.type

    def entry(self, validators: list[Any], reader: Reader) -> Any:
        return control(self, ReadOnlyField, [], reader)

    def to_entry(self, value: Any, reader: Reader) -> str:
        return self.display(value, reader)

    def display(self, value: Any, reader: Reader) -> str:
        named = value is not None and self.result == "choice"
        figure = self.finder.label_of(value, reader.language) if named else super().display(value, reader)
        return with_unit(figure, self.unit, reader.language)

    def schema(self) -> dict[str, Any]:
        return {**nullable(self.column.schema()), "readOnly": True}

    def search_text(self, value: Any) -> str:
        return ""

    def problems(self, form: Form, catalogue: Catalogue) -> Iterator[Problem]:
        yield from super().problems(form, catalogue)
        yield from option_problems(self.options)
        for name, result in (("decimals", "number"), ("currency", "money"), ("options", "choice")):
            if getattr(self, name) and self.result != result:
                yield Problem(name, _("This setting belongs to the result {result}. Leave it out.", result=result))


def result_problems(field: Computed, found: Type, what: Any) -> Iterator[Problem]:
    """Whether the result fits what is looked at; numbers may be kept with fewer decimals."""
    if found.kind != field.result:
        yield Problem("result", _("{what} gives {kind}. Choose that as the result.", what=what, kind=found.kind))
