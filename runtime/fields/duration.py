"""Duration: a length of time in hours and minutes, kept as minutes."""

from __future__ import annotations

from collections.abc import Iterator
from decimal import Decimal
from typing import TYPE_CHECKING, Any, Literal
from zoneinfo import ZoneInfo

from pydantic import Field

from runtime.definitions.field_type import Reader
from runtime.definitions.shelf import FIELD_TYPES
from runtime.errors import Problem
from runtime.fields._columns import ColumnField, WholeMinutes
from runtime.fields._entries import PartsField, control
from runtime.fields._minutes import LONGEST, minutes_long
from runtime.texts import Message, _

if TYPE_CHECKING:
    from runtime.definitions.catalogue import Catalogue
    from runtime.definitions.form import Form


class Minutes(WholeMinutes):
    def read(self, raw: Any, zone: ZoneInfo) -> Decimal | None:
        return minutes_long(raw)

    def to_json(self, value: Decimal) -> int:
        return int(value)

    def show(self, value: Decimal, reader: Reader) -> str:
        return reader.say(written(value))


MINUTES = Minutes()


@FIELD_TYPES.register
class Duration(ColumnField):
    type: Literal["duration"] = "duration"
    min: int | None = Field(None, ge=0, le=LONGEST, title="Least number of minutes")
    max: int | None = Field(None, ge=1, le=LONGEST, title="Greatest number of minutes")

    family, icon = "basic", "hourglass"
    title, about = _("Duration"), _("A length of time in hours and minutes; formulas count its minutes.")
    widget = "duration"
    parts = True
    operators = ("is", "is_not", "lt", "le", "gt", "ge", "between", "blank", "not_blank")

    @property
    def column(self) -> Minutes:
        return MINUTES

    def check(self, value: Decimal) -> list[Message]:
        if self.min is not None and value < self.min:
            return [_("Give {length} or more.", length=written(Decimal(self.min)))]
        if self.max is not None and value > self.max:
            return [_("Give {length} or less.", length=written(Decimal(self.max)))]
        return []

    def entry(self, validators: list[Any], reader: Reader) -> Any:
        return control(self, PartsField, validators, reader)

    def to_entry(self, value: Decimal | None, reader: Reader) -> list[str]:
        return ["", ""] if value is None else [str(int(value) // 60), str(int(value) % 60)]

    def schema(self) -> dict[str, Any]:
        least, most = self.min or 0, LONGEST if self.max is None else self.max
        return self.or_blank({"type": "integer", "minimum": least, "maximum": most})

    def problems(self, form: Form, catalogue: Catalogue) -> Iterator[Problem]:
        yield from super().problems(form, catalogue)
        if self.min is not None and self.max is not None and self.min > self.max:
            yield Problem("min", _("The least value is more than the most."))


def written(minutes: Decimal) -> Message:
    """1 h 30 min"""
    hours, rest = int(minutes) // 60, int(minutes) % 60
    if not hours:
        return _("{minutes} min", minutes=rest)
    return _("{hours} h {minutes} min", hours=hours, minutes=rest) if rest else _("{hours} h", hours=hours)
