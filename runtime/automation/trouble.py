"""What goes wrong outside: whether another try may help, and when."""

from __future__ import annotations

from runtime.errors import TierloomError
from runtime.texts import Message


class Trouble(TierloomError):
    """An outside call that failed. `again`: another try may succeed, not before `after` seconds if the other side said so."""

    status = 502

    def __init__(self, message: Message, again: bool, after: float | None = None):
        super().__init__(message)
        self.again, self.after = again, after


class LeaseLost(Exception):
    """Another worker has taken the run over; what this one was about to note is not noted."""
