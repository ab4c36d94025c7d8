"""Setting up, signing in and out, invitations, the own account."""
from __future__ import annotations

import re
import threading
from collections.abc import Callable
from datetime import timedelta

import pytest
from flask import Flask

from runtime.pages.agents import browser_of
from runtime.people import accounts
from runtime.people.person import SYSTEM, Person
from runtime.system.workspace import Workspace
from tests.pages.conftest import PASSWORD
from tests.pages.visitor import Visitor, words

FIRST = {"name": "Ada", "email": "Ada@Example.com", "password": PASSWORD, "workspace": "Loom & Co", "zone": "Europe/Berlin",
         "language": "en"}


# -- the first run --------------------------------------------------------------------------------------------------------------
@pytest.mark.parametrize("path", ["/", "/sign-in", "/me", "/admin/people", "/apps/retail"])
def test_while_nobody_has_an_account_every_page_leads_to_the_setting_up(visitor: Visitor, path: str):
    assert visitor.get(path).location == "/setup"


def test_setting_up_makes_the_first_builder_and_signs_in(visitor: Visitor, sqlite_workspace: Workspace):
    answer = visitor.post("/setup", FIRST)

    assert answer.status_code == 303
    assert visitor.is_signed_in
    with sqlite_workspace.reading(SYSTEM) as act:
        ada = accounts.by_email(act.connection, "ada@example.com")
    assert ada is not None and ada.name == "Ada" and ada.roles == {"builder", "member"}
    assert (sqlite_workspace.name, str(sqlite_workspace.zone), sqlite_workspace.language) == ("Loom & Co", "Europe/Berlin", "en")


def test_the_setting_up_proposes_the_time_zone_of_the_settings_and_the_language_of_the_browser(app: Flask):
    page = Visitor(app, language="zh-CN,zh;q=0.9").get("/setup").get_data(as_text=True)

    assert '<option value="Asia/Shanghai" selected>' in page
    assert re.search(r'<option value="zh"[^>]* selected>中文', page)
    assert "你的姓名" in page


@pytest.mark.parametrize(("wrong", "sentence"), [
    ({"name": " "}, "Write a name of 1 to 200 characters."),
    ({"email": "ada"}, "Write an e-mail address like ning@example.com."),
    ({"password": "short"}, "The password needs at least 10 characters; this one has 5."),
    ({"password": "password123"}, "This password is one of the first that anybody would try. Choose another one."),
    ({"password": "Ada@Example.com"}, "This password is your name or e-mail address. Choose another one."),
    ({"workspace": ""}, "Give the workspace a name, for example your company's."),
    ({"zone": "Mars/Olympus"}, "Choose a time zone from the list."),
    ({"language": "tlh"}, "Choose a language from the list."),
])
def test_what_is_wrong_stands_beside_its_field_and_what_was_typed_stays(visitor: Visitor, wrong: dict, sentence: str):
    answer = visitor.post("/setup", FIRST | wrong)

    assert answer.status_code == 422
    assert sentence in words(answer)
    assert (wrong | FIRST | wrong)["name"] in answer.get_data(as_text=True)
    assert PASSWORD not in answer.get_data(as_text=True)


def test_every_problem_of_the_setting_up_is_shown_at_once(visitor: Visitor):
    said = words(visitor.post("/setup", {"language": "en", "zone": "UTC"}))

    assert "Write a name" in said and "Write an e-mail address" in said and "The password needs" in said and "Give the workspace" in said


def test_the_second_of_two_who_set_up_is_told_that_somebody_was_quicker(app: Flask):
    Visitor(app).post("/setup", FIRST)
    late = Visitor(app)

    assert "Somebody was quicker" in words(late.post("/setup", FIRST | {"email": "eve@example.com"}))
    assert not late.is_signed_in
    assert late.get("/setup").location == "/sign-in"


