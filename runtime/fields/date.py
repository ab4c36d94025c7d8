"""Date: a calendar day of the workspace."""
from __future__ import annotations

from collections.abc import Iterator
from datetime import date as day
from typing import TYPE_CHECKING, Annotated, Any, Literal

from pydantic import Field
from wtforms import StringField
from wtforms.widgets import DateInput

from runtime.definitions.field_type import Reader
from runtime.definitions.shelf import FIELD_TYPES
from runtime.errors import Problem
from runtime.fields._columns import DAY, Column, ColumnField
from runtime.fields._entries import control
from runtime.fields._ranges import between
from runtime.texts import Message, _

if TYPE_CHECKING:
    from runtime.definitions.catalogue import Catalogue
    from runtime.definitions.form import Form


@FIELD_TYPES.register
class Date(ColumnField):
    type: Literal["date"] = "date"
    min: Annotated[day, Field(strict=False)] | None = Field(None, title="First day")
    max: Annotated[day, Field(strict=False)] | None = Field(None, title="Last day")

    family, icon = "basic", "calendar"
    title, about = _("Date"), _("A calendar day.")
    widget = "date"
    operators = ("is", "is_not", "lt", "le", "gt", "ge", "between", "last_days", "next_days", "blank", "not_blank")

    @property
    def column(self) -> Column:
        return DAY

    def check(self, value: day) -> list[Message]:
        if self.min is not None and value < self.min:
            return [_("Give {day} or later.", day=self.min.isoformat())]
        if self.max is not None and value > self.max:
            return [_("Give {day} or earlier.", day=self.max.isoformat())]
        return []

    def entry(self, validators: list[Any], reader: Reader) -> Any:
        bounds = {"min": self.min and self.min.isoformat(), "max": self.max and self.max.isoformat()}
        return control(self, StringField, validators, reader, bounds, widget=DateInput())

    def schema(self) -> dict[str, Any]:
        """A format says what a day is, a pattern which days; `formatMinimum` and `formatMaximum` say it to readers."""
        schema = self.column.schema()
        if self.min is not None or self.max is not None:
            least, most = (self.min or day.min).isoformat(), (self.max or day.max).isoformat()
            schema |= {"pattern": f"^{between(least, most)}$", "formatMinimum": least, "formatMaximum": most}
        return self.or_blank(schema)

    def problems(self, form: Form, catalogue: Catalogue) -> Iterator[Problem]:
        yield from super().problems(form, catalogue)
        if self.min is not None and self.max is not None and self.min > self.max:
            yield Problem("min", _("The first day lies after the last."))
