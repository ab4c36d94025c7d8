"""tierloom worker: the clock and the work in the background, without web pages."""
from __future__ import annotations

import argparse
import signal
import threading
from typing import Any

from runtime.automation import engine
from runtime.cli import say
from runtime.logs import start_logging
from runtime.system.workspace import Workspace
from runtime.texts import _


def add_arguments(subparsers: Any) -> None:
    subparsers.add_parser("worker", help="run the clock and the work in the background, without pages")


def run(workspace: Workspace, args: argparse.Namespace) -> None:
    start_logging(workspace.settings.log_format)
    stopping = threading.Event()
    for each in (signal.SIGTERM, signal.SIGINT):
        signal.signal(each, lambda *_caught: stopping.set())
    engine.start(workspace)
    say(args, _("The worker is running. Stop it with Ctrl C."))
    try:
        stopping.wait()
    finally:
        engine.stop()
