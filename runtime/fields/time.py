"""Time of day: hours and minutes, kept as minutes since midnight."""

from __future__ import annotations

from collections.abc import Iterator
from decimal import Decimal
from typing import TYPE_CHECKING, Annotated, Any, Literal
from zoneinfo import ZoneInfo

from pydantic import Field
from wtforms import StringField

from runtime.definitions.field_type import Reader
from runtime.definitions.shelf import FIELD_TYPES
from runtime.errors import Problem
from runtime.fields._columns import ColumnField, WholeMinutes
from runtime.fields._entries import control
from runtime.fields._minutes import clock, minutes_of_day
from runtime.fields._ranges import between
from runtime.texts import Message, _

if TYPE_CHECKING:
    from runtime.definitions.catalogue import Catalogue
    from runtime.definitions.form import Form

HOUR = r"^([01][0-9]|2[0-3]):[0-5][0-9]$"
Hour = Annotated[str, Field(pattern=HOUR, json_schema_extra={"format": "time"})]


class OfDay(WholeMinutes):
    def read(self, raw: Any, zone: ZoneInfo) -> Decimal | None:
        return minutes_of_day(raw)

    def to_json(self, value: Decimal) -> str:
        return clock(value)

    def show(self, value: Decimal, reader: Reader) -> str:
        return clock(value)

    def schema(self) -> dict[str, Any]:
        return {"type": "string", "pattern": HOUR}


OF_DAY = OfDay()


@FIELD_TYPES.register
class Time(ColumnField):
    type: Literal["time"] = "time"
    min: Hour | None = Field(None, title="Earliest")
    max: Hour | None = Field(None, title="Latest")
    step: int = Field(1, ge=1, le=60, title="Minutes between the times on offer")

    family, icon = "basic", "clock"
    title, about = _("Time of day"), _("Hours and minutes, such as 09:30.")
    widget = "time"
    operators = ("is", "is_not", "lt", "le", "gt", "ge", "between", "blank", "not_blank")

    @property
    def column(self) -> OfDay:
        return OF_DAY

    def check(self, value: Decimal) -> list[Message]:
        written = clock(value)
        if self.min is not None and written < self.min:
            return [_("Give {time} or later.", time=self.min)]
        if self.max is not None and written > self.max:
            return [_("Give {time} or earlier.", time=self.max)]
        return []

    def entry(self, validators: list[Any], reader: Reader) -> Any:
        return control(self, StringField, validators, reader, {"min": self.min, "max": self.max, "step": self.step * 60})

    def schema(self) -> dict[str, Any]:
        if self.min is None and self.max is None:
            return super().schema()
        least, most = self.min or "00:00", self.max or "23:59"
        hours = between(least, most)  # 08:75 lies between 08:30 and 18:00 too: that there are 60 minutes is said beside it
        return self.or_blank(
            {"type": "string", "pattern": f"^(?=[0-9]{{2}}:[0-5])({hours})$", "formatMinimum": least, "formatMaximum": most}
        )

    def in_file(self, value: Decimal, reader: Reader) -> str:
        return clock(value)

    def problems(self, form: Form, catalogue: Catalogue) -> Iterator[Problem]:
        yield from super().problems(form, catalogue)
        if self.min is not None and self.max is not None and self.min > self.max:
            yield Problem("min", _("The earliest time lies after the latest."))
