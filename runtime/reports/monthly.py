"""A figure month by month, in one statement."""

from __future__ import annotations

from datetime import date
from typing import TYPE_CHECKING, Any

from runtime.formulas.definitions import formula
from runtime.formulas.to_sql import to_sql
from runtime.records.query import from_sql, visible_rows

if TYPE_CHECKING:
    from runtime.system.workspace import Act

PERSON = frozenset({"person"})


def month_before(day: date, months: int) -> date:
    """The first day of the month that lies so many months before the one of `day`."""
    count = day.year * 12 + day.month - 1 - months
    return date(count // 12, count % 12 + 1, 1)


def by_month(act: Act, form: str, on: str, measure: str, filter: str | None, first: date, last: date) -> dict[tuple[int, int], Any]:
    """(year, month) → the measure over the records whose `on` lies in that month. Whoever calls has asked the gate."""
    rows = visible_rows(act, form)
    figure = formula(act.catalogue, form, measure, own_rows=True)
    between = f"{on} >= {_written(first)} and {on} < {_written(month_before(last, -1))}"
    year, month = (to_sql(formula(act.catalogue, form, f"{part}({on})"), rows.source) for part in ("YEAR", "MONTH"))
    conditions = [
        to_sql(formula(act.catalogue, form, text, allow=PERSON, expect=("boolean",)), rows.source) for text in (between, filter) if text
    ]
    query = rows.select(year.label("year"), month.label("month"), to_sql(figure, rows.source)).where(*conditions).group_by("year", "month")
    found = act.connection.execute(query, {"today": act.day, "now": act.micros})
    return {(int(row[0]), int(row[1])): from_sql(figure.type, row[2]) for row in found}


def _written(day: date) -> str:
    return f"DATE({day.year}, {day.month}, {day.day})"
