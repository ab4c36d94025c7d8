"""Definitions that have to be published together: drafts that another draft names and that were never published themselves."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from typing import Any

from runtime.definitions import versions
from runtime.definitions.loading import check, load
from runtime.definitions.model import Definition
from runtime.errors import DefinitionProblems, Problem
from runtime.system.workspace import Act
from runtime.texts import _

Name = tuple[str, str]
"""Kind and key."""

NAMED_BY = {
    "form": "form",
    "tier_model": "tier_model",
    "tag_set": "tag_set",
    "app": "app",
    "segment": "segment",
    "workflow": "workflow",
    "grace_automation": "automation",
}
"""A name in a definition → the kind of what it names."""
MENU = ("form", "view", "dashboard")


def named(value: Any) -> Iterator[Name]:
    """The definitions that a body names outside of its formulas."""
    if isinstance(value, dict):
        for name, each in value.items():
            if isinstance(each, str) and name in NAMED_BY:
                yield NAMED_BY[name], each
            yield from named(each)
    elif isinstance(value, list):
        for each in value:
            kind, _colon, key = each.partition(":") if isinstance(each, str) else ("", "", "")
            if kind in MENU and key:
                yield kind, key
            yield from named(each)


@dataclass(frozen=True)
class Companion:
    """A draft that has the shape of a definition: as it was written, and loaded."""

    body: dict[str, Any]
    definition: Definition


def companions(act: Act, body: Any) -> list[Companion]:
    """What this body names, directly or through another companion, and what exists only as a draft. Drafts of another shape are none."""
    found: dict[Name, Companion] = {}
    wanted = list(named(body))
    while wanted:
        kind, key = name = wanted.pop()
        if name in found or key in act.catalogue.of_kind(kind) or (kind, key) == (body.get("kind"), body.get("key")):
            continue
        draft = versions.find_draft(act.connection, kind, key)
        companion = _read(draft.body) if draft is not None else None
        if companion is not None:
            found[name] = companion
            wanted.extend(named(companion.body))
    return list(found.values())


def _read(body: dict[str, Any]) -> Companion | None:
    try:
        return Companion(body, load(body))
    except DefinitionProblems:
        return None


def problems_together(act: Act, definition: Definition, others: Iterable[Companion]) -> list[Problem]:
    """What keeps a definition from being published together with others. Paths lie inside it; those of another one are empty."""
    beside = [each.definition for each in others]
    beside += [load(each) for follow in versions.FOLLOWERS for each in follow(act, [definition, *beside])]
    if not beside:
        return check([definition], act.catalogue)
    labels = {f"{each.kind}:{each.key}": each.label for each in beside}
    found = []
    for problem in check([definition, *beside], act.catalogue):
        name, _slash, path = problem.path.partition("/")
        if name in labels:
            sentence = _("“{label}” is published together with this and has a problem: {problem}", label=labels[name], problem=problem.message)
            found.append(Problem("", sentence))
        elif name == f"{definition.kind}:{definition.key}":
            found.append(Problem(path, problem.message))
        else:
            found.append(problem)
    return found