# -- in and out -----------------------------------------------------------------------------------------------------------------
def test_signing_in_leads_to_the_page_that_was_asked_for(app: Flask, builder: Person):
    visitor = Visitor(app)
    assert visitor.get("/me?tab=tokens").location == "/sign-in?next=/me%3Ftab%3Dtokens"

    answer = visitor.post("/sign-in", {"email": builder.email, "password": PASSWORD, "next": "/me?tab=tokens"})

    assert answer.location == "/me?tab=tokens"
    assert visitor.is_signed_in


def test_the_cookie_is_out_of_reach_of_scripts_and_of_other_sites(app: Flask, builder: Person):
    answer = Visitor(app).post("/sign-in", {"email": builder.email, "password": PASSWORD})
    cookie = next(each for each in answer.headers.getlist("Set-Cookie") if each.startswith("tierloom_session="))

    assert "HttpOnly" in cookie and "SameSite=Lax" in cookie and "Max-Age=2592000" in cookie
    assert "Secure" not in cookie  # this workspace is served over http


def test_the_database_does_not_have_the_token_of_the_cookie(app: Flask, builder: Person, sqlite_workspace: Workspace):
    visitor = Visitor(app).sign_in(builder.email, PASSWORD)
    token = visitor.client.get_cookie("tierloom_session").value

    with sqlite_workspace.engine.connect() as connection:
        rows = connection.exec_driver_sql("SELECT * FROM person_session").all()
    assert rows and token not in str(rows)


def test_an_e_mail_address_may_be_typed_in_capitals(app: Flask, builder: Person):
    assert Visitor(app).sign_in(" ADA@example.COM ", PASSWORD).is_signed_in


@pytest.mark.parametrize(("email", "password"), [("ada@example.com", "wrong password"), ("nobody@example.com", PASSWORD), ("", "")])
def test_a_wrong_password_and_an_unknown_address_get_the_same_answer(app: Flask, builder: Person, email: str, password: str):
    answer = Visitor(app).post("/sign-in", {"email": email, "password": password})

    assert answer.status_code == 401
    assert "The e-mail address and the password do not belong together." in words(answer)


def test_signing_out_ends_the_session_for_good(signed_in: Visitor):
    token = signed_in.client.get_cookie("tierloom_session").value

    assert signed_in.post("/sign-out").location == "/sign-in"
    signed_in.client.set_cookie("tierloom_session", token)
    assert not signed_in.is_signed_in


def test_a_session_slides_on_with_use_and_ends_after_thirty_quiet_days(signed_in: Visitor, sqlite_workspace: Workspace):
    start = sqlite_workspace.now()

    sqlite_workspace.now = lambda: start + timedelta(days=29)
    assert signed_in.is_signed_in
    sqlite_workspace.now = lambda: start + timedelta(days=58)
    assert signed_in.is_signed_in
    sqlite_workspace.now = lambda: start + timedelta(days=89)
    assert not signed_in.is_signed_in


def test_who_is_switched_off_is_signed_out_at_once(app: Flask, builder: Person, add_person: Callable, signed_in: Visitor):
    ning = add_person("ning@example.com", "member")
    visitor = Visitor(app).sign_in(ning.email, PASSWORD)

    signed_in.post(f"/admin/people/{ning.id}/deactivate")

    assert not visitor.is_signed_in
    assert visitor.post("/sign-in", {"email": ning.email, "password": PASSWORD}).status_code == 401


@pytest.mark.parametrize("address", [
    "https://evil.example/", "//evil.example", "/\\evil.example", "\\\\evil.example", "javascript:alert(1)", "/\t/evil.example", "", "me",
    "///evil.example", "/%0d%0aSet-Cookie:a=b\r\nX: y",
])
def test_signing_in_leads_to_no_other_site(app: Flask, builder: Person, address: str):
    answer = Visitor(app).post("/sign-in", {"email": builder.email, "password": PASSWORD, "next": address})

    assert answer.location == "/"


