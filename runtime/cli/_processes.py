"""Several processes on one port: web processes that take turns in answering, one for clock and workers, and above them one that watches.

The watcher does nothing else, so that it outlives what goes wrong in the others: a process that ends is followed by another one, and
when the watcher itself is killed all of them end at once. What they must agree on is in the database, in a lock of the file system or
in memory mapped before they part.
"""

from __future__ import annotations

import logging
import os
import signal
import socket
import sys
import threading
import time
from collections.abc import Callable
from dataclasses import dataclass, field

from runtime.system.workspace import Workspace

log = logging.getLogger("tierloom.processes")

PATIENCE = 20.0
"""Seconds that the processes have for what is under way when the whole is stopped."""
TOO_SHORT, TRIES = 2.0, 5
"""A process that so often in a row lives less than so many seconds will not do better the next time."""


class Bell:
    """Rings in the process of the workers, from whichever process it is set in."""

    def __init__(self) -> None:
        self.hear, self.ring = os.pipe()
        os.set_blocking(self.ring, False)

    def set(self) -> None:
        try:
            os.write(self.ring, b"!")
        except OSError:
            pass  # a full pipe is a bell that rings already; a worker that is gone looks by itself when it is back

    def listen(self, workspace: Workspace) -> None:
        """Passes it on to the bell of this process."""

        def pass_on() -> None:
            while os.read(self.hear, 4096):
                workspace.bell.set()

        threading.Thread(target=pass_on, name="bell", daemon=True).start()


@dataclass
class Role:
    """One of the processes: what it runs, and how it fared so far."""

    name: str
    work: Callable[[], None]
    started: float = 0.0
    early: int = 0


@dataclass
class Family:
    """The watcher and its processes. `run` comes back when the whole has been stopped; gives whether it was meant to."""

    workspace: Workspace
    roles: list[Role]
    living: dict[int, Role] = field(default_factory=dict)
    stopping: bool = False
    _alive: int = -1
    _held: int = -1

    def run(self, announce: Callable[[], None]) -> bool:
        self._alive, self._held = os.pipe()
        for number in (signal.SIGTERM, signal.SIGINT):
            signal.signal(number, self._stop)
        announce()
        self.workspace.engine.dispose()  # a connection belongs to the process that opened it
        self.workspace.ids.forget()
        for role in self.roles:
            self._start(role)
        try:
            return self._watch()
        finally:
            self._end()

    def _start(self, role: Role) -> None:
        if self.stopping:
            return
        sys.stdout.flush()
        sys.stderr.flush()
        role.started = time.monotonic()
        number = os.fork()
        if number:
            self.living[number] = role
            if self.stopping:
                self._tell(signal.SIGTERM)
            return
        code = 1
        try:
            os.close(self._held)
            signal.signal(signal.SIGINT, signal.SIG_IGN)  # Ctrl C reaches all of them; the watcher says when to stop
            signal.signal(signal.SIGTERM, _leave)
            if self.stopping:
                raise SystemExit
            threading.Thread(target=self._end_with_the_watcher, name="watcher", daemon=True).start()
            role.work()
            code = 0
        except SystemExit:
            code = 0
        except BaseException:
            log.exception("the %s process cannot go on", role.name)
        finally:
            logging.shutdown()
            sys.stdout.flush()
            os._exit(code)

    def _end_with_the_watcher(self) -> None:
        os.read(self._alive, 1)  # nobody writes: it ends when the watcher does
        os._exit(1)

    def _watch(self) -> bool:
        while self.living:
            try:
                number, status = os.waitpid(-1, 0)
            except InterruptedError:
                continue
            except ChildProcessError:
                break
            role = self.living.pop(number, None)
            if role is None or self.stopping:
                continue
            role.early = role.early + 1 if time.monotonic() - role.started < TOO_SHORT else 0
            if role.early >= TRIES:
                log.error("the %s process ended %d times in a row as soon as it was started", role.name, TRIES)
                return False
            log.error("the %s process ended (%s); another one takes its place", role.name, _reason(status))
            self._start(role)
        return self.stopping

    def _stop(self, _signal: int, _frame: object) -> None:
        self.stopping = True
        self._tell(signal.SIGTERM)
        signal.setitimer(signal.ITIMER_REAL, PATIENCE)
        signal.signal(signal.SIGALRM, lambda _signal, _frame: self._tell(signal.SIGKILL))

    def _tell(self, number: signal.Signals) -> None:
        for each in list(self.living):
            try:
                os.kill(each, number)
            except ProcessLookupError:
                pass

    def _end(self) -> None:
        """Whatever still lives when the watcher leaves."""
        self.stopping = True
        self._tell(signal.SIGTERM)
        deadline = time.monotonic() + PATIENCE
        while self.living and time.monotonic() < deadline:
            number, _status = os.waitpid(-1, os.WNOHANG)
            self.living.pop(number, None)
            if not number:
                time.sleep(0.05)
        signal.setitimer(signal.ITIMER_REAL, 0)
        self._tell(signal.SIGKILL)


def possible() -> bool:
    """Whether this machine can part a process in two, and knows sockets that several listen to."""
    return hasattr(os, "fork") and hasattr(socket, "AF_UNIX") and sys.platform != "darwin"


def _reason(status: int) -> str:
    return f"signal {os.WTERMSIG(status)}" if os.WIFSIGNALED(status) else f"exit code {os.waitstatus_to_exitcode(status)}"


def _leave(_signal: int, _frame: object) -> None:
    raise SystemExit(0)
