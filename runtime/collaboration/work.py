"""What people's working together needs of a worker."""

from __future__ import annotations

from runtime.collaboration import bots, letters
from runtime.system import jobs


def register() -> None:
    jobs.KINDS.setdefault(letters.JOB, letters.send)
    jobs.KINDS.setdefault(bots.JOB, bots.send)
