"""Passwords: what is accepted, how it is kept, how it is compared."""

import os
import secrets
import threading
from functools import cache

from argon2 import PasswordHasher
from argon2.exceptions import InvalidHashError, VerificationError

from runtime.system.file_lock import FileLock
from runtime.texts import Message, _

SHORTEST = 10
LONGEST = 200  # Argon2 reads every byte: a megabyte of password is an attack, not a habit

# time and memory of one hash (RFC 9106, second recommended option); the tests lower it
COST = {"time_cost": 3, "memory_cost": 64 * 1024, "parallelism": 4}


class Gate:
    """Lets two in at a time, of all processes that came of this one; others wait."""

    def __init__(self, places: int = 2):
        self._threads = threading.BoundedSemaphore(places)
        self._places = [FileLock() for _place in range(places)]

    def __enter__(self) -> None:
        self._threads.acquire()
        self._taken().append(next((each for each in self._places if each.take(wait=False)), None) or self._wait())

    def _wait(self) -> FileLock:
        place = self._places[os.getpid() % len(self._places)]
        place.take()
        return place

    def _taken(self) -> list[FileLock]:
        if not hasattr(_OWN, "places"):
            _OWN.places = []
        return _OWN.places

    def __exit__(self, *_error: object) -> None:
        self._taken().pop().give_back()
        self._threads.release()


_OWN = threading.local()
AT_ONCE = Gate()
"""Each hash takes 64 MB and its share of the processor: two are made at a time, others wait, and the pages go on."""
FIRST_GUESSES = ("changeme", "letmein", "passwort", "tierloom", "woaini", "mima")
"""What lists from abroad leave out, alone or with figures around it."""


def hashed(password: str) -> str:
    with AT_ONCE:
        return _hasher().hash(password)


def matches(stored: str | None, password: str) -> bool:
    """Compares. Without a stored hash (nobody of that name, no password set) it takes as long and says no."""
    if len(password) > LONGEST:
        return False
    try:
        with AT_ONCE:
            return _hasher().verify(stored or _nobodys_hash(), password) and stored is not None
    except (VerificationError, InvalidHashError):
        return False


def outdated(stored: str) -> bool:
    """Was it hashed at another cost than today's?"""
    return _hasher().check_needs_rehash(stored)


def problem_of(password: str, *names: str) -> Message | None:
    """Why this password is refused, if it is. `names` are the words everybody would guess: e-mail, name."""
    if len(password) < SHORTEST:
        return _("The password needs at least {shortest} characters; this one has {length}.", shortest=SHORTEST, length=len(password))
    if len(password) > LONGEST:
        return _("The password may have at most {longest} characters.", longest=LONGEST)
    if _is_common(password.casefold()) or len(set(password)) < 4:
        return _("This password is one of the first that anybody would try. Choose another one.")
    if password.casefold() in {guess for name in names for guess in _guesses(name)}:
        return _("This password is your name or e-mail address. Choose another one.")
    return None


def generated() -> str:
    """A password to be read out and typed in: 15 letters and figures, none that look alike, in three groups."""
    letters = "abcdefghijkmnpqrstuvwxyz23456789"
    return "-".join("".join(secrets.choice(letters) for _number in range(5)) for _group in range(3))


def _guesses(name: str) -> set[str]:
    whole = name.strip().casefold()
    return {whole, whole.partition("@")[0], whole.replace(" ", "")}


def _hasher() -> PasswordHasher:
    return _hasher_of(**COST)


@cache
def _hasher_of(time_cost: int, memory_cost: int, parallelism: int) -> PasswordHasher:
    return PasswordHasher(time_cost=time_cost, memory_cost=memory_cost, parallelism=parallelism)


def _nobodys_hash() -> str:
    return _nobodys_hash_of(**COST)


@cache
def _nobodys_hash_of(**cost: int) -> str:
    return _hasher_of(**cost).hash(secrets.token_urlsafe(16))


def _is_common(password: str) -> bool:
    """Among the 30,000 most used of the passwords that became known in breaches, itself, twice over, or with figures and signs after it."""
    known, half = _breached(), password[: len(password) // 2]
    word = password.rstrip("0123456789!?.@#$%&*_-+ ")
    return password in known or (half * 2 == password and half in known) or word in known or word in FIRST_GUESSES


@cache
def _breached() -> frozenset[str]:
    from zxcvbn.frequency_lists import FREQUENCY_LISTS  # half a megabyte, read when the first password is set

    return frozenset(FREQUENCY_LISTS["passwords"])
