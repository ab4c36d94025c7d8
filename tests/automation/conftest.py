"""A house for automations: a workspace with forms, a clock that tests move, people, a receiver of webhooks."""

from __future__ import annotations

import json
import threading
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field, replace
from datetime import UTC, datetime, timedelta
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any

import pytest
import sqlalchemy as sa

from runtime import kinds
from runtime.automation import due, engine, log
from runtime.definitions.versions import publish
from runtime.people.person import SYSTEM, Person
from runtime.records import gateway, query
from runtime.system import tables
from runtime.system.workspace import Workspace
from tests.makers import SHANGHAI, form_json

Json = dict[str, Any]


@dataclass
class House:
    """What a test of automations does, in its own words."""

    workspace: Workspace
    moment: datetime = datetime(2024, 5, 6, 2, 0, tzinfo=UTC)
    stride: timedelta = timedelta(0)
    people: int = 0

    def __post_init__(self) -> None:
        self.workspace.now = lambda: self.moment

    # -- time ---------------------------------------------------------------------------------------------------------------------
    def at(self, text: str, zone: Any = SHANGHAI) -> House:
        """Moves the clock to a moment of the zone."""
        self.moment = datetime.fromisoformat(text).replace(tzinfo=zone).astimezone(UTC)
        return self

    def later(self, **span: float) -> House:
        self.moment += timedelta(**span)
        return self

    def ticks(self, *moments: str) -> None:
        """The clock looks at these moments, and what is due is done."""
        for each in moments:
            self.at(each)
            due.tick(self.workspace)
            self.settle()

    # -- definitions and records --------------------------------------------------------------------------------------------------
    def publish(self, *bodies: Json) -> None:
        with self.workspace.writing(SYSTEM) as act:
            publish(act, bodies)

    def create(self, form: str = "customer", source: str = "form", fires: bool = True, **values: Any) -> int:
        with self.workspace.writing(SYSTEM, source) as act:
            act.fires = fires
            return gateway.create(act, form, values).id

    def update(self, record: int, form: str = "customer", **values: Any) -> None:
        with self.workspace.writing(SYSTEM) as act:
            gateway.update(act, form, record, values)

    def delete(self, record: int, form: str = "customer") -> None:
        with self.workspace.writing(SYSTEM) as act:
            gateway.delete(act, form, record)

    def values(self, record: int, form: str = "customer") -> Json:
        with self.workspace.reading(SYSTEM) as act:
            return query.get(act, form, record).values

    def all(self, form: str) -> list[Json]:
        with self.workspace.reading(SYSTEM) as act:
            return [query.get(act, form, record).values for record in sorted(query.ids(act, form))]

    def person(self, email: str, *roles: str, active: bool = True, language: str | None = None) -> int:
        self.people += 1
        with self.workspace.writing(SYSTEM) as act:
            act.connection.execute(
                tables.person.insert().values(
                    id=self.people,
                    email=email,
                    name=email.partition("@")[0].capitalize(),
                    active=int(active),
                    language=language,
                    created_at=act.micros,
                )
            )
            for role in roles:
                act.connection.execute(tables.person_role.insert().values(person=self.people, role=role))
        return self.people

    def leaves(self, person: int) -> None:
        with self.workspace.writing(SYSTEM) as act:
            act.connection.execute(tables.person.update().where(tables.person.c.id == person).values(active=0))

    # -- what happened --------------------------------------------------------------------------------------------------------------
    def settle(self) -> None:
        engine.settle(self.workspace)

    def runs(self, automation: str | None = None, state: str | None = None) -> list[log.Run]:
        """Runs with their steps, the oldest first."""
        with self.workspace.reading(SYSTEM) as act:
            return [log.run(act, each.id) for each in reversed(log.runs(act, automation, state, limit=200).runs)]

    def run(self) -> log.Run:
        """The only run there is."""
        (run,) = self.runs()
        return run

    def notifications(self) -> list[tuple[int, str]]:
        with self.workspace.reading(SYSTEM) as act:
            return [
                (row.person, row.subject)
                for row in act.connection.execute(sa.select(tables.notification).order_by(tables.notification.c.id))
            ]

    def as_person(self, number: int) -> Person:
        from runtime.system.jobs import person_of

        with self.workspace.reading(SYSTEM) as act:
            return person_of(act.connection, number)