def test_after_five_misses_one_has_to_wait_even_with_the_right_password(app: Flask, builder: Person, sqlite_workspace: Workspace):
    visitor, start = Visitor(app), sqlite_workspace.now()
    sqlite_workspace.now = lambda: start
    for _miss in range(5):
        visitor.post("/sign-in", {"email": builder.email, "password": "wrong password"})

    answer = visitor.post("/sign-in", {"email": builder.email, "password": PASSWORD})
    assert answer.status_code == 429
    assert "There were too many attempts to sign in. Try again in a second." in words(answer)

    sqlite_workspace.now = lambda: start + timedelta(seconds=2)
    assert visitor.sign_in(builder.email, PASSWORD).is_signed_in


# -- form tokens, scripts, languages ----------------------------------------------------------------------------------------------
def test_a_form_without_its_token_is_refused_with_a_sentence(signed_in: Visitor):
    answer = signed_in.post_without_token("/me", {"name": "Eve"})

    assert answer.status_code == 400
    assert "This page was open for too long, so nothing was saved." in words(answer)
    assert "Ada" in words(signed_in.get("/me"))


def test_a_form_sent_after_the_session_ended_is_told_to_sign_in_not_that_its_token_is_wrong(visitor: Visitor, builder: Person):
    assert visitor.post_without_token("/me", {"name": "Eve"}).status_code == 401


def test_a_part_of_a_page_asked_for_without_a_session_is_401(visitor: Visitor, builder: Person):
    answer = visitor.get("/me", HX_Request="true")

    assert answer.status_code == 401
    assert "Sign in to go on." in words(answer)
    assert "<html" not in answer.get_data(as_text=True)


def test_a_script_without_a_session_gets_a_problem_document(visitor: Visitor, builder: Person):
    answer = visitor.get("/me", Accept="application/json")

    assert answer.status_code == 401
    assert answer.mimetype == "application/problem+json"
    assert answer.get_json()["detail"] == "Sign in to go on."


def test_a_script_signs_in_and_is_told_where_to_go(visitor: Visitor, builder: Person):
    answer = visitor.post("/sign-in", {"email": builder.email, "password": PASSWORD, "next": "/me"}, Accept="application/json")

    assert answer.get_json() == {"href": "/me"}
    assert visitor.is_signed_in


def test_the_own_language_counts_before_that_of_the_browser(app: Flask, builder: Person):
    visitor = Visitor(app, language="en").sign_in(builder.email, PASSWORD)
    visitor.post("/language", {"language": "zh", "next": "/me"})

    assert "我的账号" in visitor.get("/me").get_data(as_text=True)
    elsewhere = Visitor(app, language="en").sign_in(builder.email, PASSWORD)
    assert "我的账号" in elsewhere.get("/me").get_data(as_text=True)


def test_a_visitor_without_an_account_may_choose_the_language_of_the_sign_in_page(app: Flask, builder: Person):
    visitor = Visitor(app, language="en")

    answer = visitor.post("/language", {"language": "zh", "next": "/sign-in?next=/me"})

    assert answer.location == "/sign-in?next=/me"
    assert "登录" in words(visitor.get("/sign-in"))


def test_a_browser_of_neither_language_gets_the_workspaces(app: Flask, sqlite_workspace: Workspace):
    Visitor(app).post("/setup", FIRST | {"language": "zh"})

    assert "登录" in words(Visitor(app, language="fr").get("/sign-in"))


# -- invitations ----------------------------------------------------------------------------------------------------------------
def invitation_from(answer) -> str:
    return re.search(r"/invite/[\w-]+", answer.get_data(as_text=True))[0]


