"""The design pages as a builder sees them: a shop in which a tier model is published, and a visitor who may send JSON."""

from __future__ import annotations

import json
import re
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import TYPE_CHECKING, Any

import pytest

from runtime.people import accounts, passwords
from runtime.people.person import SYSTEM, Person
from tests.makers import Json
from tests.pages.visitor import Visitor
from tests.tiers.world import World, dimension, model

if TYPE_CHECKING:
    from flask import Flask
    from werkzeug.test import TestResponse

    from runtime.system.workspace import Workspace

PASSWORD = "kettle boils at noon"
ROOT = Path(__file__).resolve().parents[2]
APP = {
    "kind": "app",
    "key": "shop",
    "label": {"zh": "店", "en": "Shop"},
    "menu": [{"section": "Sales", "items": ["form:customer", "form:order"]}],
}
VALUE = {**model(dimension(cuts=[1000, 5000, 20000], weight=60), dimension("points", "points", [10, 50], weight=40)), "app": "shop"}
HOME = "/build/shop"


class Designer(Visitor):
    """A visitor whose page sends JSON, as the editor's script does."""

    def ask(self, method: str, path: str, body: Any = None, raw: bytes | None = None) -> TestResponse:
        headers = {**self.headers, "Accept": "application/json", "Content-Type": "application/json", "X-CSRFToken": self.form_token()}
        return self.client.open(path, method=method, data=raw if raw is not None else json.dumps(body), headers=headers)

    def given(self, path: str) -> Json:
        """What the editor's script starts with."""
        found = re.search(r'id="editor-data">(.*?)</script>', self.get(path).get_data(as_text=True), re.S)
        assert found, path
        return json.loads(found[1])

    def save(self, path: str, body: Json, **read: Any) -> TestResponse:
        """Saves a draft as somebody who has just read the present one."""
        given = self.given(path)
        return self.ask(
            "PUT", f"{path}/draft", {"edit": given["edit"], "stamp": given["stamp"], "live": given["live"], **read, "body": body}
        )


@pytest.fixture(autouse=True)
def cheap_passwords(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(passwords, "COST", {"time_cost": 1, "memory_cost": 8, "parallelism": 1})


@pytest.fixture(scope="session")
def browser_files(tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder = tmp_path_factory.mktemp("dist")
    pages = [path for top in ("runtime", "builder") for path in (ROOT / top).rglob("*.html")]
    names = {name for page in pages for name in re.findall(r"asset(?:_css)?\(['\"]([^'\"]+)", page.read_text(encoding="utf-8"))}
    (folder / "manifest.json").write_text(
        json.dumps({name: {"file": name, "css": f"{name}.css", "imports": []} for name in names | {"icons.svg"}})
    )
    return folder


@pytest.fixture
def shop(sqlite_workspace: Workspace) -> World:
    """An app with customers, orders and a tier model of two dimensions."""
    return World(sqlite_workspace, APP, VALUE)


@pytest.fixture
def web(shop: World, browser_files: Path) -> Iterator[Flask]:
    from app import create_app

    app = create_app(shop.workspace, dist=browser_files)
    app.testing = True
    yield app


@pytest.fixture
def enter(web: Flask, shop: World) -> Callable[..., Designer]:
    """Signs somebody in who has these roles, in this language."""

    def come(name: str, *roles: str, language: str = "en") -> Designer:
        email = f"{name.lower()}@example.com"
        with shop.workspace.writing(SYSTEM) as act:
            found: Person | None = accounts.by_email(act.connection, email)
            if found is None:
                accounts.add(act, email=email, name=name, roles=roles, password=PASSWORD)
        return Designer(web, language).sign_in(email, PASSWORD)  # type: ignore[return-value]

    return come


@pytest.fixture
def ada(enter: Callable[..., Designer]) -> Designer:
    return enter("Ada", "builder", "member")
