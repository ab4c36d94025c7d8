"""Why a record has its tier: the facts, their bands and shares that add up to the score exactly, what holds the tier, and what would lift
it."""

from __future__ import annotations

from dataclasses import replace
from decimal import Decimal
from typing import TYPE_CHECKING, Any

import sqlalchemy as sa

from runtime.errors import NotFound
from runtime.records.derived import is_waiting
from runtime.system import clock
from runtime.system.prepared import Prepared
from runtime.system.sets import among
from runtime.system.tables import tier_history, tier_state
from runtime.texts import Message, _
from runtime.tiers.compiled import CompiledModel, Condition, Measure, Part, compile
from runtime.tiers.decision import POINT, Before, Decision, decide
from runtime.tiers.explanation import Bound, Dimension, Explanation, Figure, Held, Lift
from runtime.tiers.figures import Distribution, Histogram, Movement, distribution, histogram, movement
from runtime.tiers.judging import Judgement, bands_of, judge, judge_bands
from runtime.tiers.quantiles import Cuts, stored_cuts
from runtime.tiers.rating import evaluated, facts_of, kept, rows_of, shown_score
from runtime.tiers.facts import Facts, read
from runtime.tiers.statements import STATE

if TYPE_CHECKING:
    from runtime.system.workspace import Act

LIFTS = 3


def explain(act: Act, model_key: str, record: int) -> Explanation:
    """Explains the tier that a model gives a record, from today's facts and the stored cut points. Raises NotFound for a record in the
    trash."""
    model = compile(act.catalogue, model_key)
    facts, day = facts_of(act, model), model.day(act.day)
    row = _facts_row(act, facts, record, day)
    cuts = stored_cuts(act, model)
    usable = (
        cuts
        if cuts is not None
        else Cuts({(number, place): [None] * (measure.count - 1) for number, place, _part, measure in model.quantiles()})
    )
    judged = judge(facts, row, usable)
    state = _state(act, model, record)
    before = (
        None
        if state is None
        else Before(state.tier, state.risen_on, state.fell_on, state.grace_until, state.proposed, state.fixed, state.fixed_until)
    )
    decision = decide(model.rules, judged.rated, before, day)
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
        _lifts(facts, row, judged, usable, decision.tier),
        None if state is None else clock.from_micros(state.since),
        None if state is None else state.tier,
        cuts is None or _differs(state, judged, decision) or is_waiting(act, model.form, record),
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


# -- facts ------------------------------------------------------------------------------------------------------------------------
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
        else _band_in_words(measure, judged.weighed.bands[place] or 1, _cut_values(measure, cuts.get((judged.part, place))))
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


def _cut_values(measure: Measure, stored: list[int | None] | None) -> list[Figure]:
    """The cuts as values, in the order of the bands."""
    cuts = sorted(measure.cuts, reverse=measure.better == "lower") if measure.cuts is not None else (stored or [])
    return [Figure(read(cut, measure.value.type), measure.value.type) for cut in cuts]


def _band_in_words(measure: Measure, band: int, cuts: list[Figure]) -> Message:
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
    label = _label(model, decision.tier)
    until = clock.from_day(decision.until)
    target = _label(model, judged.rated.tier)
    sentences = {
        "keep": lambda: _(
            "Stays {tier} down to {border} points.", tier=label, border=shown_score(part.scale.keep.get(decision.tier or "", 0))
        ),
        "least_stay": lambda: _(
            "Stays {tier} until {day} at least; by its figures it would be {target}.", tier=label, target=target, day=until
        ),
        "grace": lambda: _("In grace until {day}: without recovery it becomes {target}.", day=until, target=target),
        "one_step": lambda: _("Goes down one tier at a time; by its figures it would be {target}.", target=target),
        "proposed": lambda: _("A step down to {target} is proposed and waits for a decision.", target=_label(model, decision.proposed)),
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


def _label(model: CompiledModel, tier: str | None) -> Any:
    return model.model.by_key[tier].label if tier in model.model.by_key else _("no tier")


def _provisional(model: CompiledModel, judged: Judgement, dimensions: tuple[Dimension, ...]) -> tuple[Message, ...]:
    """What is missing; empty where the tier is not provisional."""
    if not judged.provisional:
        return ()
    reasons = [_("“{dimension}” has no value yet.", dimension=each.label) for each in dimensions if each.missing]
    least = model.model.movement.provisional_below_quality
    if least and judged.quality < least:
        reasons.append(_("Only {quality} % of the profile is filled; {least} % are needed.", quality=judged.quality, least=least))
    return tuple(reasons)


# -- what would lift --------------------------------------------------------------------------------------------------------------
def _lifts(facts: Facts, row: dict[str, Any], judged: Judgement, cuts: Cuts, tier: str | None) -> tuple[Lift, ...]:
    """The smallest change of each dimension that leads to a higher tier; the three that need the fewest points."""
    ranks = facts.model.rules.ranks
    if not judged.inside or tier is None or ranks[tier] == len(ranks):
        return ()
    bands = bands_of(facts, row, judged.part, cuts)
    own = bands_of(facts, row, 0, cuts) if judged.part else None
    found = []
    for place in range(len(bands)):
        lift = _lift(facts, row, judged, cuts, place, bands, own, ranks[tier])
        if lift is not None:
            found.append((lift.score, lift.band - (bands[place] or 0), place, lift))
    return tuple(each[-1] for each in sorted(found, key=lambda each: each[:3])[:LIFTS])


def _lift(
    facts: Facts,
    row: dict[str, Any],
    judged: Judgement,
    cuts: Cuts,
    place: int,
    bands: list[int | None],
    own: list[int | None] | None,
    rank: int,
) -> Lift | None:
    part = facts.model.parts[judged.part]
    measure = part.measures[place]
    values = _cut_values(measure, cuts.get((judged.part, place)))
    for band in range(max((bands[place] or 1) + 1, 2), measure.count + 1):
        if values[band - 2].value is None:
            return None
        then = judge_bands(facts, row, judged.part, [*bands[:place], band, *bands[place + 1 :]], own)
        if then.rated.tier is not None and facts.model.rules.ranks[then.rated.tier] > rank:
            return _said(facts.model, measure, band, values[band - 2], read(row[facts.of(measure.value)], measure.value.type), then)
    return None


def _said(model: CompiledModel, measure: Measure, band: int, wanted: Figure, value: Any, then: Judgement) -> Lift:
    score = _points(then.weighed.score) or Decimal(0)
    words = {
        "dimension": measure.dimension.label,
        "wanted": wanted,
        "now": replace(wanted, value=value),
        "score": shown_score(then.weighed.score),
        "tier": _label(model, then.rated.tier),
    }
    message = (
        _("{dimension}: {wanted} or more (now {now}) leads to {score} points and {tier}.", **words)
        if measure.better == "higher"
        else _("{dimension}: {wanted} or less (now {now}) leads to {score} points and {tier}.", **words)
    )
    return Lift(measure.key, band, wanted, score, then.rated.tier or "", message)


def _points(score: int | None) -> Decimal | None:
    return None if score is None else Decimal(score) / POINT


__all__ = ["Distribution", "Explanation", "Histogram", "Movement", "distribution", "explain", "explain_history", "histogram", "movement"]
