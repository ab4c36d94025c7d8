"""Lanes: what is done first. A worker takes the run of the lowest lane that is due, within a lane the one that has waited longest.

What a person waits for goes before what came in bulk, and calls outside have workers of their own: neither an import of 100,000 rows nor
a slow receiver holds up what a click sets off. A run that comes to a step outside changes over to the outbound lane of its own kind, and
back again when the call is done.
"""

from __future__ import annotations

INTERACTIVE, BULK = 0, 1
OUTSIDE = 2
"""Added to a lane while the next step of the run is one outside."""
INWARD = (INTERACTIVE, BULK)
OUTBOUND = (INTERACTIVE + OUTSIDE, BULK + OUTSIDE)
ALL = (*INWARD, *OUTBOUND)
NAMES = {INTERACTIVE: "interactive", BULK: "bulk", INTERACTIVE + OUTSIDE: "outbound", BULK + OUTSIDE: "outbound bulk"}
BULK_FROM = 20
"""So many runs at once are bulk."""


def lane_of(runs: int, source: str, chained: bool = False) -> int:
    """The lane of runs that begin together; `chained`: what led to them came in bulk."""
    return BULK if source == "import" or runs >= BULK_FROM or chained else INTERACTIVE


def outbound(lane: int) -> int:
    return lane if lane >= OUTSIDE else lane + OUTSIDE


def inward(lane: int) -> int:
    return lane % OUTSIDE
