"""What is known of one record when its tier is explained or tried out: its facts, its bands, what they come to, and the stored state."""

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import TYPE_CHECKING, Any

import sqlalchemy as sa

from runtime.errors import NotFound
from runtime.system.prepared import Prepared
from runtime.system.sets import among
from runtime.system.tables import tier_state
from runtime.texts import Message, _
from runtime.tiers import overrides
from runtime.tiers.compiled import CompiledModel, Measure, compile
from runtime.tiers.decision import Before, Decision, decide
from runtime.tiers.explanation import Figure
from runtime.tiers.facts import Facts, read
from runtime.tiers.judging import Judgement, bands_of, judge
from runtime.tiers.quantiles import Cuts, stored_cuts
from runtime.tiers.rating import evaluated, facts_of, kept, rows_of
from runtime.tiers.statements import STATE

if TYPE_CHECKING:
    from runtime.system.workspace import Act


@dataclass(frozen=True)
class Known:
    """`cuts` are the stored cut points; `has_cuts` is False where a model with quantiles has not had its first full recompute."""

    model: CompiledModel
    facts: Facts
    row: dict[str, Any]
    cuts: Cuts
    has_cuts: bool
    judged: Judgement
    state: Any
    before: Before | None
    decision: Decision
    day: int

    def bands(self) -> list[int | None]:
        """The band of each dimension of the part that rates the record; None where it is missing."""
        return bands_of(self.facts, self.row, self.judged.part, self.cuts)

    def own_bands(self) -> list[int | None] | None:
        """Those of the model itself where a lane rates."""
        return bands_of(self.facts, self.row, 0, self.cuts) if self.judged.part else None

    def cut_values(self, place: int) -> list[Figure]:
        """The cuts of a dimension as values, in the order of the bands."""
        measure = self.model.parts[self.judged.part].measures[place]
        return cut_values(measure, self.cuts.get((self.judged.part, place)))


def known_of(act: Act, model_key: str, record: int) -> Known:
    """From today's facts and the stored cut points. Raises NotFound for a record in the trash."""
    model = compile(act.catalogue, model_key)
    facts, day = facts_of(act, model), model.day(act.day)
    row = _facts_row(act, facts, record, day)
    stored = stored_cuts(act, model)
    none: dict[tuple[int, int], list[int | None]] = {
        (number, place): [None] * (measure.count - 1) for number, place, _part, measure in model.quantiles()
    }
    cuts = stored if stored is not None else Cuts(none)
    judged, state = judge(facts, row, cuts), _state(act, model, record)
    before = None
    if state is not None:
        until = overrides.last_day(state.fixed_until, act.day, day)
        before = Before(state.tier, state.risen_on, state.fell_on, state.grace_until, state.proposed, state.fixed, until)
    decision = decide(model.rules, judged.rated, before, day)
    if decision.by == "override" and state is not None:
        decision = replace(decision, until=state.fixed_until)
    return Known(model, facts, row, cuts, stored is not None, judged, state, before, decision, day)


def _facts_row(act: Act, facts: Facts, record: int, day: int) -> dict[str, Any]:
    if not facts.model.in_sql:
        found = next(evaluated(act, facts, [record], day), None)
    else:
        statement = kept(act, ("tier_facts", facts.model.number), day, lambda: _select(act, facts, day))
        row = statement.first(act.connection, {"ids": [record], "today": day, "now": act.micros})
        found = None if row is None else dict(zip(facts.names, row, strict=True))
    if found is None:
        raise NotFound(_("This record does not exist, or it is in the trash."))
    return found


def _select(act: Act, facts: Facts, day: int) -> Prepared:
    rows = rows_of(act, facts.model, day)
    return Prepared(facts.select(rows).where(among(rows.id)), act.connection.dialect)


def _state(act: Act, model: CompiledModel, record: int) -> sa.Row[Any] | None:
    columns = [tier_state.c[name] for name in (*STATE, "version", "at")]
    return act.connection.execute(sa.select(*columns).where(tier_state.c.model == model.number, tier_state.c.record == record)).first()


# -- in words -----------------------------------------------------------------------------------------------------------------------
def cut_values(measure: Measure, stored: list[int | None] | None) -> list[Figure]:
    """The cuts as values, in the order of the bands."""
    cuts = sorted(measure.cuts, reverse=measure.better == "lower") if measure.cuts is not None else (stored or [])
    return [Figure(read(cut, measure.value.type), measure.value.type) for cut in cuts]


def band_in_words(measure: Measure, band: int, cuts: list[Figure]) -> Message:
    """The range of values that a band stands for."""
    reached = cuts[band - 2] if band > 1 and cuts[band - 2].value is not None else None
    above = next((cut for cut in cuts[band - 1 :] if cut.value is not None), None)
    if measure.better == "higher":
        if reached is None:
            return _("less than {high}", high=above) if above is not None else _("all values alike")
        return _("{low} or more, less than {high}", low=reached, high=above) if above is not None else _("{low} or more", low=reached)
    if reached is None:
        return _("more than {low}", low=above) if above is not None else _("all values alike")
    return _("{high} or less, more than {low}", high=reached, low=above) if above is not None else _("{high} or less", high=reached)


def label_of(model: CompiledModel, tier: str | None) -> Any:
    return model.model.by_key[tier].label if tier in model.model.by_key else _("no tier")
