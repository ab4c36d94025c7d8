"""What a step says when it does not simply end well: it went wrong outside, it waits, or the run ends here."""

from __future__ import annotations

from datetime import datetime
from typing import Any

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


class Waits(Exception):
    """The step is not done yet: the run is put off until then and takes up the same step again, with what it keeps (JSON) in `doing.kept`.

    What a step inside has written so far stays. `wakes`: a change of the run's record, or the end of a run that it waits for, takes it up earlier.
    """

    def __init__(self, until: datetime, reason: Message, keep: dict[str, Any] | None = None, wakes: bool = False):
        super().__init__(reason)
        self.until, self.reason, self.keep, self.wakes = until, reason, keep or {}, wakes


class Ends(Exception):
    """The run ends with this step, well or as a failure; whatever stands behind it is not done."""

    def __init__(self, reason: Message | None, failed: bool = False):
        super().__init__(reason)
        self.reason, self.failed = reason, failed