def test_an_invited_person_sets_a_password_and_is_signed_in(app: Flask, signed_in: Visitor):
    link = invitation_from(signed_in.post("/admin/people", {"name": "Ning", "email": "ning@example.com", "roles": ["member"]}))
    ning = Visitor(app)

    assert "Choose a password for ning@example.com." in words(ning.get(link))
    assert ning.post(link, {"password": "a river in the fog"}).location == "/"
    assert ning.is_signed_in
    assert Visitor(app).sign_in("ning@example.com", "a river in the fog").is_signed_in


def test_an_invitation_works_once(app: Flask, signed_in: Visitor):
    link = invitation_from(signed_in.post("/admin/people", {"name": "Ning", "email": "ning@example.com", "roles": ["member"]}))
    Visitor(app).post(link, {"password": "a river in the fog"})

    answer = Visitor(app).post(link, {"password": "another river in fog"})

    assert answer.status_code == 404
    assert "This invitation was used or is more than seven days old. Ask for a new one." in words(answer)


def test_an_invitation_works_for_seven_days(app: Flask, signed_in: Visitor, sqlite_workspace: Workspace):
    link = invitation_from(signed_in.post("/admin/people", {"name": "Ning", "email": "ning@example.com", "roles": ["member"]}))
    start = sqlite_workspace.now()

    sqlite_workspace.now = lambda: start + timedelta(days=6, hours=23)
    assert Visitor(app).get(link).status_code == 200
    sqlite_workspace.now = lambda: start + timedelta(days=7, hours=1)
    assert Visitor(app).get(link).status_code == 404


def test_a_weak_password_does_not_use_the_invitation_up(app: Flask, signed_in: Visitor):
    link = invitation_from(signed_in.post("/admin/people", {"name": "Ning", "email": "ning@example.com", "roles": ["member"]}))

    assert Visitor(app).post(link, {"password": "short"}).status_code == 422
    assert Visitor(app).get(link).status_code == 200


# -- the own account --------------------------------------------------------------------------------------------------------------
def test_one_changes_the_own_name(signed_in: Visitor):
    signed_in.post("/me", {"name": "Ada Lovelace", "language": ""})

    assert "Ada Lovelace" in words(signed_in.get("/me"))


def test_a_new_password_needs_the_present_one_and_signs_other_browsers_out(app: Flask, builder: Person, signed_in: Visitor):
    other = Visitor(app).sign_in(builder.email, PASSWORD)

    refused = signed_in.post("/me/password", {"present": "guess", "password": "thread and needle"})
    assert "This is not the present password." in words(refused)
    assert signed_in.post("/me/password", {"present": PASSWORD, "password": "thread and needle"}).status_code == 303

    assert signed_in.is_signed_in and not other.is_signed_in
    assert Visitor(app).sign_in(builder.email, "thread and needle").is_signed_in


def test_one_sees_the_own_sessions_and_ends_one_of_them(app: Flask, builder: Person, signed_in: Visitor):
    phone = Visitor(app, agent="Phone").sign_in(builder.email, PASSWORD)
    page = signed_in.get("/me")
    assert "Phone" in words(page) and "this browser" in words(page)

    signed_in.post(re.search(r"/me/sessions/\w{64}/end", page.get_data(as_text=True))[0])

    assert signed_in.is_signed_in and not phone.is_signed_in


@pytest.mark.parametrize("others", [False, True])
def test_later_on_ending_a_session_asks_for_the_password(
    app: Flask, builder: Person, signed_in: Visitor, sqlite_workspace: Workspace, others: bool
):
    phone = Visitor(app, agent="Phone").sign_in(builder.email, PASSWORD)
    assert 'name="session_password"' not in signed_in.get("/me").text
    now = sqlite_workspace.now()
    sqlite_workspace.now = lambda: now + timedelta(minutes=11)
    page = signed_in.get("/me").text
    end = "/me/sessions/end-others" if others else re.search(r"/me/sessions/\w{64}/end", page)[0]

    assert 'name="session_password"' in page
    assert "This is not the present password." in words(signed_in.post(end, {"session_password": "guess"})) and phone.is_signed_in
    signed_in.post(end, {"session_password": PASSWORD})
    assert signed_in.is_signed_in and not phone.is_signed_in


