"""A team with customers: people of several rights, an engine that settles, letters that are caught."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, field, replace
from datetime import UTC, datetime
from typing import Any

import pytest
import sqlalchemy as sa

from runtime import kinds
from runtime.automation import engine, mail
from runtime.definitions.versions import publish
from runtime.people import accounts
from runtime.people.person import SYSTEM, Person
from runtime.records import gateway
from runtime.system.tables import notification
from runtime.system.workspace import Workspace
from tests.makers import form_json, member, text
from tests.pages.conftest import app, browser_files, cheap_passwords  # noqa: F401

APP = {"kind": "app", "key": "shop", "label": "Shop", "menu": [{"section": "Work", "items": ["form:customer", "form:secret"]}],
       "roles": {"member": ["role:member"]}}  # fmt: skip
OWN = {"kind": "permission_set", "key": "own", "label": "Their own", "form": "secret", "for": ["field:owner"], "actions": ["add", "edit"],
       "fields": {"*": "edit"}}  # fmt: skip


@dataclass
class Team:
    workspace: Workspace
    moment: datetime = datetime(2026, 5, 6, 2, 0, tzinfo=UTC)
    letters: list[tuple[str, str, str]] = field(default_factory=list)
    people: dict[str, Person] = field(default_factory=dict)

    def __post_init__(self) -> None:
        self.workspace.now = lambda: self.moment
        for name, roles in (("Ada", ("builder", "member")), ("Bo", ("member",)), ("Cy", ("member",)), ("Guest", ("guest",))):
            with self.workspace.writing(SYSTEM) as act:
                self.people[name] = accounts.add(act, email=f"{name.lower()}@example.com", name=name, roles=roles, language="en")
        with self.workspace.writing(SYSTEM) as act:
            publish(act, [APP, form_json(text("name"), text("city"), member("owner"), app="shop"),
                          form_json(text("name"), member("owner"), key="secret", app="shop"), OWN])  # fmt: skip

    def __getattr__(self, name: str) -> Person:
        return self.people[name.capitalize()]

    def customer(self, by: Person, form: str = "customer", **values: Any) -> int:
        with self.workspace.writing(by) as act:
            return gateway.create(act, form, {"name": "Lin", **values}).id

    def change(self, by: Person, record: int, form: str = "customer", source: str = "form", **values: Any) -> None:
        with self.workspace.writing(by, source) as act:
            gateway.update(act, form, record, values)

    def does(self, by: Person, deed: Callable[..., Any], *given: Any, **more: Any) -> Any:
        with self.workspace.writing(by) as act:
            return deed(act, *given, **more)

    def settle(self) -> None:
        engine.settle(self.workspace)

    def told(self, person: Person, kind: str | None = None) -> list[str]:
        """The subjects of somebody's notifications."""
        with self.workspace.reading(SYSTEM) as act:
            mine = [notification.c.person == person.id, *([notification.c.kind == kind] if kind else [])]
            return list(act.connection.execute(sa.select(notification.c.subject).where(*mine).order_by(notification.c.id)).scalars())

    def forget(self) -> None:
        with self.workspace.writing(SYSTEM) as act:
            act.connection.execute(notification.delete())


@pytest.fixture(autouse=True, scope="session")
def _kinds() -> None:
    kinds.load()


@pytest.fixture
def team(workspace: Workspace, cheap_passwords: None) -> Team:  # noqa: F811
    """On each database."""
    return Team(workspace)


@pytest.fixture
def small_team(sqlite_workspace: Workspace, cheap_passwords: None) -> Team:  # noqa: F811
    """On SQLite only, for what does not depend on the database."""
    return Team(sqlite_workspace)


@pytest.fixture
def post(team: Team, monkeypatch: pytest.MonkeyPatch) -> list[tuple[str, str, str]]:
    """A mail server that keeps what it is given: (to, subject, text)."""
    team.workspace.settings = replace(team.workspace.settings, smtp_url="smtp://localhost", base_url="https://crm.example.com")
    monkeypatch.setattr(mail, "send", lambda _settings, to, subject, body, _key: team.letters.append((to, subject, body)))
    return team.letters
