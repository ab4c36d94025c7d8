"""A recompute that kills itself, without any farewell, in the middle of a chunk; for test_bad_input.py, in a process of its own."""

from __future__ import annotations

import multiprocessing
import os
import signal
from datetime import datetime
from pathlib import Path
from typing import Any

from runtime import kinds
from runtime.system import jobs
from runtime.system.workspace import Workspace
from runtime.tiers import recomputing
from tests.support.databases import settings_for

CHUNK = 3


def work_until(chunks: int, folder: str, database: str, moment: str) -> None:
    """Takes up the waiting job and dies when this many chunks are committed and the next is written but not committed."""
    recomputing.CHUNK = CHUNK
    follow, done = recomputing.Run._follow, iter(range(chunks))

    def follow_or_die(run: Any, act: Any, moved: list[int]) -> None:
        follow(run, act, moved)
        if next(done, None) is None:
            os.kill(os.getpid(), signal.SIGKILL)

    recomputing.Run._follow = follow_or_die  # type: ignore[method-assign]
    jobs.run_next(Workspace(settings_for(Path(folder), database), now=lambda: datetime.fromisoformat(moment)))


def exit_code_after(*given: Any) -> int | None:
    context = multiprocessing.get_context("forkserver")
    context.set_forkserver_preload([__name__])
    process = context.Process(target=work_until, args=given)
    process.start()
    process.join(120)
    return process.exitcode


kinds.load()
