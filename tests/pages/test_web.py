"""What every page has in common: headers, errors, who may come in."""
from __future__ import annotations

import logging
import re
from collections.abc import Callable
from pathlib import Path

import pytest
from flask import Flask, abort

from runtime.errors import NotFound, Problem, Refused, SettingsError, Stale
from runtime.pages.web import builder_only, csrf, public
from runtime.people.person import Person
from runtime.system.workspace import Workspace
from runtime.texts import _
from tests.pages.conftest import PASSWORD
from tests.pages.visitor import Visitor, words

OPEN = {"/setup", "/sign-in", "/forgot", "/healthz", "/readyz", "/metrics", "/regions.json", "/manifest.webmanifest", "/service-worker.js", "/offline"}
"""Pages without arguments that need no account; everything else asks for one."""


def raising(app: Flask, error: Exception) -> str:
    """Adds a page that fails."""
    def fail() -> str:
        raise error

    app.view_functions["account.start"] = public(fail)
    return "/"


# -- who may come in --------------------------------------------------------------------------------------------------------------
def test_every_page_without_arguments_asks_for_an_account(app: Flask, builder: Person):
    stranger = Visitor(app)
    paths = [rule.rule for rule in app.url_map.iter_rules() if "GET" in rule.methods and not rule.arguments]

    assert "/me" in paths
    for path in sorted(set(paths) - OPEN):
        answer = stranger.get(path)
        assert answer.status_code == 401 or (answer.location or "").startswith("/sign-in") or path.startswith("/api/"), path


def test_health_needs_no_account_and_works_before_the_setting_up(visitor: Visitor):
    assert visitor.get("/healthz").get_json() == {"status": "ok"}
    assert visitor.get("/readyz").get_json() == {"status": "ok"}


def test_readiness_says_when_the_database_is_away(
        app: Flask, sqlite_workspace: Workspace, monkeypatch: pytest.MonkeyPatch, tmp_path: Path):
    from runtime.system.database import open_engine

    without_tables = open_engine(f"sqlite:///{tmp_path / 'empty.sqlite'}")
    monkeypatch.setattr(sqlite_workspace, "engine", without_tables)
    assert Visitor(app).get("/readyz").status_code == 503
    without_tables.dispose()


# -- headers ------------------------------------------------------------------------------------------------------------------------
def test_the_policy_forbids_everything_from_elsewhere_and_everything_inline(visitor: Visitor):
    policy = visitor.get("/setup").headers["Content-Security-Policy"]

    nonce = re.search(r"'nonce-([\w-]{22})'", policy)[1]
    assert policy == (
        f"default-src 'none'; script-src 'self'; style-src 'self' 'nonce-{nonce}'; img-src 'self' data: blob:; font-src 'self'; "
        "connect-src 'self'; manifest-src 'self'; worker-src 'self'; form-action 'self'; base-uri 'none'; frame-ancestors 'none'; "
        "object-src 'none'; report-uri /csp-report")
    assert nonce not in visitor.get("/setup").headers["Content-Security-Policy"]


def test_pages_are_not_kept_by_shared_caches_and_their_files_are_kept_for_long(visitor: Visitor):
    assert visitor.get("/setup").headers["Cache-Control"] == "private, no-cache"
    with visitor.get("/static/base.js") as file:
        assert "max-age=31536000" in file.headers["Cache-Control"]


def test_a_blocked_thing_is_logged(visitor: Visitor, caplog: pytest.LogCaptureFixture):
    with caplog.at_level(logging.WARNING):
        answer = visitor.client.post("/csp-report", data='{"csp-report": {"blocked-uri": "inline"}}' + "x" * 10_000,
                                     content_type="application/csp-report")

    assert answer.status_code == 204
    assert "blocked-uri" in caplog.text and len(caplog.text) < 6000


def test_no_page_has_styles_or_scripts_inline():
    pages = Path(__file__).resolve().parents[2].glob("*/**/templates/**/*.html")
    for page in pages:
        text = page.read_text()
        assert not re.search(r"\sstyle=|\son[a-z]+=\"|<style|hx-on", text), page
        assert not re.search(r"<script(?![^>]*(src=|application/json))", text), page


def test_over_https_cookies_are_secure(tmp_path: Path, sqlite_files, browser_files: Path):
    from app import create_app
    from tests.support.databases import settings_for

    settings = settings_for(tmp_path, sqlite_files.copy_to(tmp_path / "secure.sqlite"), BASE_URL="https://crm.example.com")
    workspace = Workspace(settings)
    visitor = Visitor(create_app(workspace, dist=browser_files))
    answer = visitor.post("/setup", {"name": "Ada", "email": "ada@example.com", "password": PASSWORD, "workspace": "Loom", "zone": "UTC",
                                     "language": "en"})

    assert all("Secure" in each for each in answer.headers.getlist("Set-Cookie"))
    assert answer.headers["Strict-Transport-Security"]
    workspace.engine.dispose()


def test_without_browser_files_it_does_not_start(sqlite_workspace: Workspace, tmp_path: Path):
    from app import create_app

    with pytest.raises(SettingsError, match="are not built. Build them with: make assets"):
        create_app(sqlite_workspace, dist=tmp_path)


