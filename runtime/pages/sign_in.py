"""Signing in and out: password, second factor, the company's provider, invitations, a forgotten password."""

from __future__ import annotations

import logging

from flask import Blueprint, g, redirect, render_template, request
from werkzeug.wrappers import Response as AnyResponse

from runtime.automation import letters
from runtime.errors import Refused, TierloomError
from runtime.pages.identity import end_session, end_step, is_secure, keep_step, session_token, start_session, step_of
from runtime.pages.reader import say
from runtime.pages.web import NOBODY, by_path, done, go_to, local_path, public, wants_json, workspace
from runtime.people import accounts, passwords, provider, sessions, signing_in, steps, throttle
from runtime.people.person import SYSTEM, Person
from runtime.system import audit, database
from runtime.texts import _

blueprint = Blueprint("sign_in", __name__)
log = logging.getLogger("tierloom.people")

PROVIDER = "provider"


# -- the password ---------------------------------------------------------------------------------------------------------------
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
        someone = signing_in.check_password(workspace(), email, request.form.get("password", ""), _address())
        return _onward(someone, onward)
    except (signing_in.WrongPassword, throttle.TooManyAttempts) as refusal:
        if wants_json():
            raise
        return _sign_in_page(onward, email, say(refusal.message)), refusal.status


def _onward(someone: Person, onward: str) -> AnyResponse:
    """The session at once, or first the second factor."""
    if not signing_in.needs_code(workspace(), someone):
        return _opened(someone, onward)
    if wants_json():
        raise NeedsPage()
    response = redirect("/sign-in/code", 303)
    keep_step(response, signing_in.ask_for_code(workspace(), someone, onward))
    return response


class NeedsPage(TierloomError):
    """The small box over a page has no place for a code."""

    status = 401

    def __init__(self) -> None:
        super().__init__(_("Your account has a second factor. Sign in in another window; what you typed here stays, then send it again."))


def _opened(someone: Person, onward: str) -> AnyResponse:
    token = signing_in.open_session(workspace(), someone, request.user_agent.string, _address(), session_token())
    response = go_to(onward)
    start_session(response, token)
    return response


def _sign_in_page(onward: str, email: str = "", error: str = "") -> str:
    settings = workspace().settings
    name = (settings.oidc_name or _("the company account")) if provider.is_there(settings) else None
    return render_template("sign_in.html", onward=onward, email=email, error=error, provider=name, mail=letters.can_be_sent(workspace()))


@blueprint.post("/sign-out")
@public
def sign_out() -> AnyResponse:
    if (token := session_token()) is not None:
        with workspace().writing(g.person or NOBODY) as act:
            sessions.close(act.connection, token)
            if g.person is not None:
                audit.note(act, "signed_out", f"person:{g.person.id}")
    response = go_to("/sign-in")
    end_session(response)
    if is_secure():  # browsers heed it over https alone; what was typed and not sent stays on purpose
        response.headers["Clear-Site-Data"] = '"cache"'
    return response


# -- the second factor ------------------------------------------------------------------------------------------------------------
@blueprint.get("/sign-in/code")
@public
def code() -> str | AnyResponse:
    return render_template("sign_in_code.html", errors={}) if step_of(request) else redirect("/sign-in", 303)


@blueprint.post("/sign-in/code")
@public
def check_code() -> AnyResponse | tuple[str, int]:
    try:
        someone, onward = signing_in.check_code(workspace(), step_of(request) or "", request.form.get("code", ""), _address())
    except Refused as refusal:
        return render_template("sign_in_code.html", errors=by_path(refusal)), refusal.status
    except throttle.TooManyAttempts as refusal:
        return render_template("sign_in_code.html", errors={"code": say(refusal.message)}), refusal.status
    except signing_in.StepOver as refusal:
        return _sign_in_page("/", error=say(refusal.message)), refusal.status
    response = _opened(someone, local_path(onward))
    end_step(response)
    return response


# -- the provider -----------------------------------------------------------------------------------------------------------------
@blueprint.get("/sign-in/provider")
@public
def to_provider() -> AnyResponse | tuple[str, int]:
    if not provider.is_there(workspace().settings):
        return redirect("/sign-in", 303)
    onward = local_path(request.args.get("next"))
    now = workspace().now()
    with database.writing(workspace().engine) as connection:
        state = steps.begin(connection, PROVIDER + "_state", now)
    try:
        question = provider.ask(workspace().settings, _callback(), state)
    except provider.NotBelieved as refusal:
        return _not_believed(refusal)
    with database.writing(workspace().engine) as connection:
        token = steps.begin(
            connection, PROVIDER, now, state=state, nonce=question.nonce, verifier=question.verifier, onward=onward
        )  # fmt: skip
    response = redirect(question.address, 303)
    keep_step(response, token)
    return response