@pytest.fixture(autouse=True, scope="session")
def _kinds() -> None:
    kinds.load()


@pytest.fixture
def house(workspace: Workspace) -> House:
    """On each database."""
    return House(workspace)


@pytest.fixture
def small_house(sqlite_workspace: Workspace) -> House:
    """On SQLite only, for what does not depend on the database."""
    return House(sqlite_workspace)


# -- makers -----------------------------------------------------------------------------------------------------------------------
def automation(trigger: Json, *steps: Json, key: str = "rule", **settings: Any) -> Json:
    return {"kind": "automation", "key": key, "label": key.capitalize(), "trigger": trigger, "steps": list(steps), **settings}


def created(form: str = "customer") -> Json:
    return {"type": "record_created", "form": form}


def updated(*fields: str, form: str = "customer", **settings: Any) -> Json:
    return {"type": "record_updated", "form": form, "fields": list(fields), **settings}


def tell(*to: str, subject: str = "news", **settings: Any) -> Json:
    return {"type": "notify", "to": list(to or ("role:boss",)), "subject": subject, **settings}


def adding(form: str = "visit", **values: str) -> Json:
    return {"type": "create_record", "form": form, "values": values}


def setting(**values: str) -> Json:
    return {"type": "update_record", "values": values}


def visits(**settings: Any) -> Json:
    """A form for records that steps add."""
    from tests.makers import reference, text

    return form_json(text("note"), reference("customer"), key="visit", **settings)


# -- a receiver of webhooks ---------------------------------------------------------------------------------------------------------
@dataclass
class Call:
    path: str
    headers: dict[str, str]
    body: bytes

    @property
    def json(self) -> Any:
        return json.loads(self.body)


@dataclass
class Receiver:
    """Answers what `answers` lists, one after the other, then 200: a status, (status, headers) or a function of the handler."""

    port: int = 0
    calls: list[Call] = field(default_factory=list)
    answers: list[Any] = field(default_factory=list)
    arrived: threading.Semaphore = field(default_factory=lambda: threading.Semaphore(0))

    @property
    def url(self) -> str:
        return f"http://127.0.0.1:{self.port}/hook"

    @property
    def host(self) -> str:
        return f"127.0.0.1:{self.port}"

    @property
    def keys(self) -> list[str]:
        return [each.headers["Idempotency-Key"] for each in self.calls]


@contextmanager
def receiving() -> Iterator[Receiver]:
    receiver = Receiver()

    class Handler(BaseHTTPRequestHandler):
        def do_POST(self) -> None:
            receiver.calls.append(Call(self.path, dict(self.headers), self.rfile.read(int(self.headers.get("Content-Length", 0)))))
            receiver.arrived.release()
            answer = receiver.answers.pop(0) if receiver.answers else 200
            if isinstance(answer, Callable):
                answer(self)
                return
            status, headers = answer if isinstance(answer, tuple) else (answer, {})
            self.send_response(status)
            for name, value in {"Content-Length": "0", **headers}.items():
                self.send_header(name, value)
            self.end_headers()

        do_PUT = do_PATCH = do_GET = do_POST

        def log_message(self, *_given: Any) -> None:
            pass

    with ThreadingHTTPServer(("127.0.0.1", 0), Handler) as server:
        server.daemon_threads = True
        receiver.port = server.server_address[1]
        thread = threading.Thread(target=server.serve_forever, args=(0.02,))
        thread.start()
        try:
            yield receiver
        finally:
            server.shutdown()
            thread.join()


@pytest.fixture
def receiver() -> Iterator[Receiver]:
    with receiving() as receiver:
        yield receiver


def allow(house: House, receiver: Receiver, **settings: Any) -> None:
    """Lets webhooks of this house reach the receiver, although its address is private."""
    house.workspace.settings = replace(house.workspace.settings, outbound_allow=(receiver.host,), **settings)


def webhook(receiver: Receiver, **settings: Any) -> Json:
    return {"type": "call_webhook", "url": receiver.url, **settings}
