"""Changes: what has been touched in one act, so that everything derived from it can be brought up to date."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable
from dataclasses import dataclass, field

EVERYTHING = "*"


@dataclass
class Changes:
    """`touched[form][name]` are the records of a form for which `name` may have changed: a field's key, a relation's name, "tags", "tier", or "*"
    for everything (a new or restored record). `event` is the event that tells of the change."""

    source: str
    event: int | None = None
    touched: dict[str, dict[str, set[int]]] = field(default_factory=lambda: defaultdict(lambda: defaultdict(set)))

    def touch(self, form: str, name: str, ids: Iterable[int]) -> None:
        self.touched[form][name].update(ids)

    def ids(self, form: str, names: Iterable[str]) -> set[int]:
        """The records of a form for which one of the names was touched."""
        names_of = self.touched.get(form)
        if not names_of:
            return set()
        found: set[int] = set(names_of.get(EVERYTHING, ()))
        for name in names:
            if name in names_of:
                found |= names_of[name]
        return found