@blueprint.get("/sign-in/provider/back")
@public
def from_provider() -> AnyResponse | tuple[str, int]:
    """The provider's answer counts once, in the browser that asked, for the question that it asked."""
    own = workspace()
    if not provider.is_there(own.settings):
        return redirect("/sign-in", 303)
    with database.writing(own.engine) as connection:
        step = steps.take(connection, PROVIDER, step_of(request) or "", own.now())
        state = steps.take(connection, PROVIDER + "_state", request.args.get("state", ""), own.now())
    try:
        if step is None or state is None or step.payload["state"] != request.args.get("state"):
            raise provider.NotBelieved("unknown, used or foreign state", signing_in.StepOver().message)
        if "code" not in request.args:
            raise provider.NotBelieved(f"the provider refused: {request.args.get('error', '')[:100]}")
        claims = provider.claims_of(own.settings, _callback(), request.args["code"], step.payload["nonce"], step.payload["verifier"])
        with own.writing(SYSTEM) as act:
            someone = provider.person_of(act, claims)
    except provider.NotBelieved as refusal:
        return _not_believed(refusal)
    return _onward(someone, local_path(step.payload["onward"]))


def _not_believed(refusal: provider.NotBelieved) -> tuple[str, int]:
    log.warning("sign-in through the provider refused, from %s: %s", _address(), refusal.reason)
    return _sign_in_page("/", error=say(refusal.message)), refusal.status


def _callback() -> str:
    return link_to("/sign-in/provider/back")


# -- a forgotten password ---------------------------------------------------------------------------------------------------------
@blueprint.get("/forgot")
@public
def forgot() -> str:
    return render_template("forgot.html", mail=letters.can_be_sent(workspace()), sent=False, errors={}, email=request.args.get("email", ""))


@blueprint.post("/forgot")
@public
def send_reset() -> str | tuple[str, int]:
    """The answer is the same whether or not somebody has this address."""
    email = request.form.get("email", "")
    try:
        found = signing_in.ask_reset(workspace(), email, _address()) if letters.can_be_sent(workspace()) else None
    except throttle.TooManyAttempts as refusal:
        return render_template("forgot.html", mail=True, sent=False, errors={"email": say(refusal.message)}, email=email), refusal.status
    if found is not None:
        someone, token = found
        with workspace().writing(SYSTEM) as act:
            # never the Host that this request names: a stranger sends it, and the letter would lead there
            letters.post(act, "reset", someone.id, f"{workspace().settings.address}/reset/{token}")
    return render_template("forgot.html", mail=letters.can_be_sent(workspace()), sent=True, errors={}, email=email)


@blueprint.get("/reset/<token>")
@public
def new_password(token: str) -> str:
    with workspace().reading(SYSTEM) as act:
        return _reset_page(accounts.resetting(act, token))


@blueprint.post("/reset/<token>")
@public
def set_new_password(token: str) -> AnyResponse | tuple[str, int]:
    """Signs nobody in: who has a second factor is asked for it, as always."""
    try:
        with workspace().writing(SYSTEM) as act:
            accounts.reset(act, token, request.form.get("password", ""))
    except Refused as refusal:
        with workspace().reading(SYSTEM) as act:
            return _reset_page(accounts.resetting(act, token), refusal), refusal.status
    return done("/sign-in", _("The new password holds. Sign in with it."))


def _reset_page(someone: Person, refusal: Refused | None = None) -> str:
    return render_template("reset.html", someone=someone, errors=by_path(refusal), shortest=passwords.SHORTEST)


# -- invitations ------------------------------------------------------------------------------------------------------------------
@blueprint.get("/invite/<token>")
@public
def invitation(token: str) -> str:
    with workspace().reading(SYSTEM) as act:
        return _invitation_page(accounts.invited(act, token))


@blueprint.post("/invite/<token>")
@public
def accept_invitation(token: str) -> AnyResponse | tuple[str, int]:
    """Whoever has a second factor shows it as well: a link in a mailbox is no more than a password."""
    try:
        with workspace().writing(SYSTEM) as act:
            someone = accounts.accept(act, token, request.form.get("password", ""), request.form.get("name"))
    except Refused as refusal:
        with workspace().reading(SYSTEM) as act:
            return _invitation_page(accounts.invited(act, token), refusal), refusal.status
    return _onward(someone, "/")


def _invitation_page(someone: Person, refusal: Refused | None = None) -> str:
    name = request.form.get("name", someone.name)
    return render_template("invite.html", someone=someone, name=name, errors=by_path(refusal), shortest=passwords.SHORTEST)


# -- pieces -----------------------------------------------------------------------------------------------------------------------
def link_to(path: str) -> str:
    """The whole address of a page of this house, for letters and other browsers."""
    return (workspace().settings.base_url or request.host_url.rstrip("/")) + path


def _address() -> str:
    return request.remote_addr or ""
