"""BG/NBD: how often customers will buy again, and whether they are still customers.

Fader, Hardie & Lee (2005), “Counting Your Customers” the Easy Way: An Alternative to the Pareto/NBD Model, Marketing Science 24(2), 275–284.
While active, a customer buys at a rate of their own (gamma with `r`, `alpha` over customers) and stops after any purchase with a chance of
their own (beta with `a`, `b`). All that counts of a customer is the number of days with a repeat purchase, the time of the last of them
since the first purchase, and the time since the first purchase; times are in weeks.

The likelihood is the form of Fader & Hardie's note on computing it stably (2019): only logarithms, and the sum of its two last terms by
logaddexp. The expected number of purchases uses Euler's transformation of the hypergeometric function, which stays small for frequent buyers.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import dataclass
from typing import Any

import numpy as np
from scipy.optimize import minimize
from scipy.special import betaln, digamma, expit, gammaln, hyp2f1

from runtime.potential.extra import NoFit
from runtime.texts import _

WEEK = 7.0
QUARTER = 13.0
STARTS = ((0.0, 0.0, 0.0, 0.0), (-1.0, 1.5, 0.0, 1.0), (1.0, 3.0, -1.0, 0.5))
"""Logarithms of r, alpha (in weeks), a and b from which fitting begins."""
LEAST, MOST = -9.0, 9.0
STEADY = 5.0
"""The most of log a and log b: beyond it customers differ so little in when they stop that nothing changes, and the series overflows."""
BOUNDS = ((LEAST, MOST), (LEAST, MOST), (LEAST, STEADY), (LEAST, STEADY))
EDGE = 0.05
NEAR = 1e-6

Array = Any
Tick = Callable[[], None]


@dataclass(frozen=True)
class Summary:
    """What the model knows of customers, one element each: repeat purchases, last of them and time since the first, in weeks."""

    repeats: Array
    last: Array
    age: Array

    def __len__(self) -> int:
        return len(self.repeats)

    @classmethod
    def of_days(cls, repeats: Any, last: Any, age: Any) -> Summary:
        return cls(np.asarray(repeats, float), np.asarray(last, float) / WEEK, np.asarray(age, float) / WEEK)

    def grouped(self) -> tuple[Summary, Array, Array]:
        """(the different summaries, how many customers share each, the place of each customer's among them)."""
        days = np.rint(np.stack([self.repeats, self.last * WEEK, self.age * WEEK])).astype(np.int64)
        widths = days.max(axis=1, initial=0) + 1
        codes = (days[0] * widths[1] + days[1]) * widths[2] + days[2]
        _codes, first, place, weight = np.unique(codes, return_index=True, return_inverse=True, return_counts=True)
        return Summary(self.repeats[first], self.last[first], self.age[first]), weight.astype(float), place

    def pairs(self) -> tuple[Array, Array]:
        """(the different pairs of repeats and age, the place of each customer's among them)."""
        width = np.rint(self.age * WEEK).astype(np.int64).max(initial=0) + 1
        codes = self.repeats.astype(np.int64) * width + np.rint(self.age * WEEK).astype(np.int64)
        _codes, first, place = np.unique(codes, return_index=True, return_inverse=True)
        return np.stack([self.repeats[first], self.age[first]]), place


@dataclass(frozen=True)
class Buying:
    """A fitted model; `likelihood` is the logarithm of it."""

    r: float
    alpha: float
    a: float
    b: float
    likelihood: float = 0.0

    def alive(self, given: Summary) -> Array:
        """The chance that each is still a customer."""
        x = given.repeats
        odds = np.log(self.a) - np.log(self.b + np.maximum(x, 1) - 1)
        odds = odds + (self.r + x) * (np.log(self.alpha + given.age) - np.log(self.alpha + given.last))
        return np.where(x > 0, expit(-odds), 1.0)

    def expected(self, given: Summary, weeks: float) -> Array:
        """How many further purchases each will make in the coming weeks."""
        pairs, place = given.pairs()
        return self._while_active(pairs, weeks)[place] * self.alive(given)

    def discounted(self, given: Summary, years: int, per_year: float) -> Array:
        """The expected purchases of the coming years, each worth less the later it comes; by quarters, discounted to their middle."""
        pairs, place = given.pairs()
        total = before = np.zeros(pairs.shape[1])
        for quarter in range(1, years * 4 + 1):
            until = self._while_active(pairs, quarter * QUARTER)
            total = total + (until - before) / (1 + per_year) ** ((quarter - 0.5) / 4)
            before = until
        return total[place] * self.alive(given)

    def _while_active(self, pairs: Array, weeks: float) -> Array:
        """The first two factors of the paper's equation (10), which depend on the repeats and the age only."""
        x, age = pairs
        a = self.a + NEAR if abs(self.a - 1) < NEAR else self.a
        r, b = self.r, self.b
        whole = a + b + x - 1
        whole = np.where(np.abs(whole) < NEAR, NEAR, whole)
        z = weeks / (self.alpha + age + weeks)
        found = whole / (a - 1) * (1 - (1 - z) ** (a - 1) * hyp2f1(a + b - 1 - r, a - 1, whole, z))
        return np.maximum(found, 0.0)


def fit(given: Summary, tick: Tick = lambda: None) -> Buying:
    """The parameters of the greatest likelihood, from several starts. `tick` is called at every step. Raises NoFit."""
    different, weight, _place = given.grouped()
    _check(different)
    found = []
    for start in STARTS:
        begun = np.clip(np.asarray(start) + (0, np.log(max(different.age.mean(), 1) / 5), 0, 0), LEAST, STEADY)
        result = minimize(
            _loss, begun, args=(different, weight, tick), jac=True, method="L-BFGS-B", bounds=BOUNDS,
            options={"maxiter": 500, "ftol": 1e-12, "gtol": 1e-8},
        )  # fmt: skip
        if np.isfinite(result.fun):
            found.append(result)
    best = min(found, key=lambda each: each.fun, default=None)
    if best is None or not np.all(np.isfinite(best.x)) or not _settled(best):
        raise NoFit(_("Fitting did not come to an end. Choose a longer history, or another date field."))
    if max(abs(best.x[0]), abs(best.x[1])) > MOST - EDGE:
        raise NoFit(_("The customers buy so alike that the model finds no difference between them; a plain average tells as much."))
    r, alpha, a, b = map(float, np.exp(best.x))
    return Buying(r, alpha, a, b, float(-best.fun * weight.sum()))


def _check(different: Summary) -> None:
    if not len(different):
        raise NoFit(_("There are no purchases yet."))
    if not (different.repeats > 0).any():
        raise NoFit(_("Nobody has bought a second time yet, so there is nothing to learn from."))
    if len(different) < 3:
        raise NoFit(_("The customers buy so alike that the model finds no difference between them; a plain average tells as much."))


def _settled(result: Any) -> bool:
    """Whether the steepest slope that is left, away from the borders, is small."""
    least, most = np.array(BOUNDS).T
    free = (result.x > least + EDGE) & (result.x < most - EDGE)
    return bool(np.abs(np.where(free, result.jac, 0.0)).max() < 1e-3)


def _loss(logs: Array, given: Summary, weight: Array, tick: Tick) -> tuple[float, Array]:
    """Minus the mean logarithm of the likelihood, and its slopes by the logarithms of r, alpha, a and b."""
    tick()
    r, alpha, a, b = np.exp(logs)
    total = weight.sum()
    value, slopes = likelihood(r, alpha, a, b, given)
    slope = np.array([(each * weight).sum() for each in slopes]) * (r, alpha, a, b)
    return -float((value * weight).sum() / total), -slope / total


def likelihood(r: float, alpha: float, a: float, b: float, given: Summary) -> tuple[Array, Iterator[Array]]:
    """The logarithm of each customer's likelihood, and its slopes by r, alpha, a and b."""
    x, last, age = given.repeats, np.log(alpha + given.last), np.log(alpha + given.age)
    bought, further = x > 0, np.maximum(x, 1) - 1
    common = gammaln(r + x) - gammaln(r) + r * np.log(alpha) + betaln(a, b + x) - betaln(a, b)
    still = -(r + x) * age
    gone = np.where(bought, np.log(a) - np.log(b + further) - (r + x) * last, -np.inf)
    either = np.logaddexp(still, gone)
    share = np.exp(gone - either)

    def slopes() -> Iterator[Array]:
        yield digamma(r + x) - digamma(r) + np.log(alpha) - (1 - share) * age - share * last
        yield r / alpha - (r + x) * ((1 - share) / np.exp(age) + share / np.exp(last))
        yield digamma(a + b) - digamma(a + b + x) + share / a
        yield digamma(a + b) - digamma(a + b + x) + digamma(b + x) - digamma(b) - share / (b + further)

    return common + either, slopes()
