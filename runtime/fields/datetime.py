"""Date with time: an instant, stored in UTC, entered and shown in the workspace's zone."""
from __future__ import annotations

from datetime import datetime
from typing import Any, Literal

from wtforms import StringField
from wtforms.widgets import DateTimeLocalInput

from runtime.definitions.field_type import Reader
from runtime.definitions.shelf import FIELD_TYPES
from runtime.fields._columns import INSTANT, Column, ColumnField
from runtime.fields._entries import control
from runtime.texts import _


@FIELD_TYPES.register
class DateTime(ColumnField):
    type: Literal["datetime"] = "datetime"

    family, icon = "basic", "calendar-time"
    title, about = _("Date and time"), _("A moment.")
    widget = "datetime"
    operators = ("is", "is_not", "lt", "le", "gt", "ge", "between", "last_days", "next_days", "blank", "not_blank")

    @property
    def column(self) -> Column:
        return INSTANT

    def entry(self, validators: list[Any], reader: Reader) -> Any:
        return control(self, StringField, validators, reader, widget=DateTimeLocalInput())

    def to_entry(self, value: datetime | None, reader: Reader) -> str | None:
        """The form of `<input type="datetime-local">`, in the reader's zone; seconds only where there are any,
        and never more of them than a browser reads: what it cannot read it would show and send as blank."""
        if value is None:
            return None
        here = value.astimezone(reader.zone).replace(tzinfo=None)
        return here.isoformat(timespec="milliseconds" if here.microsecond else "seconds" if here.second else "minutes")
