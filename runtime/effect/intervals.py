"""Differences between two groups with an honest interval at 95 %: of shares and of means."""

from __future__ import annotations

from dataclasses import dataclass
from math import sqrt
from typing import Literal

from runtime.tags.usefulness import Z, newcombe

LEAST = 50
"""In a smaller group nothing is said: chance alone would look like an effect."""
Verdict = Literal["early", "unclear", "better", "worse"]


@dataclass(frozen=True)
class Sample:
    """One group: how many records, for how many the goal was reached, and the sum of their values with the sum of its squares."""

    count: int
    reached: int = 0
    total: float = 0.0
    squares: float = 0.0

    @property
    def share(self) -> float:
        return self.reached / self.count if self.count else 0.0

    @property
    def mean(self) -> float:
        return self.total / self.count if self.count else 0.0

    @property
    def variance(self) -> float:
        """Of a sample, by n − 1."""
        if self.count < 2:
            return 0.0
        return max(0.0, (self.squares - self.total * self.total / self.count) / (self.count - 1))


@dataclass(frozen=True)
class Difference:
    """Treated less held out, with the ends of its interval."""

    value: float
    low: float
    high: float

    @property
    def spans_zero(self) -> bool:
        return self.low <= 0 <= self.high


def of_shares(treated: Sample, held: Sample) -> Difference | None:
    """By Newcombe's method 10, made of Wilson's intervals (Newcombe 1998, Statistics in Medicine 17, 873–890). None where a group is empty."""
    if not treated.count or not held.count:
        return None
    return Difference(*newcombe(treated.reached, treated.count, held.reached, held.count))


def of_means(treated: Sample, held: Sample) -> Difference | None:
    """Welch's interval for means of unequal variances (Welch 1947, Biometrika 34, 28–35). None where a group has fewer than two."""
    if treated.count < 2 or held.count < 2:
        return None
    parts = [each.variance / each.count for each in (treated, held)]
    value, spread = treated.mean - held.mean, sum(parts)
    if not spread:
        return Difference(value, value, value)
    freedom = spread**2 / sum(part**2 / (each.count - 1) for part, each in zip(parts, (treated, held), strict=True))
    reach = t_quantile(freedom) * sqrt(spread)
    return Difference(value, value - reach, value + reach)


def t_quantile(freedom: float) -> float:
    """The 97.5 % quantile of Student's t by its expansion around the normal one (Abramowitz & Stegun 1964, 26.7.5), right to three
    decimals from 10 degrees of freedom on."""
    z = Z
    terms = (
        (z**3 + z) / 4,
        (5 * z**5 + 16 * z**3 + 3 * z) / 96,
        (3 * z**7 + 19 * z**5 + 17 * z**3 - 15 * z) / 384,
        (79 * z**9 + 776 * z**7 + 1482 * z**5 - 1920 * z**3 - 945 * z) / 92160,
    )
    return z + sum(term / freedom**power for power, term in enumerate(terms, 1))


def verdict(treated: Sample, held: Sample, found: Difference | None) -> Verdict:
    """What may be said: nothing before both groups have LEAST records, nor while the interval holds zero."""
    if found is None or min(treated.count, held.count) < LEAST:
        return "early"
    if found.spans_zero:
        return "unclear"
    return "better" if found.value > 0 else "worse"
