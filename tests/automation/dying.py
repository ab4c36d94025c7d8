"""A worker that kills itself, without any farewell, at a named point. Run by test_crashes.py as a process of its own.

    python dying.py FOLDER DATABASE MOMENT ALLOWED POINT
"""
from __future__ import annotations

import os
import signal
import sys
from collections.abc import Callable
from datetime import datetime
from pathlib import Path
from typing import Any

sys.path.insert(0, str(Path(__file__).resolve().parents[2]))

from runtime import kinds  # noqa: E402 - the path above comes first
from runtime.automation import engine, matching, outbound, runs  # noqa: E402
from runtime.automation.steps.create_record import CreateRecord  # noqa: E402
from runtime.system.workspace import Workspace  # noqa: E402
from tests.support.databases import settings_for  # noqa: E402


def die(*_given: Any, **_named: Any) -> None:
    os.kill(os.getpid(), signal.SIGKILL)


def then_die(call: Callable[..., Any]) -> Callable[..., Any]:
    def done_and_dead(*given: Any, **named: Any) -> None:
        call(*given, **named)
        die()
    return done_and_dead


POINTS: dict[str, Callable[[], Any]] = {
    "runs made, not committed": lambda: setattr(matching, "add", then_die(matching.add)),
    "record added, not committed": lambda: setattr(CreateRecord, "run", then_die(CreateRecord.run)),
    "noted, not yet called": lambda: setattr(outbound, "send", die),
    "called, not yet noted": lambda: setattr(outbound, "send", then_die(outbound.send)),
    "noted as called, not committed": lambda: setattr(runs, "_fenced", then_die(runs._fenced)),
}


def main(folder: str, database: str, moment: str, allowed: str, point: str) -> None:
    kinds.load()
    POINTS[point]()
    settings = settings_for(Path(folder), database, OUTBOUND_ALLOW=allowed)
    engine.settle(Workspace(settings, now=lambda: datetime.fromisoformat(moment)))


if __name__ == "__main__":
    main(*sys.argv[1:])
