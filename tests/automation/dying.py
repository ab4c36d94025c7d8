"""A worker that kills itself, without any farewell, at a named point; for test_crashes.py, in a process of its own.

The process is forked from one that has imported everything already and has no threads, so dying ten times does not take ten starts.
"""

from __future__ import annotations

import multiprocessing
import os
import signal
from collections.abc import Callable
from datetime import datetime
from pathlib import Path
from typing import Any

from runtime import kinds
from runtime.automation import engine, matching, outbound, outside, runs
from runtime.automation.steps.create_record import CreateRecord
from runtime.automation.steps.create_task import CreateTask
from runtime.system.workspace import Workspace
from tests.support.databases import settings_for


def die(*_given: Any, **_named: Any) -> None:
    os.kill(os.getpid(), signal.SIGKILL)


def then_die(call: Callable[..., Any]) -> Callable[..., Any]:
    def done_and_dead(*given: Any, **named: Any) -> None:
        call(*given, **named)
        die()

    return done_and_dead


OF_A_WAIT = "put off, not committed"
OF_A_BATCH = ("many records added, not committed", "told of a batch, not committed")
POINTS: dict[str, Callable[[], Any]] = {
    "runs made, not committed": lambda: setattr(matching, "add", then_die(matching.add)),
    "record added, not committed": lambda: setattr(CreateRecord, "run", then_die(CreateRecord.run)),
    "noted, not yet called": lambda: setattr(outbound, "send", die),
    "called, not yet noted": lambda: setattr(outbound, "send", then_die(outbound.send)),
    OF_A_WAIT: lambda: setattr(runs, "put_off", then_die(runs.put_off)),
    OF_A_BATCH[0]: lambda: setattr(CreateRecord, "run_all", then_die(CreateRecord.run_all)),
    OF_A_BATCH[1]: lambda: setattr(CreateTask, "run_group", then_die(CreateTask.run_group)),
    "noted as called, not committed": lambda: setattr(outside, "_fenced", then_die(outside._fenced)),
}


def work_until(point: str, folder: str, database: str, moment: str, allowed: str) -> None:
    """Does what is due in this workspace, and dies there."""
    POINTS[point]()
    settings = settings_for(Path(folder), database, OUTBOUND_ALLOW=allowed)
    engine.settle(Workspace(settings, now=lambda: datetime.fromisoformat(moment)))


def exit_code_of_a_worker_until(*given: str) -> int | None:
    context = multiprocessing.get_context("forkserver")
    context.set_forkserver_preload([__name__])
    process = context.Process(target=work_until, args=given)
    process.start()
    process.join(120)
    return process.exitcode


kinds.load()
