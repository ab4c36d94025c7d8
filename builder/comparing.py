"""What publishing a set would change, for scripts: the API, the command line and what builds on them.

Differences have a path by keys and both values, so that a program can act on them; builder/differences.py says the same to people, in
sentences with the names that the screen uses.
"""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from typing import Any

import sqlalchemy as sa

from runtime.definitions import loading, versions
from runtime.definitions.model import Definition
from runtime.errors import DefinitionProblems, NotFound, Problem
from runtime.system.tables import role
from runtime.system.workspace import Act
from runtime.texts import _

Json = dict[str, Any]
ABSENT: Any = object()


@dataclass(frozen=True)
class Difference:
    """At a path such as `fields/amount/label`: `act` is added, removed, changed or moved."""

    path: str
    act: str
    before: Any = None
    after: Any = None

    def to_json(self) -> Json:
        return {"path": self.path, "act": self.act, "from": self.before, "to": self.after}


@dataclass(frozen=True)
class Impact:
    """What publishing one definition would do: `act` is new, changed or same."""

    kind: str
    key: str
    act: str
    differences: tuple[Difference, ...] = ()

    def to_json(self) -> Json:
        return {"kind": self.kind, "key": self.key, "act": self.act, "differences": [each.to_json() for each in self.differences]}


def differences(before: Any, after: Any, path: str = "") -> list[Difference]:
    """Every place where two definitions differ. Parts with a key are matched by it, whatever their order."""
    if before == after and type(before) is type(after):
        return []
    if isinstance(before, dict) and isinstance(after, dict):
        return _of_objects(_plain(before) if not path else before, _plain(after) if not path else after, path)
    if _is_keyed(before) and _is_keyed(after):
        return _of_keyed(before, after, path)
    return [Difference(path, "changed", before, after)]


def impact(act: Act, bodies: Iterable[Json]) -> list[Impact]:
    """What publishing these would change, one after the other."""
    found = []
    for body in versions.whole(act, list(bodies)):
        live = live_body(act, body["kind"], body["key"])
        differing = differences(live, body) if live is not None else []
        found.append(Impact(body["kind"], body["key"], "new" if live is None else "changed" if differing else "same", tuple(differing)))
    return found


def new_roles(act: Act, bodies: Iterable[Json]) -> list[str]:
    """Roles that these definitions name and nobody has made yet: publishing makes them, empty."""
    known = set(act.connection.execute(sa.select(role.c.key)).scalars())
    return sorted({key for each in versions.load_all(bodies) for key in each.roles()} - known)


def problems(act: Act, bodies: list[Any]) -> list[Problem]:
    """Everything that keeps a set from being published; each path begins with `kind:key`."""
    names = [(body.get("kind"), body.get("key")) for body in bodies if isinstance(body, dict)]
    twice = [
        Problem(f"{kind}:{key}", _("This definition stands there twice."))
        for kind, key in dict.fromkeys(names)
        if names.count((kind, key)) > 1
    ]
    try:
        loaded: list[Definition] = versions.load_all(bodies)
    except DefinitionProblems as error:
        return twice + error.problems
    together = versions.load_all(versions.whole(act, bodies)) if not twice else loaded
    found = loading.check(together, act.catalogue)
    return twice + ([each.under(f"{loaded[0].kind}:{loaded[0].key}") for each in found] if len(together) == 1 else found)


def publish(act: Act, bodies: list[Any], note: str | None = None, reason: str | None = None) -> list[tuple[str, str, int]]:
    """Publishes a set; what differs from the published one in nothing but spelling stays as it is. Raises DefinitionProblems."""
    wrong = problems(act, bodies)
    if wrong:
        raise DefinitionProblems(wrong)
    return versions.publish(act, settled(act, bodies), note, reason=reason, asked=True)


def settled(act: Act, bodies: list[Json]) -> list[Json]:
    """A set, in which what is published stays as it is written there where it differs in nothing but spelling."""
    return [_settled(act, body) for body in bodies]


def live_body(act: Act, kind: str, key: str) -> Json | None:
    try:
        return versions.find_version(act.connection, kind, key).body
    except NotFound:
        return None


def _settled(act: Act, body: Json) -> Json:
    live = live_body(act, body["kind"], body["key"])
    return live if live is not None and not differences(live, body) else body


def _plain(body: Json) -> Json:
    """Files carry the number of their format; 1 is meant where there is none."""
    return {name: value for name, value in body.items() if (name, value) != ("format", 1)}


def _of_objects(before: Json, after: Json, path: str) -> list[Difference]:
    found: list[Difference] = []
    for name in dict.fromkeys([*before, *after]):
        found += _at(f"{path}/{name}" if path else name, before.get(name, ABSENT), after.get(name, ABSENT))
    return found


def _of_keyed(before: list[Json], after: list[Json], path: str) -> list[Difference]:
    old, new = ({each["key"]: each for each in given} for given in (before, after))
    found: list[Difference] = []
    for key in dict.fromkeys([*old, *new]):
        found += _at(f"{path}/{key}", old.get(key, ABSENT), new.get(key, ABSENT))
    orders = [key for key in old if key in new], [key for key in new if key in old]
    return found + ([Difference(path, "moved", *orders)] if orders[0] != orders[1] else [])


def _at(path: str, before: Any, after: Any) -> list[Difference]:
    if before is ABSENT:
        return [Difference(path, "added", None, after)]
    if after is ABSENT:
        return [Difference(path, "removed", before, None)]
    return differences(before, after, path)


def _is_keyed(value: Any) -> bool:
    keys = [each.get("key") if isinstance(each, dict) else None for each in value] if isinstance(value, list) else []
    return bool(keys) and all(isinstance(key, str) for key in keys) and len(set(keys)) == len(keys)
