"""Calls to addresses that builders chose: never into the private network, never along a redirect, never without end.

The name is looked up once and the connection goes to the address that was checked (requests-hardened), so a name that changes its mind
between check and call gains nothing. `TIERLOOM_OUTBOUND_ALLOW` names hosts, `host:port` or networks that may be called although private.
"""

from __future__ import annotations

import hashlib
import hmac
import ipaddress
import socket
import threading
import time
from collections.abc import Collection, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import UTC, datetime
from email.utils import parsedate_to_datetime
from typing import Any
from urllib.parse import urlsplit

import requests
from requests_hardened import Config, HTTPSession
from requests_hardened.ip_filter import InvalidIPAddress

from runtime.automation.trouble import Trouble
from runtime.texts import Message, _

TIMEOUT = 10.0
"""Seconds for the whole call."""
LARGEST_ANSWER = 64 * 1024
LONGEST_WAIT = 24 * 3600.0
TRY_AGAIN = frozenset({408, 425, 429})


@dataclass(frozen=True)
class Answer:
    status: int
    text: str


def signature(secret: str, body: bytes, now: datetime) -> dict[str, str]:
    """Headers by which the receiver knows the sender and the moment: HMAC-SHA256 over `timestamp.body`."""
    stamp = str(int(now.timestamp()))
    seal = hmac.new(secret.encode(), stamp.encode() + b"." + body, hashlib.sha256).hexdigest()
    return {"X-Tierloom-Timestamp": stamp, "X-Tierloom-Signature": f"sha256={seal}"}


def problem_of(url: str) -> Message | None:
    """Why an address can never be called, as far as its text tells."""
    try:
        parts = urlsplit(url)
        host, _port = parts.hostname, parts.port
    except ValueError:
        return _("This is no web address.")
    if parts.scheme not in ("http", "https"):
        return _("An address begins with https:// or http://.")
    if not host or any(character.isspace() or ord(character) < 32 for character in url) or "\\" in url:
        return _("This is no web address.")
    if parts.username is not None or parts.password is not None:
        return _("An address holds no user name or password. Use a secret for the signature instead.")
    return None


def send(
    method: str,
    url: str,
    body: bytes,
    headers: dict[str, str],
    allow: tuple[str, ...] = (),
    timeout: float = TIMEOUT,
    fine: Collection[int] = (),
) -> Answer:
    """Calls once. Raises Trouble for everything but a 2xx answer or one of `fine`, telling whether another try may help."""
    problem = problem_of(url)
    if problem is not None:
        raise Trouble(problem, again=False)
    host = urlsplit(url).hostname or url
    ends = time.monotonic() + timeout
    try:
        with (
            _session(url, allow, timeout) as session,
            session.request(method, url, data=body, headers=headers, stream=True, timeout=timeout) as response,
        ):
            if time.monotonic() >= ends:
                raise requests.Timeout  # headers cut off by the alarm read like short ones
            return _judged(response, _text(response), fine)
    except InvalidIPAddress:
        raise Trouble(
            _(
                "The address {host} leads into a private network and is not called. "
                "An administrator can allow it with TIERLOOM_OUTBOUND_ALLOW.",
                host=host,
            ),
            again=False,
        ) from None
    except (requests.exceptions.InvalidURL, requests.exceptions.InvalidSchema, requests.exceptions.MissingSchema, UnicodeError):
        raise Trouble(_("This is no web address."), again=False) from None
    except (requests.RequestException, OSError):
        raise Trouble(
            _("{host} did not answer within {seconds} seconds, or could not be reached.", host=host, seconds=int(timeout)), again=True
        ) from None


def _judged(response: requests.Response, text: str, fine: Collection[int]) -> Answer:
    status = response.status_code
    if 200 <= status < 300 or status in fine:
        return Answer(status, text)
    if 300 <= status < 400:
        raise Trouble(
            _("The other side answered with a redirect ({status}), which is not followed. Enter the final address.", status=status),
            again=False,
        )
    again = status in TRY_AGAIN or status >= 500
    raise Trouble(
        _("The other side answered {status}.", status=status), again, _retry_after(response.headers.get("Retry-After")) if again else None
    )


def _retry_after(text: str | None) -> float | None:
    """Seconds to wait, from a number or a date."""
    if not text:
        return None
    if text.strip().isdecimal():
        return min(float(text), LONGEST_WAIT)
    try:
        moment = parsedate_to_datetime(text)
    except ValueError:
        return None
    moment = moment if moment.tzinfo else moment.replace(tzinfo=UTC)
    return min(max(0.0, (moment - datetime.now(UTC)).total_seconds()), LONGEST_WAIT)


def _text(response: requests.Response) -> str:
    """The beginning of the answer; the status has been received, so a body that breaks off or comes too slowly changes nothing."""
    read = b""
    try:
        for part in response.iter_content(8192):
            read += part
            if len(read) > LARGEST_ANSWER:
                break
    except (requests.RequestException, OSError):
        pass
    return read[:LARGEST_ANSWER].decode("utf-8", "replace")


# -- the connection ---------------------------------------------------------------------------------------------------------------
@contextmanager
def _session(url: str, allow: tuple[str, ...], timeout: float) -> Iterator[requests.Session]:
    """A session that ends after `timeout` seconds even if the other side keeps sending a byte now and then."""
    session = HTTPSession(
        Config(
            ip_filter_enable=not _allowed(url, allow),
            ip_filter_allow_loopback_ips=False,
            never_redirect=True,
            default_timeout=(timeout, timeout),
            user_agent_override="Tierloom",
        )
    )
    session.trust_env = False  # no proxy and no .netrc of the machine
    opened: list[Any] = []
    for adapter in session.adapters.values():
        _remember_sockets(adapter, opened)
    alarm = threading.Timer(timeout, _shut, [opened])
    alarm.daemon = True
    alarm.start()
    try:
        yield session
    finally:
        alarm.cancel()
        session.close()


def _remember_sockets(adapter: Any, opened: list[Any]) -> None:
    """Keeps hold of every socket the adapter opens: its own time limit is one for each read, not for the call."""
    for pools in [adapter.poolmanager.pool_classes_by_scheme]:
        adapter.poolmanager.pool_classes_by_scheme = {scheme: _remembering(pool, opened) for scheme, pool in pools.items()}


def _remembering(pool: Any, opened: list[Any]) -> Any:
    class Connection(pool.ConnectionCls):  # type: ignore[misc, name-defined]
        def _new_conn(self) -> Any:
            opened.append(super()._new_conn())
            return opened[-1]

        def connect(self) -> None:
            super().connect()
            opened.append(self.sock)

    return type(pool.__name__, (pool,), {"ConnectionCls": Connection})


def _shut(opened: list[Any]) -> None:
    for each in list(opened):
        try:
            each.shutdown(socket.SHUT_RDWR)
        except OSError:
            continue  # closed already


def _allowed(url: str, allow: tuple[str, ...]) -> bool:
    """Whether an administrator lets this host be called although it is private: by name, name and port, or network of its address."""
    parts = urlsplit(url)
    host = (parts.hostname or "").lower()
    port = parts.port or (443 if parts.scheme == "https" else 80)
    names = {host, f"{host}:{port}", f"[{host}]:{port}"}
    for each in allow:
        if each.lower() in names or _within(host, each):
            return True
    return False


def _within(host: str, network: str) -> bool:
    try:
        return ipaddress.ip_address(host) in ipaddress.ip_network(network, strict=False)
    except ValueError:
        return False
