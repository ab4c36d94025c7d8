"""The whole product on a free port, for tests that look at it from outside."""
from __future__ import annotations

import threading
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass

from flask import Flask
from playwright.sync_api import Page
from waitress import wasyncore
from waitress.server import create_server

from app import create_app
from runtime.automation import engine
from runtime.pages.identity import COOKIE
from runtime.people import accounts, sessions
from runtime.people.person import SYSTEM, Person
from runtime.system.workspace import Workspace
from tests.support.databases import ZONE

PASSWORD = "a long enough sentence 42"


@dataclass
class Live:
    url: str
    workspace: Workspace
    app: Flask

    def person(self, email: str, *roles: str) -> Person:
        """A person with these roles; the first one there is becomes the administrator, as at the first start."""
        with self.workspace.writing(SYSTEM) as act:
            if not accounts.anybody(act.connection):
                return accounts.set_up(act, email=email, name=email.partition("@")[0], password=PASSWORD, workspace_name="Test",
                                       zone=ZONE, language="en")
            return accounts.add(act, email=email, name=email.partition("@")[0], roles=roles or ("member",), password=PASSWORD)

    def sign_in(self, page: Page, email: str = "admin@example.com") -> Person:
        """Opens a session for that person, who is made if need be; the pages for signing in have tests of their own."""
        with self.workspace.reading(SYSTEM) as act:
            person = accounts.by_email(act.connection, email)
        person = person or self.person(email)
        with self.workspace.writing(SYSTEM) as act:
            token = sessions.start(act.connection, person.id, act.now)
        page.context.add_cookies([{"name": COOKIE, "value": token, "url": self.url}])
        return person


@contextmanager
def serving(workspace: Workspace) -> Iterator[Live]:
    app = create_app(workspace)
    sockets: dict = {}
    server = create_server(app, map=sockets, host="127.0.0.1", port=0, threads=8)
    loop = threading.Thread(target=server.run, name="web")
    loop.start()
    engine.start(workspace)
    try:
        yield Live(f"http://127.0.0.1:{server.effective_port}", workspace, app)
    finally:
        engine.stop()
        # the loop ends when nothing is open; only its own thread may close what it is waiting for
        server.trigger.pull_trigger(lambda: wasyncore.close_all(sockets))
        loop.join()
        server.task_dispatcher.shutdown()
