"""Cut points of quantile bands: worked out from the whole population at a full recompute, stored, and frozen until the next one."""

from __future__ import annotations

import json
from bisect import bisect_right
from collections.abc import Iterable
from functools import cached_property
from typing import TYPE_CHECKING, Any

import sqlalchemy as sa

from runtime.records.population import cut_query
from runtime.system.database import to_json
from runtime.system.prepared import Prepared, prepared
from runtime.system.tables import tier_cuts
from runtime.tiers.facts import YES
from runtime.tiers.statements import cut_name

if TYPE_CHECKING:
    from runtime.system.workspace import Act
    from runtime.tiers.compiled import CompiledModel, Measure
    from runtime.tiers.facts import Facts


class Cuts(dict[tuple[int, int], list[int | None]]):
    """(number of the part, number of the dimension) → its cut points."""

    @cached_property
    def parameters(self) -> dict[str, int | None]:
        """The cut points under the names that the statements give them."""
        return {cut_name(part, place, number): cut for (part, place), values in self.items() for number, cut in enumerate(values)}


def stored_cuts(act: Act, model: CompiledModel) -> Cuts | None:
    """The cut points of the last full recompute of this version; None before the first one."""
    if not model.has_quantiles:
        return Cuts()
    memo = act.catalogue.memo
    at = prepared(memo, ("tier_cuts.at", model.number), act.connection.dialect, lambda: newest(model)).scalar(act.connection)
    if at is None:
        return None
    known = remembered(act, model)
    if known is None or known[0] != at:
        known = memo["tier_cuts", model.number] = (at, _read(act, model, at))
    return known[1]


def remembered(act: Act, model: CompiledModel) -> tuple[int, Cuts] | None:
    """When the cut points that were read last had been stored, and these. Others may have been stored since."""
    known: tuple[int, Cuts] | None = act.catalogue.memo.get(("tier_cuts", model.number))
    return known


def newest(model: CompiledModel) -> sa.Select[Any]:
    """When the newest cut points of a model with quantiles were stored."""
    part, measure = next((part, measure) for _n, _d, part, measure in model.quantiles())
    named = {"version": model.version, "lane": part.lane, "dimension": measure.key}
    mine = [tier_cuts.c[name] == sa.literal(wanted, tier_cuts.c[name].type) for name, wanted in named.items()]
    return sa.select(sa.func.max(tier_cuts.c.at)).where(tier_cuts.c.model == sa.literal_column(str(model.number)), *mine)


def _read(act: Act, model: CompiledModel, at: int) -> Cuts:
    rows = act.connection.execute(
        sa.select(tier_cuts.c.lane, tier_cuts.c.dimension, tier_cuts.c.cuts).where(
            tier_cuts.c.model == model.number, tier_cuts.c.version == model.version, tier_cuts.c.at == at
        )
    )
    found = {(row.lane, row.dimension): json.loads(row.cuts) for row in rows}
    return Cuts(
        {
            (number, place): found.get((part.lane, measure.key), [None] * (measure.count - 1))
            for number, place, part, measure in model.quantiles()
        }
    )


def cut_population(
    connection: sa.Connection, facts: Facts, table: Any, inside: Any, part_of: Any
) -> tuple[Cuts, dict[tuple[int, int], int]]:
    """Works out all cut points of a model from a table of facts; gives them with the size of each population."""
    cuts = Cuts()
    sizes: dict[tuple[int, int], int] = {}
    for number, place, _part, measure in facts.model.quantiles():
        value = table.c[facts.of(measure.value)]
        own = [inside == YES, part_of == sa.literal_column(str(number))]
        sizes[number, place], cuts[number, place] = _cut(connection, value, own, measure)
    return cuts, sizes


def _cut(connection: sa.Connection, value: Any, own: list[Any], measure: Measure) -> tuple[int, list[int | None]]:
    """How many have a value, and the cut points; SQLite takes longer to sort them than we do, and to hand them over one by one."""
    if connection.dialect.name == "sqlite":
        listed = sa.select(sa.func.json_group_array(value, type_=sa.Text())).where(*own, value.is_not(None))
        values = json.loads(Prepared(listed, connection.dialect).scalar(connection))
        return len(values), cut_points(values, measure.better, measure.count)
    size, *found = Prepared(cut_query(value, own, measure.better, measure.count), connection.dialect).all(connection)[0]
    return int(size or 0), found


def cut_points(values: Iterable[int], better: str, bands: int) -> list[int | None]:
    """The cut points that `decision.quantile_cuts` defines, from the values themselves."""
    sign = 1 if better == "higher" else -1
    ordered = sorted(values) if sign > 0 else sorted([-each for each in values])
    return [None if found is None else sign * found for found in (_cut_point(ordered, cut, bands) for cut in range(1, bands))]


def _cut_point(ordered: list[int], cut: int, bands: int) -> int | None:
    """The least value with at least cut ÷ bands of all strictly below it."""
    least = -(-cut * len(ordered) // bands)
    if least >= len(ordered):
        return None
    if ordered[least - 1] == ordered[least]:
        least = bisect_right(ordered, ordered[least])
    return ordered[least] if least < len(ordered) else None


def store(act: Act, model: CompiledModel, cuts: Cuts, sizes: dict[tuple[int, int], int], day: int) -> None:
    """Keeps the cut points beside the earlier ones, so that a past tier can be reproduced."""
    rows = [
        {
            "model": model.number,
            "version": model.version,
            "lane": part.lane,
            "dimension": measure.key,
            "at": act.micros,
            "as_of": day,
            "cuts": to_json(cuts[number, place]),
            "population": sizes[number, place],
        }
        for number, place, part, measure in model.quantiles()
    ]
    if rows:
        same = tier_cuts.delete().where(
            tier_cuts.c.model == model.number, tier_cuts.c.version == model.version, tier_cuts.c.at == act.micros
        )
        act.connection.execute(same)
        act.connection.execute(tier_cuts.insert(), rows)
        act.catalogue.memo.pop(("tier_cuts", model.number), None)
