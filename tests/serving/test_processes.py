"""Several processes on one port: what one of them does or suffers does not show from outside, and none outlives the whole."""

from __future__ import annotations

import os
import signal
import socket
import subprocess
import sys
import time
from collections.abc import Callable, Iterator
from http.client import HTTPConnection
from pathlib import Path
from types import SimpleNamespace as Thing
from typing import Any

import pytest

from runtime.cli import _processes
from runtime.people.passwords import Gate
from runtime.system.counters import Counters
from runtime.system.file_lock import FileLock

ROOT = Path(__file__).resolve().parents[2]
pytestmark = [
    pytest.mark.skipif(not _processes.possible(), reason="this machine does not part processes"),
    pytest.mark.filterwarnings("ignore:.*use of fork:DeprecationWarning"),  # threads of other tests are nothing to these children
]

ROLES = """
import os, signal, sys, threading, time
from types import SimpleNamespace as Thing
from runtime.cli import _processes
_processes.TOO_SHORT = 0.5

def stays():
    print("stays", os.getpid(), flush=True)
    threading.Event().wait()

def fails():
    raise RuntimeError("no")

nothing = Thing(dispose=lambda: None, forget=lambda: None)
roles = [_processes.Role(name, globals()[name]) for name in sys.argv[1:]]
print("watcher", os.getpid(), flush=True)
meant = _processes.Family(Thing(engine=nothing, ids=nothing), roles).run(lambda: None)
sys.exit(0 if meant else 1)
"""


def is_there(number: int) -> bool:
    """Whether a process lives; one that waits to be asked for its exit code does not."""
    try:
        return Path(f"/proc/{number}/stat").read_text().rpartition(")")[2].split()[0] != "Z"
    except FileNotFoundError:
        return False


def until(holds: Callable[[], Any], seconds: float = 60) -> None:
    deadline = time.monotonic() + seconds
    while not holds():
        assert time.monotonic() < deadline, "it did not happen in time"
        os.sched_yield()


@pytest.fixture
def family() -> Iterator[Callable[..., subprocess.Popen[str]]]:
    started: list[subprocess.Popen[str]] = []

    def start(*roles: str) -> subprocess.Popen[str]:
        made = subprocess.Popen(
            [sys.executable, "-c", ROLES, *roles],
            cwd=ROOT,
            stdout=subprocess.PIPE,
            stderr=subprocess.PIPE,
            text=True,
            start_new_session=True,
        )
        started.append(made)
        return made

    yield start
    for each in started:
        if each.poll() is None:
            os.killpg(each.pid, signal.SIGKILL)
        each.communicate()


def said(of: subprocess.Popen[str]) -> int:
    assert of.stdout is not None
    return int(of.stdout.readline().split()[1])


def test_a_process_that_is_killed_is_followed_by_another_one(family: Callable[..., Any]) -> None:
    whole = family("stays", "stays")
    _watcher, one, other = said(whole), said(whole), said(whole)
    os.kill(one, signal.SIGKILL)
    after = said(whole)
    assert after not in (one, other) and is_there(other)
    os.killpg(whole.pid, signal.SIGINT)  # as Ctrl C in a terminal does
    assert whole.wait(60) == 0 and not is_there(after) and not is_there(other)


def test_none_outlives_the_watcher(family: Callable[..., Any]) -> None:
    whole = family("stays", "stays")
    watcher, *others = said(whole), said(whole), said(whole)
    os.kill(watcher, signal.SIGKILL)
    until(lambda: not any(map(is_there, others)))


def test_one_that_never_gets_going_ends_the_whole_with_a_reason(family: Callable[..., Any]) -> None:
    whole = family("fails", "stays")
    _out, errors = whole.communicate(timeout=60)
    assert whole.returncode == 1 and "no" in errors and "ended 5 times in a row" in errors


# -- what they share ---------------------------------------------------------------------------------------------------------------
def in_a_child(work: Callable[[], bool]) -> int:
    """Starts a process of this one that does the work; gives its number."""
    number = os.fork()
    if number:
        return number
    os._exit(0 if work() else 1)


def answer_of(number: int) -> bool:
    return os.waitstatus_to_exitcode(os.waitpid(number, 0)[1]) == 0


def test_processes_count_together() -> None:
    counters = Counters(size=8)
    for _child in range(3):
        assert answer_of(in_a_child(lambda: [counters.hit("ada", 10, 60, 600.0) for _time in range(3)] == [0, 0, 0]))
    assert counters.hit("ada", 10, 60, 600.0) == 0
    assert counters.hit("ada", 10, 60, 600.0) > 0 and counters.hit("bo", 10, 60, 600.0) == 0


