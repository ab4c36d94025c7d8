"""The palette of the workflow designer: every node of the shelf. A kind that nobody has put into words here still stands in it."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from builder.flowing.names import CHOICES, ICONS, KINDS
from runtime.definitions.shelf import NODES
from runtime.texts import Message


def palette(say: Callable[[Message], str]) -> list[dict[str, Any]]:
    """[{type, label, icon, passing, results}], those known by name first. `passing` is what the kind does by itself, `results` how what it
    sets off can end (runtime/definitions/node.py)."""
    names = list(KINDS)
    ordered = sorted(NODES.kinds, key=lambda name: names.index(name) if name in names else len(names))
    return [
        {
            "type": name,
            "label": label_of(name, say),
            "icon": ICONS.get(name, "point"),
            "passing": _passing(name),
            "results": _results(name, say),
        }
        for name in ordered
    ]


def label_of(name: str, say: Callable[[Message], str]) -> str:
    return say(KINDS[name]) if name in KINDS else name.replace("_", " ").capitalize()


def _results(name: str, say: Callable[[Message], str]) -> list[dict[str, str]]:
    return [{"key": each, "label": say(CHOICES[each])} for each in getattr(NODES[name], "results", ())]


def _passing(name: str) -> str:
    found = getattr(NODES[name], "passing", "through")
    return found if isinstance(found, str) else "through"
