"""The chance of a yes: logistic regression on standardised figures, with what each of them adds for each record.

The figures of a record are columns of a matrix: numbers as they are, a choice as a column for each of its frequent options, a blank as the
mean with a column of its own where blanks are frequent. What a figure adds is coefficient × (value − mean), in units of the standard
deviation, summed over the columns of the figure; with the intercept they add up to the logarithm of the odds.
"""

from __future__ import annotations

import warnings
from collections import Counter
from dataclasses import asdict, dataclass
from typing import Any

import numpy as np
from scipy.special import expit

from runtime.potential.extra import NoFit
from runtime.texts import _

Array = Any
OPTIONS = 12
"""Of a choice at most so many options have a column; the others stand together."""
FREQUENT_BLANK = 0.02
REASONS = 3


@dataclass(frozen=True)
class Column:
    """`figure`: the place of the figure in the definition. what: number, option (`option` says which; None: blank), blank."""

    figure: int
    what: str
    option: str | None = None
    mean: float = 0.0
    deviation: float = 1.0
    coefficient: float = 0.0

    def of(self, raw: Array) -> Array:
        """The column's values from those of the figure: numbers with nan, or texts with None."""
        if self.what == "option":
            return np.array([each == self.option for each in raw], dtype=float)
        if self.what == "blank":
            return np.isnan(raw).astype(float)
        return np.where(np.isnan(raw), self.mean, raw)


@dataclass(frozen=True)
class Chances:
    intercept: float
    columns: tuple[Column, ...]

    def shares(self, raws: list[Array]) -> Array:
        """What each figure adds to the logarithm of the odds: a row for each record, a column for each figure."""
        found = np.zeros((len(raws[0]) if raws else 0, len(raws)))
        for each in self.columns:
            found[:, each.figure] += each.coefficient * (each.of(raws[each.figure]) - each.mean) / each.deviation
        return found

    def chance(self, raws: list[Array]) -> Array:
        return expit(self.intercept + self.shares(raws).sum(axis=1))

    def to_json(self) -> dict[str, Any]:
        return {"intercept": self.intercept, "columns": [asdict(each) for each in self.columns]}

    @classmethod
    def of_json(cls, kept: dict[str, Any]) -> Chances:
        return cls(kept["intercept"], tuple(Column(**each) for each in kept["columns"]))


def strongest(shares: Array) -> Array:
    """For each record the places of the figures that add or take most, the strongest first."""
    return np.argsort(-np.abs(shares), axis=1, kind="stable")[:, :REASONS]


def fit(raws: list[Array], yes: Array) -> Chances:
    """Raises NoFit."""
    from sklearn.exceptions import ConvergenceWarning
    from sklearn.linear_model import LogisticRegression

    if not len(yes):
        raise NoFit(_("There was nobody to learn from at that time. Look at who is asked about, and at the number of days."))
    if yes.all() or not yes.any():
        raise NoFit(_("It turned out the same for everybody, so there is nothing to learn from."))
    columns = [each for number, raw in enumerate(raws) for each in _columns(number, raw)]
    if not columns:
        raise NoFit(_("The chosen figures are the same for everybody; choose others."))
    matrix = np.stack([(each.of(raws[each.figure]) - each.mean) / each.deviation for each in columns], axis=1)
    try:
        with warnings.catch_warnings():
            warnings.simplefilter("error", ConvergenceWarning)
            found = LogisticRegression(C=1.0, max_iter=1000).fit(matrix, yes.astype(int))
    except ConvergenceWarning:
        raise NoFit(_("Fitting did not come to an end. Leave out figures that say the same.")) from None
    weights = found.coef_[0]
    settled = tuple(Column(**{**asdict(each), "coefficient": float(weight)}) for each, weight in zip(columns, weights, strict=True))
    return Chances(float(found.intercept_[0]), settled)


def _columns(figure: int, raw: Array) -> list[Column]:
    """The columns of a figure that are not the same for everybody."""
    if raw.dtype == object:
        frequent = [option for option, _count in Counter(raw.tolist()).most_common(OPTIONS)]
        found = [Column(figure, "option", option) for option in frequent]
    else:
        known = raw[~np.isnan(raw)]
        found = [Column(figure, "number", mean=float(known.mean()))] if len(known) else []
        if len(known) and 1 - len(known) / len(raw) >= FREQUENT_BLANK:
            found.append(Column(figure, "blank"))
    standardised = [_standardised(each, each.of(raw)) for each in found]
    return [each for each in standardised if each.deviation > 1e-9 * max(1.0, abs(each.mean))]


def _standardised(column: Column, values: Array) -> Column:
    return Column(column.figure, column.what, column.option, float(values.mean()), float(values.std()))


def quality(chance: Array, yes: Array) -> float:
    """The area under the curve: how often a yes had the higher chance than a no; 0.5 is no better than guessing."""
    from scipy.stats import rankdata

    ones = int(yes.sum())
    others = len(yes) - ones
    if not ones or not others:
        return 0.5
    return float((rankdata(chance)[yes.astype(bool)].sum() - ones * (ones + 1) / 2) / (ones * others))
