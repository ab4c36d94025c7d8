"""Webhooks that try to get into the house, or to keep it busy for ever."""

from __future__ import annotations

import socket
import time
from typing import Any

import pytest

from runtime.automation import outbound
from runtime.automation.trouble import Trouble
from tests.automation.conftest import Receiver, receiver

__all__ = ["receiver"]

PRIVATE = [
    "http://127.0.0.1/",
    "http://localhost/",
    "http://LOCALHOST/",
    "http://[::1]/",
    "http://[::ffff:127.0.0.1]/",
    "http://0.0.0.0/",
    "http://0/",
    "http://2130706433/",
    "http://0x7f.1/",
    "http://0x7f000001/",
    "http://0177.0.0.1/",
    "http://127.1/",
    "http://10.0.0.1/",
    "http://172.16.0.1/",
    "http://192.168.0.1/",
    "http://169.254.169.254/latest/meta-data/",
    "http://[fd00::1]/",
    "http://[fe80::1]/",
    "http://100.64.0.1/",
    "http://[64:ff9b::7f00:1]/",
    "http://224.0.0.1/",
    "https://127.0.0.1/",
    "http://127.0.0.1:22/",
    "http://①②⑦.0.0.1/",
]

NO_ADDRESS = [
    "file:///etc/passwd",
    "ftp://example.com/",
    "gopher://example.com/",
    "data:text/plain,a",
    "http://",
    "https:///path",
    "http://user:word@example.com/",
    "http://user@example.com/",
    "http://example.com:99999/",
    "http://exa mple.com/",
    "http://example.com/\r\nHost: other",
    "http://example.com\\@127.0.0.1/",
    "javascript:alert(1)",
    "//example.com/",
    "http://[::1",
    "",
]


def refused(url: str, **more: Any) -> Trouble:
    with pytest.raises(Trouble) as caught:
        outbound.send("POST", url, b"{}", {}, timeout=more.pop("timeout", 2.0), **more)
    return caught.value


@pytest.fixture
def no_connections(monkeypatch: pytest.MonkeyPatch) -> None:
    def connect(*_given: Any) -> None:
        raise AssertionError("a connection was opened")

    monkeypatch.setattr(socket.socket, "connect", connect)


@pytest.mark.usefixtures("no_connections")
@pytest.mark.parametrize("url", PRIVATE)
def test_an_address_inside_is_never_called(url: str) -> None:
    assert not refused(url).again


