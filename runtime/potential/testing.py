"""Back-test: a model learns from the time before a period and foretells it; what came then is held against that.

Records are sorted by what was expected of them. *Calibration* compares, by tenths, what was expected with what came. *Lift* is how many times
more came from the first tenth than from as many records drawn by chance. The *error* is the mean absolute one, beside that of a naive guess:
for purchases “as often as before”, for a yes “as likely as for everybody”.
"""

from __future__ import annotations

from dataclasses import asdict, dataclass
from typing import Any

import numpy as np

Array = Any
TENTHS = 10
LEAST_RECORDS, LEAST_EVENTS = 100, 30
OFF_IN_ALL, OFF_BY_TENTHS = 0.25, 0.35
ENOUGH_LIFT = 1.3


@dataclass(frozen=True)
class Check:
    """`what`: enough, total, calibration, lift, error. `found` beside the `limit` that it has to keep; None: it cannot be told."""

    what: str
    passed: bool
    found: float | None
    limit: float


@dataclass(frozen=True)
class Test:
    """Day numbers `after` and `until` bound the period; `gains`: the share of what came that the first 0, 10 … 100 % of the records brought."""

    after: int
    until: int
    records: int
    expected: float
    actual: float
    error: float
    naive_error: float
    tenths: list[tuple[int, float, float]]
    gains: list[float]
    lift: float
    checks: list[Check]
    worth: tuple[float, float] | None = None
    """The expected and the actual value of the purchases."""
    area: float | None = None

    @property
    def passed(self) -> bool:
        return all(each.passed for each in self.checks)

    def to_json(self) -> dict[str, Any]:
        return asdict(self)

    @classmethod
    def of_json(cls, kept: dict[str, Any]) -> Test:
        return cls(**{**kept, "checks": [Check(**each) for each in kept["checks"]]})


def judged(expected: Array, actual: Array, naive: Array, after: int, until: int, is_yes: bool = False, **more: Any) -> Test:
    """The figures of a back-test from what was expected of each record, what came, and the naive guess."""
    order = np.argsort(-expected, kind="stable")
    tenths = [(len(part), float(expected[part].sum()), float(actual[part].sum())) for part in np.array_split(order, TENTHS)]
    came = float(actual.sum())
    gains = [0.0, *(np.cumsum([each[2] for each in tenths]) / came if came else np.zeros(TENTHS)).tolist()]
    lift = _lift(actual, order)
    error, naive_error = (float(np.abs(each - actual).mean()) if len(actual) else 0.0 for each in (expected, naive))
    events = min(came, len(actual) - came) if is_yes else came
    checks = [
        Check("enough", len(actual) >= LEAST_RECORDS and events >= LEAST_EVENTS, events, LEAST_EVENTS),
        _within("total", abs(float(expected.sum()) - came), came, OFF_IN_ALL),
        _within("calibration", sum(abs(hoped - got) for _number, hoped, got in tenths), came, OFF_BY_TENTHS),
        _lifts(lift, _lift(actual, np.argsort(-actual, kind="stable"))),
        Check("error", error < naive_error, error, naive_error),
    ]
    return Test(after, until, len(actual), float(expected.sum()), came, error, naive_error, tenths, gains, lift or 0.0, checks, **more)


def _lift(actual: Array, order: Array) -> float | None:
    first = order[: max(1, len(order) // TENTHS)]
    mean = actual.mean() if len(actual) else 0.0
    return float(actual[first].mean() / mean) if mean else None


def _within(what: str, off: float, came: float, limit: float) -> Check:
    found = off / came if came else None
    return Check(what, found is not None and found <= limit, found, limit)


def _lifts(lift: float | None, best: float | None) -> Check:
    """Where nearly everybody says yes nobody can be far above the mean: half of the way to the best possible lift is enough."""
    limit = min(ENOUGH_LIFT, 1 + ((best or 1) - 1) / 2)
    return Check("lift", lift is not None and limit > 1 and lift >= limit, lift, limit)
