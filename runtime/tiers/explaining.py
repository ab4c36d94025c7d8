"""Why a record has its tier: the facts, their bands and shares that add up to the score exactly, what holds the tier, and what would lift
it."""

from __future__ import annotations

from decimal import Decimal
from typing import TYPE_CHECKING, Any

import sqlalchemy as sa

from runtime.records.derived import is_waiting
from runtime.system import clock
from runtime.system.tables import tier_history
from runtime.texts import Message, _
from runtime.tiers.compiled import CompiledModel, Condition, Measure, Part, compile
from runtime.tiers.decision import POINT, Before, Decision
from runtime.tiers.explanation import Bound, Dimension, Explanation, Figure, Held
from runtime.tiers.facts import Facts, read
from runtime.tiers.figures import Distribution, Histogram, Movement, distribution, histogram, movement
from runtime.tiers.judging import Judgement
from runtime.tiers.known import band_in_words, cut_values, known_of, label_of
from runtime.tiers.lifting import lifts
from runtime.tiers.quantiles import Cuts
from runtime.tiers.states import shown_score

if TYPE_CHECKING:
    from runtime.system.workspace import Act


def explain(act: Act, model_key: str, record: int) -> Explanation:
    """Explains the tier that a model gives a record, from today's facts and the stored cut points. Raises NotFound for a record in the
    trash."""
    known = known_of(act, model_key, record)
    model, facts, row, usable, judged, before = known.model, known.facts, known.row, known.cuts, known.judged, known.before
    state, decision, day = known.state, known.decision, known.day
    part = model.parts[judged.part]
    dimensions = tuple(_dimension(facts, row, judged, part, place, usable) for place in range(len(part.measures)))
    return Explanation(
        model_key,
        model.version,
        clock.from_day(day) or act.today,
        None if state is None else clock.from_micros(state.at),
        part.lane,
        judged.inside,
        decision.tier,
        _points(judged.weighed.score),
        dimensions,
        _bounds(model, part.floors, judged.floors, judged.floor),
        _bounds(model, part.ceilings, judged.ceilings, _deciding_ceiling(model, part, judged)),
        _held(model, part, judged, decision, before, day),
        _provisional(model, judged, dimensions),
        lifts(known),
        None if state is None else clock.from_micros(state.since),
        None if state is None else state.tier,
        not known.has_cuts or _differs(state, judged, decision) or is_waiting(act, model.form, record),
    )


def explain_history(act: Act, model_key: str, record: int) -> list[dict[str, Any]]:
    """Every change of a record's tier by a model, newest first."""
    model = compile(act.catalogue, model_key)
    rows = act.connection.execute(
        sa.select(tier_history)
        .where(tier_history.c.model == model.number, tier_history.c.record == record)
        .order_by(tier_history.c.id.desc())
    )
    return [
        {
            "at": clock.from_micros(row.valid_from),
            "until": clock.from_micros(row.valid_to),
            "from": row.tier_from,
            "to": row.tier_to,
            "cause": row.cause,
            "source": row.source,
            "version": row.version,
            "as_of": clock.from_day(row.as_of),
            "score_from": _points(row.score_from),
            "score_to": _points(row.score_to),
            "event": row.event,
        }
        for row in rows
    ]


# -- state -----------------------------------------------------------------------------------------------------------------------
def _differs(state: Any, judged: Judgement, decision: Decision) -> bool:
    if state is None or state.tier is None:
        return decision.tier is not None
    bands = ",".join("" if band is None else str(band) for band in judged.weighed.bands)
    return (state.tier, state.score, state.bands) != (decision.tier, judged.weighed.score, bands)


