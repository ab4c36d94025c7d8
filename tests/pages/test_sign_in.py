"""Signing in beyond the password: second factor, fixation, a forgotten password, what API tokens may."""

from __future__ import annotations

import json
import logging
import re
from collections.abc import Callable
from dataclasses import replace
from datetime import timedelta
from urllib.parse import urlsplit

import pyotp
import pytest
import sqlalchemy as sa
from flask import Flask

from runtime.people import accounts, second_factor, tokens
from runtime.people.person import SYSTEM, Person
from runtime.system.secrets import unseal
from runtime.system.tables import job
from runtime.system.tables import person as person_table
from runtime.system.workspace import Workspace
from tests.pages.conftest import PASSWORD
from tests.pages.visitor import Visitor, words


# -- the second factor ------------------------------------------------------------------------------------------------------------
@pytest.fixture
def secret(signed_in: Visitor) -> str:
    """The builder has a second factor, set up on the page."""
    page = signed_in.get("/me/second-factor").get_data(as_text=True)
    secret = re.search(r'name="secret" value="(\w{32})"', page)[1]
    answer = signed_in.post("/me/second-factor", {"secret": secret, "code": pyotp.TOTP(secret).now(), "factor_password": PASSWORD})
    assert answer.status_code == 200 and answer.headers["Cache-Control"] == "no-store"
    signed_in.codes = re.findall(r"<code>([a-z0-9]{6}(?:-[a-z0-9]{6}){3})</code>", answer.get_data(as_text=True))
    return secret


def later(workspace: Workspace, seconds: int) -> None:
    now = workspace.now()
    workspace.now = lambda: now + timedelta(seconds=seconds)


def test_the_password_alone_opens_nothing_once_there_is_a_second_factor(
    app: Flask, builder: Person, secret: str, sqlite_workspace: Workspace
):
    visitor = Visitor(app)

    assert visitor.post("/sign-in", {"email": builder.email, "password": PASSWORD, "next": "/me"}).location == "/sign-in/code"
    assert not visitor.is_signed_in
    later(sqlite_workspace, 60)
    code = pyotp.TOTP(secret).at(sqlite_workspace.now())
    assert visitor.post("/sign-in/code", {"code": code}).location == "/me"
    assert visitor.is_signed_in


def test_a_code_seen_over_the_shoulder_does_not_work_a_second_time(app: Flask, builder: Person, secret: str, sqlite_workspace: Workspace):
    later(sqlite_workspace, 60)
    code = pyotp.TOTP(secret).at(sqlite_workspace.now())
    for visitor, status in ((Visitor(app), 303), (Visitor(app), 422)):
        visitor.post("/sign-in", {"email": builder.email, "password": PASSWORD})
        assert visitor.post("/sign-in/code", {"code": code}).status_code == status


def test_a_recovery_code_opens_once(app: Flask, builder: Person, signed_in: Visitor, secret: str):
    for status in (303, 422):
        visitor = Visitor(app)
        visitor.post("/sign-in", {"email": builder.email, "password": PASSWORD})
        assert visitor.post("/sign-in/code", {"code": signed_in.codes[0]}).status_code == status


def test_guessing_codes_gets_slower_as_guessing_passwords_does(app: Flask, builder: Person, secret: str, caplog: pytest.LogCaptureFixture):
    visitor = Visitor(app)
    visitor.post("/sign-in", {"email": builder.email, "password": PASSWORD})
    answers = [visitor.post("/sign-in/code", {"code": "000000"}).status_code for _guess in range(6)]

    assert answers[0] == 422 and answers[-1] == 429
    assert any("wrong or used second factor" in each.message for each in caplog.records)


@pytest.mark.parametrize("cookie", [None, "guessed"])
def test_a_code_without_a_password_before_it_is_nothing(app: Flask, builder: Person, secret: str, cookie: str | None):
    visitor = Visitor(app)
    if cookie:
        visitor.client.set_cookie("tierloom_step", cookie, path="/sign-in")

    answer = visitor.post("/sign-in/code", {"code": pyotp.TOTP(secret).now()})
    assert answer.status_code == 401 and "Sign in once more." in words(answer)


