"""What ownership needs of a worker."""

from __future__ import annotations

from runtime.ownership import reclaiming
from runtime.system import jobs


def register() -> None:
    jobs.KINDS.setdefault(reclaiming.KIND, reclaiming.run)
    jobs.KINDS.setdefault(reclaiming.TIDY, reclaiming.tidy)
