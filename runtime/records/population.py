"""Cut points of fields over all records of a form, for QUANTILE_BAND and PERCENT_RANK in formulas: worked out when everything is recomputed,
stored, and left as they are until then.

They lie beside the cut points of tier models, as model 0: `version` is the number of parts, `lane` the form, `dimension` the field.
"""

from __future__ import annotations

import json
from decimal import Decimal
from typing import TYPE_CHECKING, Any

import sqlalchemy as sa
from sqlalchemy.sql.expression import ColumnElement

from runtime.definitions.catalogue import Catalogue
from runtime.errors import FormulaProblems
from runtime.formulas.definitions import of_use
from runtime.formulas.tree import Call, literal_value, walk
from runtime.formulas.uses import POPULATION
from runtime.people.person import SYSTEM
from runtime.system.database import to_json
from runtime.system.prepared import prepared
from runtime.system.tables import tier_cuts

if TYPE_CHECKING:
    from runtime.system.workspace import Act, Workspace

OF_FIELDS = 0
"""Stands where tier models have their number."""


def wanted(catalogue: Catalogue, form: str) -> set[tuple[str, int]]:
    """(field, number of parts) of all cut points that formulas about a form read."""
    memo = catalogue.memo.setdefault("population", {})
    if form not in memo:
        memo[form] = {found for definition in catalogue.all() for found in _of(catalogue, definition, form)}
    return memo[form]


def _of(catalogue: Catalogue, definition: Any, form: str) -> set[tuple[str, int]]:
    found = set()
    for use in definition.formulas(catalogue):
        if use.form != form:
            continue
        try:
            tree = of_use(catalogue, use).tree
        except FormulaProblems:
            continue  # it is shown as broken where it stands
        for call in walk(tree):
            if isinstance(call, Call) and call.function in POPULATION:
                parts = int(str(literal_value(call.arguments[1]))) if call.function == "QUANTILE_BAND" else 100
                found.add((str(literal_value(call.arguments[-1])), parts))
    return found


def recut(workspace: Workspace, form: str) -> None:
    """Works the cut points of a form's fields out anew and stores them in place of the old ones."""
    with workspace.reading(SYSTEM, "schedule") as act:
        if form not in act.catalogue.forms or not wanted(act.catalogue, form):
            return
        found = [_cut(act, form, *each) for each in sorted(wanted(act.catalogue, form))]
    with workspace.writing(SYSTEM, "schedule") as act:
        act.connection.execute(tier_cuts.delete().where(tier_cuts.c.model == OF_FIELDS, tier_cuts.c.lane == form))
        act.connection.execute(tier_cuts.insert(), [{**each, "at": act.micros, "as_of": act.day} for each in found])


def _cut(act: Act, form: str, field: str, parts: int) -> dict[str, Any]:
    from runtime.records.sources import Rows

    rows = Rows(act, form)
    values = rows.select(rows.source.field(field).label("value")).subquery("every")
    size, *cuts = act.connection.execute(cut_query(values.c.value, [], "higher", parts)).one()
    return {
        "model": OF_FIELDS,
        "version": parts,
        "lane": form,
        "dimension": field,
        "cuts": to_json(cuts),
        "population": int(size or 0),
    }


def _stored(form: Any, field: Any, parts: Any) -> sa.Select[Any]:
    row = tier_cuts.alias()
    return sa.select(row.c.cuts).where(row.c.model == OF_FIELDS, row.c.version == parts, row.c.lane == form, row.c.dimension == field)


def stored_cuts(act: Act, form: str, field: str, parts: int) -> list[Decimal | None] | None:
    """The cut points of a field as values; None before the first full recompute."""
    names = [sa.bindparam(name) for name in ("form", "field", "parts")]
    statement = prepared(act.catalogue.memo, "population.cuts", act.connection.dialect, lambda: _stored(*names))
    kept = statement.scalar(act.connection, {"form": form, "field": field, "parts": parts})
    if kept is None:
        return None
    scale = act.catalogue.forms[form].by_key[field].formula_type().scale
    return [None if each is None else Decimal(each).scaleb(-scale) for each in json.loads(kept)]


def reached(dialect: str, form: str, field: str, parts: int, value: ColumnElement[Any]) -> ColumnElement[Any]:
    """How many cut points a stored value has reached, in SQL; NULL before the first full recompute."""
    kept = _stored(form, field, parts).scalar_subquery()
    if dialect == "postgresql":
        each = sa.func.json_array_elements_text(sa.cast(kept, sa.JSON)).table_valued("value", name="cut")
    else:
        each = sa.func.json_each(kept).table_valued("value", name="cut")
    cut = sa.cast(each.c.value, sa.BigInteger)
    count = sa.select(sa.func.count(sa.case((cut <= value, 1)))).select_from(each).correlate_except(each).scalar_subquery()
    return sa.case((sa.and_(value.is_not(None), kept.is_not(None)), count))


def cut_query(value: Any, population: list[Any], better: str, bands: int) -> sa.Select[Any]:
    """One row: how many have a value, and then the cut points that `decision.quantile_cuts` defines."""
    counts = (
        sa.select(value.label("value"), sa.func.count().label("many"))
        .where(*population, value.is_not(None))
        .group_by(value)
        .subquery("counts")
    )
    order = counts.c.value.desc() if better == "lower" else counts.c.value
    worse = sa.func.coalesce(sa.func.sum(counts.c.many).over(order_by=order, rows=(None, -1)), sa.literal_column("0"))
    running = sa.select(counts.c.value, worse.label("worse"), sa.func.sum(counts.c.many).over().label("total")).subquery("running")
    least = sa.func.max if better == "lower" else sa.func.min
    row = running.c
    reached = [row.worse * sa.literal_column(str(bands)) >= row.total * sa.literal_column(str(cut)) for cut in range(1, bands)]
    return sa.select(sa.func.max(row.total), *[least(sa.case((each, row.value))) for each in reached])
