"""Each request begins here: a nonce, the person behind the cookie or token, their language, the first run, the form token."""

from __future__ import annotations

import logging
import secrets

import sqlalchemy as sa
from flask import Flask, Request, Response, current_app, g, redirect, request
from werkzeug.wrappers import Response as AnyResponse

from runtime.errors import DiskFull, NotAllowed
from runtime.pages import view_as
from runtime.pages.web import NotSignedIn, csrf, is_htmx, wants_json, workspace
from runtime.people import accounts, second_factor, sessions, steps, tokens
from runtime.system import audit, database
from runtime.texts import LANGUAGES, _

COOKIE = "tierloom_session"
LANGUAGE_COOKIE = "tierloom_language"
STEP_COOKIE = "tierloom_step"
"""Binds a sign-in that is half done to the browser that began it."""
WITHOUT_SECOND_FACTOR = {
    "static",
    "profile.second_factor_page",
    "profile.switch_on",
    "sign_in.sign_out",
    "account.language",
    "headers.csp_report",
}
A_YEAR = 365 * 24 * 3600
OPEN_BEFORE_SET_UP = {
    "static",
    "account.setup",
    "account.set_up",
    "account.language",
    "health.healthz",
    "health.readyz",
    "metrics.metrics",
    "headers.csp_report",
}

log = logging.getLogger("tierloom.pages")


def install(app: Flask) -> None:
    app.before_request(begin)
    csrf.init_app(app)
    app.config["WTF_CSRF_CHECK_DEFAULT"] = False
    app.before_request(first_run)
    app.before_request(check_form_token)
    app.before_request(second_factor_first)
    app.before_request(view_as.refuse_writing)


def begin() -> None:
    g.nonce = secrets.token_urlsafe(16)
    audit.comes_by("api" if request.path.startswith("/api/") or request.authorization is not None else "page", request.remote_addr)
    g.person, g.session, g.by_token, g.scope, g.language = None, None, False, "admin", "en"
    g.viewer = None
    if request.endpoint == "static":
        return
    if request.authorization is not None and request.authorization.type == "bearer":
        _by_token(request.authorization.token or "")
    elif (token := session_token()) is not None:
        _by_cookie(token)
    g.language = _language()
    if g.session is not None:
        view_as.begin()


def first_run() -> AnyResponse | None:
    """While nobody has an account, every page leads to the setting-up."""
    if request.endpoint in OPEN_BEFORE_SET_UP or current_app.extensions.get("set_up"):
        return None
    with database.reading(workspace().engine) as connection:
        current_app.extensions["set_up"] = accounts.anybody(connection)
    if current_app.extensions["set_up"] or request.path.startswith("/api/"):
        return None
    if is_htmx():
        return Response(status=204, headers={"HX-Redirect": "/setup"})
    return redirect("/setup", 303)


def check_form_token() -> None:
    """A request that proves itself by a bearer token came from a script, not from a stranger's page."""
    methods = current_app.config["WTF_CSRF_METHODS"] if current_app.config["WTF_CSRF_ENABLED"] else ()
    if g.by_token or request.method not in methods:
        return
    view = current_app.view_functions.get(request.endpoint or "")
    if g.person is None and getattr(view, "access", "public") != "public":
        raise NotSignedIn()  # the session is over: that is what to say, not that the form token is
    csrf.protect(apply_exemptions=True)


def second_factor_first() -> AnyResponse | None:
    """Who must have a second factor and has none sets one up before anything else."""
    if g.session is None or g.session.second_factor or request.endpoint in WITHOUT_SECOND_FACTOR:
        return None
    if not second_factor.must_have_one(workspace(), g.person):
        return None
    if wants_json() or is_htmx():
        raise NotAllowed(_("Your account needs a second factor first. Set it up under My settings."))
    return redirect("/me/second-factor", 303)


def _by_token(token: str) -> None:
    g.by_token = True
    own = workspace()
    now = own.now()
    with database.reading(own.engine) as connection:
        held = tokens.held(connection, token, now)
    if held is None:
        return
    g.person, g.scope = held.person, held.scope
    if held.wants_noting:
        _beside(lambda writer: tokens.note_use(writer, token, now))


def _by_cookie(token: str) -> None:
    own = workspace()
    now = own.now()
    with database.reading(own.engine) as connection:
        session, person = accounts.of_session(connection, token, now)
    if session is None or person is None:
        return
    g.person, g.session = person, session
    if sessions.wants_sliding(session, now):
        _beside(lambda writer: sessions.slide(writer, session, now))
        g.slide_cookie = token


def _beside(write) -> None:  # type: ignore[no-untyped-def]
    """Notes a use. A busy database or a full disk must not cost the page: the next request notes it."""
    try:
        with database.writing(workspace().engine) as connection:
            write(connection)
    except (sa.exc.OperationalError, DiskFull):
        log.warning("the use of a session could not be noted", exc_info=True)


def _language() -> str:
    """The person's own, else what this browser chose, else what it speaks, else the workspace's."""
    if g.person is not None and g.person.language in LANGUAGES:
        return g.person.language
    chosen = request.cookies.get(cookie_name(LANGUAGE_COOKIE))
    if chosen in LANGUAGES:
        return chosen
    return request.accept_languages.best_match(LANGUAGES) or workspace().language


# -- the cookie -----------------------------------------------------------------------------------------------------------------
def cookie_name(name: str) -> str:
    """Over https with the prefix by which a browser takes it from this very host alone, and only over https."""
    return f"__Host-{name}" if is_secure() else name


def session_token() -> str | None:
    return request.cookies.get(cookie_name(COOKIE))


def start_session(response: AnyResponse, token: str) -> None:
    lasts = int(sessions.LASTS.total_seconds())
    response.set_cookie(cookie_name(COOKIE), token, max_age=lasts, httponly=True, samesite="Lax", secure=is_secure())


def end_session(response: AnyResponse) -> None:
    response.delete_cookie(cookie_name(COOKIE), httponly=True, samesite="Lax", secure=is_secure())


def keep_step(response: AnyResponse, token: str) -> None:
    lasts = int(steps.LASTS.total_seconds())
    response.set_cookie(cookie_name(STEP_COOKIE), token, max_age=lasts, httponly=True, samesite="Lax", secure=is_secure())


def step_of(given: Request) -> str | None:
    return given.cookies.get(cookie_name(STEP_COOKIE))


def end_step(response: AnyResponse) -> None:
    response.delete_cookie(cookie_name(STEP_COOKIE), httponly=True, samesite="Lax", secure=is_secure())


def remember_language(response: AnyResponse, language: str) -> None:
    response.set_cookie(cookie_name(LANGUAGE_COOKIE), language, max_age=A_YEAR, samesite="Lax", secure=is_secure())


def is_secure() -> bool:
    return workspace().settings.base_url.startswith("https:")
