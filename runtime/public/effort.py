"""A small piece of arithmetic that the device does before an entry is sent: nothing for people, dear for whoever sends thousands.

A hashcash stamp (Back, 2002) for the number of the page, which is used once, so that no stamp serves twice.
"""

from __future__ import annotations

from hashlib import sha256

BITS = 16
"""Leading zero bits of the hash: about 65,000 tries, some tenths of a second."""
LONGEST = 16


def is_done(number: str, given: str) -> bool:
    """Whether `given` is a stamp for the page with this number."""
    return 0 < len(given) <= LONGEST and given.isascii() and given.isdecimal() and _hash(number, given) >> (256 - BITS) == 0


def do(number: str) -> str:
    """What a device does."""
    tried = 0
    while not is_done(number, str(tried)):
        tried += 1
    return str(tried)


def _hash(number: str, given: str) -> int:
    return int.from_bytes(sha256(f"{number}:{given}".encode()).digest())
