"""How alike the dimensions of a model are: two that rank customers the same way count the same thing twice."""

from __future__ import annotations

from collections.abc import Sequence
from itertools import combinations
from math import sqrt

import sqlalchemy as sa

from runtime.definitions.tier_model import TierModel
from runtime.system.prepared import Prepared
from runtime.texts import Message, _
from runtime.tiers.facts import YES
from runtime.tiers.statements import facts_place
from runtime.tiers.trial import Trial
from builder.tiering.measuring import columns_of, part_number

ALIKE = 0.8
LOOKED_AT = 5_000
"""How many records are enough: a correlation is right to three hundredths then."""
FEWEST = 3


def looked_at(trial: Trial, draft: TierModel) -> list[list[int | None]]:
    """For each dimension the values of the records that it rates, in one order; None where it is missing. Of a large population a sample of
    5,000 is looked at."""
    trial.fill_ids(trial.sample(trial.ids(), LOOKED_AT))
    part = part_number(trial, draft)
    measures = trial.model.parts[part].measures
    source, inside, part_of = facts_place(trial.facts, trial.table)
    columns = [column for each in measures for column in columns_of(trial, each, source)]
    query = sa.select(*columns).where(inside == YES, part_of == sa.literal_column(str(part))).order_by(trial.table.c.record)
    rows = Prepared(query, trial.dialect).all(trial.connection, trial.given)
    return [[None if row[2 * number + 1] else row[2 * number] for row in rows] for number in range(len(measures))]


def correlation(draft: TierModel, values: Sequence[Sequence[int | None]]) -> list[list[float | None]]:
    """Spearman's rank correlation of each two dimensions, better values with better ones, over the records that have both; None for fewer
    than three such records or where all are equal."""
    signs = [1 if each.bands.better == "higher" else -1 for each in draft.dimensions]
    better = [[None if each is None else sign * each for each in column] for sign, column in zip(signs, values, strict=True)]
    size = range(len(better))
    found: list[list[float | None]] = [[1.0 if a == b else None for b in size] for a in size]
    for a, b in combinations(size, 2):
        found[a][b] = found[b][a] = spearman(better[a], better[b])
    return found


def spearman(first: Sequence[int | None], second: Sequence[int | None]) -> float | None:
    """Pearson's correlation of the ranks, equal values sharing their middle rank (Spearman 1904; ties as in Kendall & Gibbons, Rank Correlation
    Methods, 1990)."""
    both = [(a, b) for a, b in zip(first, second, strict=True) if a is not None and b is not None]
    if len(both) < FEWEST:
        return None
    a, b = (ranks([pair[side] for pair in both]) for side in (0, 1))
    mean = (len(both) + 1) / 2
    above = sum((x - mean) * (y - mean) for x, y in zip(a, b, strict=True))
    below = sqrt(sum((x - mean) ** 2 for x in a) * sum((y - mean) ** 2 for y in b))
    return round(above / below, 4) if below else None


def ranks(values: Sequence[int]) -> list[float]:
    """The rank of each value from 1 up; equal values have the mean of their places."""
    order = sorted(range(len(values)), key=values.__getitem__)
    found = [0.0] * len(values)
    start = 0
    while start < len(order):
        end = start
        while end + 1 < len(order) and values[order[end + 1]] == values[order[start]]:
            end += 1
        for place in range(start, end + 1):
            found[order[place]] = (start + end) / 2 + 1
        start = end + 1
    return found


def in_words(draft: TierModel, matrix: Sequence[Sequence[float | None]]) -> Message:
    """Which two dimensions are most alike, and what that means."""
    pairs = [(abs(value), a, b) for a, row in enumerate(matrix) for b, value in enumerate(row) if a < b and value is not None]
    if not pairs:
        return _("There are too few records with two values to compare dimensions.")
    strongest, a, b = max(pairs)
    words = {"first": draft.dimensions[a].label, "second": draft.dimensions[b].label, "value": f"{matrix[a][b]:.2f}"}
    if strongest >= ALIKE:
        return _("“{first}” and “{second}” say nearly the same ({value}): one of them is enough.", **words)
    return _("No two dimensions say the same; most alike are “{first}” and “{second}” ({value}).", **words)
