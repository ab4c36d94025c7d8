"""The distribution of a dimension counts every record once, whatever its values are, and says so where there is nothing to draw."""

from __future__ import annotations

from collections import Counter
from datetime import date
from functools import cache
from typing import TYPE_CHECKING, Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from builder.tiering.distribution import BINS, answer, distribution, live_cuts, nice_width
from builder.tiering.measuring import Measured, measured
from runtime.tiers.compiled import Measure, compile
from runtime.tiers.decision import band_of, quantile_cuts
from runtime.tiers.trial import cut_points, load_model
from tests.builder.tiering.shop import LIVE, POINTS, SPEND, add, mixed, on_trial
from tests.makers import Json, catalogue_of, definition, fill_shelf, form_json, number, text
from tests.tiers.world import TODAY, World, dimension, model

if TYPE_CHECKING:
    from runtime.system.workspace import Workspace


def drawn(workspace: Workspace, draft: Json, key: str, as_of: date | None = None, language: str = "en") -> Json:
    with on_trial(workspace, draft, as_of) as (trial, wanted):
        (found,) = measured(trial, wanted, key)
        with workspace.reading(trial.act.person) as act:
            was = live_cuts(act, found.measure, wanted.key, trial.model.model.key)
        return answer(distribution(found, was), lambda text: text.in_language(language) if hasattr(text, "in_language") else text)


def test_bars_bands_and_missing_add_up_to_everybody(workspace: Workspace) -> None:
    world = World(workspace, LIVE)
    mixed(world)
    found = drawn(workspace, model(dimension(cuts=[2000, 4000, 9000], weight=60), POINTS), "spend")
    assert (found["population"], found["missing"], found["currency"], found["sentence"]) == (15, 4, "CNY", None)
    assert sum(each["count"] for each in found["bins"]) == sum(each["count"] for each in found["bands"]) == 11
    assert (found["least"], found["greatest"], found["cuts"], found["was"]) == (400, 14400, [2000, 4000, 9000], [1000, 5000, 20000])
    assert [(each["label"], each["count"], each["was"]) for each in found["bands"]] == [
        ("under ¥2,000", 3, 1),
        ("¥2,000 to under ¥4,000", 2, 6),
        ("¥4,000 to under ¥9,000", 3, 4),
        ("¥9,000 or more", 3, 0),
    ]


def test_the_population_and_the_lane_decide_who_is_drawn(sqlite_workspace: Workspace) -> None:
    newcomers = model(dimension("points", "points", 4), key="newcomers", population="points < 50")
    parent = model(SPEND, POINTS, population="stage != 'lost'", lanes=[{"key": "new", "when": "stage == 'new'", "tier_model": "newcomers"}])
    world = World(sqlite_workspace, newcomers, parent)
    mixed(world)
    with_lane = drawn(sqlite_workspace, parent, "points")
    assert (with_lane["population"], with_lane["missing"]) == (5, 1)  # the steady ones: 1, 4, 7, 10, 13
    inside = drawn(sqlite_workspace, newcomers, "points")
    assert (inside["population"], inside["missing"]) == (3, 0)  # of the new ones 0 and 12 have no points, which is not < 50


def test_cuts_of_quantiles_are_those_of_a_full_recompute(workspace: Workspace) -> None:
    world = World(workspace, model(dimension(cuts=4), POINTS))
    mixed(world)
    world.recompute(source="publish")
    found = drawn(workspace, model(dimension(cuts=4), POINTS), "spend")
    assert found["cuts"] == found["was"] and len(found["cuts"]) == 3
    assert [each["count"] for each in found["bands"]] == [each["was"] for each in found["bands"]]


def test_another_formula_has_no_earlier_cuts(sqlite_workspace: Workspace) -> None:
    world = World(sqlite_workspace, LIVE)
    mixed(world)
    found = drawn(sqlite_workspace, model(dimension(value="spend * 2", cuts=[1000, 5000], weight=60), POINTS), "spend")
    assert found["was"] is None and {each["was"] for each in found["bands"]} == {None}


def test_the_facts_of_a_past_day_are_drawn(sqlite_workspace: Workspace) -> None:
    world = World(sqlite_workspace, LIVE)
    add(world, {"orders": [(500, 0), (700, 30)]}, {"orders": [(900, 30)]}, {"orders": [(50, 1)]})
    value = dimension("orders", "SUM(orders.amount)", cuts=[600], weight=60)
    assert drawn(sqlite_workspace, model(value, POINTS), "orders")["greatest"] == 1200
    past = drawn(sqlite_workspace, model(value, POINTS), "orders", date(2026, 11, 1))
    assert (past["least"], past["greatest"], past["missing"]) == (700, 900, 1)  # the third had no order yet


