"""A person as every other part sees one."""
from __future__ import annotations

from dataclasses import dataclass


@dataclass(frozen=True)
class Person:
    id: int
    email: str = ""
    name: str = ""
    roles: frozenset[str] = frozenset()
    language: str | None = None
    active: bool = True

    @property
    def is_builder(self) -> bool:
        return "builder" in self.roles


SYSTEM = Person(0, "", "Tierloom", frozenset({"builder"}))
"""Who writes when the clock or a worker does. Has id 0, signs in nowhere."""
