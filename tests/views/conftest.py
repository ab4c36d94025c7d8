"""A small shop with people who may different things, on SQLite: views depend on no database."""

from __future__ import annotations

import json
import re
import shutil
from collections.abc import Iterator
from pathlib import Path
from typing import TYPE_CHECKING, Any

import pytest

from runtime import kinds
from runtime.definitions.versions import publish
from runtime.people import accounts, passwords
from runtime.people.person import SYSTEM, Person
from runtime.records import gateway
from runtime.system.workspace import Workspace
from tests.makers import choice, day, form_json, long_text, member, number, text
from tests.pages.visitor import Visitor
from tests.support.databases import settings_for

if TYPE_CHECKING:
    from tests.support.databases import SqliteFiles

ROOT = Path(__file__).resolve().parents[2]
PASSWORD = "kettle boils at noon"
STAGE = choice("stage")
STAGE["options"] = [
    {"key": "new", "label": {"zh": "新", "en": "New"}, "color": "green"},
    {"key": "warm", "label": {"zh": "热", "en": "Warm"}, "color": "orange"},
    {"key": "won", "label": {"zh": "成", "en": "Won"}, "color": None},
]
APP = {
    "kind": "app",
    "key": "shop",
    "label": "Shop",
    "menu": [{"section": "Work", "items": ["form:customer"]}],
    "roles": {"member": ["role:sales"]},
}
CUSTOMER = form_json(
    text("name", required=True),
    STAGE,
    number("visits", decimals=0, max="100"),
    number("secret", decimals=0),
    day("starts_on"),
    day("ends_on"),
    member("owner"),
    long_text("note"),
    app="shop",
    title="name",
)
SALES = {
    "kind": "permission_set",
    "key": "sales",
    "label": "Sales",
    "form": "customer",
    "for": ["role:sales"],
    "actions": ["view", "edit"],
    "rows": "owner == CURRENT_USER()",
    "fields": {"*": "edit", "secret": "hidden", "note": "view"},
}


class Shop:
    def __init__(self, workspace: Workspace, app: Any):
        self.workspace, self.app = workspace, app
        with workspace.reading(SYSTEM) as act:
            ada, sue = (accounts.by_email(act.connection, f"{name}@example.com") for name in ("ada", "sue"))
        assert ada is not None and sue is not None
        self.ada, self.sue = ada, sue

    def person(self, email: str, *roles: str) -> Person:
        return person_in(self.workspace, email, *roles)

    def visitor(self, person: Person) -> Visitor:
        return Visitor(self.app).sign_in(person.email, PASSWORD)

    def add(self, **values: Any) -> int:
        with self.workspace.writing(SYSTEM) as act:
            return gateway.create(act, "customer", values).id

    def change(self, record: int, **values: Any) -> None:
        with self.workspace.writing(self.ada) as act:
            gateway.update(act, "customer", record, values)

    def publish(self, *bodies: dict[str, Any]) -> None:
        with self.workspace.writing(SYSTEM) as act:
            publish(act, list(bodies))


def person_in(workspace: Workspace, email: str, *roles: str) -> Person:
    with workspace.writing(SYSTEM) as act:
        return accounts.add(act, email=email, name=email.partition("@")[0].title(), roles=roles, password=PASSWORD)


CHEAP = {"time_cost": 1, "memory_cost": 8, "parallelism": 1}


@pytest.fixture(autouse=True)
def cheap_passwords(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(passwords, "COST", CHEAP)


@pytest.fixture(scope="session")
def furnished(sqlite_files: SqliteFiles, tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The shop with its people and definitions, made once; each test has a copy of the file."""
    folder = tmp_path_factory.mktemp("shop")
    workspace = Workspace(settings_for(folder, sqlite_files.copy_to(folder / "shop.sqlite")))
    kinds.load()
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(passwords, "COST", CHEAP)
        person_in(workspace, "ada@example.com", "builder", "member")
        person_in(workspace, "sue@example.com", "sales")
    with workspace.writing(SYSTEM) as act:
        publish(act, [APP, CUSTOMER, SALES])
    workspace.engine.dispose()
    return folder / "shop.sqlite"


@pytest.fixture
def sqlite_workspace(furnished: Path, tmp_path: Path) -> Iterator[Workspace]:
    shutil.copyfile(furnished, tmp_path / "tierloom.sqlite")
    workspace = Workspace(settings_for(tmp_path, f"sqlite:///{tmp_path / 'tierloom.sqlite'}"))
    yield workspace
    workspace.engine.dispose()


@pytest.fixture(scope="session")
def built(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A manifest that names every file the pages ask for, so that pages can be tested where nothing is built."""
    folder = tmp_path_factory.mktemp("dist")
    pages = [page for top in ("runtime", "builder") for page in (ROOT / top).rglob("*.html")]
    names = {name for page in pages for name in re.findall(r"asset(?:_css)?\(['\"]([^'\"]+)", page.read_text())}
    (folder / "manifest.json").write_text(json.dumps({name: {"file": name, "css": f"{name}.css", "imports": []} for name in names}))
    for name in names:
        (folder / name).write_text("")
    return folder


@pytest.fixture
def app(sqlite_workspace: Workspace, built: Path) -> Iterator[Any]:
    from app import create_app

    app = create_app(sqlite_workspace, dist=built)
    app.testing = True
    yield app


@pytest.fixture
def shop(sqlite_workspace: Workspace, app: Any) -> Shop:
    return Shop(sqlite_workspace, app)


@pytest.fixture
def ada(shop: Shop) -> Visitor:
    """Builds everything."""
    return shop.visitor(shop.ada)


@pytest.fixture
def sue(shop: Shop) -> Visitor:
    """Sells: sees and changes her own customers, without `secret`."""
    return shop.visitor(shop.sue)
