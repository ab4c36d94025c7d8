"""A person as every other part sees one."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import Any


@dataclass(frozen=True)
class Person:
    """`departments`: those the person belongs to, the main one first; `department_tree`: these, those they head, and all below either.

    `reports`: everybody else who belongs to, or heads, a department that this person heads or one below it.
    """

    id: int
    email: str = ""
    name: str = ""
    roles: frozenset[str] = frozenset()
    language: str | None = None
    active: bool = True
    zone: str | None = None
    departments: tuple[int, ...] = ()
    department_keys: tuple[str, ...] = ()
    department_tree: tuple[int, ...] = ()
    reports: tuple[int, ...] = ()
    groups: tuple[int, ...] = ()
    shares: tuple[Any, ...] = ()
    """What records that are shared with them give them, within an act: see `runtime/people/shares.py`."""
    gives: Any = field(default=None, compare=False, repr=False)
    """Of a public link: all it gives, as grants by form; then no permission set is asked. Two that give different things differ in `email`."""
    knows: frozenset[int] | None = None
    """Of a public link: the only people whom it may name. Of everybody else None: they may name all."""
    rights: Any = field(default=None, compare=False, repr=False)
    """What they may do with records, within an act; builders may everything and need none."""

    @property
    def is_builder(self) -> bool:
        return "builder" in self.roles


SYSTEM = Person(0, "", "Tierloom", frozenset({"builder"}))
"""Who writes when the clock or a worker does. Has id 0, signs in nowhere."""
