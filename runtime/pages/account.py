"""Setting up, signing in and out, the own account, and the start page."""
from __future__ import annotations

from flask import Blueprint, current_app, g, redirect, render_template, request
from werkzeug.wrappers import Response as AnyResponse

from runtime.errors import NotFound, Problem, Refused, TierloomError
from runtime.pages import shell
from runtime.pages.identity import COOKIE, end_session, remember_language, start_session
from runtime.pages.reader import say
from runtime.pages.time_zones import zones_by_region
from runtime.pages.web import done, go_to, local_path, public, reading, signed_in, wants_json, workspace, writing
from runtime.people import accounts, passwords, sessions, throttle, tokens
from runtime.people.person import SYSTEM, Person
from runtime.system import database
from runtime.texts import LANGUAGES, _

blueprint = Blueprint("account", __name__)

NAMES_OF_LANGUAGES = {"zh": "中文", "en": "English"}


class WrongPassword(TierloomError):
    status = 401

    def __init__(self) -> None:
        super().__init__(_("The e-mail address and the password do not belong together."))


# -- start ----------------------------------------------------------------------------------------------------------------------
@blueprint.get("/")
@signed_in
def start() -> str | AnyResponse:
    with reading() as act:
        apps = shell.apps_of(g.person, act.catalogue)
        cards = [{"label": app.label, "summary": app.summary, "icon": app.icon or "apps", "href": shell.app_href(app)} for app in apps]
    if not cards and g.person.is_builder and shell.has_page("/templates"):
        return redirect("/templates", 303)
    return render_template("start.html", cards=cards)


# -- the first run --------------------------------------------------------------------------------------------------------------
@blueprint.get("/setup")
@public
def setup() -> str | AnyResponse:
    with database.reading(workspace().engine) as connection:
        if accounts.anybody(connection):
            return redirect("/sign-in", 303)
    return _setup_page({"zone": workspace().settings.timezone, "language": g.language})


@blueprint.post("/setup")
@public
def set_up() -> str | AnyResponse | tuple[str, int]:
    given = request.form
    try:
        with workspace().writing(SYSTEM) as act:
            first = accounts.set_up(
                act, email=given.get("email", ""), name=given.get("name", ""), password=given.get("password", ""),
                workspace_name=given.get("workspace", ""), zone=given.get("zone", ""), language=given.get("language", ""))
            token = sessions.start(act.connection, first.id, act.now, request.user_agent.string, request.remote_addr or "")
    except Refused as refusal:
        return _setup_page(given, refusal), refusal.status
    current_app.extensions["set_up"] = True
    response = go_to("/templates" if shell.has_page("/templates") else "/")
    start_session(response, token)
    return response


def _setup_page(values: object, refusal: Refused | None = None) -> str:
    return render_template("setup.html", values=values, errors=_by_path(refusal), zones=zones_by_region(),
                           languages=NAMES_OF_LANGUAGES, shortest=passwords.SHORTEST)


# -- in and out -----------------------------------------------------------------------------------------------------------------
@blueprint.get("/sign-in")
@public
def sign_in() -> str | AnyResponse:
    onward = local_path(request.args.get("next"))
    if g.person is not None:
        return redirect(onward, 303)
    return _sign_in_page(onward)


@blueprint.post("/sign-in")
@public
def sign_in_with_password() -> AnyResponse | tuple[str, int]:
    email, onward = request.form.get("email", ""), local_path(request.form.get("next"))
    try:
        token = _sign_in(email, request.form.get("password", ""))
    except (WrongPassword, throttle.TooManyAttempts) as refusal:
        if wants_json():
            raise
        return _sign_in_page(onward, email, say(refusal.message)), refusal.status
    response = go_to(onward)
    start_session(response, token)
    return response


def _sign_in(email: str, password: str) -> str:
    """A new session's token. Takes as long for an address that nobody has as for a wrong password."""
    engine, now, address = workspace().engine, workspace().now(), request.remote_addr or ""
    with database.writing(engine) as connection:
        throttle.count_attempt(connection, email, address, now)
    with database.reading(engine) as connection:
        someone, stored = accounts.password_of(connection, email)
    if not passwords.matches(stored, password) or someone is None or stored is None:
        raise WrongPassword()
    with workspace().writing(someone) as act:
        throttle.forgive(act.connection, email, address, act.now)
        if passwords.outdated(stored):
            accounts.rehash(act, someone.id, password)
        if COOKIE in request.cookies:
            sessions.close(act.connection, request.cookies[COOKIE])
        return sessions.start(act.connection, someone.id, act.now, request.user_agent.string, address)


def _sign_in_page(onward: str, email: str = "", error: str = "") -> str:
    return render_template("sign_in.html", onward=onward, email=email, error=error)


@blueprint.post("/sign-out")
@public
def sign_out() -> AnyResponse:
    if COOKIE in request.cookies:
        with database.writing(workspace().engine) as connection:
            sessions.close(connection, request.cookies[COOKIE])
    response = go_to("/sign-in")
    end_session(response)
    return response


@blueprint.post("/language")
@public
def language() -> AnyResponse:
    chosen = request.form.get("language", "")
    if chosen not in LANGUAGES:
        raise Refused([Problem("language", _("Choose a language from the list."))])
    if g.person is not None:
        with writing() as act:
            accounts.set_language(act, g.person.id, chosen)
    response = go_to(local_path(request.form.get("next") or _path_of(request.referrer)))
    remember_language(response, chosen)
    return response


