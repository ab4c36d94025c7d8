"""A shop whose customers give feedback by public links: small makers for the tests of them."""

from __future__ import annotations

import html
import json
import re
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

from flask import Flask
from flask.testing import FlaskClient

from runtime import kinds
from runtime.definitions import versions
from runtime.people import accounts
from runtime.people.person import SYSTEM
from runtime.public import links
from runtime.public.links import Link
from runtime.public.settings import FILL, LinkSettings
from runtime.public.principal import person_of
from runtime.records import gateway, query
from runtime.system.workspace import Workspace
from tests import makers

PASSWORD = "kettle boils at noon"
CUSTOMER = makers.form_json(
    makers.text("name", required=True), makers.text("secret"), makers.choice("level", "gold", "basic"), title="name", app="shop"
)
FEEDBACK = makers.form_json(
    makers.text("name", required=True),
    makers.phone("mobile"),
    makers.number("stars", decimals=0),
    makers.long_text("note"),
    makers.text("internal"),
    makers.reference("customer", "customer"),
    makers.formula("worth", "IF(internal == 'vip', 900, stars * 7)", result="number"),
    makers.formula("twice", "stars * 2", result="number"),
    makers.text("level_then"),
    makers.image("photos"),
    makers.subform("spots", makers.text("place"), makers.image("photos", most=1)),
    key="feedback",
    title="name",
    app="shop",
)
APP = {"kind": "app", "key": "shop", "label": "Shop", "menu": [{"section": "All", "items": ["form:customer", "form:feedback"]}]}
OPEN = ("name", "mobile", "stars", "note")


@dataclass
class World:
    workspace: Workspace
    app: Flask
    builder: Any
    at: datetime = datetime(2026, 5, 6, 8, 0, tzinfo=UTC)
    links: dict[str, int] = field(default_factory=dict)

    def later(self, **time: float) -> None:
        self.at += timedelta(**time)

    @contextmanager
    def building(self) -> Iterator[Any]:
        with self.workspace.writing(self.builder) as act:
            yield act

    def link(self, kind: str = FILL, on: bool = True, **settings: Any) -> Link:
        given = {**({"fields": OPEN, "seconds": 0} if kind == FILL else {}), **settings}
        with self.building() as act:
            made = links.make(act, "feedback", kind, "Feedback", LinkSettings(**given).cleaned())
            return links.switch(act, made.id, True) if on else made

    def records(self, link: Link) -> list[Any]:
        """What came by a link, the newest first."""
        with self.workspace.reading(SYSTEM) as act:
            columns = [each.key for each in act.catalogue.forms["feedback"].fields]
            found = query.page(act, "feedback", columns=columns, sort=["-created_at"], limit=200).records
            return [each for each in found if each.created_by == person_of(link)]

    def customer(self, name: str, **values: Any) -> int:
        with self.workspace.writing(SYSTEM) as act:
            return gateway.create(act, "customer", {"name": name, **values}).id

    def again(self, link: Link) -> Link:
        with self.building() as act:
            return links.get(act, link.id)

    def stranger(self, language: str = "en") -> Stranger:
        return Stranger(self.app.test_client(), language)


def opened(workspace: Workspace, dist: Path) -> World:
    from app import create_app

    kinds.load()
    with workspace.writing(SYSTEM, "publish") as act:
        versions.publish(act, [APP, CUSTOMER, FEEDBACK])
        builder = accounts.add(act, email="ada@example.com", name="Ada", roles=("builder",), password=PASSWORD)
    app = create_app(workspace, dist=dist)
    app.testing = True
    world = World(workspace, app, builder)
    workspace.now = lambda: world.at
    return world


class Stranger:
    """Somebody without an account: opens a page, fills it in, sends it as a browser does."""

    def __init__(self, client: FlaskClient, language: str = "en"):
        self.client, self.headers = client, {"Accept-Language": language, "Accept": "text/html"}

    def get(self, path: str, **headers: str) -> Any:
        return self.client.get(path, headers={**self.headers, **headers})

    def open(self, link: Link, **more: str) -> str:
        """The ticket of a page that was opened."""
        return ticket_in(self.get(link.path, **more))

    def send(self, link: Link, ticket: str | None = None, **values: Any) -> Any:
        return self.post(link.path, {"page": ticket if ticket is not None else self.open(link), **named(values)})

    def post(self, path: str, form: dict[str, Any], **headers: str) -> Any:
        return self.client.post(path, data=form, headers={**self.headers, **headers})


def named(values: dict[str, Any]) -> dict[str, Any]:
    return {
        key if key.startswith("_") or key in ("second_name", "answer", "password") else f"f_{key}": value for key, value in values.items()
    }


def ticket_in(answer: Any) -> str:
    found = re.search(r'name="page" value="([^"]+)"', answer.get_data(as_text=True))
    assert found is not None, words(answer)
    return html.unescape(found[1])


def words(answer: Any) -> str:
    """What a person reads on the page."""
    body = re.sub(r"<(script|title)\b.*?</\1>", " ", answer.get_data(as_text=True), flags=re.S).partition("<body")[2]
    return re.sub(r"\s+", " ", html.unescape(re.sub(r"<[^>]+>", " ", body))).strip()


def sentence(answer: Any) -> str:
    found = re.search(r"data-sentence>(.*?)</(?:p|div)>", answer.get_data(as_text=True), flags=re.S)
    return "" if found is None else re.sub(r"\s+", " ", html.unescape(re.sub(r"<[^>]+>", " ", found[1]))).strip()


def texts(answer: Any) -> Any:
    return json.loads(answer.get_data(as_text=True))
