"""How often something happened lately, counted in memory that all web processes of this machine share.

The memory is mapped before the processes part, so each sees the same numbers, and a lock between them keeps them exact.
"""

from __future__ import annotations

import mmap
import struct
from hashlib import blake2b

from runtime.system.file_lock import FileLock

SLOT = struct.Struct("<QQII")
"""Who (a hash, 0: nobody yet), in which window, how often in it, how often in the one before."""
NEAR = 8
"""So many slots next to each other may hold one name; the one that was used longest ago makes room."""


class Counters:
    def __init__(self, size: int = 4096):
        self._size = size
        self._memory = mmap.mmap(-1, size * NEAR * SLOT.size)
        self._lock = FileLock()

    def hit(self, name: str, most: int, window: int, now: float) -> int:
        """Counts one, if that makes no more than `most` in any `window` seconds: 0. Otherwise the seconds to wait, and nothing is counted.

        The window slides: of the one before counts the part that still reaches into the last `window` seconds.
        """
        who = int.from_bytes(blake2b(f"{window} {name}".encode(), digest_size=8).digest(), "little") or 1
        number, passed = divmod(now, window)
        number = int(number)
        with self._lock:
            place, current, before = self._find(who, number)
            wait = _wait(current, before, most, window, passed)
            if not wait:
                SLOT.pack_into(self._memory, place, who, number, current + 1, before)
        return wait

    def _find(self, who: int, number: int) -> tuple[int, int, int]:
        """The slot of a name, how often it was counted in this window, and how often in the one before."""
        first = who % self._size * NEAR * SLOT.size
        oldest = (first, -1)
        for place in range(first, first + NEAR * SLOT.size, SLOT.size):
            held, window, current, before = SLOT.unpack_from(self._memory, place)
            if held == who:
                return (place, current, before) if window == number else (place, 0, current if window == number - 1 else 0)
            if oldest[1] < 0 or window < oldest[1]:
                oldest = (place, window)
        return oldest[0], 0, 0


def _wait(current: int, before: int, most: int, window: int, passed: float) -> int:
    """Whole seconds until one more is allowed; 0 now."""
    if before * (1 - passed / window) + current + 1 <= most:
        return 0
    if current + 1 > most:  # in the next window this one counts as the one before, and less from second to second
        return max(1, round(window - passed + (1 - (most - 1) / current) * window))
    return max(1, round((1 - (most - 1 - current) / before) * window - passed))
