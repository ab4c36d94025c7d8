"""`python -m tests.chaos --events N --seconds S --database sqlite|postgresql`: kills what can be killed, then says what is wrong; exit 1 if anything is."""

from __future__ import annotations

import argparse
import os
import signal
import sys
import tempfile
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager, suppress
from pathlib import Path

import psycopg

from scripts.dev import find_postgresql
from tests.chaos.receiver import receiving
from tests.chaos.storm import Storm
from tests.support.databases import fill
from tests.support.postgres import Cluster, _runner, running_cluster


@contextmanager
def sqlite(folder: Path) -> Iterator[tuple[str, None]]:
    url = f"sqlite:///{folder / 'tierloom.sqlite'}"
    fill(url)
    yield url, None


@contextmanager
def postgresql(_folder: Path) -> Iterator[tuple[str, Callable[[], None]]]:
    binaries = find_postgresql()
    if binaries is None:
        raise SystemExit("PostgreSQL is not installed here.")
    with running_cluster(binaries) as cluster:
        url = cluster.url(cluster.create())
        fill(url)
        yield url, lambda: _strike(binaries, cluster)


def _strike(binaries: Path, cluster: Cluster) -> None:
    """Kills the server without any farewell and starts it again, as a machine does that comes back."""
    os.kill(int((cluster.folder / "data" / "postmaster.pid").read_text().splitlines()[0]), signal.SIGKILL)
    run = _runner(cluster.folder)
    for _try in range(50):
        time.sleep(0.2)
        with suppress(RuntimeError):
            run(binaries / "pg_ctl", "-D", cluster.folder / "data", "-w", "-l", cluster.folder / "log", "start")
            break
    with psycopg.connect(host=str(cluster.folder), user="postgres", dbname="postgres"):
        return


def main() -> int:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--events", type=int, default=5000)
    parser.add_argument("--seconds", type=float, default=120)
    parser.add_argument("--database", choices=("sqlite", "postgresql"), action="append")
    wish = parser.parse_args()
    broken = 0
    for name in wish.database or ("sqlite", "postgresql"):
        with tempfile.TemporaryDirectory() as folder, {"sqlite": sqlite, "postgresql": postgresql}[name](Path(folder)) as (url, strike):
            with receiving() as receiver:
                storm = Storm(Path(folder), url, receiver, wish.events, wish.seconds, strike)
                wrong = storm.run()
            storm.workspace.engine.dispose()
        print(f"{name}: {storm.report()}", flush=True)
        for each in wrong:
            print(f"✗ {each}", flush=True)
        broken += len(wrong)
    return 1 if broken else 0


if __name__ == "__main__":
    sys.exit(main())
