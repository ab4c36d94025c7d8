"""Writing in somebody's name what a rule of the product allows them, whatever their permission sets say of the field."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import replace
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from runtime.system.workspace import Act


@contextmanager
def in_trust(act: Act) -> Iterator[None]:
    """While it lasts the gate lets the person of the act through; whoever uses it has asked before whether the rule holds."""
    person = act.person
    act.person = replace(person, roles=person.roles | {"builder"}, rights=None)
    try:
        yield
    finally:
        act.person = person
        if person.rights is not None:
            person.rights.forget()
