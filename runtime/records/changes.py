"""Changes: what has been touched in one act, so that everything derived from it can be brought up to date."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Collection, Iterable
from dataclasses import dataclass, field

EVERYTHING = "*"


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

    def touch(self, form: str, name: str, ids: Collection[int]) -> None:
        self.touched[form][name].update(ids)
        self.log.append((form, name, ids))

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
