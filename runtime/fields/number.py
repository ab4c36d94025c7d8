"""Number: an exact decimal with a fixed count of decimals, bounds and a unit."""
from __future__ import annotations

from collections.abc import Iterator
from decimal import Decimal
from functools import cached_property
from typing import TYPE_CHECKING, Any, Literal

from pydantic import Field

from runtime.definitions.field_type import Lookup, Reader
from runtime.definitions.model import Text
from runtime.definitions.shelf import FIELD_TYPES
from runtime.errors import Problem
from runtime.fields._bounded import Bounded, fits
from runtime.fields._columns import Scaled
from runtime.fields._numbers import number_of, with_unit
from runtime.texts import LANGUAGES, _, shown

if TYPE_CHECKING:
    from runtime.definitions.catalogue import Catalogue
    from runtime.definitions.form import Form


@FIELD_TYPES.register
class Number(Bounded):
    type: Literal["number"] = "number"
    decimals: int = Field(2, ge=0, le=6, title="Decimals")
    unit: Text | None = Field(None, title="Unit")

    family, icon = "basic", "hash"
    title, about = _("Number"), _("A figure with decimals, bounds and a unit.")
    widget = "number"

    @cached_property
    def column(self) -> Scaled:
        return Scaled(self.decimals)

    def signature(self) -> str:
        return f"number:{self.decimals}"

    @cached_property
    def in_percent(self) -> bool:
        return any(shown(self.unit, language) == "%" for language in LANGUAGES)

    def parse(self, raw: Any, lookup: Lookup) -> Decimal | None:
        return number_of(raw, self.decimals, percent_as_is=self.in_percent)

    def display(self, value: Decimal | None, reader: Reader) -> str:
        return with_unit(super().display(value, reader), self.unit, reader.language)

    def problems(self, form: Form, catalogue: Catalogue) -> Iterator[Problem]:
        yield from super().problems(form, catalogue)
        for name in ("min", "max"):
            if not fits(getattr(self, name), self.decimals):
                yield Problem(name, _("This bound has more decimals or digits than the field can hold."))
