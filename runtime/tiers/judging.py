"""One record judged step by step in Python, from the same facts as the SQL: for explanations, trials, and what SQL cannot express."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from runtime.formulas import evaluate
from runtime.tiers.compiled import CompiledModel, Condition, Part
from runtime.tiers.decision import Rated, Weighed, band_of, rate, weigh
from runtime.tiers.quantiles import Cuts
from runtime.tiers.facts import Facts, read


@dataclass(frozen=True)
class Judgement:
    """What the facts say: `floors` and `ceilings` are the numbers of those that hold, `quality` the share of filled fields in percent."""

    part: int
    inside: bool
    weighed: Weighed
    floors: tuple[int, ...]
    ceilings: tuple[int, ...]
    floor: int | None
    rated: Rated
    quality: int
    provisional: bool
    frozen_by: tuple[int, ...]


class BandValues:
    """What conditions over bands may ask: the bands of their own model, and facts by name."""

    as_of = False

    def __init__(self, facts: Facts, row: Mapping[str, Any], part: Part, bands: tuple[int | None, ...]):
        self.row, self.bands = row, {measure.key: band for measure, band in zip(part.measures, bands, strict=True)}
        self.types = {each.name: each.formulas[0].type for each in facts.columns}

    def name(self, name: str) -> Any:
        return read(self.row[name], self.types[name])

    def dimension_band(self, key: str) -> int | None:
        return self.bands[key]


def bands_of(facts: Facts, row: Mapping[str, Any], number: int, cuts: Cuts) -> list[int | None]:
    """The band of each dimension of a part; None where it is missing."""
    found: list[int | None] = []
    for place, measure in enumerate(facts.model.parts[number].measures):
        missing = facts.missing(measure)
        value = None if missing is not None and row[missing[0]] == missing[1] else row[facts.of(measure.value)]
        found.append(band_of(value, measure.cuts if measure.cuts is not None else cuts[number, place], measure.better))
    return found


def judge(facts: Facts, row: Mapping[str, Any], cuts: Cuts) -> Judgement:
    """The judgement of a row of facts."""
    number = part_of(facts, row)
    return judge_bands(facts, row, number, bands_of(facts, row, number, cuts), bands_of(facts, row, 0, cuts) if number else None)


def part_of(facts: Facts, row: Mapping[str, Any]) -> int:
    """The number of the first lane that takes the record; 0 where none does."""
    return next((number for number, part in enumerate(facts.model.parts) if part.when is not None and row[facts.of(part.when)]), 0)


def judge_bands(
    facts: Facts, row: Mapping[str, Any], number: int, bands: list[int | None], own_bands: list[int | None] | None = None
) -> Judgement:
    """The judgement for given bands; `own_bands` are those of the model itself where a lane rates."""
    model = facts.model
    part = model.parts[number]
    weighed = weigh(part.scale, bands)
    values = BandValues(facts, row, part, weighed.bands)
    floors, ceilings = _holding(facts, part.floors, values), _holding(facts, part.ceilings, values)
    own = values if own_bands is None else BandValues(facts, row, model.parts[0], weigh(model.parts[0].scale, own_bands).bands)
    frozen_by = _holding(facts, model.freezes, own)
    inside = all(each.population is None or bool(row[facts.of(each.population)]) for each in (model.parts[0], part))
    ranks = model.rules.ranks
    floor = max(floors, key=lambda each: (ranks[part.floors[each].tier], -each), default=None)
    ceiling = min(ceilings, key=lambda each: (ranks[part.ceilings[each].tier], each), default=None)
    rated = rate(
        part.scale,
        ranks,
        weighed.score,
        None if floor is None else part.floors[floor].tier,
        None if ceiling is None else part.ceilings[ceiling].tier,
        inside,
        bool(frozen_by),
    )
    quality, poor = _quality(facts, row)
    return Judgement(
        number,
        inside,
        weighed,
        floors,
        ceilings,
        floor if rated.by == "floor" else None,
        rated,
        quality,
        any(weighed.missing) or poor,
        frozen_by,
    )


def _holding(facts: Facts, conditions: tuple[Condition, ...], values: BandValues) -> tuple[int, ...]:
    return tuple(number for number, each in enumerate(conditions) if evaluate(facts.second[id(each)], values) is True)


def _quality(facts: Facts, row: Mapping[str, Any]) -> tuple[int, bool]:
    """How much of what makes up the quality is filled, and whether that is too little for a tier that is not provisional."""
    model: CompiledModel = facts.model
    least = model.model.movement.provisional_below_quality
    if not least or not model.quality:
        return 100, False
    filled = sum(not row[facts.of(each)] for each in model.quality)
    return (200 * filled + len(model.quality)) // (2 * len(model.quality)), 100 * filled < least * len(model.quality)
