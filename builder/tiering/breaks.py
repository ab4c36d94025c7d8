"""Natural breaks: the classes of sorted values with the least differences inside them."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from itertools import accumulate

MOST_BINS = 1_000
"""Values are gathered into so many groups of about the same size at most; breaks lie between groups."""


Group = tuple[tuple[int, int], int, int, int]
"""((least, greatest value), how many, Σ value, Σ value²), exact."""
Cost = Callable[[int, int], float]


def natural_breaks(counts: Sequence[tuple[int, int]], classes: int) -> list[int]:
    """The least value of each class but the first: at most `classes` classes with the least sum of squared differences from their means.

    `counts` are (value, how many have it), rising. The optimum in one dimension of Fisher (On grouping for maximum homogeneity, JASA 53,
    1958), which geographers know by Jenks; worked out exactly by dynamic programming. Because the best last break never moves back as values
    are added, each layer is found by halving, in n log n steps (Wang & Song, Ckmeans.1d.dp, The R Journal 3, 2011; Grønlund et al., 2017).
    """
    groups = grouped(counts)
    classes = min(classes, len(groups))
    if classes < 2:
        return []
    cost = _cost(groups)
    layer = [cost(0, end) for end in range(len(groups))]
    ways: list[list[int]] = []
    for number in range(1, classes):
        layer, way = _next_layer(layer, cost, number)
        ways.append(way)
    breaks, end = [], len(groups) - 1
    for way in reversed(ways):
        breaks.append(groups[way[end]][0][0])
        end = way[end] - 1
    return breaks[::-1]


def grouped(counts: Sequence[tuple[int, int]], most: int = MOST_BINS) -> list[Group]:
    """Groups of neighbouring values, so many at most or little more."""
    share = sum(count for _value, count in counts) / most if len(counts) > most else 0
    found: list[Group] = []
    taken = 0
    for value, count in counts:
        if found and taken < share:
            (least, _greatest), many, total, squares = found[-1]
            found[-1] = (least, value), many + count, total + value * count, squares + value * value * count
            taken += count
        else:
            found.append(((value, value), count, value * count, value * value * count))
            taken = count
    return found


def _cost(groups: Sequence[Group]) -> Cost:
    """Σ (value − mean)² of the groups from `start` to `end`, from running sums in whole numbers."""
    many = [0, *accumulate(each[1] for each in groups)]
    totals = [0, *accumulate(each[2] for each in groups)]
    squares = [0, *accumulate(each[3] for each in groups)]

    def cost(start: int, end: int) -> float:
        count, total = many[end + 1] - many[start], totals[end + 1] - totals[start]
        return ((squares[end + 1] - squares[start]) * count - total * total) / count

    return cost


def _next_layer(before: list[float], cost: Cost, number: int) -> tuple[list[float], list[int]]:
    """The least cost of the first values in one class more, and where the last class begins."""
    size = len(before)
    least, way = [0.0] * size, [0] * size
    waiting = [(number, size - 1, number, size - 1)]
    while waiting:
        low, high, first, last = waiting.pop()
        if low > high:
            continue
        middle = (low + high) // 2
        least[middle], way[middle] = min((before[start - 1] + cost(start, middle), start) for start in range(first, min(middle, last) + 1))
        waiting.append((low, middle - 1, first, way[middle]))
        waiting.append((middle + 1, high, way[middle], last))
    return least, way


def explained(counts: Sequence[tuple[int, int]], breaks: Sequence[int]) -> float:
    """Which share of all squared differences lies between the classes: 1 means that all within a class are alike."""
    cost = _cost(grouped(counts, most=len(counts) or 1))
    whole = cost(0, len(counts) - 1) if counts else 0
    if not whole:
        return 1.0
    starts = [0, *(next(place for place, (value, _count) in enumerate(counts) if value >= cut) for cut in breaks), len(counts)]
    return 1 - sum(cost(start, end - 1) for start, end in zip(starts, starts[1:], strict=False) if end > start) / whole
