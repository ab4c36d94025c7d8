"""Guessing passwords gets slower with every miss, for one e-mail address and for one network address.

An attempt is counted before the password is compared, in a transaction of its own, and forgiven when it was right: a hundred
attempts at once are a hundred attempts.
"""

from __future__ import annotations

from datetime import datetime, timedelta

import sqlalchemy as sa

from runtime.errors import TierloomError
from runtime.people.random_tokens import hash_of
from runtime.system import clock
from runtime.system.tables import sign_in_failure as failure
from runtime.texts import _

FREE = {"email": 5, "address": 30}
"""Misses that cost no waiting. An office shares one network address."""
LONGEST = timedelta(minutes=15)
FORGOTTEN_AFTER = timedelta(hours=24)


class TooManyAttempts(TierloomError):
    status = 429

    def __init__(self, seconds: int):
        self.seconds = seconds
        super().__init__(
            _("There were too many attempts to sign in. Try again in a second.")
            if seconds == 1
            else _("There were too many attempts to sign in. Try again in {seconds} seconds.", seconds=seconds)
        )


def count_attempt(connection: sa.Connection, email: str, address: str, now: datetime) -> None:
    """Counts one attempt; raises TooManyAttempts while one has to wait. Call it in a writing transaction of its own."""
    subjects = {"email": _subject("email", email), "address": _subject("address", address)}
    misses = {kind: _locked(connection, subject, now) for kind, subject in subjects.items()}
    seconds = max(_seconds_left(count, last_at, FREE[kind], now) for kind, (count, last_at) in misses.items())
    if seconds > 0:
        raise TooManyAttempts(seconds)
    for kind, subject in subjects.items():
        connection.execute(
            failure.update().where(failure.c.subject == subject).values(count=misses[kind][0] + 1, last_at=clock.to_micros(now))
        )


def forgive(connection: sa.Connection, email: str, address: str, now: datetime) -> None:
    """The password was right: the e-mail address starts anew, the network address gets this one attempt back."""
    connection.execute(failure.delete().where(failure.c.subject == _subject("email", email)))
    connection.execute(
        failure.update().where(failure.c.subject == _subject("address", address), failure.c.count > 0).values(count=failure.c.count - 1)
    )
    connection.execute(failure.delete().where(failure.c.last_at < clock.to_micros(now - FORGOTTEN_AFTER)))


def wait_after(misses: int, free: int) -> timedelta:
    """1, 2, 4, … seconds after the free misses, never more than fifteen minutes."""
    if misses < free:
        return timedelta(0)
    return min(timedelta(seconds=2 ** min(misses - free, 20)), LONGEST)


def _locked(connection: sa.Connection, subject: str, now: datetime) -> tuple[int, int]:
    """Misses and the instant of the last one. The row stays locked, so that of two attempts at once one waits for the other."""
    connection.execute(
        sa.text("INSERT INTO sign_in_failure (subject, count, last_at) VALUES (:subject, 0, 0) ON CONFLICT DO NOTHING"),
        {"subject": subject},
    )
    row = connection.execute(
        sa.select(failure.c.subject, failure.c.count, failure.c.last_at).where(failure.c.subject == subject).with_for_update()
    ).one()
    return (row[1], row[2]) if row.last_at > clock.to_micros(now - FORGOTTEN_AFTER) else (0, 0)


def _seconds_left(misses: int, last_at: int, free: int, now: datetime) -> int:
    if misses < free:
        return 0
    over = last_at + wait_after(misses, free) // timedelta(microseconds=1)
    return max(0, -((clock.to_micros(now) - over) // 1_000_000))


def _subject(kind: str, text: str) -> str:
    """A hash: people type their password into the wrong box, and it should not lie in a table."""
    return f"{kind}:{hash_of(text.strip().lower())}"
