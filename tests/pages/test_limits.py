"""How often one may ask: by network address while signed out, by person when signed in, rarely where it costs much."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import replace
from pathlib import Path

import pytest
from flask import Flask

from runtime.pages.limits import TooOften
from runtime.people.person import Person
from runtime.system.workspace import Workspace
from tests.pages.visitor import Visitor, words

PASSWORD = "kettle boils at noon"


@pytest.fixture
def app(sqlite_workspace: Workspace, browser_files: Path) -> Iterator[Flask]:
    from app import create_app

    sqlite_workspace.settings = replace(sqlite_workspace.settings, requests_per_minute=40)
    app = create_app(sqlite_workspace, dist=browser_files)
    app.testing = True
    yield app


def ask(visitor: Visitor, path: str, times: int, **headers: str) -> list[int]:
    return [visitor.get(path, **headers).status_code for _time in range(times)]


def test_somebody_signed_out_gets_a_quarter_of_it_by_network_address(app: Flask, builder: Person):
    assert ask(Visitor(app), "/sign-in", 12) == [200] * 10 + [429] * 2
    late = Visitor(app, language="zh").get("/sign-in")  # another browser at the same address
    assert late.status_code == 429 and 1 <= int(late.headers["Retry-After"]) <= 60
    assert "请求太频繁" in words(late)


def test_a_signed_in_person_is_counted_by_who_they_are(app: Flask, signed_in: Visitor, add_person: Callable[..., Person]):
    answers = ask(signed_in, "/me", 60)
    assert answers[:35] == [200] * 35 and 429 in answers
    other = add_person("bo@example.com", "member")
    assert Visitor(app).sign_in(other.email, PASSWORD).get("/me").status_code == 200


def test_the_api_says_it_as_a_problem(app: Flask, signed_in: Visitor):
    ask(signed_in, "/me", 60)
    late = signed_in.get("/api/v1/forms")
    assert (late.status_code, late.content_type) == (429, "application/problem+json") and late.headers["Retry-After"]
    assert "too often" in late.get_json()["detail"]


def test_wrong_tokens_count_as_somebody_signed_out(app: Flask, builder: Person):
    assert 429 in ask(Visitor(app), "/api/v1/forms", 12, Authorization="Bearer nobody-has-this")


def test_letters_for_a_new_password_are_few_for_one_address(sqlite_workspace: Workspace, browser_files: Path, builder: Person):
    from app import create_app

    sqlite_workspace.settings = replace(sqlite_workspace.settings, requests_per_minute=1_000)
    visitor = Visitor(create_app(sqlite_workspace, dist=browser_files))
    found = [visitor.post("/forgot", {"email": f"a{number}@example.com"}).status_code for number in range(11)]
    assert 429 not in found[:10] and found[10] == 429
    assert visitor.get("/forgot").status_code == 200


def test_files_and_the_health_of_the_server_are_free(app: Flask, builder: Person):
    assert set(ask(Visitor(app), "/healthz", 30)) == {200}


def test_behind_a_proxy_the_visitor_counts_and_not_the_proxy(sqlite_workspace: Workspace, browser_files: Path, builder: Person):
    from app import create_app

    sqlite_workspace.settings = replace(sqlite_workspace.settings, requests_per_minute=40, proxies=1)
    app = create_app(sqlite_workspace, dist=browser_files)
    assert 429 in ask(Visitor(app), "/sign-in", 12, X_Forwarded_For="198.51.100.7")
    assert ask(Visitor(app), "/sign-in", 1, X_Forwarded_For="198.51.100.8") == [200]


def test_without_a_proxy_nobody_chooses_an_address(app: Flask, builder: Person):
    visitor = Visitor(app)
    found = [visitor.get("/sign-in", X_Forwarded_For=f"198.51.100.{number}").status_code for number in range(12)]
    assert 429 in found


def test_a_long_wait_is_told_in_minutes() -> None:
    assert str(TooOften(90)).endswith("in 90 seconds.")
    assert str(TooOften(3081)).endswith("in 52 minutes.")