def test_where_nothing_can_be_drawn_a_sentence_says_why(sqlite_workspace: Workspace) -> None:
    world = World(sqlite_workspace, LIVE)

    def said() -> tuple[int, str | None]:
        found = drawn(sqlite_workspace, LIVE, "points")
        assert found["sentence"] is None or (found["bins"], found["tail"], found["head"]) == ([], None, None)
        return found["population"], found["sentence"]

    assert said() == (0, "Nobody is in the population yet. Add or import records, and their values will show here.")
    add(world, {}, {})
    assert said() == (2, "None of the 2 records has a value for “Points” yet.")
    add(world, {"points": 7})
    assert said() == (3, "Only one record has a value, 7. With more the distribution will show here.")
    add(world, {"points": 7}, {"points": 7})
    assert said() == (5, "All 3 records have the same value, 7, so no cut can tell them apart.")
    add(world, {"points": 8})
    assert said() == (6, None)


def test_negative_and_zero_amounts_have_their_place(sqlite_workspace: Workspace) -> None:
    world = World(sqlite_workspace, LIVE)
    add(world, *({"credit": amount} for amount in (-500, -20.5, 0, 0, 10, 80, 300)))
    found = drawn(sqlite_workspace, model(dimension("credit", "credit", [0, 100]), POINTS), "credit")
    assert (found["least"], found["greatest"], found["head"]) == (-500, 300, {"to": -180, "count": 1, "sentence": "1 below -¥180"})
    assert found["bins"][0]["from"] == -180 and [each["count"] for each in found["bands"]] == [2, 4, 1]
    assert sum(each["count"] for each in found["bins"]) + found["tail"]["count"] == 6


def test_a_long_tail_is_gathered(sqlite_workspace: Workspace) -> None:
    world = World(sqlite_workspace, LIVE)
    add(world, *({"points": points} for points in (1, 2, 2, 3, 3, 3, 4, 4, 5, 90_000)))
    found = drawn(sqlite_workspace, model(SPEND, dimension("points", "points", [2, 4])), "points")
    assert found["tail"]["count"] == 1 and found["tail"]["sentence"].startswith("1 at ") and len(found["bins"]) <= BINS
    assert sum(each["count"] for each in found["bins"]) == 9


def test_days_are_counted_in_days_and_whole_numbers_have_whole_ranges(sqlite_workspace: Workspace) -> None:
    world = World(sqlite_workspace, LIVE)
    add(world, *({"met_on": date.fromordinal(TODAY.toordinal() - ago)} for ago in (1, 14, 15, 30, 31, 200)))
    recency = dimension("recency", "DAYS_SINCE(met_on)", [14, 30], better="lower")
    found = drawn(sqlite_workspace, model(recency, POINTS), "recency", language="zh")
    assert (found["unit"], found["better"], found["cuts"]) == ("天", "lower", [14, 30])
    assert [(each["label"], each["count"]) for each in found["bands"]] == [("大于 30", 2), ("15–30", 2), ("14 及以下", 2)]


NUMBERS = st.lists(st.integers(-50, 50), min_size=1, max_size=40)


def of(values: list[int], better: str, cuts: tuple[int, ...] = (10, 20)) -> Measured:
    """These values, in hundredths, as those of a dimension."""
    return Measured(measure(better, cuts), sorted(values), 0, Counter())


@cache
def measure(better: str, cuts: tuple[int, ...]) -> Measure:
    fill_shelf("runtime.fields")
    form = definition(form_json(text("name"), number("points", decimals=2)))
    return (
        compile(catalogue_of(form, load_model(model(dimension("points", "points", list(cuts), better=better)))), "value")
        .parts[0]
        .measures[0]
    )


@given(NUMBERS, st.integers(2, 6), st.sampled_from(["higher", "lower"]))
@settings(max_examples=80, deadline=None, derandomize=True)
def test_cut_points_from_values_are_those_from_counts(values: list[int], bands: int, better: str) -> None:
    counts = sorted({each: values.count(each) for each in values}.items(), reverse=better == "lower")
    assert cut_points(values, better, bands) == quantile_cuts(counts, len(values), bands)


@given(NUMBERS, st.sets(st.integers(-60, 60), min_size=1, max_size=5), st.sampled_from(["higher", "lower"]))
@settings(max_examples=40, deadline=None, derandomize=True)
def test_bars_and_bands_hold_everybody_once(values: list[int], cuts: set[int], better: str) -> None:
    found = distribution(of(values, better, tuple(sorted(cuts))), None)
    units = [cut * 100 for cut in sorted(cuts)]
    expected = [band_of(value, units, better) for value in values]
    assert [each.count for each in found.bands] == [expected.count(each.band) for each in found.bands]
    gathered = sum(each.count for each in (found.head, found.tail) if each is not None)
    if found.sentence is None:
        assert gathered + sum(count for _left, _right, count in found.bins) == len(values) and 1 <= len(found.bins) <= BINS + 2
        assert all(a[1] == b[0] for a, b in zip(found.bins, found.bins[1:], strict=False))


@pytest.mark.parametrize(("reach", "width"), [(1, 1), (47, 1), (48, 2), (100, 5), (1000, 50), (20_000_00, 50_000)])
def test_bars_are_of_round_width(reach: int, width: int) -> Any:
    assert nice_width(reach) == width