@pytest.mark.parametrize(("at", "free"), [(600.0, False), (659.0, False), (660.0, False), (690.0, True), (720.0, True)])
def test_of_the_minute_before_counts_what_lies_within_the_last_sixty_seconds(at: float, free: bool) -> None:
    counters = Counters(size=8)
    assert [counters.hit("ada", 4, 60, 630.0) for _time in range(4)] == [0, 0, 0, 0]
    assert (counters.hit("ada", 4, 60, at + 0.0) == 0) is free


@pytest.mark.parametrize("at", [600.0, 630.0, 655.0])
def test_after_the_seconds_it_names_one_more_is_free(at: float) -> None:
    counters = Counters(size=8)
    for _time in range(5):
        counters.hit("ada", 5, 60, at)
    wait = counters.hit("ada", 5, 60, at)
    assert wait > 0 and counters.hit("ada", 5, 60, at + wait + 1) == 0


def test_when_the_table_is_full_the_one_seen_longest_ago_makes_room() -> None:
    counters = Counters(size=1)
    for number in range(8):
        counters.hit(f"p{number}", 1, 60, 600.0 + 60 * number)
    assert counters.hit("new", 1, 60, 1080.0) == 0
    assert counters.hit("p7", 1, 60, 1021.0) > 0 and counters.hit("p0", 1, 60, 1081.0) == 0


def test_a_lock_is_given_back_when_its_holder_is_killed() -> None:
    lock, (hear, tell) = FileLock(), os.pipe()

    def hold() -> bool:
        lock.take()
        os.write(tell, b"!")
        signal.pause()
        return False

    holder = in_a_child(hold)
    os.read(hear, 1)
    assert not lock.take(wait=False)
    os.kill(holder, signal.SIGKILL)
    os.waitpid(holder, 0)
    assert lock.take(wait=False)
    lock.give_back()
    os.close(hear), os.close(tell)


def test_two_passwords_are_hashed_at_a_time_by_all_processes_together() -> None:
    gate, (hear, tell), (go, let) = Gate(), os.pipe(), os.pipe()

    def inside(name: bytes) -> Callable[[], bool]:
        def work() -> bool:
            with gate:
                os.write(tell, name)
                return os.read(go, 1) == b"!"

        return work

    first = [in_a_child(inside(b"a")), in_a_child(inside(b"b"))]
    assert {os.read(hear, 1), os.read(hear, 1)} == {b"a", b"b"}
    os.set_blocking(hear, False)
    third = in_a_child(inside(b"c"))
    until(lambda: Path(f"/proc/{third}/stat").read_text().rpartition(")")[2].split()[0] == "S")
    with pytest.raises(BlockingIOError):
        os.read(hear, 1)
    os.write(let, b"!!!")  # all at once: the third may be quicker than the second as soon as there is room
    assert all(map(answer_of, [*first, third])) and os.read(hear, 1) == b"c"
    for each in (hear, tell, go, let):
        os.close(each)


def test_the_bell_rings_in_the_process_that_listens() -> None:
    bell, rung = _processes.Bell(), []
    bell.listen(Thing(bell=Thing(set=lambda: rung.append(True))))  # type: ignore[arg-type]
    assert answer_of(in_a_child(lambda: bell.set() is None))
    until(lambda: rung)
    os.close(bell.ring)


# -- the whole product -------------------------------------------------------------------------------------------------------------
def test_serve_answers_from_several_processes_and_leaves_its_port(tmp_path: Path) -> None:
    with socket.socket() as found:
        found.bind(("127.0.0.1", 0))
        port = found.getsockname()[1]
    told = {"TIERLOOM_DATA_DIR": str(tmp_path), "TIERLOOM_PORT": str(port), "TIERLOOM_WEB_PROCESSES": "2", "TIERLOOM_TIMEZONE": "UTC"}
    whole = subprocess.Popen(
        [sys.executable, "app.py", "serve"], cwd=ROOT, env={**os.environ, **told}, stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True
    )
    try:
        assert whole.stdout is not None and "Tierloom is running" in whole.stdout.readline()
        asked = [_get(port, "/readyz") for _time in range(6)]
        assert {status for status, _body in asked} == {200}
        counted = _get(port, "/metrics")[1]
        assert 'tierloom_request_seconds_count{endpoint="health.readyz",method="GET",status="200"} 6.0' in counted
        children = [int(each) for each in Path(f"/proc/{whole.pid}/task/{whole.pid}/children").read_text().split()]
        assert len(children) == 3
        os.kill(children[0], signal.SIGKILL)
        assert _get(port, "/readyz")[0] == 200
        whole.send_signal(signal.SIGTERM)
        assert whole.wait(60) == 0 and not any(map(is_there, children))
        with socket.socket() as again:
            again.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
            again.bind(("127.0.0.1", port))
    finally:
        whole.kill()
        whole.communicate()


def _get(port: int, path: str) -> tuple[int, str]:
    connection = HTTPConnection("127.0.0.1", port, timeout=60)
    connection.request("GET", path)
    answer = connection.getresponse()
    body = answer.read().decode()
    connection.close()
    return answer.status, body
