"""The collected hostile formulas of formulas.jsonl. `typed` is a text, or pieces of which [text, count] stands for many."""

from __future__ import annotations

import json
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

FILE = Path(__file__).with_name("formulas.jsonl")


@dataclass(frozen=True)
class Hostile:
    """`gives`: refused, cannot (be computed), or the value for the record of the examples as they write it."""

    category: str
    typed: str
    gives: str
    why: str


def collected() -> list[Hostile]:
    rows = [json.loads(line) for line in FILE.read_text(encoding="utf-8").splitlines()]
    return [Hostile(row["category"], _whole(row["typed"]), row["gives"], row["why"]) for row in rows]


def _whole(typed: str | list[Any]) -> str:
    return typed if isinstance(typed, str) else "".join(each if isinstance(each, str) else each[0] * each[1] for each in typed)


def every_input() -> Iterator[str]:
    yield from (each.typed for each in collected())


def walk() -> None:
    """Walks the road with each input and prints what became of it, a line each."""
    from tests.hostile.formula_road import Road

    road = Road()
    for warming in ("amount + 1", "SUM(orders.amount) / 2", "name & 'x'", "EDATE(day, 1) > TODAY()", "amount +"):
        road.measured(warming)
    for each in collected():
        print(json.dumps({"typed": each.typed, **_walked(road, each.typed)}), flush=True)


def _walked(road: Any, typed: str) -> dict[str, Any]:
    try:
        journey = road.measured(typed)
        return {"gives": journey.shown if journey.end == "value" else journey.end, "faults": road.faults(journey)}
    except Exception as error:
        return {"gives": repr(error)[:500], "faults": [f"{type(error).__name__} instead of a refusal"]}