# -- dimensions -------------------------------------------------------------------------------------------------------------------
def _dimension(facts: Facts, row: dict[str, Any], judged: Judgement, part: Part, place: int, cuts: Cuts) -> Dimension:
    measure = part.measures[place]
    value = read(row[facts.of(measure.value)], measure.value.type)
    missing = judged.weighed.missing[place]
    why = (
        _missing(measure)
        if missing
        else band_in_words(measure, judged.weighed.bands[place] or 1, cut_values(measure, cuts.get((judged.part, place))))
    )
    return Dimension(
        measure.key,
        measure.dimension.label,
        value,
        Figure(value, measure.value.type),
        judged.weighed.bands[place],
        measure.count,
        measure.dimension.weight,
        Decimal(judged.weighed.shares[place]) / POINT,
        missing,
        why,
    )


def _missing(measure: Measure) -> Message:
    return {
        "worst": _("Nothing is known yet; it counts as the lowest band."),
        "neutral": _("Nothing is known yet; it counts half of its weight."),
        "leave_out": _("Nothing is known yet; it is left out and the others count for more."),
    }[measure.dimension.missing]


# -- tier -------------------------------------------------------------------------------------------------------------------------
def _bounds(model: CompiledModel, conditions: tuple[Condition, ...], holding: tuple[int, ...], deciding: int | None) -> tuple[Bound, ...]:
    return tuple(
        Bound(conditions[number].tier, model.model.by_key[conditions[number].tier].label, conditions[number].rule.why, number == deciding)
        for number in holding
    )


def _deciding_ceiling(model: CompiledModel, part: Part, judged: Judgement) -> int | None:
    if judged.rated.by != "ceiling":
        return None
    return next(number for number in judged.ceilings if part.ceilings[number].tier == judged.rated.tier)


def _held(model: CompiledModel, part: Part, judged: Judgement, decision: Decision, before: Before | None, day: int) -> Held | None:
    """What keeps the tier other than the figures alone would have it; None where nothing does."""
    label = label_of(model, decision.tier)
    until = clock.from_day(decision.until)
    target = label_of(model, judged.rated.tier)
    sentences = {
        "keep": lambda: _(
            "Stays {tier} down to {border} points.", tier=label, border=shown_score(part.scale.keep.get(decision.tier or "", 0))
        ),
        "least_stay": lambda: _(
            "Stays {tier} until {day} at least; by its figures it would be {target}.", tier=label, target=target, day=until
        ),
        "grace": lambda: _("In grace until {day}: without recovery it becomes {target}.", day=until, target=target),
        "one_step": lambda: _("Goes down one tier at a time; by its figures it would be {target}.", target=target),
        "proposed": lambda: _("A step down to {target} is proposed and waits for a decision.", target=label_of(model, decision.proposed)),
        "freeze": lambda: _frozen(model, judged, label),
        "override": lambda: (
            _("Set to {tier} by hand until {day}.", tier=label, day=until) if until else _("Set to {tier} by hand.", tier=label)
        ),
    }
    if decision.by not in sentences:
        return None
    return Held(decision.by, judged.rated.tier, until, decision.proposed, sentences[decision.by]())


def _frozen(model: CompiledModel, judged: Judgement, label: Any) -> Message:
    why = next((model.freezes[number].rule.why for number in judged.frozen_by if model.freezes[number].rule.why), None)
    return (
        _("Stays {tier} while this holds: {why}", tier=label, why=why)
        if why is not None
        else _("Stays {tier} while it is frozen.", tier=label)
    )


def _provisional(model: CompiledModel, judged: Judgement, dimensions: tuple[Dimension, ...]) -> tuple[Message, ...]:
    """What is missing; empty where the tier is not provisional."""
    if not judged.provisional:
        return ()
    reasons = [_("“{dimension}” has no value yet.", dimension=each.label) for each in dimensions if each.missing]
    least = model.model.movement.provisional_below_quality
    if least and judged.quality < least:
        reasons.append(_("Only {quality} % of the profile is filled; {least} % are needed.", quality=judged.quality, least=least))
    return tuple(reasons)


def _points(score: int | None) -> Decimal | None:
    return None if score is None else Decimal(score) / POINT


__all__ = ["Distribution", "Explanation", "Histogram", "Movement", "distribution", "explain", "explain_history", "histogram", "movement"]
