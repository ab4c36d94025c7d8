"""The engine of a process: workers that do what waits, and the clock that says what is due."""

from __future__ import annotations

import logging
import threading
from collections.abc import Callable
from datetime import timedelta
from typing import TYPE_CHECKING

from runtime.automation import due, matching, runs
from runtime.automation.clock import Ticker
from runtime.collaboration import letters
from runtime.errors import DiskFull
from runtime.files import cleaning
from runtime.records import derived
from runtime.system import audit, jobs

if TYPE_CHECKING:
    from runtime.system.workspace import Workspace

log = logging.getLogger("tierloom.engine")

LONGEST_REST = 5.0
"""Seconds after which a worker looks again although no bell rang: other processes ring no bell here."""
AFTER_FAILURE = 2.0
_running: Engine | None = None


class Engine:
    """Threads of one process. Nothing is kept in memory: killed at any moment, another process goes on."""

    def __init__(self, workspace: Workspace):
        self.workspace = workspace
        self._stopping = threading.Event()
        self._workers = [
            threading.Thread(target=self._work, name=f"worker-{number}", daemon=True) for number in range(workspace.settings.workers)
        ]
        self._ticker = Ticker(
            {
                "due": (10, self._whole(due.fire)),
                "nightly": (30, self._whole(due.start_nightly)),
                "clean up": (3600, self._whole(due.clean_up)),
                "files": (3600, self._whole(cleaning.clean_up)),
                "audit": (3600, self._whole(audit.trim)),
                "letters": (20, self._whole(letters.make_due)),
                "wake": (2, workspace.bell.set),
            }
        )

    def start(self) -> None:
        for each in self._workers:
            each.start()
        self._ticker.start()

    def stop(self) -> None:
        """Ends when what is under way has come to an end; what waits stays as rows."""
        self._stopping.set()
        self.workspace.bell.set()
        self._ticker.stop()
        for each in self._workers:
            each.join()

    def _whole(self, call: Callable[[Workspace], object]) -> Callable[[], object]:
        """A job of the clock that outlives what goes wrong in it."""

        def guarded() -> None:
            try:
                call(self.workspace)
            except DiskFull as error:
                log.error("the clock could not finish %s: %s", call.__name__, error)
            except Exception:
                log.exception("the clock could not finish %s", call.__name__)

        return guarded

    def _work(self) -> None:
        bell = self.workspace.bell
        while not self._stopping.is_set():
            bell.clear()  # before looking: what comes after the look rings again
            try:
                if work(self.workspace):
                    continue
                rest = due.waiting_for(self.workspace)
            except DiskFull as error:
                log.error("a worker waits: %s", error)
                rest = timedelta(seconds=AFTER_FAILURE)
            except Exception:
                log.exception("a worker could not go on")
                rest = timedelta(seconds=AFTER_FAILURE)
            if not self._stopping.is_set():
                bell.wait(min(LONGEST_REST, rest.total_seconds()) if rest is not None else LONGEST_REST)


def work(workspace: Workspace) -> bool:
    """One turn of a worker: derived values that were put off, events, one run, one job. False when there was nothing to do."""
    did = derived.work_off(workspace) > 0
    did = matching.match(workspace) > 0 or did
    did = runs.run_due(workspace) or did
    return jobs.run_next(workspace) or did


def settle(workspace: Workspace, limit: int = 10_000, clock: bool = False) -> None:
    """Does everything that is due now, and what follows from it; with `clock` looks at the clock first. For commands and tests."""
    if clock:
        due.tick(workspace)
    for _turn in range(limit):
        if not work(workspace):
            return
    raise RuntimeError(f"there is still work after {limit} turns")


def start(workspace: Workspace) -> Engine:
    """Starts the engine of this process."""
    global _running
    if _running is not None:
        raise RuntimeError("the engine of this process is running already")
    _running = Engine(workspace)
    _running.start()
    return _running


def stop() -> None:
    """Stops the engine of this process, if it runs."""
    global _running
    running, _running = _running, None
    if running is not None:
        running.stop()