@pytest.mark.usefixtures("no_connections")
@pytest.mark.parametrize("url", NO_ADDRESS)
def test_what_is_no_plain_web_address_is_refused_before_anything_is_looked_up(url: str, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(socket, "getaddrinfo", lambda *_given, **_named: pytest.fail("a name was looked up"))
    assert not refused(url).again
    assert outbound.problem_of(url) is not None


def answers(monkeypatch: pytest.MonkeyPatch, *addresses: str) -> list[str]:
    """Names lead to these addresses, one after the other; gives the names that were asked for."""
    asked: list[str] = []

    def look_up(host: Any, port: Any, *_given: Any, **_named: Any) -> list[Any]:
        name = host.decode() if isinstance(host, bytes) else host
        if name.replace(".", "").isdecimal():
            return [(socket.AF_INET, socket.SOCK_STREAM, 6, "", (name, port))]
        asked.append(name)
        return [(socket.AF_INET, socket.SOCK_STREAM, 6, "", (addresses[min(len(asked), len(addresses)) - 1], port))]

    monkeypatch.setattr(socket, "getaddrinfo", look_up)
    return asked


@pytest.mark.usefixtures("no_connections")
def test_a_name_that_leads_inside_is_not_called(monkeypatch: pytest.MonkeyPatch) -> None:
    answers(monkeypatch, "10.0.0.7")
    assert not refused("http://example.com/").again


def test_a_name_that_changes_its_mind_gains_nothing(monkeypatch: pytest.MonkeyPatch) -> None:
    """DNS rebinding: the first look-up is harmless, every later one leads to this machine. Only the address that was checked is called."""
    asked = answers(monkeypatch, "203.0.114.5", "127.0.0.1")
    called: list[Any] = []

    def connect(_self: Any, address: Any) -> None:
        called.append(address)
        raise OSError("not in a test")

    monkeypatch.setattr(socket.socket, "connect", connect)
    assert refused("http://rebind.example.com:8080/").again
    assert asked == ["rebind.example.com"] and called == [("203.0.114.5", 8080)]


@pytest.mark.parametrize("status", [301, 302, 303, 307, 308])
def test_a_redirect_is_not_followed(receiver: Receiver, status: int) -> None:
    receiver.answers = [(status, {"Location": receiver.url + "/secret"})]
    assert not refused(receiver.url, allow=(receiver.host,)).again
    assert [call.path for call in receiver.calls] == ["/hook"]


@pytest.mark.parametrize("entry", ["127.0.0.1", "127.0.0.0/8", "host"])
def test_an_administrator_may_allow_an_address_inside(receiver: Receiver, entry: str) -> None:
    assert outbound.send("POST", receiver.url, b"{}", {}, (receiver.host if entry == "host" else entry,)).status == 200


@pytest.mark.parametrize("entry", ["127.0.0.2", "10.0.0.0/8", "127.0.0.1:1", "example.com", "", "*"])
def test_what_was_allowed_opens_nothing_else(receiver: Receiver, entry: str) -> None:
    assert not refused(receiver.url, allow=(entry,)).again
    assert receiver.calls == []


def test_the_machines_proxy_is_not_used(receiver: Receiver, monkeypatch: pytest.MonkeyPatch) -> None:
    for name in ("http_proxy", "HTTP_PROXY", "all_proxy", "ALL_PROXY"):
        monkeypatch.setenv(name, receiver.url)
    answers(monkeypatch, "10.0.0.7")
    refused("http://example.com/")
    assert receiver.calls == []


def test_an_endless_answer_is_cut_off(receiver: Receiver) -> None:
    def flood(handler: Any) -> None:
        handler.send_response(200)
        handler.end_headers()
        try:
            while True:
                handler.wfile.write(b"x" * 65536)
        except OSError:
            return

    receiver.answers = [flood]
    assert len(outbound.send("POST", receiver.url, b"{}", {}, (receiver.host,)).text) <= outbound.LARGEST_ANSWER


def test_a_receiver_that_sends_a_byte_now_and_then_does_not_hold_a_worker(receiver: Receiver) -> None:
    """Each byte comes in time, the whole never would: in the headers too."""

    def drip(handler: Any) -> None:
        try:
            handler.wfile.write(b"HTTP/1.1 200 OK\r\nX-Slow: ")
            while True:
                handler.wfile.write(b"x")
                handler.wfile.flush()
                handler.connection.settimeout(0.1)
                try:
                    if handler.connection.recv(1) == b"":
                        return
                except TimeoutError:
                    continue
        except OSError:
            return

    receiver.answers = [drip]
    began = time.monotonic()
    assert refused(receiver.url, allow=(receiver.host,), timeout=0.6).again
    assert time.monotonic() - began < 5


def test_an_answer_whose_text_breaks_off_is_an_answer(receiver: Receiver) -> None:
    receiver.answers = [(200, {"Content-Length": "1000"})]
    assert outbound.send("POST", receiver.url, b"{}", {}, (receiver.host,), timeout=1.0).status == 200


def test_a_receiver_that_never_answers_is_given_up(receiver: Receiver) -> None:
    """Case A26 c, one try."""

    def silent(handler: Any) -> None:
        handler.connection.recv(1)

    receiver.answers = [silent]
    assert refused(receiver.url, allow=(receiver.host,), timeout=0.3).again


def test_nobody_listening_is_tried_again() -> None:
    with socket.socket() as unused:
        unused.bind(("127.0.0.1", 0))
        port = unused.getsockname()[1]
        assert refused(f"http://127.0.0.1:{port}/", allow=("127.0.0.1",)).again


@pytest.mark.parametrize("header", ["soon", "-5", "1e99", "", "99999999999999", "Wed, 99 Foo 2024"])
def test_a_strange_wish_to_wait_is_no_trap(receiver: Receiver, header: str) -> None:
    receiver.answers = [(503, {"Retry-After": header})]
    after = refused(receiver.url, allow=(receiver.host,)).after
    assert after is None or 0 <= after <= outbound.LONGEST_WAIT
