"""What a back-test makes of what was expected and what came."""

from __future__ import annotations

import numpy as np
import pytest

from runtime.potential.testing import Test as Backtest
from runtime.potential.testing import judged


@pytest.fixture
def world() -> tuple[np.ndarray, np.ndarray]:
    """Rates of a thousand records, and what came by them."""
    random = np.random.default_rng(5)
    rates = random.gamma(0.5, 1.0, 1000)
    return rates, random.poisson(rates).astype(float)


def result(test: Backtest) -> dict[str, bool]:
    return {each.what: each.passed for each in test.checks}


def test_a_good_model_passes_every_point(world: tuple[np.ndarray, np.ndarray]):
    rates, came = world
    test = judged(rates, came, np.roll(rates, 1), 100, 190)
    assert test.passed and set(result(test).values()) == {True}
    assert test.lift > 2 and test.gains[0] == 0 and test.gains[-1] == pytest.approx(1)
    assert [each[0] for each in test.tenths] == [100] * 10
    assert Backtest.of_json(test.to_json()).checks == test.checks


@pytest.mark.parametrize(
    ("expected", "failed"),
    [
        (lambda rates: rates * 2, {"total", "calibration"}),
        (lambda rates: np.roll(rates, 1), {"lift", "calibration", "error"}),
        (lambda rates: np.full(1000, rates.mean()), {"lift"}),
    ],
    ids=["twice too much", "of the wrong people", "of everybody alike"],
)
def test_a_bad_model_fails_where_it_is_bad(world: tuple[np.ndarray, np.ndarray], expected, failed: set[str]):
    rates, came = world
    test = judged(expected(rates), came, rates, 100, 190)
    assert not test.passed and failed <= {what for what, passed in result(test).items() if not passed}


def test_a_model_that_is_no_better_than_the_naive_guess_fails(world: tuple[np.ndarray, np.ndarray]):
    rates, came = world
    assert result(judged(rates, came, rates, 100, 190))["error"] is False


def test_too_little_to_judge_by_is_not_passed():
    few = np.ones(20)
    test = judged(few, few, few * 2, 100, 190)
    assert not test.passed and result(test)["enough"] is False


def test_where_nothing_came_nothing_can_be_told():
    test = judged(np.ones(200), np.zeros(200), np.ones(200), 100, 190)
    assert [each.found for each in test.checks if each.what in ("total", "calibration", "lift")] == [None, None, None]
    assert not test.passed and test.gains == [0.0] * 11


def test_where_nobody_was_there_nothing_is_passed():
    nobody = np.zeros(0)
    assert not judged(nobody, nobody, nobody, 100, 190).passed


def test_a_frequent_yes_needs_no_lift_that_cannot_be():
    """Nine of ten say yes: no tenth can hold more than 1.1 times as many."""
    random = np.random.default_rng(6)
    chance = np.where(random.random(2000) < 0.5, 0.99, 0.81)
    yes = (random.random(2000) < chance).astype(float)
    test = judged(chance, yes, np.full(2000, 0.9), 100, 190, is_yes=True)
    assert next(each.limit for each in test.checks if each.what == "lift") < 1.07
    assert result(test)["lift"] and result(test)["error"]