# -- errors -------------------------------------------------------------------------------------------------------------------------
@pytest.mark.parametrize(("error", "status", "en", "zh"), [
    (NotFound(_("There is no such job.")), 404, "There is no such job.", None),
    (Stale(_("This person is not known here.")), 409, "This person is not known here.", "这里没有这个人。"),
    (Refused([Problem("a", _("Choose a language from the list.")), Problem("b", _("Choose a time zone from the list."))]), 422,
     "Choose a time zone from the list.", "从列表中选择时区。"),
])
def test_what_is_refused_is_a_page_with_a_sentence_in_the_readers_language(
        app: Flask, builder: Person, error: Exception, status: int, en: str, zh: str | None):
    path = raising(app, error)

    answer = Visitor(app).get(path)
    assert answer.status_code == status and en in words(answer)
    if zh:
        assert zh in words(Visitor(app, language="zh").get(path))


def test_a_script_gets_every_problem_with_its_path(app: Flask, builder: Person):
    path = raising(app, Refused([Problem("fields/2/stars", _("Choose a language from the list."))]))

    answer = Visitor(app).get(path, Accept="application/json")

    assert answer.get_json()["errors"] == [{"path": "fields/2/stars", "message": "Choose a language from the list."}]


@pytest.mark.parametrize(("status", "sentence"), [
    (404, "There is nothing at this address."), (405, "This address cannot be used in this way."), (413, "The file is too large."),
    (418, "The browser sent something that cannot be read."),
])
def test_errors_of_the_protocol_are_sentences_too(app: Flask, builder: Person, status: int, sentence: str):
    app.view_functions["account.start"] = public(lambda: abort(status))

    answer = Visitor(app).get("/")
    assert answer.status_code == status and sentence in words(answer)


def test_an_unknown_address_is_a_page_in_both_languages(signed_in: Visitor, app: Flask):
    assert "There is nothing at this address." in words(signed_in.get("/nowhere"))
    assert "这个地址没有内容" in words(Visitor(app, language="zh").get("/nowhere"))


def test_a_fault_of_ours_gives_a_number_that_stands_in_the_log(app: Flask, builder: Person, caplog: pytest.LogCaptureFixture):
    app.testing = False
    path = raising(app, ZeroDivisionError("a secret detail"))

    answer = Visitor(app).get(path)

    number = re.search(r"Quote number ([0-9a-f]{8}) when you ask for help", words(answer))[1]
    assert answer.status_code == 500
    assert "a secret detail" not in answer.get_data(as_text=True)
    assert number in caplog.text and "ZeroDivisionError" in caplog.text


def test_a_fault_is_said_in_chinese_too(app: Flask, builder: Person):
    app.testing = False

    assert "编号" in words(Visitor(app, language="zh").get(raising(app, ZeroDivisionError())))


def test_a_fault_in_a_part_of_a_page_is_a_part_of_a_page(app: Flask, builder: Person):
    app.testing = False
    answer = Visitor(app).get(raising(app, ZeroDivisionError()), HX_Request="true")

    assert answer.status_code == 500 and "<html" not in answer.get_data(as_text=True) and "Quote number" in words(answer)


def test_what_only_builders_may_do_says_so_to_a_script(app: Flask, builder: Person, add_person: Callable):
    app.view_functions["account.start"] = builder_only(lambda: "secret")
    ning = add_person("ning@example.com", "member")

    answer = Visitor(app).sign_in(ning.email, PASSWORD).get("/", Accept="application/json")
    assert answer.status_code == 403 and answer.mimetype == "application/problem+json"


def test_doors_that_prove_themselves_otherwise_are_named_one_by_one(app: Flask):
    of_strangers = {f"runtime.pages.public_form.{name}" for name in
                    ("show", "enter", "send", "check", "started", "find", "send_file", "fetch_file")}
    of_strangers |= {f"runtime.pages.public_query.{name}" for name in ("show", "enter", "ask")}
    assert {name for name in csrf._exempt_views if name.startswith(("runtime.pages.", "runtime.api."))} <= {
        "runtime.pages.headers.csp_report", "runtime.pages.mail_decisions.show", "runtime.pages.mail_decisions.decide", "runtime.api.hooks.take", *of_strangers}


# -- start and jump -------------------------------------------------------------------------------------------------------------------
def test_without_an_app_a_member_is_told_whom_to_ask(app: Flask, builder: Person, add_person: Callable):
    ning = add_person("ning@example.com", "member")

    assert "No app is open to you yet." in words(Visitor(app).sign_in(ning.email, PASSWORD).get("/"))


@pytest.mark.parametrize("wanted", ["peo", "PEOPLE", "人员", "ry"])
def test_jump_finds_pages_in_both_languages_and_by_pinyin_initials(signed_in: Visitor, wanted: str):
    found = signed_in.get(f"/jump?q={wanted}").get_json()

    assert {"label": "People", "href": "/admin/people", "hint": "Page"} in found


def test_jump_offers_only_what_one_may_open(app: Flask, builder: Person, add_person: Callable):
    ning = add_person("ning@example.com", "member")

    found = Visitor(app).sign_in(ning.email, PASSWORD).get("/jump?q=").get_json()
    assert "/me" in [each["href"] for each in found] and "/admin/people" not in [each["href"] for each in found]
