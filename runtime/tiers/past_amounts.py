"""What the records of each tier were worth on a past day: an amount worked out for that day, from what is known of it now."""

from __future__ import annotations

from datetime import date
from decimal import Decimal
from typing import TYPE_CHECKING

import sqlalchemy as sa

from runtime.formulas.to_sql import NotAsSql
from runtime.records.guard import guard_of
from runtime.records.sources import Rows
from runtime.system import clock
from runtime.system.tables import tier_history
from runtime.tiers.compiled import compile
from runtime.tiers.history_at import end_of, in_force
from runtime.tiers.seeing import of_seen_records

if TYPE_CHECKING:
    from runtime.system.workspace import Act

MOST = 100_000
"""Of more records an amount is not worked out for another day while somebody waits."""


def amounts_on(act: Act, model_key: str, field: str, day: date) -> dict[str, Decimal]:
    """For each tier the sum of a field over those who had the tier at the end of a day, as far as the person sees both; empty where the
    database cannot work the field out for another day.

    Unlike the tiers of a past day, amounts follow what is entered later: an order of that day that arrives late counts.
    """
    model, row = compile(act.catalogue, model_key), tier_history.c
    rows = Rows(act, model.form, day, guard=guard_of(act))
    try:
        value, visible = rows.source.field(field), rows.visible(rows.source)
    except NotAsSql:
        return {}
    scale = act.catalogue.forms[model.form].by_key[field].formula_type().scale
    seen = [*of_seen_records(act, model.model, row.record), *([] if visible is None else [visible])]
    found: dict[str, Decimal] = {}
    joined = rows.source.from_clause().join(tier_history, row.record == rows.id)
    for conditions in in_force(model, end_of(act, day), row.tier_to.is_not(None), *seen):
        query = sa.select(row.tier_to, sa.func.sum(value)).select_from(joined).where(*conditions).group_by(row.tier_to)
        for tier, amount in act.connection.execute(query, {"today": clock.to_day(day), "now": act.micros}):
            found[tier] = found.get(tier, Decimal(0)) + Decimal(int(amount or 0)).scaleb(-scale)
    return found
