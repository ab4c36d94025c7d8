"""The chance of a yes, and what each figure adds to it."""

from __future__ import annotations

import numpy as np
import pytest
from scipy.special import expit

from runtime.potential import chances
from runtime.potential.chances import Chances
from runtime.potential.extra import NoFit


@pytest.fixture(scope="module")
def raws() -> list[np.ndarray]:
    """A figure that matters much, one that does not, and a choice that matters a little; a tenth of the first is not known."""
    random = np.random.default_rng(3)
    known = random.normal(10, 2, 4000)
    known[random.random(4000) < 0.1] = np.nan
    return [known, random.normal(0, 1, 4000), random.choice(np.array(["shop", "web", None], dtype=object), 4000)]


@pytest.fixture(scope="module")
def fitted(raws: list[np.ndarray]) -> Chances:
    random = np.random.default_rng(4)
    odds = -1 + 0.9 * (np.nan_to_num(raws[0], nan=10) - 10) + np.where(raws[2] == "shop", 0.8, 0.0)
    return chances.fit(raws, random.random(4000) < expit(odds))


def test_what_matters_is_found(fitted: Chances):
    by_figure = {(each.figure, each.what, each.option): each for each in fitted.columns}
    first, idle = by_figure[0, "number", None], by_figure[1, "number", None]
    assert first.coefficient / first.deviation == pytest.approx(0.9, abs=0.08)
    assert abs(idle.coefficient) < 0.1
    assert by_figure[2, "option", "shop"].coefficient > 0.15 > by_figure[2, "option", "web"].coefficient


def test_the_shares_of_the_figures_add_up_to_the_chance(fitted: Chances, raws: list[np.ndarray]):
    shares = fitted.shares(raws)
    assert expit(fitted.intercept + shares.sum(axis=1)) == pytest.approx(fitted.chance(raws))
    assert shares.mean(axis=0) == pytest.approx([0, 0, 0], abs=1e-9), "somebody like the mean has no reasons"


def test_a_share_is_coefficient_times_distance_from_the_mean(fitted: Chances):
    found = fitted.shares([np.array([14.0]), np.array([0.0]), np.array(["web"], dtype=object)])
    number = next(each for each in fitted.columns if each.figure == 0 and each.what == "number")
    blank = next(each for each in fitted.columns if each.figure == 0 and each.what == "blank")
    expected = number.coefficient * (14 - number.mean) / number.deviation - blank.coefficient * blank.mean / blank.deviation
    assert found[0, 0] == pytest.approx(expected)


def test_the_three_strongest_reasons_come_first_whichever_way_they_point():
    shares = np.array([[0.1, -2.0, 1.5, 0.4], [0.0, 0.3, -0.2, 0.1]])
    assert chances.strongest(shares).tolist() == [[1, 2, 3], [1, 2, 3]]


def test_what_was_learnt_is_kept_as_json(fitted: Chances):
    assert Chances.of_json(fitted.to_json()) == fitted


def test_an_option_that_was_never_seen_is_no_option_of_those_known(fitted: Chances):
    given = [np.array([10.0]), np.array([0.0]), np.array(["fair"], dtype=object)]
    assert 0 < fitted.chance(given)[0] < 1


@pytest.mark.parametrize(
    ("raw", "yes", "sentence"),
    [
        ([1.0, 2.0, 3.0, 4.0], [0, 0, 0, 0], "It turned out the same for everybody"),
        ([1.0, 2.0, 3.0, 4.0], [1, 1, 1, 1], "It turned out the same for everybody"),
        ([5.0, 5.0, 5.0, 5.0], [0, 1, 0, 1], "The chosen figures are the same for everybody"),
        ([np.nan] * 4, [0, 1, 0, 1], "The chosen figures are the same for everybody"),
        ([], [], "There was nobody to learn from"),
    ],
)
def test_what_cannot_be_learnt_is_said(raw: list[float], yes: list[int], sentence: str):
    with pytest.raises(NoFit, match=sentence):
        chances.fit([np.array(raw, dtype=float)], np.array(yes, dtype=float))


@pytest.mark.parametrize(
    ("chance", "yes", "area"), [([0.9, 0.8, 0.1], [1, 1, 0], 1.0), ([0.5, 0.5], [1, 0], 0.5), ([0.1, 0.2], [1, 1], 0.5)]
)
def test_the_area_under_the_curve(chance: list[float], yes: list[int], area: float):
    assert chances.quality(np.array(chance), np.array(yes)) == area
