"""The processes of a storm: two that write as the web does, two that run the engine. Each may be killed at any moment and started anew."""

from __future__ import annotations

import multiprocessing
import os
import random
import signal
import time
from collections.abc import Callable
from contextlib import suppress
from dataclasses import dataclass
from datetime import datetime, timedelta
from functools import partial
from pathlib import Path
from typing import Any

import sqlalchemy as sa

from runtime import kinds
from runtime.automation import engine, outbound
from runtime.people.person import SYSTEM
from runtime.records import gateway
from runtime.system import clock
from runtime.system.workspace import Workspace
from tests.support.databases import settings_for

PATIENCE = 2.0
"""Seconds that a receiver has in a storm; ten would only make it longer."""
NO_LIMIT = 1_073_741_823


@dataclass(frozen=True)
class Place:
    """Where a storm takes place: the folder, the database and who may be called."""

    folder: str
    database: str
    allowed: str

    @property
    def leap(self) -> Path:
        """A file with the seconds by which all clocks are wrong."""
        return Path(self.folder) / "leap"

    @property
    def full(self) -> Path:
        """While this file is there, the disk is full."""
        return Path(self.folder) / "full"

    def journal(self, number: int) -> Path:
        """What a writer was told is saved."""
        return Path(self.folder) / f"journal-{number}"

    def batches(self, number: int) -> Path:
        """The batches that a writer was told are saved."""
        return Path(self.folder) / f"batches-{number}"

    def workspace(self, workers: int = 2) -> Workspace:
        settings = settings_for(Path(self.folder), self.database, OUTBOUND_ALLOW=self.allowed, WORKERS=str(workers))
        workspace = Workspace(settings, now=self.now)
        if workspace.engine.dialect.name == "sqlite":
            sa.event.listen(workspace.engine, "begin", self._no_room)
        return workspace

    def now(self) -> datetime:
        try:
            return clock.now() + timedelta(seconds=float(self.leap.read_text() or 0))
        except (OSError, ValueError):
            return clock.now()

    def _no_room(self, connection: sa.Connection) -> None:
        """SQLite may not grow any further than it is."""
        connection.connection.cursor().execute(f"PRAGMA max_page_count={1 if self.full.exists() else NO_LIMIT}")


BATCH_AFTER, BATCH = 100, 30
"""After so many records a writer also adds so many in one batch, as an import does."""


def write(place: Place, number: int, events: int) -> None:
    """Adds records one after the other, each in a transaction of its own, and notes which were saved."""
    workspace = place.workspace()
    journal, batches = place.journal(number), place.batches(number)
    saved = len(journal.read_text().splitlines()) if journal.exists() else 0
    with journal.open("a") as note:
        while saved < events:
            with suppress(Exception):  # a database that is down, a disk that is full: the person sends it again
                name = f"{number}-{saved}-{os.getpid()}-{random.getrandbits(40)}"
                with workspace.writing(SYSTEM, "form") as act:
                    gateway.create(act, "customer", {"name": name, "points": saved % 7})
                note.write(name + "\n")
                note.flush()
                saved += 1
                if saved % BATCH_AFTER == 0:
                    _bring_in(workspace, batches, name)
                continue
            time.sleep(0.1)


def _bring_in(workspace: Workspace, journal: Path, name: str) -> None:
    """A batch that is saved as a whole or not at all, and noted when it is."""
    with workspace.writing(SYSTEM, "import") as act:
        gateway.write_batch(act, "lead", [gateway.BatchRow({"name": f"{name}/{each}", "points": each % 7}) for each in range(BATCH)])
    with journal.open("a") as note:
        note.write(name + "\n")


def work(place: Place) -> None:
    """The engine, until it is killed."""
    vars(outbound)["send"] = partial(outbound.send, timeout=PATIENCE)
    engine.start(place.workspace())
    signal.pause()


class Running:
    """One process that is started again whenever it has been killed."""

    def __init__(self, name: str, target: Callable[..., Any], *given: Any):
        self.name, self._target, self._given = name, target, given
        self._context = multiprocessing.get_context("forkserver")
        self._context.set_forkserver_preload([__name__])
        self.start()

    def start(self) -> None:
        self.process = self._context.Process(target=self._target, args=self._given, daemon=True)
        self.process.start()

    @property
    def has_ended(self) -> bool:
        return self.process.exitcode == 0

    def kill(self) -> None:
        """Without any farewell."""
        if self.process.pid is not None and self.process.is_alive():
            os.kill(self.process.pid, signal.SIGKILL)
        self.process.join()


kinds.load()
