"""Changes: what has been touched in one act, so that everything derived from it can be brought up to date."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Collection, Container
from dataclasses import dataclass, field
from typing import Any

EVERYTHING = "*"
NOTHING: dict[str, set[int]] = {}


@dataclass(slots=True)
class Changes:
    """`touched[form][name]` are the records of a form for which `name` may have changed: a field's key, a relation's name, "tags", "tier", or "*"
    for everything (a new or restored record). `event` is the event that tells of the change. `late`: nobody waits for the end any more, so
    what cannot be worked out becomes blank instead of refusing the write."""

    source: str
    event: int | None = None
    late: bool = False
    touched: dict[str, dict[str, set[int]]] = field(default_factory=lambda: defaultdict(lambda: defaultdict(set)))
    log: list[tuple[str, str, Collection[int]]] = field(default_factory=list)
    """What was touched, in its order."""
    former: dict[tuple[str, str], set[Any]] = field(default_factory=lambda: defaultdict(set))
    """(form, field) → the stored values that records had before, of fields by which records are looked up."""
    held: dict[str, set[int]] = field(default_factory=lambda: defaultdict(set))
    """The records of a form that no other writer can change before this act ends (runtime/records/holding.py)."""

    def touch(self, form: str, name: str, ids: Collection[int]) -> None:
        self.touched[form][name].update(ids)
        self.log.append((form, name, ids))

    def ids(self, form: str, names: Container[str]) -> set[int]:
        """The records of a form for which one of the names was touched."""
        found: set[int] = set()
        for name, ids in self.touched.get(form, NOTHING).items():
            if name in names or name == EVERYTHING:
                found |= ids
        return found
