"""tierloom serve: the web pages with the clock and a worker, in one process or in several (TIERLOOM_WEB_PROCESSES)."""
from __future__ import annotations

import argparse
import errno
import logging
import signal
import socket
import threading
from collections.abc import Callable
from typing import Any

from waitress.server import create_server

from runtime.automation import engine
from runtime.cli import _processes, say
from runtime.errors import SettingsError
from runtime.logs import start_logging
from runtime.pages import metrics
from runtime.people import accounts
from runtime.system import database
from runtime.system.workspace import Workspace
from runtime.texts import _

THREADS = 8
"""Of all web processes together, but none has fewer than this many:"""
FEWEST_THREADS = 4
CONNECTIONS = 2000
"""Open at the same time; browsers keep theirs open between two pages."""


def add_arguments(subparsers: Any) -> None:
    parser = subparsers.add_parser("serve", help="serve the pages; runs the clock and a worker too")
    parser.add_argument("--host", help="address to listen on (TIERLOOM_HOST)")
    parser.add_argument("--port", type=int, help="port to listen on (TIERLOOM_PORT)")


def run(workspace: Workspace, args: argparse.Namespace) -> int | None:
    settings = workspace.settings
    start_logging(settings.log_format)
    logging.getLogger("waitress.queue").setLevel(logging.ERROR)
    host, port = args.host or settings.host, args.port or settings.port
    count = settings.web_processes if _processes.possible() else 1
    opened = _socket(host, port)
    if count > 1:
        metrics.share()
    app = args.program.create_app(workspace)

    def announce() -> None:
        _announce(args, workspace, settings.base_url or f"http://{_shown_host(host)}:{port}")

    if count > 1:
        return _together(workspace, app, opened, count, announce)
    return _alone(workspace, app, opened, announce)


def _alone(workspace: Workspace, app: Any, opened: socket.socket, announce: Callable[[], None]) -> None:
    server = _listen(app, opened, THREADS, workspace.settings.proxies)
    engine = _start_engine(workspace)
    try:
        announce()
        signal.signal(signal.SIGTERM, _leave)
        server.run()
    except (KeyboardInterrupt, SystemExit):
        pass
    finally:
        server.close()
        if engine is not None:
            engine.stop()


def _together(workspace: Workspace, app: Any, opened: socket.socket, count: int, announce: Callable[[], None]) -> int:
    """Several web processes and one for clock and workers; see docs/decisions/0008."""
    bell, threads = _processes.Bell(), max(FEWEST_THREADS, THREADS // count)

    def web() -> None:
        workspace.bell = bell
        server = _listen(app, opened, threads, workspace.settings.proxies)
        try:
            server.run()
        finally:
            server.close()

    def work() -> None:
        opened.close()
        bell.listen(workspace)
        engine.start(workspace)
        try:
            threading.Event().wait()
        finally:
            engine.stop()

    roles = [_processes.Role(f"web {number}", web) for number in range(1, count + 1)]
    if workspace.settings.clock != "off":
        roles.append(_processes.Role("worker", work))
    with opened:
        return 0 if _processes.Family(workspace, roles).run(announce) else 1


def _listen(app: Any, opened: socket.socket, threads: int, proxies: int = 0) -> Any:
    # a proxy on this machine may say who asked and by which scheme; others only where the settings tell of them
    return create_server(app, sockets=[opened], threads=threads, ident=None, connection_limit=CONNECTIONS, asyncore_use_poll=True,
                         trusted_proxy="*" if proxies else "127.0.0.1", trusted_proxy_count=proxies or 1,
                         trusted_proxy_headers={"x-forwarded-for", "x-forwarded-proto"}, clear_untrusted_proxy_headers=True,
                         max_request_body_size=app.config["MAX_CONTENT_LENGTH"], channel_timeout=300)


def _socket(host: str, port: int) -> socket.socket:
    if not 1 <= port <= 65535:
        raise SettingsError(_("{port} is no port. Choose one from 1 to 65535.", port=port))
    try:
        family = socket.getaddrinfo(host, port, type=socket.SOCK_STREAM)[0][0]
        return socket.create_server((host, port), family=family, backlog=1024)
    except OSError as error:
        if error.errno == errno.EADDRINUSE:
            raise SettingsError(_(
                "Port {port} on {host} is in use. Choose another one with TIERLOOM_PORT, for example TIERLOOM_PORT={other}.",
                port=port, host=host, other=port + 1)) from error
        raise SettingsError(_(
            "Listening on {host}, port {port}, does not work: {reason}. Choose others with TIERLOOM_HOST and TIERLOOM_PORT.",
            host=host, port=port, reason=error.strerror or str(error))) from error


def _start_engine(workspace: Workspace) -> Any:
    """The clock and the worker of this process, unless another process runs them (TIERLOOM_CLOCK=off)."""
    if workspace.settings.clock == "off":
        return None
    engine.start(workspace)
    return engine


def _announce(args: argparse.Namespace, workspace: Workspace, address: str) -> None:
    say(args, _("Tierloom is running at {address} (stop it with Ctrl C).", address=address))
    with database.reading(workspace.engine) as connection:
        if not accounts.anybody(connection):
            say(args, _("Open it and create the first account."))


def _shown_host(host: str) -> str:
    if host in ("0.0.0.0", "::"):
        return "127.0.0.1"
    return f"[{host}]" if ":" in host else host


def _leave(_signal: int, _frame: object) -> None:
    raise SystemExit(0)