@pytest.mark.parametrize(("agent", "words"), [
    ("Mozilla/5.0 (X11; Linux x86_64) AppleWebKit/537.36 (KHTML, like Gecko) Chrome/140.0.0.0 Safari/537.36", "Chrome, Linux"),
    ("Mozilla/5.0 (Windows NT 10.0; Win64; x64) AppleWebKit/537.36 Chrome/140.0 Safari/537.36 Edg/140.0", "Edge, Windows"),
    ("Mozilla/5.0 (iPhone; CPU iPhone OS 18_0 like Mac OS X) AppleWebKit/605 Version/18.0 Mobile Safari/604.1", "Safari, iPhone"),
    ("Mozilla/5.0 (Linux; Android 15) AppleWebKit/537.36 Chrome/126.0 Mobile Safari/537.36 MicroMessenger/8.0.50", "WeChat, Android"),
    ("curl/8.5.0", "curl/8.5.0"), ("", ""),
])
def test_a_browser_is_named_in_words_that_people_know(agent: str, words: str):
    assert browser_of(agent) == words


def test_nobody_ends_the_session_of_somebody_else(app: Flask, builder: Person, signed_in: Visitor, add_person: Callable):
    ning = add_person("ning@example.com", "member")
    Visitor(app, agent="Phone").sign_in(builder.email, PASSWORD)
    end = re.search(r"/me/sessions/\w{64}/end", signed_in.get("/me").get_data(as_text=True))[0]

    Visitor(app).sign_in(ning.email, PASSWORD).post(end)

    assert "Phone" in words(signed_in.get("/me"))


def test_a_token_is_shown_once_and_works_until_it_is_revoked(app: Flask, signed_in: Visitor):
    answer = signed_in.post("/me/tokens", {"token_name": "stock sync", "days": "30"})
    token = re.search(r"tl_[\w-]{43}", answer.get_data(as_text=True))[0]
    assert answer.headers["Cache-Control"] == "no-store"
    page = signed_in.get("/me")
    assert "stock sync" in words(page) and token not in page.get_data(as_text=True)

    script = Visitor(app)
    assert script.get("/me", Authorization=f"Bearer {token}").status_code == 200
    signed_in.post(re.search(r"/me/tokens/\d+/revoke", page.get_data(as_text=True))[0])
    assert script.get("/me", Authorization=f"Bearer {token}", Accept="application/json").status_code == 401


def test_a_bearer_token_needs_no_form_token_and_a_wrong_one_does_not_fall_back_to_the_cookie(signed_in: Visitor):
    answer = signed_in.post("/me/tokens", {"token_name": "stock sync", "days": ""})
    token = re.search(r"tl_[\w-]{43}", answer.get_data(as_text=True))[0]

    assert signed_in.post_without_token("/me", {"name": "Ada", "language": ""}, Authorization=f"Bearer {token}").status_code == 303
    assert signed_in.post_without_token("/me", {"name": "Eve", "language": ""}, Authorization="Bearer tl_wrong").status_code == 401


@pytest.mark.parametrize("days", ["0", "-1", "99999999", "many"])
def test_a_token_is_good_for_one_day_to_ten_years(signed_in: Visitor, days: str):
    assert "A token is good for 1 to 3650 days." in words(signed_in.post("/me/tokens", {"token_name": "stock sync", "days": days}))


def test_two_browsers_may_sign_in_at_once(app: Flask, builder: Person):
    answers: list[int] = []

    def come() -> None:
        answers.append(Visitor(app).post("/sign-in", {"email": builder.email, "password": PASSWORD}).status_code)

    threads = [threading.Thread(target=come) for _number in range(4)]
    for each in threads:
        each.start()
    for each in threads:
        each.join()
    assert answers == [303] * 4
