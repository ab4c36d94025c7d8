"""What comes of two segments: together, in common, one without the other."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass

from runtime.texts import Message, _


@dataclass(frozen=True)
class Way:
    """`formula` of the two keys; `count` of how many belong to one, to the other and to both."""

    words: Message
    sign: str
    formula: str
    count: Callable[[int, int, int], int]


WAYS: dict[str, Way] = {
    "union": Way(_("in “{a}” or “{b}”"), "∪", "IN_SEGMENT('{a}') or IN_SEGMENT('{b}')", lambda a, b, both: a + b - both),
    "intersection": Way(_("in “{a}” and “{b}”"), "∩", "IN_SEGMENT('{a}') and IN_SEGMENT('{b}')", lambda a, b, both: both),
    "difference": Way(_("in “{a}” but not in “{b}”"), "−", "IN_SEGMENT('{a}') and not IN_SEGMENT('{b}')", lambda a, b, both: a - both),
    "remainder": Way(_("in “{b}” but not in “{a}”"), "−", "IN_SEGMENT('{b}') and not IN_SEGMENT('{a}')", lambda a, b, both: b - both),
}


def named(way: str, one: str, other: str) -> str:
    """The formula: named("difference", "a", "b") is IN_SEGMENT('a') and not IN_SEGMENT('b')."""
    return WAYS[way].formula.format(a=one, b=other)


def counted(way: str, one: int, other: int, both: int) -> int:
    """How many: counted("union", 3, 4, 2) is 5."""
    return WAYS[way].count(one, other, both)
