"""Slider: a number between two ends, in steps, set by dragging or typing."""

from __future__ import annotations

from collections.abc import Iterator
from decimal import Decimal
from functools import cached_property
from typing import TYPE_CHECKING, Any, Literal

from pydantic import Field
from wtforms import StringField

from runtime.definitions.field_type import Reader
from runtime.definitions.model import Text
from runtime.definitions.shelf import FIELD_TYPES
from runtime.errors import Problem
from runtime.fields._bounded import Bounded, fits
from runtime.fields._columns import Scaled
from runtime.fields._entries import control
from runtime.fields._numbers import with_unit
from runtime.texts import Message, _

if TYPE_CHECKING:
    from runtime.definitions.catalogue import Catalogue
    from runtime.definitions.form import Form

MOST_STEPS = 10_000
MOST_LISTED = 500


@FIELD_TYPES.register
class Slider(Bounded):
    type: Literal["slider"] = "slider"
    min: Decimal = Field(Decimal(0), title="Least")
    max: Decimal = Field(Decimal(100), title="Most")
    step: Decimal = Field(Decimal(1), gt=0, title="Step")
    decimals: int = Field(0, ge=0, le=6, title="Decimals")
    unit: Text | None = Field(None, title="Unit")

    family, icon = "basic", "adjustments-horizontal"
    title, about = _("Slider"), _("A number between two ends, set by dragging.")
    widget = "slider"

    @cached_property
    def column(self) -> Scaled:
        return Scaled(self.decimals)

    def signature(self) -> str:
        return f"number:{self.decimals}"

    def typed(self) -> dict[str, Any]:
        return {"type": "number"}

    def schema(self) -> dict[str, Any]:
        """Where not every number between the ends can be chosen, those that can, as texts and as numbers."""
        schema = super().schema()
        count = int((self.max - self.min) / self.step) + 1
        if self.step == Decimal(1).scaleb(-self.decimals) or count > MOST_LISTED:
            return schema
        steps = [self.min + self.step * number for number in range(count)]
        kinds = schema["type"]
        listed = [*(self.column.to_json(each) for each in steps), *(float(each) for each in steps), *([None] if "null" in kinds else [])]
        return {"type": kinds, "enum": listed}

    def check(self, value: Decimal) -> list[Message]:
        wrong = super().check(value)
        if not wrong and (value - self.min) % self.step:
            low = value - (value - self.min) % self.step
            near = [f"{each:f}" for each in (low, low + self.step) if each <= self.max]
            return [_("Only steps of {step} can be chosen, such as {near}.", step=f"{self.step:f}", near=near)]
        return wrong

    def entry(self, validators: list[Any], reader: Reader) -> Any:
        return control(self, StringField, validators, reader)

    def display(self, value: Decimal | None, reader: Reader) -> str:
        return with_unit(super().display(value, reader), self.unit, reader.language)

    def problems(self, form: Form, catalogue: Catalogue) -> Iterator[Problem]:
        yield from super().problems(form, catalogue)
        for name in ("min", "max", "step"):
            if not fits(getattr(self, name), self.decimals):
                yield Problem(name, _("This figure has more decimals or digits than the field can hold."))
        if self.min < self.max and (self.max - self.min) / self.step > MOST_STEPS:
            yield Problem("step", _("These are too many steps to drag through. Choose a larger step."))
        if self.min == self.max:
            yield Problem("max", _("The two ends are the same."))
