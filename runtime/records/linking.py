"""The values that stand in a field of another form, for linked choices; as far as the person sees them."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import sqlalchemy as sa

from runtime.fields._texts import folded
from runtime.formulas.definitions import formula
from runtime.formulas.to_sql import to_sql
from runtime.people.may import may
from runtime.records.query import visible_rows

if TYPE_CHECKING:
    from runtime.system.workspace import Act

MOST = 20
NEAR = 50


def values(act: Act, field: Any, search: str, limit: int = MOST) -> list[str]:
    """The first of them by the alphabet that hold the search, each once."""
    if field.form not in act.catalogue.forms or not may(act.person, "view", field.form, None, field.field):
        return []
    rows = visible_rows(act, field.form)
    column = rows.source.field(field.field)
    wanted = [column.is_not(None), column != ""]
    if field.where is not None:
        where = formula(act.catalogue, field.form, field.where, allow=frozenset({"person"}), expect=("boolean",))
        with rows.in_trust():  # the condition is the builder's, the rows are what the person sees
            wanted.append(to_sql(where, rows.source))
    if search:
        wanted.append(sa.func.lower(column).contains(search.lower(), autoescape=True))
    query = rows.select(column).where(*wanted).group_by(column).order_by(sa.func.length(column) if search else column, column).limit(limit)
    return [value for (value,) in act.connection.execute(query, {"today": act.day, "now": act.micros})]


def value(act: Act, field: Any, text: str) -> str | None:
    """The value that a text means: the same, or the same but for width and case."""
    found = values(act, field, text, NEAR)
    if text in found:
        return text
    return next((each for each in found if folded(each) == folded(text)), None)
