"""A house with customers: three people of sales, one of service, and sets that let sales see and change their own."""

from __future__ import annotations

import json
import re
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import pytest

from runtime import kinds
from runtime.definitions import versions
from runtime.people import accounts, passwords
from runtime.people.person import SYSTEM, Person
from runtime.records import gateway, query
from runtime.records.rows import read_record
from runtime.system.tables import person as person_table
from runtime.system.workspace import Act, Workspace
from tests import makers
from tests.pages.visitor import Visitor

PASSWORD = "kettle boils at noon"
ROOT = Path(__file__).resolve().parents[2]
START = datetime(2026, 3, 2, 4, 0, tzinfo=UTC)
PEOPLE = {"ann": "sales", "bob": "sales", "cy": "sales", "sue": "service"}
CUSTOMER = {
    **makers.form_json(
        makers.text("name", required=True),
        makers.member("owner"),
        makers.phone("mobile", region="CN"),
        makers.text("secret"),
        makers.choice("grade", "gold", "plain"),
        title="name",
    ),
    "team": [{"key": "helper", "label": "Helper"}, {"key": "service", "label": "Service"}],
    "pool": {
        "claim": ["role:sales"],
        "per_day": 3,
        "in_all": 4,
        "cooling_days": 7,
        "fields": {"secret": "hidden"},
        "reclaim": {"after_days": 30, "warn_days": 3, "followed_up": "MAX(visits.held_on)", "exempt": "grade == 'gold'"},
    },
}
VISIT = makers.form_json(
    makers.text("no"), makers.reference("customer", "customer", many_name="visits"), makers.day("held_on"), key="visit", title="no"
)
APP = {
    "kind": "app",
    "key": "shop",
    "label": "Shop",
    "menu": [{"section": "All", "items": ["form:customer", "form:visit"]}],
    "roles": {"member": ["role:sales"], "guest": ["role:service"]},
}
EVERYTHING = ["view", "add", "edit", "delete", "import", "export"]


def permission(key: str, *for_: str, rows: str | None = None, **more: Any) -> dict[str, Any]:
    found = {"kind": "permission_set", "key": key, "label": key, "form": "customer", "for": list(for_), "actions": EVERYTHING}
    return {**found, "fields": {"*": "edit"}, **({"rows": rows} if rows else {}), **more}


@dataclass
class House:
    workspace: Workspace
    people: dict[str, Person] = field(default_factory=dict)
    now: datetime = START

    def __post_init__(self) -> None:
        self.workspace.now = lambda: self.now

    def publish(self, *bodies: dict[str, Any], by: str | None = None) -> None:
        with self.workspace.writing(self.people[by] if by else SYSTEM, "publish") as act:
            versions.publish(act, bodies)

    def later(self, **more: int) -> None:
        self.now += timedelta(**more)

    @contextmanager
    def by(self, name: str | None, writes: bool = True) -> Iterator[Act]:
        """An act of somebody with the rights they have today."""
        with self.workspace.reading(SYSTEM) as act:
            person = SYSTEM if name is None else accounts.by_id(act.connection, self.people[name].id)
        assert person is not None
        opened = self.workspace.writing(person) if writes else self.workspace.reading(person)
        with opened as act:
            yield act

    def add(self, name: str, owner: str | None = None, **values: Any) -> int:
        with self.by(None) as act:
            given = {"name": name, "mobile": "13800001111", "secret": f"secret {name}", **values}
            return gateway.create(act, "customer", {**given, "owner": self.people[owner].id if owner else None}).id

    def sees(self, name: str) -> list[str]:
        with self.by(name, writes=False) as act:
            return [each.values["name"] for each in query.page(act, "customer", sort=["id"]).records]

    def owner(self, record: int) -> int | None:
        with self.by(None, writes=False) as act:
            found = read_record(act, "customer", record)
            assert found is not None
            return found.values["owner"]

    def id(self, name: str) -> int:
        return self.people[name].id


def fill(workspace: Workspace) -> House:
    kinds.load()
    house = House(workspace)
    own = permission("own", "role:sales", rows="owner == CURRENT_USER()")
    with workspace.writing(SYSTEM, "publish") as act:
        versions.publish(act, [CUSTOMER, VISIT, APP, own])
        for name, role in PEOPLE.items():
            house.people[name] = accounts.add(act, email=f"{name}@example.com", name=name.title(), roles=(role,), password=None)
        house.people["boss"] = accounts.add(act, email="boss@example.com", name="Boss", roles=("builder",), password=None)
        act.connection.execute(person_table.update().values(language="en"))
    return house


@pytest.fixture(scope="session")
def files(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A manifest that names every file that pages of both halves ask for."""
    folder = tmp_path_factory.mktemp("dist")
    pages = [*ROOT.glob("runtime/pages/templates/**/*.html"), *ROOT.glob("builder/pages/templates/**/*.html")]
    names = {name for each in pages for name in re.findall(r"asset(?:_css)?\(['\"]([^'\"]+)", each.read_text(encoding="utf-8"))}
    (folder / "manifest.json").write_text(json.dumps({name: {"file": name, "css": f"{name}.css", "imports": []} for name in names}))
    return folder


@pytest.fixture
def visit(sqlite_house: House, files: Path, monkeypatch: pytest.MonkeyPatch) -> Callable[[str], Visitor]:
    """Signs somebody of the house in."""
    from app import create_app

    monkeypatch.setattr(passwords, "COST", {"time_cost": 1, "memory_cost": 8, "parallelism": 1})
    app = create_app(sqlite_house.workspace, dist=files)
    app.testing = True

    def sign_in(name: str) -> Visitor:
        with sqlite_house.workspace.writing(SYSTEM) as act:
            hashed = passwords.hashed(PASSWORD)
            act.connection.execute(person_table.update().where(person_table.c.id == sqlite_house.id(name)).values(password=hashed))
        return Visitor(app).sign_in(f"{name}@example.com", PASSWORD)

    return sign_in


@pytest.fixture
def house(workspace: Workspace) -> House:
    return fill(workspace)


@pytest.fixture
def sqlite_house(sqlite_workspace: Workspace) -> House:
    return fill(sqlite_workspace)
