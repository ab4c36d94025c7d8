"""Gamma–Gamma: what a purchase of each customer will be worth on average.

Fader & Hardie (2013), The Gamma-Gamma Model of Monetary Value. Purchases of a customer vary around a mean of their own (gamma with shape
`p`), and the means vary over customers (`q`, `gamma`). A customer with few purchases is drawn towards the mean of all, one with many is
taken at their own. The model holds where value and frequency do not go together; `together` measures whether they do.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

import numpy as np
from scipy.optimize import minimize
from scipy.special import digamma, gammaln

from runtime.potential.extra import NoFit
from runtime.texts import _

Array = Any
STARTS = ((1.0, 1.0, 1.0), (2.0, 0.0, 0.0), (0.0, 0.5, 2.0))
"""Logarithms of p, of q − 1 (the mean of all must exist) and of gamma over the mean purchase, from which fitting begins."""
LEAST, MOST = -9.0, 12.0


@dataclass(frozen=True)
class Worth:
    """`p` is infinite where all purchases have the same value: then everybody's is `gamma`."""

    p: float
    q: float
    gamma: float
    likelihood: float = 0.0

    @classmethod
    def constant(cls, value: float) -> Worth:
        return cls(float("inf"), 1.0, value)

    def expected(self, purchases: Array, mean: Array) -> Array:
        """The expected average value of a customer with so many valued purchases of this mean; of nobody's purchases the mean of all."""
        x, m = np.asarray(purchases, float), np.nan_to_num(np.asarray(mean, float))
        if np.isinf(self.p):
            return np.where(x > 0, m, self.gamma)
        return self.p * (self.gamma + m * x) / (self.p * x + self.q - 1)


def fit(purchases: Array, mean: Array, tick: Callable[[], None] = lambda: None) -> Worth:
    """The parameters of the greatest likelihood from customers with at least one valued purchase (mean above 0). Raises NoFit."""
    x, m = np.asarray(purchases, float), np.asarray(mean, float)
    good = (x > 0) & (m > 0)
    x, m = x[good], m[good]
    if not len(x):
        raise NoFit(
            _("No repeat purchase has a value above zero, so their worth cannot be learnt. Leave the amount out, or choose another field.")
        )
    scale = m.mean()
    if np.ptp(m) < 1e-9 * scale:
        return Worth.constant(float(m[0]))
    bounds = [(LEAST, MOST)] * 3
    found = [
        minimize(
            _loss, start, args=(x, m / scale, tick), jac=True, method="L-BFGS-B", bounds=bounds, options={"maxiter": 500, "ftol": 1e-13}
        )
        for start in STARTS
    ]
    best = min((each for each in found if np.isfinite(each.fun)), key=lambda each: each.fun, default=None)
    if best is None:
        raise NoFit(_("Fitting the worth of purchases did not come to an end. Choose another amount field."))
    p, beyond, gamma = np.exp(best.x)
    return Worth(float(p), float(1 + beyond), float(gamma * scale), float(-best.fun * len(x) - np.log(scale) * len(x)))


def _loss(logs: Array, x: Array, m: Array, tick: Callable[[], None]) -> tuple[float, Array]:
    """Minus the mean logarithm of the likelihood, and its slopes by the logarithms of p, q − 1 and gamma."""
    tick()
    p, beyond, gamma = np.exp(logs)
    q, px = 1 + beyond, p * x
    whole = np.log(gamma + m * x)
    value = gammaln(px + q) - gammaln(px) - gammaln(q) + q * np.log(gamma) + (px - 1) * np.log(m) + px * np.log(x) - (px + q) * whole
    by_p = x * (digamma(px + q) - digamma(px) + np.log(m) + np.log(x) - whole)
    by_q = digamma(px + q) - digamma(q) + np.log(gamma) - whole
    by_gamma = q / gamma - (px + q) / (gamma + m * x)
    slopes = np.array([by_p.mean() * p, by_q.mean() * beyond, by_gamma.mean() * gamma])
    return -float(value.mean()), -slopes


def together(purchases: Array, mean: Array) -> float | None:
    """How far frequency and value go together, −1 to 1 (Pearson); None where that cannot be said."""
    x, m = np.asarray(purchases, float), np.asarray(mean, float)
    good = (x > 0) & (m > 0)
    if good.sum() < 3 or np.ptp(x[good]) == 0 or np.ptp(m[good]) == 0:
        return None
    return float(np.corrcoef(x[good], m[good])[0, 1])
