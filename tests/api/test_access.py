"""Who may call, in which language they are answered, and what is no request at all."""

from __future__ import annotations

from typing import Any

import pytest
from flask import session
from flask_wtf.csrf import generate_csrf

from runtime.pages import identity
from runtime.people import accounts, sessions
from runtime.people.person import SYSTEM
from runtime.system.workspace import Workspace
from tests.api.caller import Caller

CUSTOMERS = "/forms/customer/records"


@pytest.mark.parametrize("token", ["", "tl_wrong"])
def test_without_a_good_token_nobody_comes_in(lite: Caller, token: str) -> None:
    lite.token = token
    for method, path in (("GET", "/me"), ("GET", "/openapi.json"), ("POST", CUSTOMERS), ("GET", CUSTOMERS)):
        answer = lite.send(method, path, {"name": "Lin"} if method == "POST" else None)
        assert (answer.status_code, answer.mimetype, answer.headers["WWW-Authenticate"]) == (401, "application/problem+json", "Bearer")


def test_me_tells_who_asks(lite: Caller, as_person: Any) -> None:
    assert {name: lite.get("/me")[name] for name in ("email", "name", "roles", "zone")} == {
        "email": "ada@example.com",
        "name": "Ada",
        "roles": ["builder", "member"],
        "zone": "Asia/Shanghai",
    }
    assert as_person("ben").get("/me")["email"] == "ben@example.com"


def test_rights_are_those_of_the_token_s_person(lite: Caller, as_person: Any) -> None:
    made = lite.post(CUSTOMERS, {"name": "Lin"})
    ben, gus = as_person("ben"), as_person("gus")
    assert ben.patch(f"{CUSTOMERS}/{made['id']}", {"name": "Li"})["updated_by"] == ben.get("/me")["id"]
    for method, path, body in (
        ("GET", CUSTOMERS, None),
        ("POST", CUSTOMERS, {"name": "Wu"}),
        ("GET", f"{CUSTOMERS}/{made['id']}", None),
        ("PATCH", f"{CUSTOMERS}/{made['id']}", {"name": "Wu"}),
        ("DELETE", f"{CUSTOMERS}/{made['id']}", None),
        ("POST", "/forms/customer/aggregate", {}),
        ("GET", "/forms/customer/schema", None),
        ("POST", "/formulas/evaluate", {"form": "customer", "formula": "1"}),
        ("GET", f"/tier-models/value/records/{made['id']}", None),
    ):
        gus.refused(method, path, body, 403)
    ben.refused("POST", "/tier-models/value/recompute", {}, 403)


def test_a_session_may_read_but_writes_only_with_the_form_token(lite: Caller, sqlite_workspace: Workspace) -> None:
    with sqlite_workspace.writing(SYSTEM) as act:
        ada = accounts.named(act.connection, "ada@example.com")
        cookie = sessions.start(act.connection, ada.id, act.now)
    client = lite.app.test_client()
    client.set_cookie(identity.COOKIE, cookie)
    assert client.get("/api/v1/me").json["email"] == "ada@example.com"
    refused = client.post("/api/v1" + CUSTOMERS, json={"name": "Lin"}, headers={"Accept-Language": "en"})
    assert refused.status_code == 400 and refused.mimetype == "application/problem+json" and "X-CSRFToken" in refused.json["detail"]
    with lite.app.test_request_context():
        token, stored = generate_csrf(), session["csrf_token"]
    with client.session_transaction() as session_of_client:
        session_of_client["csrf_token"] = stored
    assert client.post("/api/v1" + CUSTOMERS, json={"name": "Lin"}, headers={"X-CSRFToken": token}).status_code == 201


@pytest.mark.parametrize(("language", "sentence"), [("zh-CN,zh;q=0.9", "这里必填。"), ("en", "This is needed."), ("fr", "这里必填。")])
def test_problems_are_told_in_the_language_that_is_asked_for(lite: Caller, language: str, sentence: str) -> None:
    assert lite.refused("POST", CUSTOMERS, {}, Accept_Language=language) == {"name": sentence}


@pytest.mark.parametrize(
    "body",
    [
        b"",
        b"{",
        b"\xff",
        b'{"name": NaN}',
        b'{"name": "\\u0000"}',
        b'{"name": "\\ud800"}',
        b"[" * 100_000,
        b'{"name": ' + b"9" * 5_000 + b"}",
    ],
)
def test_what_is_no_json_is_400(lite: Caller, body: bytes) -> None:
    assert lite.refused("POST", CUSTOMERS, body, 400) == {}


def test_other_methods_kinds_and_sizes_are_refused(lite: Caller) -> None:
    assert lite.refused("PUT", CUSTOMERS, {"name": "Lin"}, 405) == {}
    assert set(lite.send("PUT", CUSTOMERS).headers["Allow"].split(", ")) >= {"GET", "POST"}
    assert lite.refused("POST", CUSTOMERS, b'{"name": "Lin"}', 415, Content_Type="text/plain") == {}
    assert lite.refused("POST", CUSTOMERS, b'{"name": "' + b"a" * 9 * 1024 * 1024 + b'"}', 413) == {}
    assert lite.refused("GET", "/nothing/at/all", status=404) == {}
