"""tierloom serve: the web pages with the clock and a worker, in one process."""
from __future__ import annotations

import argparse
import errno
import logging
import signal
import socket
from typing import Any

from waitress.server import create_server

from runtime.automation import engine
from runtime.cli import say
from runtime.errors import SettingsError
from runtime.logs import start_logging
from runtime.people import accounts
from runtime.system import database
from runtime.system.workspace import Workspace
from runtime.texts import _

THREADS = 8
CONNECTIONS = 2000
"""Open at the same time; browsers keep theirs open between two pages."""


def add_arguments(subparsers: Any) -> None:
    parser = subparsers.add_parser("serve", help="serve the pages; runs the clock and a worker too")
    parser.add_argument("--host", help="address to listen on (TIERLOOM_HOST)")
    parser.add_argument("--port", type=int, help="port to listen on (TIERLOOM_PORT)")


def run(workspace: Workspace, args: argparse.Namespace) -> None:
    settings = workspace.settings
    start_logging(settings.log_format)
    logging.getLogger("waitress.queue").setLevel(logging.ERROR)
    host, port = args.host or settings.host, args.port or settings.port
    app = args.program.create_app(workspace)
    server = _listen(app, host, port, settings.proxies)
    engine = _start_engine(workspace)
    try:
        _announce(args, workspace, settings.base_url or f"http://{_shown_host(host)}:{port}")
        signal.signal(signal.SIGTERM, _leave)
        server.run()
    except (KeyboardInterrupt, SystemExit):
        pass
    finally:
        server.close()
        if engine is not None:
            engine.stop()


def _listen(app: Any, host: str, port: int, proxies: int = 0) -> Any:
    # a proxy on this machine may say who asked and by which scheme; others only where the settings tell of them
    return create_server(app, sockets=[_socket(host, port)], threads=THREADS, ident=None, connection_limit=CONNECTIONS, asyncore_use_poll=True,
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
