"""The fuzzer finds a fault that is there, makes it small, keeps it once and says how to see it again."""

from __future__ import annotations

import json
import time
from pathlib import Path

import pytest

from tests.hostile import fuzz
from tests.hostile.formula_road import Journey, Road


@pytest.fixture
def hunter(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> fuzz.Hunter:
    for name in ("KEPT", "FAULTS"):
        (tmp_path / name).mkdir()
        monkeypatch.setattr(fuzz, name, tmp_path / name)
    monkeypatch.setattr(fuzz, "FUNCTIONS", fuzz.FUNCTIONS[:3])
    monkeypatch.setattr(fuzz, "CURRENT", tmp_path / "current.json")
    monkeypatch.setattr(fuzz, "every_input", lambda: ["amount + 1", "LEFT(name, 2) & 'x'", "1 <"])
    return fuzz.Hunter(1)


def faults() -> list[dict[str, str]]:
    return [json.loads(path.read_text()) for path in fuzz.FAULTS.glob("*.json")]


def test_a_fault_is_made_small_and_kept_once(hunter: fuzz.Hunter, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]):
    def judged(road: Road, journey: Journey) -> list[str]:
        return [f"a planted fault in {len(journey.typed)} signs"] if "UPPER" in journey.typed else []

    monkeypatch.setattr(Road, "faults", judged)
    hunter.tried("IF(agreed, LEFT(UPPER(name), 3) & 'abc', 'd')")
    hunter.tried("CONCAT(UPPER(name), 1)")
    (found,) = faults()
    assert found["typed"] == "UPPER" and found["found_as"].startswith("IF(agreed")
    assert fuzz.replay([str(path) for path in fuzz.FAULTS.glob("*.json")]) == 1
    assert "a planted fault" in capsys.readouterr().out


def test_what_reaches_new_steps_is_changed_further(hunter: fuzz.Hunter):
    hunter.hunt(time.monotonic())
    begun = len(hunter.pool)
    for _turn in range(60):
        hunter.turn()
    assert hunter.count == begun + 60 and begun < len(hunter.pool) < hunter.count
    assert list(fuzz.KEPT.glob("*.json")) and faults() == []
    before = len(hunter.coverage.seen)
    assert hunter.coverage.new(hunter.road.walk_through, "amount + 1") == 0 and len(hunter.coverage.seen) == before


def test_an_exception_is_a_fault(hunter: fuzz.Hunter, monkeypatch: pytest.MonkeyPatch):
    def broken(road: Road, typed: str) -> Journey:
        raise ZeroDivisionError(typed)

    monkeypatch.setattr(Road, "walk", broken)
    hunter.tried("amount")
    assert [each["fault"].partition(" in ")[0] for each in faults()] == ["ZeroDivisionError"]
