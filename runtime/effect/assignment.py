"""Who is held out of an automation: drawn by a salted hash, so that every look gives the same group without anything being written."""

from __future__ import annotations

from hashlib import sha256
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from runtime.definitions.automation import Automation

PARTS = 10_000


def is_held_out(automation: Automation, record: int | None) -> bool:
    """Whether the automation leaves this record alone."""
    wanted = automation.hold_out
    return wanted is not None and record is not None and place_of(automation.key, wanted.salt, record) < wanted.percent * PARTS // 100


def place_of(automation: str, salt: str, record: int) -> int:
    """Where a record stands among 10,000 equal parts: even, and without any tie to its id or to other automations."""
    digest = sha256(f"{automation}\n{salt}\n{record}".encode()).digest()
    return int.from_bytes(digest[:8], "big") % PARTS
