"""What browsers are asked to do for us, and what those who try something leave in the log."""

from __future__ import annotations

import logging
import re
from collections.abc import Callable, Iterator
from datetime import timedelta
from pathlib import Path

import pytest
import sqlalchemy as sa
from flask import Flask

from runtime.logs import one_line
from runtime.people.person import Person
from runtime.system.workspace import Workspace
from tests.pages.conftest import PASSWORD
from tests.pages.visitor import Visitor
from tests.support.databases import settings_for

ROOT = Path(__file__).resolve().parents[2]


@pytest.fixture
def secure(tmp_path: Path, sqlite_files, browser_files: Path) -> Iterator[Visitor]:
    """Somebody signed in where people come by https."""
    from app import create_app

    workspace = Workspace(settings_for(tmp_path, sqlite_files.copy_to(tmp_path / "secure.sqlite"), BASE_URL="https://crm.example.com"))
    visitor = Visitor(create_app(workspace, dist=browser_files))
    form = {"name": "Ada", "email": "ada@example.com", "password": PASSWORD, "workspace": "Loom", "zone": "UTC", "language": "en"}
    assert visitor.post("/setup", form).status_code == 303
    yield visitor
    workspace.engine.dispose()


def test_over_https_every_cookie_belongs_to_this_very_host(secure: Visitor):
    answers = [secure.post("/me", {"name": "Ada", "language": "zh"}), secure.post("/sign-out")]
    answers.append(secure.post("/sign-in", {"email": "ada@example.com", "password": PASSWORD}))
    cookies = [each for answer in answers for each in answer.headers.getlist("Set-Cookie")]

    assert {each.partition("=")[0] for each in cookies} >= {"__Host-tierloom_session", "__Host-tierloom_language"}
    for cookie in cookies:
        assert cookie.startswith("__Host-") and "Secure" in cookie and "Path=/" in cookie and "Domain" not in cookie
    assert secure.is_signed_in
    assert secure.client.get_cookie("__Host-tierloom_form") is not None


def test_over_https_a_year_of_https_is_asked_for_with_all_hosts_below(secure: Visitor):
    assert secure.get("/me").headers["Strict-Transport-Security"] == "max-age=31536000; includeSubDomains"


def test_signing_out_clears_the_pages_that_a_browser_kept(secure: Visitor):
    assert secure.post("/sign-out").headers["Clear-Site-Data"] == '"cache"'
    assert not secure.is_signed_in


@pytest.mark.parametrize("path", ["/api/v1/me", "/sign-in", "/reset/none", "/invite/none"])
def test_what_holds_a_secret_or_is_read_by_scripts_is_never_kept(signed_in: Visitor, path: str):
    assert signed_in.get(path).headers["Cache-Control"] == "no-store"


@pytest.mark.parametrize(("method", "path"), [("TRACE", "/sign-in"), ("TRACE", "/healthz"), ("PROPFIND", "/sign-in")])
def test_methods_that_nobody_needs_are_refused(visitor: Visitor, builder: Person, method: str, path: str):
    assert visitor.client.open(path, method=method).status_code == 405


@pytest.mark.parametrize("path", ["/static/", "/.git/config", "/static/../setup.cfg", "/static/%2e%2e/setup.cfg"])
def test_nothing_of_the_machine_is_listed_or_given(signed_in: Visitor, path: str):
    assert signed_in.get(path).status_code == 404


def test_other_sites_get_no_permission_to_read(signed_in: Visitor):
    headers = signed_in.get("/api/v1/me", Origin="https://evil.example").headers
    assert not [name for name in headers.keys() if name.lower().startswith("access-control-")]
    assert headers["Cross-Origin-Resource-Policy"] == "same-origin"


def test_a_session_in_daily_use_ends_after_ninety_days(signed_in: Visitor, sqlite_workspace: Workspace):
    start = sqlite_workspace.now()
    for day in (25, 50, 75, 89):
        sqlite_workspace.now = lambda day=day: start + timedelta(days=day)
        assert signed_in.is_signed_in
    sqlite_workspace.now = lambda: start + timedelta(days=90)
    assert not signed_in.is_signed_in


# -- the log ----------------------------------------------------------------------------------------------------------------------
def said(caplog: pytest.LogCaptureFixture) -> list[str]:
    return [each.getMessage() for each in caplog.records if each.getMessage().startswith("refused with")]


def test_who_tries_what_they_may_not_is_in_the_log(app: Flask, builder: Person, add_person: Callable, caplog: pytest.LogCaptureFixture):
    member = Visitor(app).sign_in(add_person("m@example.com", "member").email, PASSWORD)
    with caplog.at_level(logging.WARNING):
        member.get("/admin/people")
        member.post_without_token("/me", {"name": "Mallory"})
        member.post_without_token("/api/v1/forms/none/records", {})
        Visitor(app).get("/api/v1/me", Authorization="Bearer tl_wrong")
        member.get("/me")
    assert said(caplog) == [
        "refused with 403: GET /admin/people, for person 2, from 127.0.0.1",
        "refused with 400: POST /me, for person 2, from 127.0.0.1",
        "refused with 400: POST /api/v1/forms/none/records, for person 2, from 127.0.0.1",
        "refused with 401: GET /api/v1/me, for nobody, from 127.0.0.1",
    ]


def test_no_text_of_a_stranger_begins_a_line_of_the_log():
    entry = one_line(None, "warning", {"event": "page /x\nfault 1\r\x1b[2J\u2028客户"})
    assert entry["event"] == "page /x\\nfault 1\\r\\x1b[2J\\u2028客户"


def test_an_error_of_the_database_carries_no_values(sqlite_workspace: Workspace):
    with pytest.raises(sa.exc.OperationalError) as failed, sqlite_workspace.engine.connect() as connection:
        connection.execute(sa.text("INSERT INTO nowhere VALUES (:told)"), {"told": "a secret of a customer"})
    assert "secret of a customer" not in str(failed.value)


@pytest.mark.parametrize("path", ["/me", "/static/base.js", "/api/v1/me", "/nowhere"])
def test_every_answer_says_what_it_is_and_tells_other_sites_nothing(signed_in: Visitor, path: str):
    with signed_in.get(path) as answer:
        assert answer.headers["X-Content-Type-Options"] == "nosniff" and answer.headers["Referrer-Policy"] == "same-origin"
        assert "frame-ancestors 'none'" in answer.headers["Content-Security-Policy"]
        assert answer.mimetype.endswith("json") or "charset=utf-8" in answer.headers["Content-Type"]


def test_an_administrator_signs_somebody_out_everywhere(app: Flask, signed_in: Visitor, add_person: Callable):
    ning = add_person("ning@example.com", "member")
    theirs = Visitor(app).sign_in(ning.email, PASSWORD)
    signed_in.post(f"/admin/people/{ning.id}/sign-out")
    assert not theirs.is_signed_in and signed_in.is_signed_in


def test_no_view_takes_a_value_from_the_address_or_the_form_whichever_comes() -> None:
    views = [path for top in ("runtime", "builder") for path in (ROOT / top).rglob("*.py")]
    assert views and [path for path in views if re.search(r"request\.values", path.read_text(encoding="utf-8"))] == []