def test_the_step_to_the_code_ends_after_ten_minutes(app: Flask, builder: Person, secret: str, sqlite_workspace: Workspace):
    visitor = Visitor(app)
    visitor.post("/sign-in", {"email": builder.email, "password": PASSWORD})
    later(sqlite_workspace, 660)

    assert visitor.post("/sign-in/code", {"code": pyotp.TOTP(secret).at(sqlite_workspace.now())}).status_code == 401


def test_a_script_is_told_that_the_second_factor_needs_a_page(app: Flask, builder: Person, secret: str):
    answer = Visitor(app).post("/sign-in", {"email": builder.email, "password": PASSWORD}, Accept="application/json")

    assert answer.status_code == 401 and "has a second factor" in answer.get_json()["detail"]


def test_switching_it_off_asks_for_the_password(app: Flask, builder: Person, signed_in: Visitor, secret: str):
    assert "This is not the present password." in words(signed_in.post("/me/second-factor/off", {"factor_password": "guess"}))
    assert signed_in.post("/me/second-factor/off", {"factor_password": PASSWORD}).status_code == 303
    assert Visitor(app).sign_in(builder.email, PASSWORD).is_signed_in


def test_setting_it_up_asks_for_the_password_first(app: Flask, builder: Person, signed_in: Visitor):
    secret = second_factor.new_secret()
    given = {"secret": secret, "code": pyotp.TOTP(secret).now()}
    assert "This is not the present password." in words(signed_in.post("/me/second-factor", {**given, "factor_password": "guess"}))
    assert signed_in.post("/me/second-factor", given).status_code == 422
    assert Visitor(app).sign_in(builder.email, PASSWORD).is_signed_in


def test_who_has_no_password_proves_it_by_having_just_signed_in(
    app: Flask, builder: Person, signed_in: Visitor, sqlite_workspace: Workspace
):
    with sqlite_workspace.writing(SYSTEM) as act:
        act.connection.execute(person_table.update().values(password=None))
    secret = second_factor.new_secret()
    later(sqlite_workspace, 660)
    given = {"secret": secret, "code": pyotp.TOTP(secret).at(sqlite_workspace.now())}
    assert "Sign out and in again" in words(signed_in.post("/me/second-factor", given))
    later(sqlite_workspace, -660)
    given["code"] = pyotp.TOTP(secret).at(sqlite_workspace.now())
    assert signed_in.post("/me/second-factor", given).status_code == 200


def test_who_must_have_one_sets_it_up_before_anything_else(signed_in: Visitor, sqlite_workspace: Workspace):
    assert signed_in.post("/admin/people/sign-in", {"rule": "builders"}).status_code == 303

    assert signed_in.get("/admin/people").location == "/me/second-factor"
    assert signed_in.get("/api/v1/me").status_code == 403
    assert "must have a second factor" in words(signed_in.get("/me/second-factor"))
    secret = second_factor.new_secret()
    signed_in.post("/me/second-factor", {"secret": secret, "code": pyotp.TOTP(secret).now(), "factor_password": PASSWORD})
    assert signed_in.get("/admin/people").status_code == 200


def test_an_administrator_switches_it_off_for_somebody_who_lost_the_phone(
    app: Flask, signed_in: Visitor, add_person: Callable, sqlite_workspace: Workspace
):
    ning, secret = add_person("ning@example.com", "member"), second_factor.new_secret()
    with sqlite_workspace.writing(ning) as act:
        second_factor.switch_on(act, secret, pyotp.TOTP(secret).at(act.now))

    signed_in.post(f"/admin/people/{ning.id}/second-factor/off")
    assert Visitor(app).sign_in(ning.email, PASSWORD).is_signed_in


# -- fixation, guessed ids ----------------------------------------------------------------------------------------------------------
def test_a_session_planted_before_signing_in_is_not_the_one_after_it(app: Flask, builder: Person, add_person: Callable):
    eve = add_person("eve@example.com", "member")
    planted = Visitor(app).sign_in(eve.email, PASSWORD).client.get_cookie("tierloom_session").value
    victim = Visitor(app)
    victim.client.set_cookie("tierloom_session", planted)

    victim.post("/sign-in", {"email": builder.email, "password": PASSWORD})

    assert victim.client.get_cookie("tierloom_session").value != planted
    thief = Visitor(app)
    thief.client.set_cookie("tierloom_session", planted)
    assert not thief.is_signed_in


