"""What a trial comes to: counted by the database, added up here, and written down without a language."""

from __future__ import annotations

import heapq
from collections import Counter
from collections.abc import Mapping
from dataclasses import dataclass, field
from decimal import Decimal
from itertools import chain
from math import sqrt
from operator import itemgetter
from typing import Any

from runtime.tiers.decision import POINT
from runtime.tiers.trial import BIN

NINETY_FIVE = 1.96
BIGGEST = 20
FIRST_MOVERS = 50
BINS = 100 // BIN

Tier = str | None
_cell, _move = itemgetter(1, 2, 3, 4), itemgetter(1, 2)


@dataclass(frozen=True, order=True)
class Mover:
    """A record whose tier would be another one. Scores are 1/10,000 points."""

    record: int
    before: Tier
    after: Tier
    score_before: int | None
    score_after: int | None

    def to_json(self) -> dict[str, Any]:
        scores = {"score_before": points(self.score_before), "score_after": points(self.score_after)}
        return {"record": str(self.record), "before": self.before, "after": self.after, **scores}


def points(score: int | None) -> str | None:
    """A score as the API writes it: 45, 12.5."""
    return None if score is None else f"{(Decimal(score) / POINT).normalize():f}"


def units(score: str | None) -> int | None:
    """The same as a whole number again."""
    return None if score is None else int(Decimal(score) * POINT)


@dataclass
class Tally:
    """Counts ratings of a draft: `ranks` of its tiers from the lowest, 1, up. `cells` are (tier before, rank after, bin of the score, owner)."""

    ranks: dict[str, int]
    cells: Counter[tuple[Tier, int | None, int | None, int | None]] = field(default_factory=Counter)
    money: Counter[tuple[Tier, int | None]] = field(default_factory=Counter)
    biggest: list[tuple[Any, ...]] = field(default_factory=list)
    first: list[Mover] = field(default_factory=list)
    before: Mapping[str, int] = field(default_factory=dict)
    """Ranks of the model in force, for the order of tiers that the draft has not any more."""

    def __post_init__(self) -> None:
        self.tiers: tuple[Tier, ...] = (None, *sorted(self.ranks, key=self.ranks.__getitem__))

    def take(self, rows: list[tuple[Any, ...]]) -> None:
        """Counts rows as `trial.COUNTED` names them, all of them decided."""
        cells, money, tiers = self.cells, self.money, self.tiers
        for row in rows:
            cells[_cell(row)] += row[9]
            if row[5]:
                money[_move(row)] += int(row[5])
        moved = sorted(row for row in rows if row[0] is not None and row[1] != tiers[row[2] or 0])
        self.first += [self._mover(row) for row in moved[: FIRST_MOVERS + 1 - len(self.first)]]
        self.biggest = heapq.nlargest(BIGGEST, chain(self.biggest, moved), key=self._size)

    def _size(self, row: tuple[Any, ...]) -> tuple[int, int, int]:
        """How big a move is: steps between tiers, then points, then the older record."""
        return abs((row[2] or 0) - self.ranks.get(row[1], 0)), abs((row[6] or 0) - (row[7] or 0)), -row[0]

    def _mover(self, row: tuple[Any, ...]) -> Mover:
        return Mover(row[0], row[1], self.tiers[row[2] or 0], row[7], row[6])

    def movers(self) -> list[Mover]:
        """Those who move furthest."""
        return [self._mover(row) for row in self.biggest]

    @property
    def total(self) -> int:
        return self.cells.total()

    def flows(self) -> Counter[tuple[Tier, Tier]]:
        """How many go from one tier to another."""
        found: Counter[tuple[Tier, Tier]] = Counter()
        for (was, rank, _bin, _owner), count in self.cells.items():
            found[was, self.tiers[rank or 0]] += count
        return found

    def order(self) -> tuple[Tier, ...]:
        """Tiers from the best down, then those that the draft has not any more, then no tier."""
        gone = {was for was, *_rest in self.cells if was is not None and was not in self.ranks}
        return (*reversed(self.tiers[1:]), *sorted(gone, key=lambda was: (-self.before.get(was, 0), was)), None)

    def directions(self) -> Counter[str]:
        found: Counter[str] = Counter()
        for (was, now), count in self.flows().items():
            if was != now:
                found[self.direction(was, now)] += count
        return found

    def direction(self, was: Tier, now: Tier) -> str:
        if was is None or now is None:
            return "entered" if was is None else "left"
        if was not in self.ranks:
            return "moved"
        return "up" if self.ranks[now] > self.ranks[was] else "down"

    def scores(self) -> list[Counter[Tier]]:
        """For each bin of scores how many of each tier."""
        found: list[Counter[Tier]] = [Counter() for _number in range(BINS)]
        for (_was, rank, place, _owner), count in self.cells.items():
            if rank is not None and place is not None:
                found[min(place, BINS - 1)][self.tiers[rank]] += count
        return found

    def by_owner(self) -> dict[int | None, tuple[Counter[Tier], Counter[Tier]]]:
        """For each owner how many records of each tier now and then."""
        found: dict[int | None, tuple[Counter[Tier], Counter[Tier]]] = {}
        for (was, rank, _bin, owner), count in self.cells.items():
            now, then = found.setdefault(owner, (Counter(), Counter()))
            now[was] += count
            then[self.tiers[rank or 0]] += count
        return found

    def sums(self) -> tuple[Counter[Tier], Counter[Tier]]:
        """What the records of each tier bring in, now and then, in the smallest unit."""
        now: Counter[Tier] = Counter()
        then: Counter[Tier] = Counter()
        for (was, rank), amount in self.money.items():
            now[was] += amount
            then[self.tiers[rank or 0]] += amount
        return now, then


def margin(sampled: int, population: int) -> float:
    """To how many percentage points a share of a sample is right in 95 of 100 samples; 0 where all were rated.

    Normal approximation at the worst share, one half, with the correction for a finite population (Cochran, Sampling Techniques, 1977).
    """
    if sampled >= population or not sampled:
        return 0.0
    return round(100 * NINETY_FIVE * sqrt(0.25 / sampled * (population - sampled) / max(population - 1, 1)), 1)
