"""The records that a query panel shows, a page at a time, as far as the person sees them."""

from __future__ import annotations

from datetime import date, datetime
from decimal import Decimal
from typing import TYPE_CHECKING, Any

from runtime.errors import Refused
from runtime.fields.query_panel import RECORD
from runtime.people.may import may
from runtime.records import query
from runtime.records.conditions import quoted

if TYPE_CHECKING:
    from runtime.definitions.field_type import FieldType
    from runtime.definitions.form import Form
    from runtime.records.query import Page
    from runtime.system.workspace import Act

__all__ = ["RECORD", "equal", "page"]


def page(act: Act, form: Form, field: Any, value: Any, cursor: str | None = None) -> Page | None:
    """None where nothing can fit: a blank fits nothing, and what a person may not see is not there."""
    other = act.catalogue.forms.get(field.form)
    if other is None or value is None or not may(act.person, "view", field.form) or not may(act.person, "view", field.form, None, field.theirs):
        return None
    shown = [key for key in field.columns or query.default_columns(act, other)[:5] if may(act.person, "view", other.key, None, key)]
    trusted = [] if field.where is None else [field.where]
    return query.page(
        act, field.form, filter=equal(other.by_key[field.theirs], value), sort=["-id"], columns=shown, limit=field.most, cursor=cursor, trusted=trusted
    )


def equal(theirs: FieldType, value: Any) -> str:
    """The condition as a formula: the field there has this value."""
    kind = theirs.formula_type().kind
    if kind == "record":
        return f"{theirs.key}.id == {int(value)}"
    if kind == "member":
        return f"IS_ONE_OF({theirs.key}, {quoted(str(int(value)))})"
    return f"{theirs.key} == {_literal(value)}"


def _literal(value: Any) -> str:
    if isinstance(value, str):
        return quoted(value)
    if isinstance(value, (int, Decimal)) and not isinstance(value, bool):
        return f"{value:f}" if isinstance(value, Decimal) else str(value)
    if isinstance(value, date) and not isinstance(value, datetime):
        return f"DATE({value.year}, {value.month}, {value.day})"
    raise Refused([])