def test_signing_in_and_out_leaves_a_trail_without_secrets(app: Flask, builder: Person, caplog: pytest.LogCaptureFixture):
    with caplog.at_level(logging.WARNING, "tierloom.people"):
        Visitor(app).post("/sign-in", {"email": builder.email, "password": "not the right one"})

    said = " ".join(each.getMessage() for each in caplog.records)
    assert f"person {builder.id}" in said and "not the right one" not in said


@pytest.mark.parametrize("path", ["", "/invite", "/roles", "/deactivate", "/reactivate", "/sign-out", "/second-factor/off"])
def test_a_guessed_person_is_not_found(signed_in: Visitor, path: str):
    answer = signed_in.post(f"/admin/people/999999{path}", {"name": "X", "roles": ["member"]})

    assert answer.status_code == 404 and "This person is not known here." in words(answer)


def test_the_open_page_of_somebody_who_was_switched_off_saves_nothing(
    app: Flask, signed_in: Visitor, add_person: Callable, sqlite_workspace: Workspace
):
    ning = add_person("ning@example.com", "member")
    visitor = Visitor(app).sign_in(ning.email, PASSWORD)
    assert visitor.get("/me").status_code == 200
    signed_in.post(f"/admin/people/{ning.id}/deactivate")

    answer = visitor.post("/me", {"name": "Still here", "language": ""})

    assert answer.status_code == 401 and "Sign in to go on." in words(answer)
    with sqlite_workspace.reading(SYSTEM) as act:
        assert accounts.by_id(act.connection, ning.id).name == "Ning"


# -- a forgotten password -----------------------------------------------------------------------------------------------------------
@pytest.fixture
def links_sent(sqlite_workspace: Workspace) -> Callable[[], list[str]]:
    """A workspace that sends mail; gives the links that wait to be sent."""
    sqlite_workspace.settings = replace(sqlite_workspace.settings, smtp_url="smtp://127.0.0.1:9")

    def links() -> list[str]:
        with sqlite_workspace.engine.connect() as connection:
            payloads = connection.execute(sa.select(job.c.payload).where(job.c.kind == "letter").order_by(job.c.id)).scalars().all()
        return [unseal(sqlite_workspace.settings.secret_key, json.loads(each)["link"]) for each in payloads]

    return links


@pytest.fixture
def mailing(links_sent: Callable[[], list[str]]) -> Callable[[], list[str]]:
    """The paths of these links."""
    return lambda: [urlsplit(each).path for each in links_sent()]


def test_a_forgotten_password_is_set_anew_by_a_link(app: Flask, builder: Person, signed_in: Visitor, mailing: Callable):
    visitor = Visitor(app)
    visitor.post("/forgot", {"email": "ADA@example.com"})
    [link] = mailing()

    assert "For ada@example.com." in words(visitor.get(link))
    assert visitor.post(link, {"password": "short"}).status_code == 422
    assert visitor.post(link, {"password": "a river in the fog"}).location == "/sign-in"
    assert not visitor.is_signed_in and not signed_in.is_signed_in
    assert Visitor(app).sign_in(builder.email, "a river in the fog").is_signed_in


def test_the_letter_leads_to_this_house_whatever_the_request_calls_it(app: Flask, builder: Person, links_sent: Callable, mailing: Callable):
    app.config["WTF_CSRF_ENABLED"] = False  # a stranger who names another host gets a form token for it too
    Visitor(app).post("/forgot", {"email": builder.email}, Host="evil.example")

    assert links_sent()[0].startswith("http://127.0.0.1:8000/reset/")


