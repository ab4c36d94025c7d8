"""How often customers buy again: the published fit, the published example, and what cannot be fitted."""

from __future__ import annotations

import csv
import gzip
from collections import defaultdict
from datetime import date
from pathlib import Path

import numpy as np
import pytest

from runtime.potential import buying, worth
from runtime.potential.buying import Buying, Summary
from runtime.potential.extra import NoFit

CDNOW = Path(__file__).resolve().parents[1] / "data" / "cdnow"
UNTIL = date(1997, 9, 30).toordinal()


def purchases(name: str) -> dict[str, dict[int, float]]:
    """For each customer the days with a purchase and their value, up to the end of the published calibration period."""
    found: dict[str, dict[int, float]] = defaultdict(lambda: defaultdict(float))
    with gzip.open(CDNOW / name, "rt") as file:
        for row in csv.DictReader(file):
            day = date.fromisoformat(row["order_date"]).toordinal()
            if day <= UNTIL:
                found[row["customer_id"]][day] += float(row["amount"])
    return found


def summary_of(found: dict[str, dict[int, float]]) -> Summary:
    rows = [(len(days) - 1, max(days) - min(days), UNTIL - min(days)) for days in found.values()]
    return Summary.of_days(*np.array(rows).T)


def test_the_fit_of_the_cdnow_sample_is_the_published_one():
    found = buying.fit(summary_of(purchases("orders_sample.csv.gz")))
    assert (round(found.r, 3), round(found.alpha, 3), round(found.a, 3), round(found.b, 3)) == (0.243, 4.414, 0.793, 2.426)
    assert round(found.likelihood, 1) == -9582.4


def test_the_worth_of_the_cdnow_sample_is_the_published_one():
    values = [[value for day, value in days.items() if day > min(days)] for days in purchases("orders_sample.csv.gz").values()]
    found = [(len(each), np.mean(each)) for each in values if each]
    fitted = worth.fit(*np.array(found).T)
    assert len(found) == 946
    assert (round(fitted.p, 2), round(fitted.q, 2), round(fitted.gamma, 2)) == (6.25, 3.74, 15.44)


def test_the_expected_purchases_of_the_published_example():
    """Fader, Hardie & Lee (2005): two repeat purchases, the last in week 30.43 of 38.86; 1.226 in the next 39 weeks."""
    fitted = Buying(0.243, 4.414, 0.793, 2.426)
    one = Summary(np.array([2.0]), np.array([30.43]), np.array([38.86]))
    assert fitted.expected(one, 39) == pytest.approx(1.226, abs=0.0005)


def test_all_23570_customers_are_fitted_by_their_groups():
    given = summary_of(purchases("orders.csv.gz"))
    different, weight, place = given.grouped()
    assert (len(given), weight.sum()) == (23_570, 23_570) and len(different) < 9_000
    assert np.array_equal(different.last[place], given.last)
    fitted = buying.fit(given)
    each = buying.likelihood(fitted.r, fitted.alpha, fitted.a, fitted.b, given)[0]
    assert fitted.likelihood == pytest.approx(each.sum())
    assert fitted.expected(given, 39).sum() == pytest.approx(19_500, rel=0.2), "19,500 came in the following 39 weeks, or about that"


def test_the_slopes_are_those_of_the_likelihood():
    given = Summary(np.array([0.0, 1, 7, 40]), np.array([0.0, 3, 20, 51]), np.array([10.0, 30, 25, 52]))
    at = np.array([0.3, 5.0, 0.8, 2.0])
    slopes = [each.sum() for each in buying.likelihood(*at, given)[1]]
    for number, slope in enumerate(slopes):
        step = np.zeros(4)
        step[number] = 1e-6
        up, down = (buying.likelihood(*(at + sign * step), given)[0].sum() for sign in (1, -1))
        assert slope == pytest.approx((up - down) / 2e-6, rel=1e-5)


def test_a_customer_long_away_is_rarely_active_and_one_who_bought_once_always():
    fitted = Buying(0.243, 4.414, 0.793, 2.426)
    given = Summary(np.array([0.0, 9, 9]), np.array([0.0, 38, 8]), np.array([39.0, 39, 39]))
    once, here, away = fitted.alive(given)
    assert once == 1.0 and here > 0.9 and away < 0.01
    assert fitted.expected(given, 13)[1] > 20 * fitted.expected(given, 13)[2]


def test_expectations_add_up_over_time_and_are_worth_less_the_later_they_come():
    fitted = Buying(0.243, 4.414, 0.793, 2.426)
    given = Summary(np.array([0.0, 3]), np.array([0.0, 30]), np.array([39.0, 39]))
    plain = fitted.discounted(given, 2, 0.0)
    assert plain == pytest.approx(fitted.expected(given, 104))
    assert np.all(fitted.discounted(given, 2, 0.1) < plain)


@pytest.mark.parametrize("r", [1e-3, 8000.0])
@pytest.mark.parametrize("a", [2e-4, 1.0, 148.0])
def test_extreme_models_still_give_figures(r: float, a: float):
    given = Summary(np.array([0.0, 1, 400]), np.array([0.0, 20, 79]), np.array([80.0, 80, 80]))
    found = Buying(r, 50.0, a, 0.5).expected(given, 156)
    assert np.isfinite(found).all() and (found >= 0).all()


@pytest.mark.parametrize(
    ("repeats", "last", "age", "sentence"),
    [
        ([], [], [], "There are no purchases yet."),
        ([0, 0, 0, 0], [0, 0, 0, 0], [10, 20, 30, 40], "Nobody has bought a second time yet"),
        ([3], [100], [120], "The customers buy so alike"),
        ([4] * 50, [300] * 50, [365] * 50, "The customers buy so alike"),
    ],
    ids=["nobody", "nobody again", "one customer", "all equal"],
)
def test_what_cannot_be_learnt_is_said(repeats: list[int], last: list[int], age: list[int], sentence: str):
    with pytest.raises(NoFit, match=sentence):
        buying.fit(Summary.of_days(repeats, last, age))


def test_customers_who_all_buy_at_one_pace_are_no_model():
    """Everybody every thirty days, since different days: nothing tells them apart."""
    age = np.arange(300, 420)
    with pytest.raises(NoFit, match="buy so alike"):
        buying.fit(Summary.of_days(age // 30, age // 30 * 30, age))


# -- worth ----------------------------------------------------------------------------------------------------------------------------
def test_few_purchases_are_drawn_towards_the_mean_and_many_are_not():
    fitted = worth.Worth(6.25, 3.74, 15.44)
    usual = fitted.expected(0, 0)
    one, many = fitted.expected(np.array([1, 500]), np.array([100.0, 100.0]))
    assert usual == pytest.approx(35.2, abs=0.1)
    assert usual < one < many == pytest.approx(100, abs=1.5)


def test_purchases_of_one_value_are_worth_just_that():
    fitted = worth.fit([2, 5, 1], [30.0, 30.0, 30.0])
    assert fitted.expected([0, 3], [0.0, 30.0]).tolist() == [30.0, 30.0]


def test_values_below_zero_teach_nothing():
    with pytest.raises(NoFit, match="No repeat purchase has a value above zero"):
        worth.fit([1, 2], [0.0, -5.0])
    assert worth.fit([1, 2, 3, 4], [10.0, 10.0, -5.0, 0.0]) == worth.Worth.constant(10.0)


def test_whether_value_and_frequency_go_together_is_measured():
    assert worth.together([1, 2, 3, 4], [10.0, 20.0, 30.0, 40.0]) == pytest.approx(1)
    assert worth.together([1, 2], [10.0, 20.0]) is None