def _path_of(referrer: str | None) -> str:
    if not referrer or not referrer.startswith(request.host_url):
        return "/"
    return referrer.removeprefix(request.host_url.rstrip("/"))


# -- invitations ----------------------------------------------------------------------------------------------------------------
@blueprint.get("/invite/<token>")
@public
def invitation(token: str) -> str:
    with workspace().reading(SYSTEM) as act:
        someone = accounts.invited(act, token)
    return _invitation_page(someone)


@blueprint.post("/invite/<token>")
@public
def accept_invitation(token: str) -> AnyResponse | tuple[str, int]:
    try:
        with workspace().writing(SYSTEM) as act:
            someone = accounts.accept(act, token, request.form.get("password", ""))
            opened = sessions.start(act.connection, someone.id, act.now, request.user_agent.string, request.remote_addr or "")
    except Refused as refusal:
        with workspace().reading(SYSTEM) as act:
            return _invitation_page(accounts.invited(act, token), refusal), refusal.status
    response = go_to("/")
    start_session(response, opened)
    return response


def _invitation_page(someone: Person, refusal: Refused | None = None) -> str:
    return render_template("invite.html", someone=someone, errors=_by_path(refusal), shortest=passwords.SHORTEST)


# -- the own account --------------------------------------------------------------------------------------------------------------
@blueprint.get("/me")
@signed_in
def me() -> str:
    return _me_page()


@blueprint.post("/me")
@signed_in
def change_me() -> AnyResponse | tuple[str, int]:
    chosen = request.form.get("language") or None
    try:
        with writing() as act:
            accounts.set_name(act, g.person.id, request.form.get("name", ""))
            accounts.set_language(act, g.person.id, chosen)
    except Refused as refusal:
        return _me_page(refusal), refusal.status
    response = done("/me", _("Name and language are saved."))
    if chosen:
        remember_language(response, chosen)
    return response


@blueprint.post("/me/password")
@signed_in
def change_password() -> AnyResponse | tuple[str, int]:
    try:
        _change_password(request.form.get("present", ""), request.form.get("password", ""))
    except Refused as refusal:
        return _me_page(refusal), refusal.status
    return done("/me", _("The new password holds. Other browsers were signed out."))


def _change_password(present: str, new: str) -> None:
    """Asks for the present password first: an open browser is not enough to take an account over."""
    address = request.remote_addr or ""
    with database.writing(workspace().engine) as connection:
        throttle.count_attempt(connection, g.person.email, address, workspace().now())
    with database.reading(workspace().engine) as connection:
        _someone, stored = accounts.password_of(connection, g.person.email)
    if not passwords.matches(stored, present):
        raise Refused([Problem("present", _("This is not the present password."))])
    with writing() as act:
        throttle.forgive(act.connection, g.person.email, address, act.now)
        accounts.set_password(act, g.person.id, new, keep_session=request.cookies.get(COOKIE))


@blueprint.post("/me/sessions/<session_id>/end")
@signed_in
def end_one_session(session_id: str) -> AnyResponse:
    with writing() as act:
        sessions.close_one(act.connection, g.person.id, session_id)
    return done("/me", _("Signed out there."))


@blueprint.post("/me/sessions/end-others")
@signed_in
def end_other_sessions() -> AnyResponse:
    with writing() as act:
        sessions.close_all(act.connection, g.person.id, but=request.cookies.get(COOKIE, ""))
    return done("/me", _("Signed out there."))


@blueprint.post("/me/tokens")
@signed_in
def create_token() -> AnyResponse | str | tuple[str, int]:
    days = request.form.get("days", "", type=str)
    try:
        if days and not (days.isdecimal() and len(days) < 6):
            raise Refused([Problem("days", _("A token is good for 1 to 3650 days."))])
        with writing() as act:
            token = tokens.create(act, g.person, request.form.get("token_name", ""), int(days) if days else None)
    except Refused as refusal:
        return _me_page(Refused([Problem("token_" + each.path, each.message) for each in refusal.problems])), refusal.status
    response = current_app.make_response(_me_page(new_token=token))
    response.headers["Cache-Control"] = "no-store"
    return response


@blueprint.post("/me/tokens/<int:token_id>/revoke")
@signed_in
def revoke_token(token_id: int) -> AnyResponse:
    with writing() as act:
        tokens.revoke(act, g.person, token_id)
    return done("/me", _("The token no longer works."))


def _me_page(refusal: Refused | None = None, new_token: str = "") -> str:
    with reading() as act:
        own = accounts.by_id(act.connection, g.person.id)
        if own is None:
            raise NotFound(_("This person is not known here."))
        open_sessions = sessions.of_person(act.connection, own.id, act.now)
        own_tokens = tokens.of_person(act.connection, own.id)
        roles = accounts.known_roles(act.connection)
    values = request.form if refusal is not None else {"name": own.name, "language": own.language or ""}
    here = request.cookies.get(COOKIE)
    return render_template(
        "me.html", own=own, values=values, errors=_by_path(refusal), languages=NAMES_OF_LANGUAGES, new_token=new_token, tokens=own_tokens,
        roles=roles, sessions=[(each, each.is_of(here)) for each in open_sessions], shortest=passwords.SHORTEST)


def _by_path(refusal: Refused | None) -> dict[str, str]:
    return {} if refusal is None else {each.path: say(each.message) for each in reversed(refusal.problems)}
