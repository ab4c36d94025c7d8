"""What a record brought, month by month: the money of the records that point at it."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date
from decimal import Decimal
from typing import TYPE_CHECKING, Any

import sqlalchemy as sa

from runtime.formulas.definitions import formula
from runtime.formulas.to_sql import to_sql
from runtime.people.may import may
from runtime.records.query import from_sql, visible_rows
from runtime.reports.monthly import month_before

if TYPE_CHECKING:
    from runtime.definitions.form import Form
    from runtime.system.workspace import Act

MONTHS = 12


@dataclass(frozen=True)
class Worth:
    """Of one form whose records point at the record: the sum of a money field and the number of records in each month, the oldest first."""

    form: Form
    reference: str
    money: Any
    on: str
    months: tuple[tuple[date, Decimal, int], ...]

    @property
    def total(self) -> Decimal:
        return sum((value for _month, value, _count in self.months), Decimal(0))


def worth_by_month(act: Act, form: str, record: int, last: date, months: int = MONTHS) -> Worth | None:
    """The money that belongs to a record over months up to the one of `last`, in one statement; None where no form tells, or none is for the person."""
    for other, reference in act.catalogue.relations_to(form).values():
        found = act.catalogue.forms[other]
        money = next(
            (
                each
                for each in found.fields
                if each.stores in ("column", "computed")
                and each.formula_type().kind == "money"
                and may(act.person, "view", other, None, each.key)
            ),
            None,
        )
        if (
            money is None
            or found.event_date is None
            or not all(may(act.person, "view", other, None, key) for key in (reference, found.event_date))
        ):
            continue
        return Worth(found, reference, money, found.event_date, tuple(_months(act, found, reference, record, money, last, months)))
    return None


def _months(act: Act, form: Form, reference: str, record: int, money: Any, last: date, months: int) -> list[tuple[date, Decimal, int]]:
    rows = visible_rows(act, form.key)
    begin = month_before(last, months - 1)
    day = f"DATE({form.event_date})" if form.by_key[str(form.event_date)].formula_type().kind == "datetime" else str(form.event_date)
    between = f"{day} >= {_written(begin)} and {day} < {_written(month_before(last, -1))}"
    total = formula(act.catalogue, form.key, f"SUM({money.key})", own_rows=True)
    year, month = (to_sql(formula(act.catalogue, form.key, f"{part}({form.event_date})"), rows.source) for part in ("YEAR", "MONTH"))
    inside = to_sql(formula(act.catalogue, form.key, between, expect=("boolean",)), rows.source)
    query = rows.select(year.label("year"), month.label("month"), to_sql(total, rows.source), sa.func.count()).where(
        rows.source.field(reference) == record, inside
    )
    counted = {
        (int(row[0]), int(row[1])): (from_sql(total.type, row[2]) or Decimal(0), row[3])
        for row in act.connection.execute(query.group_by("year", "month"), {"today": act.day, "now": act.micros})
    }
    firsts = [month_before(last, back) for back in range(months - 1, -1, -1)]
    return [(each, *counted.get((each.year, each.month), (Decimal(0), 0))) for each in firsts]


def _written(day: date) -> str:
    return f"DATE({day.year}, {day.month}, {day.day})"
