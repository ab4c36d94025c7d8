"""Five hundred people at work: each opens the list every ten seconds, in a server process of its own, against fifty of them."""

from __future__ import annotations

import heapq
import os
import random
import shutil
import signal
import socket
import statistics
import subprocess
import sys
import tempfile
import threading
import time
from collections.abc import Iterator
from contextlib import contextmanager
from http.client import HTTPConnection, HTTPException
from pathlib import Path

from runtime.definitions import versions
from runtime.pages.identity import COOKIE
from runtime.people import accounts, sessions
from runtime.people.person import SYSTEM
from runtime.records import derived
from runtime.system.workspace import Workspace
from tests.bench.measuring import Result
from tests.bench.world import ROOT, new_workspace, open_shop

LIMIT = 3.0
MANY, FEW = 500, 50
EVERY = 10.0
"""Seconds between two pages of one person, on average."""
LASTS = 20.0
CALLERS = 48
PAGE = "/apps/shop/customer"


def run(rows: int | None, database_name: str) -> Iterator[Result]:
    """Wall-clock seconds below which 95 of 100 pages come. A page that fails, or comes with another status, ends the benchmark."""
    if database_name != "sqlite":
        return
    folder = Path(tempfile.mkdtemp(prefix="tierloom-bench-"))
    count = rows or 20_000
    workspace = new_workspace(None, folder)
    open_shop(workspace, count)
    derived.work_off(workspace)
    with workspace.writing(SYSTEM, "publish") as act:
        versions.publish(act, [{"kind": "app", "key": "shop", "label": "Shop", "menu": [{"section": "Data", "items": ["form:customer"]}]}])
    cookies = _sign_in(workspace, MANY)
    workspace.engine.dispose()
    with _serving(folder) as port:
        _seconds(port, cookies[:FEW], 3.0)  # pages are compiled before anything counts
        few = _ninety_five(_seconds(port, cookies[:FEW], LASTS))
        many = _ninety_five(_seconds(port, cookies, LASTS))
    shutil.rmtree(folder, ignore_errors=True)
    yield Result("500 sessions, p95 against that of 50", many / few, LIMIT, many, few, "seconds a page", count, database_name)


def _sign_in(workspace: Workspace, count: int) -> list[str]:
    with workspace.writing(SYSTEM) as act:
        people = [accounts.add(act, email=f"p{each}@example.com", name=f"P{each}", roles=("builder",)) for each in range(count)]
        return [sessions.start(act.connection, each.id, act.now) for each in people]


@contextmanager
def _serving(folder: Path) -> Iterator[int]:
    with socket.socket() as found:
        found.bind(("127.0.0.1", 0))
        port = found.getsockname()[1]
    told = {
        "TIERLOOM_DATA_DIR": str(folder),
        "TIERLOOM_PORT": str(port),
        "TIERLOOM_TIMEZONE": "Asia/Shanghai",
        "TIERLOOM_SECRET_KEY": "bench",
    }
    server = subprocess.Popen([sys.executable, "app.py", "serve"], cwd=ROOT, env={**os.environ, **told}, stdout=subprocess.DEVNULL)
    try:
        while True:
            try:
                HTTPConnection("127.0.0.1", port, timeout=1).request("GET", "/healthz")
                break
            except OSError:
                if server.poll() is not None:
                    raise RuntimeError("the server ended before it answered") from None
                time.sleep(0.2)
        yield port
    finally:
        server.send_signal(signal.SIGTERM)
        server.wait(30)


def _seconds(port: int, cookies: list[str], lasts: float) -> list[float]:
    """How long each page took from the moment it was due, so that a page that had to wait for its turn counts in full."""
    draw = random.Random(len(cookies))
    due = sorted((moment, number) for number in range(len(cookies)) for moment in _moments(draw, lasts))
    heapq.heapify(due)
    lock, taken, faults = threading.Lock(), [], []
    connections = [HTTPConnection("127.0.0.1", port, timeout=60) for _cookie in cookies]
    start = time.monotonic()

    def call() -> None:
        while not faults:
            with lock:
                if not due:
                    return
                moment, number = heapq.heappop(due)
            time.sleep(max(0.0, start + moment - time.monotonic()))
            try:
                connections[number].request("GET", PAGE, headers={"Cookie": f"{COOKIE}={cookies[number]}"})
                answer = connections[number].getresponse()
                answer.read()
                if answer.status != 200:
                    faults.append(f"status {answer.status}")
            except (OSError, HTTPException) as error:
                faults.append(repr(error))
            with lock:
                taken.append(time.monotonic() - start - moment)

    callers = [threading.Thread(target=call) for _caller in range(CALLERS)]
    for each in callers:
        each.start()
    for each in callers:
        each.join()
    for each in connections:
        each.close()
    if faults:
        raise AssertionError(f"a page failed: {faults[0]}")
    return taken


def _moments(draw: random.Random, lasts: float) -> Iterator[float]:
    moment = draw.uniform(0, EVERY)
    while moment < lasts:
        yield moment
        moment += draw.uniform(0.5, 1.5) * EVERY


def _ninety_five(seconds: list[float]) -> float:
    return statistics.quantiles(seconds, n=20)[-1]
