"""Measuring two ways of doing the same work in turn, and saying how they compare."""

from __future__ import annotations

import json
import statistics
import time
from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

ROUNDS = 5


@dataclass(frozen=True)
class Result:
    """`ours` and `reference` are medians in `unit`; `ratio` is ours ÷ reference, and at most `limit` is what we promise."""

    name: str
    ratio: float
    limit: float
    ours: float
    reference: float
    unit: str
    rows: int
    database: str
    at_least: bool = False

    @property
    def kept(self) -> bool:
        return self.ratio >= self.limit if self.at_least else self.ratio <= self.limit

    def line(self) -> str:
        return json.dumps(
            {
                "name": self.name,
                "ratio": round(self.ratio, 3),
                "limit": self.limit,
                "ours": round(self.ours, 6),
                "reference": round(self.reference, 6),
                "unit": self.unit,
                "rows": self.rows,
                "database": self.database,
                "kept": self.kept,
            }
        )


def in_turn(
    ours: Callable[[], Any],
    reference: Callable[[], Any],
    rounds: int = ROUNDS,
    clock: Callable[[], float] = time.process_time,
    before: Callable[[], Any] = lambda: None,
) -> tuple[float, float, float]:
    """Median seconds of each and the median of the ratios of the pairs; both run once before anything counts. `before` prepares a pair."""
    ours()
    reference()
    pairs = []
    for _round in range(rounds):
        before()
        first = _timed(ours, clock)
        second = _timed(reference, clock)
        pairs.append((first, second))
    return (
        statistics.median(each[0] for each in pairs),
        statistics.median(each[1] for each in pairs),
        statistics.median(each[0] / each[1] for each in pairs),
    )


def _timed(work: Callable[[], Any], clock: Callable[[], float]) -> float:
    start = clock()
    work()
    return clock() - start
