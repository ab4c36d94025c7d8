"""The engine of a process: workers that do what waits, and the clock that says what is due."""

from __future__ import annotations

import logging
import threading
from collections.abc import Callable
from datetime import timedelta
from typing import TYPE_CHECKING, Any

from runtime.automation import due, lanes, matching, runs, watching
from runtime.automation.clock import Ticker
from runtime.cadence import working as follow_ups
from runtime.collaboration import letters
from runtime.errors import DiskFull
from runtime.files import cleaning
from runtime.records import derived
from runtime.system import audit, clock, jobs
from runtime.workflow import running

if TYPE_CHECKING:
    from runtime.system.workspace import Workspace

log = logging.getLogger("tierloom.engine")

LONGEST_REST = 5.0
"""Seconds after which a worker looks again although no bell rang: other processes ring no bell here."""
AFTER_FAILURE = 2.0
_running: Engine | None = None


class Rings:
    """The bell of a process for several who listen: nobody's looking away takes another's ring."""

    def __init__(self, bell: Any):
        self._bell, self._count, self._changed = bell, 0, threading.Condition()

    @property
    def count(self) -> int:
        return self._count

    def pass_on(self, stopping: threading.Event) -> None:
        """Listens to the bell until the engine stops."""
        while not stopping.is_set():
            self._bell.wait(LONGEST_REST)
            self._bell.clear()
            with self._changed:
                self._count += 1
                self._changed.notify_all()

    def wait(self, heard: int, seconds: float) -> None:
        """Until it has rung more often than the listener has heard, or so many seconds have passed."""
        with self._changed:
            self._changed.wait_for(lambda: self._count != heard, seconds)


class Engine:
    """Threads of one process. Nothing is kept in memory: killed at any moment, another process goes on.

    For each worker of the settings there are three threads, so that none of these holds up another: one for events and what follows inside
    the workspace, one for calls outside, one for long work.
    """

    def __init__(self, workspace: Workspace):
        self.workspace = workspace
        self._stopping = threading.Event()
        self._rings = Rings(workspace.bell)
        duties = {"worker": work_inside, "outbound": work_outside, "long": jobs.run_next}
        self._workers = [
            threading.Thread(target=self._work, args=(duty, name == "worker"), name=f"{name}-{number}", daemon=True)
            for name, duty in duties.items()
            for number in range(workspace.settings.workers)
        ]
        self._workers.append(threading.Thread(target=self._rings.pass_on, args=(self._stopping,), name="rings", daemon=True))
        self._ticker = Ticker(
            {
                "due": (10, self._whole(due.fire)),
                "watch": (10, self._whole(watching.watch)),
                "nightly": (30, self._whole(due.start_nightly)),
                "clean up": (3600, self._whole(due.clean_up)),
                "files": (3600, self._whole(cleaning.clean_up)),
                "audit": (3600, self._whole(audit.trim)),
                "follow-ups": (15, self._whole(follow_ups.work_off)),
                "letters": (20, self._whole(letters.make_due)),
                "workflows": (20, self._whole(running.tick_all)),
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

    def _work(self, duty: Callable[[Workspace], bool], waits_for_runs: bool) -> None:
        while not self._stopping.is_set():
            heard = self._rings.count  # before looking: what comes after the look rings again
            try:
                if duty(self.workspace):
                    continue
                rest = _until_next(self.workspace) if waits_for_runs else None
            except DiskFull as error:
                log.error("a worker waits: %s", error)
                rest = timedelta(seconds=AFTER_FAILURE)
            except Exception:
                log.exception("a worker could not go on")
                rest = timedelta(seconds=AFTER_FAILURE)
            if not self._stopping.is_set():
                self._rings.wait(heard, min(LONGEST_REST, rest.total_seconds()) if rest is not None else LONGEST_REST)


def work_inside(workspace: Workspace) -> bool:
    """One turn inside the workspace: derived values that were put off, events, runs; behind them the events of what came in bulk, so that
    however much a person does, these have their turn too. False when there was nothing to do."""
    did = derived.work_off(workspace) > 0
    did = matching.match(workspace, (lanes.INTERACTIVE,)) > 0 or did
    did = runs.run_due(workspace, lanes.INWARD) or did
    return matching.match(workspace, (lanes.BULK,)) > 0 or did


def work_outside(workspace: Workspace) -> bool:
    """One turn of calls outside. False when none was due."""
    return runs.run_due(workspace, lanes.OUTBOUND)


def work(workspace: Workspace) -> bool:
    """One turn of all of it, for commands and tests: derived values that were put off, events, runs, one job. False when there was nothing to do."""
    did = derived.work_off(workspace) > 0
    did = matching.match(workspace) > 0 or did
    did = runs.run_due(workspace) or did
    return jobs.run_next(workspace) or did


def _until_next(workspace: Workspace) -> timedelta | None:
    """How long until the next run is due; None when none waits."""
    due_at = clock.from_micros(runs.next_due(workspace))
    return None if due_at is None else max(due_at - workspace.now(), timedelta())


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
