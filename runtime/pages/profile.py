"""/me: name, language and time zone, password, second factor, where one is signed in, API tokens."""

from __future__ import annotations

from collections.abc import Callable
from datetime import timedelta
from functools import wraps
from typing import Any

import segno
from flask import Blueprint, current_app, g, render_template, request
from markupsafe import Markup
from werkzeug.wrappers import Response as AnyResponse

from runtime.automation import letters
from runtime.errors import NotAllowed, NotFound, Problem, Refused
from runtime.pages.account import NAMES_OF_LANGUAGES
from runtime.pages.identity import remember_language, session_token
from runtime.pages.time_zones import zones_by_region
from runtime.pages.web import by_path, done, reading, signed_in, workspace, writing
from runtime.people import accounts, passwords, second_factor, sessions, signing_in, throttle, tokens
from runtime.people.organisation import organisation_of
from runtime.system import database
from runtime.system.workspace import Act
from runtime.texts import _

JUST_NOW = timedelta(minutes=10)
"""So long a sign-in proves who sits before the browser."""
blueprint = Blueprint("profile", __name__, url_prefix="/me")


def by_browser(view: Callable[..., Any]) -> Callable[..., Any]:
    """What guards an account is changed by its person in a browser; a token that leaked must not make itself another one."""

    @wraps(view)
    def guarded(*args: Any, **kwargs: Any) -> Any:
        if g.by_token:
            raise NotAllowed(_("This is done by a person in a browser, not with an API token."))
        return view(*args, **kwargs)

    return signed_in(guarded)


@blueprint.get("")
@signed_in
def me() -> str:
    return _page()


@blueprint.post("")
@signed_in
def change() -> AnyResponse | tuple[str, int]:
    chosen = request.form.get("language") or None
    try:
        with writing() as act:
            accounts.set_name(act, g.person.id, request.form.get("name", ""))
            accounts.set_language(act, g.person.id, chosen)
            accounts.set_zone(act, g.person.id, request.form.get("zone") or None)
    except Refused as refusal:
        return _page(refusal), refusal.status
    response = done("/me", _("Name, language and time zone are saved."))
    if chosen:
        remember_language(response, chosen)
    return response


# -- the password -----------------------------------------------------------------------------------------------------------------
@blueprint.post("/password")
@by_browser
def change_password() -> AnyResponse | tuple[str, int]:
    try:
        _ask_password("present")
        with writing() as act:
            throttle.forgive(act.connection, g.person.email, request.remote_addr or "", act.now)
            accounts.set_password(act, g.person.id, request.form.get("password", ""), keep_session=session_token())
    except Refused as refusal:
        return _page(refusal), refusal.status
    return done("/me", _("The new password holds. Other browsers were signed out."))


def _ask_password(field: str) -> None:
    """The present password once more: an open browser is not enough to take an account over."""
    own = workspace()
    signing_in.count(own, g.person.email, request.remote_addr or "")
    with database.reading(own.engine) as connection:
        _someone, stored = accounts.password_of(connection, g.person.email)
    if not passwords.matches(stored, request.form.get(field, "")):
        raise Refused([Problem(field, _("This is not the present password."))])


def _prove_oneself(field: str) -> None:
    """By the password; whoever signs in through the provider alone and has none, by having signed in just now."""
    if _has_password():
        _ask_password(field)
    elif not _just_signed_in():
        raise Refused([Problem(field, _("Sign out and in again, then do this within ten minutes."))])


def _has_password() -> bool:
    with database.reading(workspace().engine) as connection:
        return accounts.password_of(connection, g.person.email)[1] is not None


def _just_signed_in() -> bool:
    return g.session is not None and workspace().now() - g.session.created_at <= JUST_NOW


# -- the second factor ------------------------------------------------------------------------------------------------------------
@blueprint.get("/second-factor")
@by_browser
def second_factor_page() -> AnyResponse:
    return _set_up_page(second_factor.new_secret())


@blueprint.post("/second-factor")
@by_browser
def switch_on() -> AnyResponse | tuple[AnyResponse, int]:
    secret = request.form.get("secret", "")
    try:
        if not (len(secret) == 32 and secret.isalnum() and secret.isascii() and secret.isupper()):
            raise Refused([Problem("code", _("Scan the code anew."))])
        if g.session is not None and g.session.second_factor:
            raise Refused([Problem("code", _("Your account has a second factor already. Switch it off first."))])
        _prove_oneself("factor_password")
        with writing() as act:
            codes = second_factor.switch_on(act, secret, request.form.get("code", ""))
    except Refused as refusal:
        return _set_up_page(secret, refusal), refusal.status
    return _codes_page(codes)


