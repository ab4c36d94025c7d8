"""The values that stand in a field of another form, for linked choices; as far as the person sees them."""

from __future__ import annotations

from collections.abc import Mapping
from typing import TYPE_CHECKING, Any

import sqlalchemy as sa

from runtime.fields._pairs import equals, ours_of, rows_of
from runtime.fields._texts import folded
from runtime.formulas.definitions import formula
from runtime.formulas.to_sql import to_sql
from runtime.people.may import may
from runtime.records.panels import equal
from runtime.records.query import visible_rows

if TYPE_CHECKING:
    from runtime.definitions.field_type import Lookup
    from runtime.system.workspace import Act

MOST = 20
NEAR = 50
Ours = Mapping[str, Any]
"""What the fields hold by which a linked choice is narrowed, by the words of its pairs."""


def values(act: Act, field: Any, search: str, limit: int = MOST, equals: tuple[str, ...] = ()) -> list[str]:
    """The first of them by the alphabet that hold the search, each once. `equals`: conditions of `narrowed`."""
    column, query = _query(act, field, equals)
    if query is None:
        return []
    if search:
        query = query.where(sa.func.lower(column).contains(search.lower(), autoescape=True))
    query = query.group_by(column).order_by(sa.func.length(column) if search else column, column).limit(limit)
    return [value for (value,) in act.connection.execute(query, {"today": act.day, "now": act.micros})]


def _query(act: Act, field: Any, equals: tuple[str, ...]) -> tuple[Any, sa.Select[Any] | None]:
    """The column of the values, and what selects them; None where the person sees none."""
    if field.form not in act.catalogue.forms or not may(act.person, "view", field.form, None, field.field):
        return None, None
    rows = visible_rows(act, field.form)
    column = rows.source.field(field.field)
    wanted = [column.is_not(None), column != ""]
    if field.where is not None:
        where = formula(act.catalogue, field.form, field.where, allow=frozenset({"person"}), expect=("boolean",))
        with rows.in_trust():  # the condition is the builder's, the rows are what the person sees
            wanted.append(to_sql(where, rows.source))
    for text in equals:  # which value is asked for is the person's: what they do not see equals nothing
        wanted.append(to_sql(formula(act.catalogue, field.form, text, expect=("boolean",)), rows.source))
    return column, rows.select(column).where(*wanted)


def value(act: Act, field: Any, text: str) -> str | None:
    """The value that a text means: the same, or the same but for width and case."""
    found = values(act, field, text, NEAR)
    if text in found:
        return text
    return next((each for each in found if folded(each) == folded(text)), None)


# -- narrowed by what is being filled in ------------------------------------------------------------------------------------------------
def narrowed(act: Act, form: str, field: Any, ours: Ours, lookup: Lookup) -> tuple[str, ...] | None:
    """The conditions that the pairs of a field come to; None where nothing can fit: a blank fits nothing."""
    here, other, found = act.catalogue.forms[form], act.catalogue.forms.get(field.form), []
    rows = rows_of(field, here)
    for pair in field.pairs:
        theirs, mine, held = None if other is None else other.field(pair.theirs), ours_of(pair, here, rows), ours.get(pair.ours)
        if theirs is None or mine is None or held in (None, "", ()) or not may(act.person, "view", field.form, None, pair.theirs):
            return None
        same = equals(theirs, mine, held, lookup)
        if not same:
            return None
        found.append(" or ".join(equal(theirs, each) for each in same))
    return tuple(found)


def fitting(act: Act, form: str, field: Any, ours: Ours, search: str, lookup: Lookup) -> list[str]:
    """The values to choose from beside what is filled in already."""
    conditions = narrowed(act, form, field, ours, lookup)
    return [] if conditions is None else values(act, field, search, equals=conditions)


def fits(act: Act, form: str, field: Any, text: str, ours: Ours, lookup: Lookup) -> bool:
    """Whether a value stands in a record there that fits what is filled in here."""
    conditions = narrowed(act, form, field, ours, lookup)
    if conditions is None:
        return False
    column, query = _query(act, field, conditions)
    if query is None:
        return False
    return act.connection.execute(query.where(column == text).limit(1), {"today": act.day, "now": act.micros}).first() is not None
