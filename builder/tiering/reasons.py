"""Why a record would move: what differs most between its rating by the live model and by the draft."""

from __future__ import annotations

from datetime import date
from decimal import Decimal
from typing import Any

import sqlalchemy as sa

from runtime.definitions.tier_model import TierModel
from runtime.system import clock
from runtime.system.sets import among
from runtime.system.tables import tier_state
from runtime.system.workspace import Act
from runtime.texts import Message, _
from runtime.tiers.compiled import CompiledModel, Part, compile
from runtime.tiers.decision import POINT, Weighed, weigh
from runtime.tiers.judging import Judgement, judge
from runtime.tiers.rating import facts_of, streamed
from runtime.tiers.simulation_job import read_cuts
from runtime.tiers.trial import put_in_force, rating_model


def reasons(act: Act, draft: TierModel, as_of: date, ids: list[int], cuts: dict[str, list[int | None]]) -> dict[int, Message]:
    """One sentence a record; `cuts` as a simulation wrote them down."""
    if not ids:
        return {}
    trial = put_in_force(act, draft)
    model = compile(trial.catalogue, rating_model(trial, draft))
    given, facts = read_cuts(cuts), facts_of(trial, model)
    before = _before(act, model.model.key, ids)
    judged = {row["record"]: judge(facts, row, given) for row in streamed(trial, facts, ids, clock.to_day(as_of))}
    return {record: _reason(model, each, before.get(record)) for record, each in judged.items()}


def _before(act: Act, key: str, ids: list[int]) -> dict[int, tuple[Part, Weighed]]:
    """By which part each record is rated now, and how."""
    if key not in act.catalogue.tier_models:
        return {}
    live = compile(act.catalogue, key)
    parts = {part.lane: part for part in live.parts}
    state = tier_state.c
    rows = act.connection.execute(
        sa.select(state.record, state.lane, state.bands).where(
            state.model == live.number, state.bands.is_not(None), among(state.record, ids)
        )
    )
    found = {}
    for record, lane, bands in rows:
        part, given = parts.get(lane or ""), [int(each) if each else None for each in bands.split(",")]
        if part is not None and len(given) == len(part.measures):
            found[record] = (part, weigh(part.scale, given))
    return found


def _reason(model: CompiledModel, judged: Judgement, before: tuple[Part, Weighed] | None) -> Message:
    part = model.parts[judged.part]
    if not judged.inside:
        return _("It is outside the population of the draft.")
    if judged.weighed.score is None:
        return _("Every dimension of the draft is missing.")
    if judged.rated.by in ("floor", "ceiling"):
        return _bound(part, judged)
    if before is None or before[0].lane != part.lane:
        return _("Rated anew, with {score} points.", score=_points(judged.weighed.score))
    return _dimension(part, judged.weighed, *before)


def _bound(part: Part, judged: Judgement) -> Message:
    if judged.rated.by == "floor" and judged.floor is not None:
        why = part.floors[judged.floor].rule.why
        return _("A floor lifts it: {why}", why=why) if why else _("A floor lifts it.")
    holds = next((part.ceilings[number] for number in judged.ceilings if part.ceilings[number].tier == judged.rated.tier), None)
    why = holds.rule.why if holds is not None else None
    return _("A ceiling lowers it: {why}", why=why) if why else _("A ceiling lowers it.")


def _dimension(part: Part, now: Weighed, was_part: Part, was: Weighed) -> Message:
    """The dimension whose points change most."""
    shares = {measure.key: share for measure, share in zip(was_part.measures, was.shares, strict=True)}
    bands = {measure.key: band for measure, band in zip(was_part.measures, was.bands, strict=True)}
    changes = [
        (abs(share - shares.get(measure.key, 0)), -place)
        for place, (measure, share) in enumerate(zip(part.measures, now.shares, strict=True))
    ]
    change, place = max(changes)
    if not change:
        return _("The same {score} points; the borders of the tiers moved.", score=_points(now.score))
    measure = part.measures[-place]
    words: dict[str, Any] = {
        "dimension": measure.dimension.label,
        "points": _signed(now.shares[-place] - shares.get(measure.key, 0)),
        "band": _band(now.bands[-place]),
    }
    if measure.key not in bands:
        return _("{dimension} is new: band {band}, {points} points.", **words)
    if bands[measure.key] == now.bands[-place]:
        return _("{dimension}: band {band} as before, {points} points by other weights.", **words)
    return _("{dimension}: band {was} → {band}, {points} points.", was=_band(bands[measure.key]), **words)


def _band(band: int | None) -> Any:
    return _("missing") if band is None else band


def _points(score: int | None) -> str:
    return f"{(Decimal(score or 0) / POINT).quantize(Decimal('0.1')).normalize():f}"


def _signed(share: int) -> str:
    return f"{'+' if share > 0 else '−'}{_points(abs(share))}"
