"""Many records worked through by a job, some in each transaction: how far it is, where it stops, and how it ends, in one place."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Sequence
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from runtime.system.jobs import Job

DONE, STOPPED = "done", "stopped"


def chunks(records: Sequence[int], size: int) -> Iterable[list[int]]:
    return (list(records[begin : begin + size]) for begin in range(0, len(records), size))


def work_through(job: Job, parts: Iterable[Any], work: Callable[[Any], int], end: Callable[[str], None], done: int = 0) -> int:
    """Does `work` for each part; it gives how many records that were, and writes in a transaction of its own. `end` is told how it ended:
    done, or stopped by somebody or by a fault, which is raised again. What is done stays. Gives how many records are done, with the `done`
    that were done before."""
    try:
        for part in parts:
            job.progress(done, job.total)
            done += work(part)
        job.progress(done, job.total)
    except Exception:  # cancelled too
        end(STOPPED)
        raise
    end(DONE)
    return done
