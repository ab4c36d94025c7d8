"""Two versions of a workflow made ready to be compared in words: lines are known by their ends, and where cards stand is one thing."""

from __future__ import annotations

from typing import Any

from builder.flowing.names import KINDS
from builder.flowing.words import text_of, things

Json = dict[str, Any]


def drawn_alike(before: Json, after: Json) -> tuple[Json, Json, bool]:
    """Both without the places of their nodes, lines named by what they join; and whether the drawing itself is another."""
    labels = {language: {**_labels(before, language), **_labels(after, language)} for language in ("zh", "en")}
    moved = _places(before) != _places(after) and _keys(before) == _keys(after)
    return _plain(before, labels), _plain(after, labels), moved


def _labels(body: Json, language: str) -> dict[str, str]:
    """What nodes are called, those without a name by their kind."""
    found = {}
    for each in things(body.get("nodes")):
        kind = KINDS.get(str(each.get("type")))
        found[str(each.get("key"))] = text_of(each.get("label"), language) or (
            kind.in_language(language) if kind is not None else str(each.get("key"))
        )
    return found


def _places(body: Json) -> dict[str, Any]:
    return {str(each.get("key")): each.get("at") for each in things(body.get("nodes"))}


def _keys(body: Json) -> list[str]:
    return sorted(_places(body))


def _plain(body: Json, labels: dict[str, dict[str, str]]) -> Json:
    found = dict(body)
    if isinstance(body.get("nodes"), list):
        found["nodes"] = [
            {name: value for name, value in each.items() if name != "at"} if isinstance(each, dict) else each for each in body["nodes"]
        ]
    if isinstance(body.get("lines"), list):
        found["lines"] = [_named(each, labels) if isinstance(each, dict) else each for each in body["lines"]]
    return found


def _named(line: Json, labels: dict[str, dict[str, str]]) -> Json:
    ends = [str(line.get("from")), str(line.get("to"))]
    name = {language: " → ".join(names.get(each, each) for each in ends) for language, names in labels.items()}
    return {**line, "key": "→".join(ends), "name": name}
