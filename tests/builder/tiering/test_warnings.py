"""What might be wrong with a model: by its shape, by its formulas, and by real records; each with a place, a sentence and a remedy."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from builder.tiering.correlation import correlation, in_words, looked_at, ranks, spearman
from builder.tiering.warnings import reachable_tiers, record_warnings, rule_warnings, shape_warnings
from runtime.tiers.decision import Scale, weigh
from runtime.tiers.trial import load_model
from tests.builder.tiering.shop import LIVE, POINTS, SPEND, add, mixed, on_trial
from tests.makers import Json
from tests.tiers.world import TIERS, World, dimension, model

if TYPE_CHECKING:
    from runtime.system.workspace import Workspace

TEST = {"tests": [{"name": "x", "bands": {}, "expect": {}}]}


def shape(draft: Json) -> list[tuple[str, str]]:
    return [(each.path, each.code) for each in shape_warnings(load_model(draft))]


@pytest.mark.parametrize(
    ("draft", "found"),
    [
        ({**LIVE, **TEST}, []),
        (LIVE, [("tests", "no_tests")]),
        (model(dimension(cuts=[1, 2]), **TEST), [("dimensions", "one_dimension")]),
        (model(*(dimension(key, cuts=[1, 2], weight=25) for key in "abcd"), **TEST), [("dimensions", "many_dimensions")]),
        (model(*(dimension(key, cuts=[1, 2], weight=12.5) for key in "abcdefgh"), **TEST), [("dimensions", "too_many_dimensions")]),
        (model(dimension("a", cuts=[1, 2], weight=50), dimension("b", cuts=[1, 2], weight=30), **TEST), [("dimensions", "weights")]),
        (model(dimension("a", cuts=[1], weight=60), POINTS, **TEST), [("dimensions/0/bands", "two_bands")]),
        (model(SPEND, POINTS, tiers=[{**TIERS[0], "keep_from": 74}, *TIERS[1:]], **TEST), [("tiers/0/keep_from", "close_borders")]),
    ],
)
def test_the_shape_of_a_model_tells(draft: Json, found: list[tuple[str, str]]) -> None:
    assert shape(draft) == found


def test_weights_are_proposed_that_are_a_hundred() -> None:
    draft = load_model(model(*(dimension(key, cuts=[1, 2], weight=1) for key in "abc")))
    (remedy,) = (str(each.remedy) for each in shape_warnings(draft) if each.code == "weights")
    assert remedy == "Set them to 34 / 33 / 33."


def rules(workspace: Workspace, draft: Json) -> list[tuple[str, str]]:
    with on_trial(workspace, draft) as (trial, wanted):
        return [(each.path, each.code) for each in rule_warnings(wanted, trial.act.catalogue)]


def test_formulas_and_borders_tell(sqlite_workspace: Workspace) -> None:
    World(sqlite_workspace, LIVE)
    last = dimension("recency", "DAYS_SINCE(last_order_on)", [14, 30], 40, "lower")
    visits = dimension("visits", "COUNT(visits)", [1, 5], 40)
    assert rules(sqlite_workspace, model(SPEND, last)) == [("dimensions", "history_only")]
    assert rules(sqlite_workspace, model(SPEND, visits)) == rules(sqlite_workspace, LIVE) == []
    crowded = [
        {"key": "top", "label": "Top", "from": 99},
        {"key": "odd", "label": "Odd", "from": 98},
        {"key": "low", "label": "Low", "from": 0},
    ]
    assert rules(sqlite_workspace, model(SPEND, POINTS, tiers=crowded)) == [("tiers/1/from", "unreachable_tier")]
    lifted = model(SPEND, POINTS, tiers=crowded, floors=[{"when": "points > 5", "tier": "odd"}])
    assert rules(sqlite_workspace, lifted) == []


@st.composite
def models(draw: st.DrawFn) -> Json:
    dimensions = [
        dimension(
            f"d{number}",
            "points",
            draw(st.integers(2, 4)),
            draw(st.integers(1, 60)),
            missing=draw(st.sampled_from(["worst", "neutral", "leave_out"])),
        )
        for number in range(draw(st.integers(1, 3)))
    ]
    borders = sorted(draw(st.sets(st.integers(1, 100), min_size=2, max_size=4)), reverse=True)
    return model(*dimensions, tiers=[{"key": f"t{each}", "label": "T", "from": each} for each in (*borders, 0)])


@settings(max_examples=60, deadline=None, derandomize=True)
@given(models())
def test_a_tier_is_reachable_where_some_bands_lead_to_it(draft: Json) -> None:
    wanted = load_model(draft)
    scale, ways = Scale.of(wanted), [()]
    for count in scale.counts:
        ways = [(*way, band) for way in ways for band in (None, *range(1, count + 1))]
    scores = [weigh(scale, way).score for way in ways]
    assert reachable_tiers(wanted) == {scale.tier_at(score) for score in scores if score is not None}


def by_records(workspace: Workspace, draft: Json) -> dict[tuple[str, str], str]:
    with on_trial(workspace, draft) as (trial, wanted):
        return {(each.path, each.code): str(each.sentence) for each in record_warnings(trial, wanted)}


def test_real_records_tell(workspace: Workspace) -> None:
    world = World(workspace, LIVE)
    assert set(by_records(workspace, LIVE)) == {("population", "nobody")}
    add(world, *({"credit": 1 + each % 3, "points": each} for each in range(20)), {})
    found = by_records(
        workspace,
        model(
            SPEND,
            dimension("points", "points", [5, 10, 500], 20),
            dimension("twice", "points * 2", [9, 19], 10),
            dimension("credit", "credit", 5, 10),
        ),
    )
    assert found == {
        ("dimensions/0/value", "nobody_fills"): "None of the 21 records looked at has a value for “Spend”.",
        ("dimensions/1/bands", "empty_band"): "Nobody is in these bands of “Points”: 4.",
        ("dimensions/3/bands", "ties"): "So many records have equal values that bands of “Credit” stay empty: 3, 5.",
        ("tiers/0/from", "empty_tier"): "None of the 21 records looked at would be Diamond.",
        ("tiers/1/from", "empty_tier"): "None of the 21 records looked at would be Gold.",
        ("tiers/2/from", "empty_tier"): "None of the 21 records looked at would be Silver.",
        ("dimensions/2", "alike"): "“Points” and “Twice” say nearly the same (1.00): one of them is enough.",
    }
    add(world, {"orders": [(10, 1)]})
    assert ("dimensions/0/value", "seldom_filled") in by_records(workspace, LIVE)


# -- correlation ------------------------------------------------------------------------------------------------------------------
def test_ranks_of_equal_values_are_shared() -> None:
    assert ranks([30, 10, 20, 20]) == [4, 1, 2.5, 2.5]


@pytest.mark.parametrize(
    ("first", "second", "found"),
    [
        ([1, 2, 3, 4], [10, 20, 30, 99], 1.0),
        ([1, 2, 3, 4], [9, 7, 5, 1], -1.0),
        ([1, 2, 3, None], [3, 2, 1, 9], -1.0),
        ([106, 86, 100, 101, 99, 103, 97, 113, 112, 110], [7, 0, 27, 50, 28, 29, 20, 12, 6, 17], -0.1758),
        ([1, 2], [1, 2], None),
        ([5, 5, 5], [1, 2, 3], None),
    ],
)
def test_spearman_is_that_of_the_books(first: list[int | None], second: list[int | None], found: float | None) -> None:
    assert spearman(first, second) == found


@given(st.lists(st.tuples(st.integers(-9, 9), st.integers(-9, 9)), min_size=3, max_size=30))
@settings(max_examples=60, deadline=None, derandomize=True)
def test_a_correlation_lies_between_one_and_minus_one(pairs: list[tuple[int, int]]) -> None:
    a, b = [pair[0] for pair in pairs], [pair[1] for pair in pairs]
    found = spearman(a, b)
    assert found == spearman(b, a) and (found is None or -1 <= found <= 1)
    assert found is None or spearman(a, [-each for each in b]) == pytest.approx(-found)


def test_better_values_are_compared_with_better_ones(sqlite_workspace: Workspace) -> None:
    world = World(sqlite_workspace, LIVE)
    mixed(world, 12)
    add(world, *({"points": each, "credit": 100 - each} for each in range(5)))
    draft = model(dimension("points", "points", [10]), dimension("owed", "credit", [50], better="lower"), SPEND)
    with on_trial(sqlite_workspace, draft) as (trial, wanted):
        matrix = correlation(wanted, looked_at(trial, wanted))
        sentence = str(in_words(wanted, matrix))
    assert matrix[0][1] == matrix[1][0] == 1.0 and matrix[1][2] is None and [matrix[n][n] for n in range(3)] == [1.0] * 3
    assert sentence == "“Points” and “Owed” say nearly the same (1.00): one of them is enough."
