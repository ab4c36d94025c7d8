"""A receiver of webhooks that behaves as badly as the ones outside, until it is told to behave."""

from __future__ import annotations

import json
import random
import threading
import time
from collections import Counter
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any

KINDS = ("good", "error", "busy", "redirect", "closes", "silent")
WEIGHTS = (70, 10, 8, 2, 6, 4)
SILENCE = 3.0


class Receiver:
    """`taken`: how often each idempotency key came with an answer that said it was taken."""

    def __init__(self) -> None:
        self.behaves = False
        self.port = 0
        self.answers: Counter[str] = Counter()
        self.taken: Counter[str] = Counter()
        self.bodies: dict[str, set[str]] = {}
        self.lock = threading.Lock()

    def kind(self) -> str:
        return "good" if self.behaves else random.choices(KINDS, WEIGHTS)[0]


@contextmanager
def receiving() -> Iterator[Receiver]:
    receiver = Receiver()

    class Handler(BaseHTTPRequestHandler):
        def do_POST(self) -> None:
            body = self.rfile.read(int(self.headers.get("Content-Length", 0))).decode()
            key, kind = self.headers["Idempotency-Key"], receiver.kind()
            with receiver.lock:
                receiver.answers[kind] += 1
                receiver.bodies.setdefault(key, set()).add(json.dumps(json.loads(body), sort_keys=True))
                receiver.taken[key] += kind == "good"
            with suppress(OSError):
                self.answer(kind)

        def answer(self, kind: str) -> None:
            if kind == "closes":
                self.connection.close()
                return
            if kind == "silent":
                time.sleep(SILENCE)
            status, headers = {
                "error": (500, {}),
                "busy": (429, {"Retry-After": "3"}),
                "redirect": (302, {"Location": "http://169.254.169.254/latest/meta-data/"}),
            }.get(kind, (200, {}))
            self.send_response(status)
            for name, value in {"Content-Length": "0", **headers}.items():
                self.send_header(name, value)
            self.end_headers()

        def log_message(self, *_given: Any) -> None:
            pass

    class Server(ThreadingHTTPServer):
        daemon_threads = True
        request_queue_size = 200

        def handle_error(self, *_given: Any) -> None:
            pass  # callers are killed in the middle

    with Server(("127.0.0.1", 0), Handler) as server:
        receiver.port = server.server_address[1]
        thread = threading.Thread(target=server.serve_forever, args=(0.05,), daemon=True)
        thread.start()
        try:
            yield receiver
        finally:
            server.shutdown()
            thread.join()
