"""Whether the data behind the tiers can be trusted: whose figures are complete, whose record is kept up to date, who is not provisional.

`complete`: every dimension of the model, or of the lane that rates the record, has a value now; one that the model's policy for missing
values stands in for does not count. `fresh`: the record itself was changed within FRESH days. `measured`: the tier is not provisional.
`trusted`: all three. Of more than LOOKED_AT records about so many are looked at, every nth by their number.
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import timedelta
from typing import TYPE_CHECKING, Any

import sqlalchemy as sa

from runtime.records.sources import Rows
from runtime.system.tables import tier_state
from runtime.tiers.compiled import CompiledModel, Part, compile
from runtime.tiers.facts import Facts
from runtime.tiers.seeing import of_seen_records

if TYPE_CHECKING:
    from runtime.definitions.tier_model import TierModel
    from runtime.system.workspace import Act

FRESH = timedelta(days=180)
LOOKED_AT = 100_000
NAMES = ("count", "complete", "fresh", "measured", "trusted")


@dataclass(frozen=True)
class Trust:
    """How many of `count` records that were looked at; of all tiers under None."""

    count: int = 0
    complete: int = 0
    fresh: int = 0
    measured: int = 0
    trusted: int = 0

    def share(self, name: str) -> float:
        return getattr(self, name) / self.count if self.count else 0.0


def trust_by_tier(act: Act, model: TierModel) -> dict[str | None, Trust]:
    """Now; tiers that nobody has are left out."""
    compiled, rows, state = compile(act.catalogue, model.key), Rows(act, model.form), tier_state.c
    rated = [state.model == compiled.number, state.tier.is_not(None), *of_seen_records(act, model, state.record)]
    complete, measured = _complete(compiled, rows), state.provisional == 0
    fresh = rows.table.c.updated_at > act.micros - FRESH // timedelta(microseconds=1)
    sums = [sa.func.sum(_one_if(each)) for each in (complete, fresh, measured, sa.and_(complete, fresh, measured))]
    population = act.connection.execute(sa.select(sa.func.count()).select_from(tier_state).where(*rated)).scalar() or 0
    step = -(-population // LOOKED_AT)
    query = (
        sa.select(state.tier, sa.func.count(), *sums)
        .select_from(rows.source.from_clause().join(tier_state, state.record == rows.id))
        .where(*rated, rows.table.c.deleted_at.is_(None), *([state.record % step == 0] if step > 1 else []))
        .group_by(state.tier)
    )
    rows_found = act.connection.execute(query, {"today": act.day, "now": act.micros})
    found: dict[str | None, Trust] = {row[0]: Trust(*map(int, row[1:])) for row in rows_found}
    return {**found, None: Trust(*(sum(getattr(each, name) for each in found.values()) for name in NAMES))}


def _complete(model: CompiledModel, rows: Rows) -> Any:
    """That no dimension of the part that rates the record is missing; what the database cannot work out counts as there."""
    if not model.in_sql:
        return sa.true()
    facts = Facts(model)
    columns = {each.name: each for each in facts.columns}
    own, *lanes = [(part.lane, _whole(facts, columns, part, rows)) for part in model.parts]
    return sa.case(*[(tier_state.c.lane == lane, whole) for lane, whole in lanes], else_=own[1]) if lanes else own[1]


def _whole(facts: Facts, columns: dict[str, Any], part: Part, rows: Rows) -> Any:
    conditions = []
    for measure in part.measures:
        conditions.append(columns[facts.of(measure.value)].sql(rows).is_not(None))
        missing = facts.missing(measure)
        if missing is not None:
            conditions.append(columns[missing[0]].sql(rows) != missing[1])
    return sa.and_(*conditions)


def _one_if(condition: Any) -> Any:
    return sa.case((condition, sa.literal_column("1")), else_=sa.literal_column("0"))
