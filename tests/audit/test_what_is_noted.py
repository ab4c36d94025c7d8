"""What has to be in the audit log is in it, and nothing secret is."""

from __future__ import annotations

import json
from typing import Any

import pytest
import sqlalchemy as sa

from runtime.definitions.versions import publish, restore
from runtime.people import accounts
from runtime.people.person import SYSTEM, Person
from runtime.system.tables import audit_log
from runtime.system.workspace import Workspace
from tests.makers import form_json, text
from tests.pages.conftest import PASSWORD
from tests.pages.visitor import Visitor


def noted(workspace: Workspace, *kinds: str) -> list[tuple[Any, ...]]:
    with workspace.reading(SYSTEM) as act:
        rows = act.connection.execute(sa.select(audit_log).order_by(audit_log.c.id)).all()
    return [(row.kind, row.person, row.subject, row.door, json.loads(row.payload)) for row in rows if row.kind in kinds]


def test_signing_in_and_out_and_failing_to(sqlite_workspace: Workspace, app: Any, builder: Person):
    visitor = Visitor(app)
    visitor.post("/sign-in", {"email": builder.email, "password": "wrong wrong"})
    visitor.post("/sign-in", {"email": "my password typed here", "password": "wrong wrong"})
    visitor.sign_in(builder.email, PASSWORD)
    visitor.post("/sign-out")
    own = f"person:{builder.id}"
    assert noted(sqlite_workspace, "signed_in", "signed_out", "sign_in_failed") == [
        ("sign_in_failed", 0, own, "page", {"wrong": "password"}),
        ("sign_in_failed", 0, "", "page", {"wrong": "password"}),
        ("signed_in", builder.id, own, "page", {"address": "127.0.0.1"}),
        ("signed_out", builder.id, own, "page", {}),
    ]
    with sqlite_workspace.reading(SYSTEM) as act:
        assert "typed here" not in str(act.connection.execute(sa.select(audit_log)).all())


def test_publishing_and_going_back(workspace: Workspace):
    with workspace.writing(SYSTEM) as act:
        publish(act, [form_json(text("name"))], "first")
    with workspace.writing(SYSTEM) as act:
        publish(act, [form_json(text("name"), text("city"))], "city")
    with workspace.writing(SYSTEM) as act:
        restore(act, "form", "customer", 1)
    found = [
        (kind, subject, payload["version"]) for kind, _person, subject, _door, payload in noted(workspace, "publish", "version_restored")
    ]
    assert found == [
        ("publish", "form:customer", 1), ("publish", "form:customer", 2),
        ("version_restored", "form:customer", 1), ("publish", "form:customer", 3),
    ]  # fmt: skip


@pytest.fixture
def customers(sqlite_workspace: Workspace, builder: Person) -> None:
    app = {"kind": "app", "key": "shop", "label": "Shop", "menu": [{"section": "Sales", "items": ["form:customer"]}]}
    with sqlite_workspace.writing(SYSTEM) as act:
        publish(act, [form_json(text("name")), app])


@pytest.mark.parametrize("format", ["csv", "xlsx"])
def test_taking_records_out(sqlite_workspace: Workspace, signed_in: Visitor, builder: Person, customers: None, format: str):
    assert signed_in.post("/apps/shop/customer/export?q=ann", {"format": format}).status_code == 200
    (line,) = noted(sqlite_workspace, "exported")
    assert line[:4] == ("exported", builder.id, "form:customer", "page")
    assert line[4]["format"] == format and line[4]["search"] == "ann" and line[4]["records"] == 0


def test_rights_and_passwords_without_any_secret(sqlite_workspace: Workspace, signed_in: Visitor, builder: Person, add_person: Any):
    ning = add_person("ning@example.com", "member")
    with sqlite_workspace.writing(builder) as act:
        accounts.set_roles(act, ning.id, ["member", "sales"])
        token = accounts.invite(act, ning.id)
    (line,) = noted(sqlite_workspace, "roles_changed")
    assert line[2] == f"person:{ning.id}" and line[4] == {"before": ["member"], "after": ["member", "sales"]}
    with sqlite_workspace.reading(SYSTEM) as act:
        everything = str(act.connection.execute(sa.select(audit_log)).all())
    assert token not in everything and PASSWORD not in everything
