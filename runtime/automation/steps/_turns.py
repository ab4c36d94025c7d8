"""Runs that must not do the same thing at the same time."""

from __future__ import annotations

from typing import TYPE_CHECKING

from runtime.automation.once import insert_once
from runtime.system.ids import take
from runtime.system.tables import id_counter

if TYPE_CHECKING:
    from runtime.system.workspace import Act


def in_turn(act: Act, name: str, count: int = 1) -> int:
    """Waits until no other transaction has this name; gives how many have had it before. `count`: so many turns at once."""
    insert_once(act.connection, id_counter, {"name": f"turn {name}", "next": 1})
    return take(act.connection, f"turn {name}", count) - 1
