"""What a record's tier would be with other bands: by the same rule, from the record's own facts, and nothing is written."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from decimal import Decimal
from typing import TYPE_CHECKING, Any

from runtime.definitions.tier_model import Plan, TierModel
from runtime.errors import Problem, Refused
from runtime.texts import Message, _
from runtime.tiers.decision import POINT
from runtime.tiers.judging import Judgement, judge_bands
from runtime.tiers.known import Known, band_in_words, known_of
from runtime.tiers.seeing import sees_tiers
from runtime.tiers.veiling import explain_to

if TYPE_CHECKING:
    from runtime.system.workspace import Act


@dataclass(frozen=True)
class Tried:
    """One dimension: its band (None: missing), what the band stands for, and its share in points. `open`: whether the reader may try it."""

    key: str
    label: Any
    band: int | None
    bands: int
    words: Message | None
    share: Decimal
    open: bool


@dataclass(frozen=True)
class WhatIf:
    """`tier` is what the figures alone would give; `by` as in Decision: score, floor, ceiling; `why` the reason of the floor or ceiling."""

    tier: str | None
    score: Decimal | None
    by: str
    why: Any
    dimensions: tuple[Tried, ...]
    plan: Plan | None


def what_if(act: Act, model: TierModel, record: int, bands: Mapping[str, int]) -> WhatIf | None:
    """The tier with these bands in place of the record's own, the others staying; None where the person sees no tier.

    Raises NotFound, and Refused with the path of a dimension that is not there, not to be seen, or has no such band.
    """
    if not sees_tiers(act, model, record):
        return None
    known, seen = known_of(act, model.key, record), explain_to(act, model, record)
    open_ones = {each.key for each in seen.dimensions if each.open} if seen is not None else set()
    then = _bands(known, bands, open_ones)
    judged = judge_bands(known.facts, known.row, known.judged.part, then, known.own_bands())
    return _said(known, model, judged, open_ones)


def words_of(known: Known, place: int) -> list[Message]:
    """What each band of a dimension stands for, from the lowest up."""
    measure = known.model.parts[known.judged.part].measures[place]
    return [band_in_words(measure, band, known.cut_values(place)) for band in range(1, measure.count + 1)]


def _bands(known: Known, wanted: Mapping[str, int], open_ones: set[str]) -> list[int | None]:
    measures = known.model.parts[known.judged.part].measures
    counts = {measure.key: measure.count for measure in measures if measure.key in open_ones}
    problems = []
    for key, band in wanted.items():
        if key not in counts:
            problems.append(Problem(f"bands/{key}", _("This model has no dimension with the key {key}.", key=key)))
        elif not 1 <= band <= counts[key]:
            problems.append(Problem(f"bands/{key}", _("The bands of this dimension are 1 to {count}.", count=counts[key])))
    if problems:
        raise Refused(problems)
    return [wanted.get(measure.key, band) for measure, band in zip(measures, known.bands(), strict=True)]


def _said(known: Known, model: TierModel, judged: Judgement, open_ones: set[str]) -> WhatIf:
    part, weighed, rated = known.model.parts[judged.part], judged.weighed, judged.rated
    dimensions = tuple(
        Tried(
            measure.key,
            measure.dimension.label,
            weighed.bands[place] if measure.key in open_ones else None,
            measure.count,
            _words(known, place, weighed.bands[place]) if measure.key in open_ones and not weighed.missing[place] else None,
            Decimal(weighed.shares[place]) / POINT,
            measure.key in open_ones,
        )
        for place, measure in enumerate(part.measures)
    )
    why = None
    if rated.by == "floor" and judged.floor is not None:
        why = part.floors[judged.floor].rule.why
    elif rated.by == "ceiling":
        why = next((part.ceilings[number].rule.why for number in judged.ceilings if part.ceilings[number].tier == rated.tier), None)
    score = None if weighed.score is None else Decimal(weighed.score) / POINT
    return WhatIf(rated.tier, score, rated.by, why, dimensions, model.plans.get(rated.tier or ""))


def _words(known: Known, place: int, band: int | None) -> Message | None:
    return None if band is None else words_of(known, place)[band - 1]