def test_a_link_for_a_new_password_works_once_for_an_hour_and_only_the_newest(
    app: Flask, builder: Person, mailing: Callable, sqlite_workspace: Workspace
):
    visitor = Visitor(app)
    for _time in range(2):
        visitor.post("/forgot", {"email": builder.email})
    first, second = mailing()

    assert visitor.get(first).status_code == 404
    assert visitor.post(second, {"password": "a river in the fog"}).status_code == 303
    answer = visitor.post(second, {"password": "another river in fog"})
    assert answer.status_code == 404 and "This link was used or is more than an hour old." in words(answer)
    visitor.post("/forgot", {"email": builder.email})
    later(sqlite_workspace, 3700)
    assert visitor.get(mailing()[-1]).status_code == 404


def test_the_answer_does_not_tell_whether_somebody_has_the_address(app: Flask, builder: Person, mailing: Callable):
    known = words(Visitor(app).post("/forgot", {"email": builder.email}))
    unknown = words(Visitor(app).post("/forgot", {"email": "nobody@example.com"}))

    assert known.replace(builder.email, "…") == unknown.replace("nobody@example.com", "…")
    assert len(mailing()) == 1


def test_a_mailbox_is_not_flooded(app: Flask, builder: Person, mailing: Callable):
    answers = [Visitor(app).post("/forgot", {"email": builder.email}).status_code for _time in range(7)]

    assert answers[-1] == 429 and len(mailing()) == 5


def test_without_mail_one_is_told_whom_to_ask(app: Flask, builder: Person):
    assert "This workspace sends no mail." in words(Visitor(app).get("/forgot"))


def test_the_waiting_letter_does_not_hold_the_link_in_the_clear(
    app: Flask, builder: Person, mailing: Callable, sqlite_workspace: Workspace
):
    Visitor(app).post("/forgot", {"email": builder.email})

    with sqlite_workspace.engine.connect() as connection:
        assert "/reset/" not in str(connection.execute(sa.select(job)).all())


# -- what API tokens may --------------------------------------------------------------------------------------------------------------
@pytest.fixture
def token(sqlite_workspace: Workspace, builder: Person) -> Callable[[str], str]:
    def make(scope: str) -> str:
        with sqlite_workspace.writing(builder) as act:
            return "Bearer " + tokens.create(act, builder, "script", scope=scope)

    return make


def test_a_token_that_may_read_changes_nothing(app: Flask, builder: Person, token: Callable):
    script, key = Visitor(app), token("read")

    assert script.get("/api/v1/me", Authorization=key).status_code == 200
    answer = script.post_without_token("/me", {"name": "Eve", "language": ""}, Authorization=key)
    assert answer.status_code == 403 and "This API token may only read." in words(answer)


def test_a_token_below_admin_does_not_administer(app: Flask, builder: Person, token: Callable):
    script = Visitor(app)

    assert script.get("/admin/people", Authorization=token("write")).status_code == 403
    assert script.get("/admin/people", Authorization=token("admin")).status_code == 200
    assert script.get("/api/v1/me", Authorization=token("write")).get_json()["roles"] == ["member"]


@pytest.mark.parametrize("path", ["/me/tokens", "/me/password", "/me/second-factor", "/me/sessions/end-others", "/me/second-factor/off"])
def test_a_token_does_not_touch_what_guards_the_account(app: Flask, builder: Person, token: Callable, path: str):
    answer = Visitor(app).post_without_token(path, {"token_name": "another", "scope": "admin"}, Authorization=token("admin"))

    assert answer.status_code == 403 and "not with an API token" in words(answer)


def test_an_unknown_scope_is_refused(signed_in: Visitor):
    assert "Choose what the token may do" in words(signed_in.post("/me/tokens", {"token_name": "x", "days": "30", "scope": "root"}))


# -- the own time zone ----------------------------------------------------------------------------------------------------------------
def test_one_chooses_a_time_zone(signed_in: Visitor, sqlite_workspace: Workspace, builder: Person):
    assert signed_in.post("/me", {"name": "Ada", "language": "", "zone": "Europe/Berlin"}).status_code == 303
    assert '<option value="Europe/Berlin" selected>' in signed_in.get("/me").get_data(as_text=True)
    assert "Choose a time zone from the list." in words(signed_in.post("/me", {"name": "Ada", "language": "", "zone": "Mars/Olympus"}))
