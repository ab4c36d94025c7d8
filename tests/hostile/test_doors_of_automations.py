"""Every door of automations is shut to whoever may not come in, and takes no harm from what is sent: all of them are walked, none is named.

The doors are those of the designer with its dry runs, of the run log, of starting on picked records, of addresses for other systems and of
what these send. One more of such a route is walked without a change here.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator
from typing import Any

import pytest
import sqlalchemy as sa
from flask import Flask

from runtime import kinds
from runtime.automation import engine
from runtime.definitions import versions
from runtime.people.person import SYSTEM, Person
from runtime.records import gateway
from runtime.system import tables
from runtime.system.workspace import Workspace
from tests.automation.conftest import automation, setting
from tests.makers import form_json, number, text
from tests.pages.conftest import PASSWORD, add_person, app, browser_files, builder, cheap_passwords, signed_in
from tests.pages.visitor import Visitor

__all__ = ["add_person", "app", "browser_files", "builder", "cheap_passwords", "signed_in"]

PARTS = ("/automations/", "/-/runs", "/<form>/start", "/admin/hooks")
KEPT = (tables.automation_run, tables.definition_draft, tables.definition_version, tables.incoming_hook)
RULE = automation({"type": "selection", "form": "customer"}, setting(points="points + 1"), app="shop")
DONE = automation({"type": "record_created", "form": "customer"}, setting(points="points + 1"), key="done", app="shop")


@pytest.fixture
def shop(sqlite_workspace: Workspace, builder: Person) -> Workspace:  # noqa: F811
    kinds.load()
    apps = [{"kind": "app", "key": key, "label": key} for key in ("shop", "other")]
    with sqlite_workspace.writing(SYSTEM) as act:
        versions.publish(act, [*apps, form_json(text("name"), number("points"), app="shop"), RULE, DONE])
        versions.save_draft(act, "automation", "rule", RULE, 0)
    with sqlite_workspace.writing(SYSTEM, "form") as act:
        gateway.create(act, "customer", {"name": "Li", "points": 1})
    engine.settle(sqlite_workspace)
    return sqlite_workspace


def doors(app: Flask, here: str = "shop") -> Iterator[tuple[str, str]]:  # noqa: F811
    """(method, address) of every door, of the automation, the run and the record that there are."""
    for rule in app.url_map.iter_rules():
        if any(part in rule.rule for part in PARTS):
            given: dict[str, Any] = {"app": here, "key": "rule", "run": 1, "form": "customer", "id": 1, "record": 1, "automation": "rule"}
            with app.test_request_context():
                from flask import url_for

                address = url_for(rule.endpoint, **{name: given[name] for name in rule.arguments})
            for method in sorted((rule.methods or set()) & {"GET", "POST", "PUT", "PATCH", "DELETE"}):
                yield method, address


def kept(workspace: Workspace) -> list[Any]:
    with workspace.reading(SYSTEM) as act:
        return [[tuple(row) for row in act.connection.execute(sa.select(table))] for table in KEPT]


def go(visitor: Visitor, method: str, address: str, token: bool = True, **sent: Any) -> Any:
    headers = {**visitor.headers, **({"X-CSRFToken": visitor.form_token()} if token else {})}
    return visitor.client.open(address, method=method, headers=headers, **sent)


def test_nobody_comes_in_who_may_not(shop: Workspace, app: Flask, add_person: Callable[..., Person]) -> None:  # noqa: F811
    add_person("mia@example.com", "member")
    before, walked = kept(shop), 0
    stranger, member = Visitor(app), Visitor(app).sign_in("mia@example.com", PASSWORD)
    for method, address in doors(app):
        answers = [go(stranger, method, address), go(member, method, address, json={"draft": RULE, "record": 1, "records": [1]})]
        assert answers[0].status_code in (302, 303, 401, 403), (method, address)
        if "/runs/of/" not in address:  # what happened to a record is told to whoever may see it
            assert answers[1].status_code in (403, 404, 422), (method, address)
        assert not any(b"points" in each.data for each in answers), (method, address)
        walked += 1
    assert walked > 12 and kept(shop) == before


def test_what_another_page_sends_is_refused(shop: Workspace, app: Flask, signed_in: Visitor) -> None:  # noqa: F811
    """A page of somewhere else can send with the cookies of whoever is signed in, but not with their token."""
    before = kept(shop)
    for method, address in doors(app):
        if method != "GET":
            for wrong in ({}, {"X-CSRFToken": "a" * 91}):
                answer = signed_in.client.open(address, method=method, headers={**signed_in.headers, **wrong}, json={"draft": RULE})
                assert answer.status_code == 400, (method, address)
    assert kept(shop) == before


def test_who_designs_another_app_designs_this_one_not(shop: Workspace, app: Flask, add_person: Callable[..., Person]) -> None:  # noqa: F811
    add_person("dora@example.com", "elsewhere")
    with shop.writing(SYSTEM) as act:
        versions.publish(act, [{"kind": "app", "key": "other", "label": "other", "roles": {"builder": ["role:elsewhere"]}}])
    dora, before = Visitor(app).sign_in("dora@example.com", PASSWORD), kept(shop)
    mine = {**RULE, "key": "mine", "app": "other", "trigger": {"type": "schedule", "cron": "0 9 * * *"}, "steps": []}
    assert go(dora, "POST", "/build/other/automations/mine/words", json={"draft": mine}).status_code == 200
    for here in ("shop", "other"):
        for method, address in doors(app, here):
            if method != "GET" and address.startswith("/build/"):
                answer = go(dora, method, address, json={"draft": RULE, "record": 1, "records": [1], "period": "30", "cases": []})
                assert answer.status_code == 403, (method, address)
    assert kept(shop) == before


SENT: list[dict[str, Any]] = [
    {"data": b"{", "content_type": "application/json"},
    {"data": b"\xff\xfe\x00", "content_type": "application/json"},
    {"data": b"[" * 100_000, "content_type": "application/json"},
    {"data": b'{"draft": NaN, "record": 1e999}', "content_type": "application/json"},
    {"data": b'{"draft": {"kind": "automation", "key": "rule", "steps": "\\u0000"}}', "content_type": "application/json"},
    {"json": [1, 2, 3]},
    {"json": {"draft": {**RULE, "steps": {"a": 1}, "trigger": 5, "when": ["x"]}, "record": 1, "cases": {}, "records": "x", "period": []}},
    {"json": {"draft": {**RULE, "steps": [{"type": "for_each", "each": [None]}] * 50}, "record": 2**80, "cases": [{}] * 100}},
    {"json": {"draft": {**RULE, "when": "(" * 5_000}, "period": "-1", "record": 1}},
    {"data": {"runs": ["x", "-1", "9" * 400], "id": ["'; --", "2" * 30], "act": "\x00", "automation": "a" * 5_000}},
    {"data": b"\x00" * 3_000_000, "content_type": "application/json"},
]


def test_what_no_page_of_ours_sends_is_refused_and_breaks_nothing(shop: Workspace, app: Flask, signed_in: Visitor) -> None:  # noqa: F811
    before = kept(shop)[0]
    for method, address in doors(app):
        if method != "GET" and not address.endswith(("/renew", "/retry", "/cancel")):  # these read nothing of what is sent
            for sent in SENT:
                answer = go(signed_in, method, address, **sent)
                assert answer.status_code < 500, (method, address, str(sent)[:200])
    assert kept(shop)[0] == before