@blueprint.post("/second-factor/codes")
@by_browser
def new_codes() -> AnyResponse | tuple[str, int]:
    try:
        _prove_oneself("factor_password")
        with writing() as act:
            codes = second_factor.new_codes(act)
    except Refused as refusal:
        return _page(refusal), refusal.status
    return _codes_page(codes)


@blueprint.post("/second-factor/off")
@by_browser
def switch_off() -> AnyResponse | tuple[str, int]:
    try:
        _prove_oneself("factor_password")
        with writing() as act:
            second_factor.switch_off(act, g.person.id)
    except Refused as refusal:
        return _page(refusal), refusal.status
    return done("/me", _("The second factor is off."))


def _set_up_page(secret: str, refusal: Refused | None = None) -> AnyResponse:
    readable = " ".join(secret[at : at + 4] for at in range(0, len(secret), 4))
    code = segno.make(second_factor.address_of(secret, g.person.email, workspace().name), error="m")
    drawn = Markup(code.svg_inline(scale=5, border=3, dark="#000", light="#fff", omitsize=False))
    must = second_factor.must_have_one(workspace(), g.person)
    page = render_template(
        "second_factor.html", secret=secret, readable=readable, drawn=drawn, must=must, errors=by_path(refusal), password=_has_password()
    )
    return _unkept(page)


def _codes_page(codes: list[str]) -> AnyResponse:
    return _unkept(render_template("recovery_codes.html", codes=codes))


def _unkept(page: str) -> AnyResponse:
    response = current_app.make_response(page)
    response.headers["Cache-Control"] = "no-store"
    return response


# -- sessions and tokens ------------------------------------------------------------------------------------------------------------
@blueprint.post("/sessions/<session_id>/end")
@by_browser
def end_one_session(session_id: str) -> AnyResponse | tuple[str, int]:
    return _end_sessions(lambda act: sessions.close_one(act.connection, g.person.id, session_id))


@blueprint.post("/sessions/end-others")
@by_browser
def end_other_sessions() -> AnyResponse | tuple[str, int]:
    return _end_sessions(lambda act: sessions.close_all(act.connection, g.person.id, but=session_token() or ""))


def _end_sessions(end: Callable[[Act], object]) -> AnyResponse | tuple[str, int]:
    """Whoever finds an open browser must not sign its person out elsewhere: asked for, unless they have signed in just now."""
    try:
        if not _just_signed_in():
            _prove_oneself("session_password")
        with writing() as act:
            end(act)
    except Refused as refusal:
        return _page(refusal), refusal.status
    return done("/me", _("Signed out there."))


@blueprint.post("/tokens")
@by_browser
def create_token() -> AnyResponse | tuple[str, int]:
    days = request.form.get("days", "", type=str)
    try:
        if days and not (days.isdecimal() and len(days) < 6):
            raise Refused([Problem("days", _("A token is good for 1 to 3650 days."))])
        with writing() as act:
            scope = request.form.get("scope", "write")
            token = tokens.create(act, g.person, request.form.get("token_name", ""), int(days) if days else None, scope)
    except Refused as refusal:
        return _page(Refused([Problem("token_" + each.path, each.message) for each in refusal.problems])), refusal.status
    return _unkept(_page(new_token=token))


@blueprint.post("/tokens/<int:token_id>/revoke")
@by_browser
def revoke_token(token_id: int) -> AnyResponse:
    with writing() as act:
        tokens.revoke(act, g.person, token_id)
    return done("/me", _("The token no longer works."))


def _page(refusal: Refused | None = None, new_token: str = "") -> str:
    with reading() as act:
        own = accounts.by_id(act.connection, g.person.id)
        if own is None:
            raise NotFound(_("This person is not known here."))
        open_sessions = sessions.of_person(act.connection, own.id, act.now)
        own_tokens = tokens.of_person(act.connection, own.id)
        roles = accounts.known_roles(act.connection)
        tree = organisation_of(act.connection)
        factor = second_factor.has_one(act.connection, own.id)
        codes_left = second_factor.codes_left(act.connection, own.id)
    values = request.form if refusal is not None else {"name": own.name, "language": own.language or "", "zone": own.zone or ""}
    here = session_token()
    return render_template(
        "me.html",
        own=own,
        values=values,
        errors=by_path(refusal),
        languages=NAMES_OF_LANGUAGES,
        new_token=new_token,
        tokens=own_tokens,
        roles=roles,
        sessions=[(each, each.is_of(here)) for each in open_sessions],
        prove=len(open_sessions) > 1 and not _just_signed_in(),
        shortest=passwords.SHORTEST,
        zones=zones_by_region(),
        house_zone=workspace().zone.key,
        departments=[tree.path(each) for each in own.departments],
        factor=factor,
        codes_left=codes_left,
        mail=letters.can_be_sent(workspace()),
        scopes=tokens.SCOPES,
        must=second_factor.must_have_one(workspace(), own),
    )
