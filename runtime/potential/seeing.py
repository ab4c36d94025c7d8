"""Who may read what a model expects of a record: whoever sees all that it was worked out from."""

from __future__ import annotations

from typing import TYPE_CHECKING

import sqlalchemy as sa

from runtime.definitions.potential import Potential, Purchases
from runtime.formulas.definitions import formula
from runtime.records.guard import guard_of, reads_whole, sees_all_of
from runtime.records.sources import Rows

if TYPE_CHECKING:
    from runtime.system.workspace import Act


def sees_potential(act: Act, model: Potential, record: int) -> bool:
    if act.person.rights is None:
        return True
    if isinstance(model.learn, Purchases):
        return _sees_purchases(act, model, model.learn, record)
    return all(
        use.form is not None and reads_whole(act, use.form, formula(act.catalogue, use.form, use.text, expect=use.expect), record)
        for use in model.formulas(act.catalogue)
    )


def _sees_purchases(act: Act, model: Potential, learn: Purchases, record: int) -> bool:
    """Whether the person sees every purchase of the record, with its day and value."""
    bought, reference = act.catalogue.relations_to(model.form)[learn.relation]
    keys = {reference, learn.date, *filter(None, [learn.amount])}
    if learn.where is not None:
        keys |= formula(act.catalogue, bought, learn.where, expect=("boolean",)).uses.fields
    return sees_all_of(act, bought, keys) or _count(act, bought, reference, record, keys, False) == _count(
        act, bought, reference, record, keys, True
    )


def _count(act: Act, form: str, reference: str, record: int, keys: set[str], guarded: bool) -> int:
    rows = Rows(act, form, guard=guard_of(act) if guarded else None)
    mine = rows.source.stored(reference) == sa.literal(record, sa.BigInteger())
    shown = [rows.guard.holds(rows.source, key, sa.true()) for key in sorted(keys)] if rows.guard is not None else []
    query = rows.select(sa.func.count()).where(mine, *shown)
    return act.connection.execute(query, {"today": act.day, "now": act.micros}).scalar() or 0
