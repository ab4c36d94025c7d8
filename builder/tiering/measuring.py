"""The values of a dimension over everybody whom it rates, read in one scan and sorted: what histograms, proposals and warnings look at."""

from __future__ import annotations

from bisect import bisect_left, bisect_right
from collections import Counter
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from decimal import Decimal
from functools import cached_property
from itertools import chain
from typing import Any

import sqlalchemy as sa

from runtime.definitions.tier_model import TierModel
from runtime.errors import NotFound
from runtime.system.prepared import Prepared
from runtime.texts import _
from runtime.tiers.compiled import DAY_MICROS, Measure
from runtime.tiers.facts import YES, flag
from runtime.tiers.statements import facts_place
from runtime.tiers.trial import Trial, cut_points, over_everybody, placing_facts


@dataclass(frozen=True)
class Measured:
    """`values` rise and are whole numbers of the smallest unit. `missing` of the people inside have none that counts; what those would
    have (0 of no orders, say) stands in `beside`, for it shares in quantiles."""

    measure: Measure
    values: list[int]
    missing: int
    beside: Counter[int]

    @property
    def population(self) -> int:
        return len(self.values) + self.missing

    @property
    def better(self) -> str:
        return self.measure.better

    @cached_property
    def counts(self) -> list[tuple[int, int]]:
        """(value, how many have it), rising."""
        return list(Counter(self.values).items())

    @cached_property
    def unit(self) -> Decimal:
        """How many of the smallest unit are one, as cuts are written: a day of a duration, a yuan of an amount."""
        kind = self.measure.value.type
        return Decimal(DAY_MICROS) if kind.kind == "duration" else Decimal(10) ** kind.scale

    def shown(self, value: int | None) -> int | float | None:
        """A value as cuts are written in a definition."""
        if value is None:
            return None
        found = Decimal(value) / self.unit
        return int(found) if found == found.to_integral_value() else float(found)

    def at(self, share: float) -> int:
        """The value below which about this share of the others lies."""
        return self.values[min(int(share * len(self.values)), len(self.values) - 1)]

    def quantiles(self, count: int, everybody: bool = True) -> list[int | None]:
        """The cut points of so many quantile bands, from the worst, by the rule of the full recompute; with `everybody` those count, too,
        whose value does not."""
        return cut_points(chain(self.values, self.beside.elements() if everybody else ()), self.better, count)

    def band_counts(self, cuts: Iterable[int | None]) -> list[int]:
        """How many are in each band, from the worst; a cut that is None is reached by nobody."""
        given = list(cuts)
        reached = sorted((self.reach(cut) for cut in given if cut is not None), reverse=True)
        edges = [len(self.values), *reached, *[0] * (len(given) - len(reached)), 0]
        return [low - high for low, high in zip(edges, edges[1:], strict=False)]

    def reach(self, cut: int) -> int:
        """How many reach a cut, which is inclusive on the better side."""
        return len(self.values) - bisect_left(self.values, cut) if self.better == "higher" else bisect_right(self.values, cut)

    def below(self, value: int) -> int:
        """How many have a smaller value."""
        return bisect_left(self.values, value)


def part_number(trial: Trial, draft: TierModel) -> int:
    """Which part of the model that writes the tiers the draft is: 0 itself, else the number of a lane."""
    return next((number for number, part in enumerate(trial.model.parts) if part.model.key == draft.key), 0)


def place_of(draft: TierModel, dimension: str) -> int:
    found = next((place for place, each in enumerate(draft.dimensions) if each.key == dimension), None)
    if found is None:
        raise NotFound(_("This model has no dimension with the key {key}.", key=dimension))
    return found


def measured(trial: Trial, draft: TierModel, *dimensions: str) -> list[Measured]:
    """The values of these dimensions, in one scan."""
    part = part_number(trial, draft)
    measures = [trial.model.parts[part].measures[place_of(draft, key)] for key in dimensions]
    names = placing_facts(trial.facts)
    for each in measures:
        missing = trial.facts.missing(each)
        names |= {trial.facts.of(each.value), *([missing[0]] if missing else [])}
    return over_everybody(trial, names, lambda table: _read(trial, part, measures, table))


def _read(trial: Trial, part: int, measures: list[Measure], table: Any) -> list[Measured]:
    source, inside, part_of = facts_place(trial.facts, table)
    columns = [column for each in measures for column in columns_of(trial, each, source)]
    query = sa.select(*columns).select_from(source).where(inside == YES, part_of == sa.literal_column(str(part)))
    rows = Prepared(query, trial.dialect).all(trial.connection, trial.given)
    read = list(zip(*rows, strict=True)) if rows else [()] * len(columns)
    return [_measured(each, read[2 * number], read[2 * number + 1]) for number, each in enumerate(measures)]


def _measured(measure: Measure, values: Sequence[int | None], gone: Sequence[int]) -> Measured:
    known = [value for value, missing in zip(values, gone, strict=True) if not missing and value is not None]
    beside = Counter(value for value, missing in zip(values, gone, strict=True) if missing and value is not None)
    return Measured(measure, sorted(known), len(values) - len(known), beside)


def columns_of(trial: Trial, measure: Measure, source: Any) -> tuple[Any, Any]:
    value, missing = source.c[trial.facts.of(measure.value)], trial.facts.missing(measure)
    gone = value.is_(None)
    if missing is not None:
        gone = sa.or_(gone, source.c[missing[0]] == sa.literal_column(str(missing[1])))
    return value, flag(gone)
