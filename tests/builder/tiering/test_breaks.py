"""Natural breaks are the best there are: no other classes have smaller differences inside them."""

from __future__ import annotations

from collections import Counter
from fractions import Fraction
from itertools import combinations

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from builder.tiering.breaks import MOST_BINS, explained, grouped, natural_breaks

VALUES = st.lists(st.integers(-1_000, 1_000), min_size=1, max_size=60).map(lambda values: sorted(Counter(values).items()))


def spread(counts: list[tuple[int, int]]) -> Fraction:
    """Σ (value − mean)²."""
    many = sum(count for _value, count in counts)
    mean = Fraction(sum(value * count for value, count in counts), many)
    return sum(((value - mean) ** 2 * count for value, count in counts), Fraction())


def classes(counts: list[tuple[int, int]], breaks: list[int]) -> list[list[tuple[int, int]]]:
    edges = [counts[0][0], *breaks, counts[-1][0] + 1]
    return [[each for each in counts if low <= each[0] < high] for low, high in zip(edges, edges[1:], strict=False)]


@pytest.mark.parametrize(
    ("values", "count", "breaks"),
    [
        ([1, 2, 3, 10, 11, 12], 2, [10]),
        ([1, 1, 1, 50, 50, 99], 3, [50, 99]),
        ([4, 5, 9, 10], 2, [9]),
        ([7], 3, []),
        ([7, 7, 7], 3, []),
        ([1, 2], 5, [2]),
        ([-9, -8, 0, 1, 40], 3, [0, 40]),
    ],
)
def test_classes_break_where_values_are_far_apart(values: list[int], count: int, breaks: list[int]) -> None:
    assert natural_breaks(sorted(Counter(values).items()), count) == breaks


@given(VALUES, st.integers(2, 4))
@settings(max_examples=60, deadline=None, derandomize=True)
def test_no_other_classes_are_more_alike_inside(counts: list[tuple[int, int]], count: int) -> None:
    breaks = natural_breaks(counts, count)
    found = sum(map(spread, classes(counts, breaks)), Fraction())
    assert len(breaks) == min(count, len(counts)) - 1 and breaks == sorted(set(breaks))
    starts = [value for value, _many in counts][1:][:14]
    few = counts[: len(starts) + 1]
    if len(few) == len(counts):
        ways = combinations(starts, min(count, len(counts)) - 1)
        assert found == min(sum(map(spread, classes(counts, list(way))), Fraction()) for way in ways)


@given(VALUES, st.integers(1, 5))
@settings(max_examples=60, deadline=None, derandomize=True)
def test_what_lies_between_classes_is_the_rest_of_all_differences(counts: list[tuple[int, int]], count: int) -> None:
    breaks = natural_breaks(counts, count)
    whole = spread(counts)
    inside = sum(map(spread, classes(counts, breaks)), Fraction())
    assert explained(counts, breaks) == pytest.approx(float(1 - inside / whole) if whole else 1.0)


def test_many_values_are_gathered_and_none_is_lost() -> None:
    counts = [(value * value, 1 + value % 3) for value in range(5_000)]
    groups = grouped(counts)
    assert MOST_BINS // 2 <= len(groups) <= MOST_BINS
    assert sum(each[1] for each in groups) == sum(count for _value, count in counts)
    assert [each[0][0] for each in groups] == sorted(each[0][0] for each in groups)
    assert len(natural_breaks(counts, 7)) == 6
