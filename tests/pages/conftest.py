"""Visitors of the pages: a browser without Chromium, with the form tokens that a real one would send."""
from __future__ import annotations

import json
import re
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import TYPE_CHECKING

import pytest

from runtime.people import accounts, passwords
from runtime.people.person import SYSTEM, Person
from tests.pages.visitor import Visitor

if TYPE_CHECKING:
    from flask import Flask

    from runtime.system.workspace import Workspace

PASSWORD = "kettle boils at noon"
PAGES = Path(__file__).resolve().parents[2] / "runtime" / "pages" / "templates"


@pytest.fixture(autouse=True)
def cheap_passwords(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(passwords, "COST", {"time_cost": 1, "memory_cost": 8, "parallelism": 1})


@pytest.fixture(scope="session")
def browser_files(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A manifest that names every file the pages ask for, so that pages can be tested where nothing is built."""
    folder = tmp_path_factory.mktemp("dist")
    names = {name for page in PAGES.rglob("*.html") for name in re.findall(r"asset(?:_css)?\(['\"]([^'\"]+)", page.read_text())}
    (folder / "manifest.json").write_text(json.dumps({name: {"file": name, "css": f"{name}.css", "imports": []} for name in names}))
    for name in names:
        (folder / name).write_text("")
    return folder


@pytest.fixture
def app(sqlite_workspace: Workspace, browser_files: Path) -> Iterator[Flask]:
    from app import create_app

    app = create_app(sqlite_workspace, dist=browser_files)
    app.testing = True
    yield app


@pytest.fixture
def visitor(app: Flask) -> Visitor:
    """Somebody who has just come, with an English browser."""
    return Visitor(app)


@pytest.fixture
def add_person(sqlite_workspace: Workspace) -> Callable[..., Person]:
    def add(email: str, *roles: str, name: str = "", password: str | None = PASSWORD) -> Person:
        with sqlite_workspace.writing(SYSTEM) as act:
            return accounts.add(act, email=email, name=name or email.partition("@")[0].title(), roles=roles, password=password)

    return add


@pytest.fixture
def builder(add_person: Callable[..., Person]) -> Person:
    """The first account, who may do everything."""
    return add_person("ada@example.com", "builder", "member", name="Ada")


@pytest.fixture
def signed_in(app: Flask, builder: Person) -> Visitor:
    """The builder, signed in."""
    return Visitor(app).sign_in(builder.email, PASSWORD)
