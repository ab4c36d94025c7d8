"""The collected hostile formulas: in a process of its own each ends within 50 ms of CPU and 50 MB, refused or with the right value."""

from __future__ import annotations

import json
import os
import re
import subprocess
import sys
from collections import Counter
from pathlib import Path

import pytest

from tests.hostile.corpus import Hostile, collected

ROOT = Path(__file__).resolve().parents[2]


@pytest.fixture(scope="module")
def ends() -> dict[str, dict[str, object]]:
    """What became of each input."""
    done = subprocess.run(
        [sys.executable, "-c", "from tests.hostile.corpus import walk; walk()"],
        cwd=ROOT, env={**os.environ, "PYTHONPATH": str(ROOT)}, capture_output=True, text=True, timeout=300,
    )  # fmt: skip
    assert done.returncode == 0, done.stderr[-2000:]
    return {row["typed"]: row for row in map(json.loads, done.stdout.splitlines())}


def test_there_are_at_least_200_different_ones_of_every_sort():
    inputs = collected()
    assert len({each.typed for each in inputs}) == len(inputs) >= 200
    assert min(Counter(each.category for each in inputs).values()) >= 15
    assert all(each.why for each in inputs)


@pytest.mark.parametrize("hostile", collected(), ids=lambda each: f"{each.category}: {ascii(each.typed[:40])}")
def test_it_ends_soon_and_small_refused_or_with_the_right_value(ends: dict[str, dict[str, object]], hostile: Hostile):
    found = ends[hostile.typed]
    assert found["faults"] == []
    assert found["gives"] == hostile.gives


def test_a_road_that_is_too_slow_too_large_or_wrong_is_noticed():
    from tests.hostile.formula_road import Journey, Road

    road = Road()
    journey = road.measured("amount + 1")
    assert road.faults(journey) == []
    journey.cpu, journey.memory, journey.in_sql = 0.06, 51 << 20, [0, 0]
    faults = " ".join(road.faults(journey))
    assert re.search("60 ms of CPU.*51 MB.*Python gives '121.5', SQLite '0'", faults)
    refused = road.measured("amount +")
    assert isinstance(refused, Journey) and refused.problems is not None
    refused.problems.problems[0] = type(refused.problems.problems[0])(refused.problems.problems[0].message, 99, 1)
    assert "lies outside" in road.faults(refused)[0]
