"""What people see when something is wrong: a sentence, and what to do next."""
from __future__ import annotations

import logging
import secrets
from http import HTTPStatus
from typing import Any
from urllib.parse import quote

import sqlalchemy as sa
from flask import Flask, Response, g, jsonify, redirect, render_template, request
from flask_wtf.csrf import CSRFError
from werkzeug.exceptions import HTTPException, InternalServerError
from werkzeug.wrappers import Response as AnyResponse

from runtime.errors import DiskFull, NotAllowed, Refused, TierloomError
from runtime.pages.limits import TooOften
from runtime.pages.reader import say
from runtime.pages.web import NotSignedIn, is_htmx, reading, wants_json
from runtime.pages.asking import whom_to_ask
from runtime.people.throttle import TooManyAttempts
from runtime.system import disk
from runtime.texts import Message, _

log = logging.getLogger("tierloom.pages")

SENTENCES = {
    400: _("The browser sent something that cannot be read. Go back and try again."),
    404: _("There is nothing at this address. It may have been moved or deleted."),
    405: _("This address cannot be used in this way."),
    413: _("The file is too large. Split it, or ask for a higher limit."),
    415: _("This kind of content is not understood here."),
    429: _("That was too often in a short time. Try again in a minute."),
}
TITLES = {
    401: _("Sign in"), 403: _("Not allowed"), 404: _("Not found"), 409: _("Changed meanwhile"), 422: _("Not accepted"),
    429: _("Too often"), 500: _("Something went wrong"), 507: _("The disk is full"),
}
FAULT = _("Something went wrong on our side. Quote number {number} when you ask for help.")


def install(app: Flask) -> None:
    app.register_error_handler(CSRFError, form_too_old)
    app.register_error_handler(NotSignedIn, not_signed_in)
    app.register_error_handler(TierloomError, refused)
    app.register_error_handler(OSError, no_room)
    app.register_error_handler(sa.exc.DBAPIError, no_room)
    app.register_error_handler(InternalServerError, broken)
    app.register_error_handler(HTTPException, answered_by_flask)
    app.after_request(note_refusal)
    app.log_exception = note_fault  # type: ignore[method-assign]


def not_signed_in(error: NotSignedIn) -> AnyResponse:
    if wants_json() or is_htmx() or request.method != "GET":
        return answer(401, error.message)
    here = request.full_path.rstrip("?")
    return redirect("/sign-in" if here == "/" else f"/sign-in?next={quote(here, safe='/')}", 303)


def refused(error: TierloomError) -> AnyResponse:
    helpers = _who_may_grant() if isinstance(error, NotAllowed) else []
    problems = error.problems if isinstance(error, Refused) else []
    response = answer(error.status, error.message, problems=problems, helpers=helpers)
    if isinstance(error, (TooManyAttempts, TooOften)):
        response.headers["Retry-After"] = str(error.seconds)
    return response


def no_room(error: Exception) -> AnyResponse:
    """A full disk is said; any other error of this kind stays a fault of ours."""
    if not disk.is_full(error):
        raise error
    return refused(DiskFull())


def note_refusal(response: AnyResponse) -> AnyResponse:
    """Logs, for pages and API alike, who tries what they may not, too often, with a wrong API token or without a form token."""
    if response.status_code in (403, 429) or (response.status_code == 401 and request.authorization is not None) or "form_refused" in g:
        who = f"person {g.person.id}" if g.get("person") is not None else "nobody"
        log.warning("refused with %s: %s %s, for %s, from %s", response.status_code, request.method, request.path, who, request.remote_addr)
    return response


def form_too_old(_error: CSRFError) -> AnyResponse:
    g.form_refused = True
    return answer(400, _("This page was open for too long, so nothing was saved. Go back, reload it, and send it again."))


def answered_by_flask(error: HTTPException) -> AnyResponse:
    status = error.code or 500
    if status < 400 or error.response is not None:
        return error.get_response()  # type: ignore[return-value]
    response = answer(status, SENTENCES.get(status, SENTENCES[400]))
    for name, value in error.get_headers():
        if name in ("Allow", "Retry-After"):
            response.headers[name] = value
    return response


def note_fault(exc_info: Any) -> None:
    """Logs a fault of ours with the number that its page shows."""
    g.fault = secrets.token_hex(4)
    log.error("fault %s on %s %s", g.fault, request.method, request.path, exc_info=exc_info)


def broken(_error: InternalServerError) -> AnyResponse:
    """Says as little as it needs to: the database may be what is broken."""
    message = Message(FAULT.text, {"number": g.get("fault") or "–"})
    g.setdefault("language", "en")
    return answer(500, message, plain=True)


def answer(status: int, message: Message, *, problems: Any = (), helpers: Any = (), plain: bool = False) -> Response:
    """The same sentence as JSON, as a part of a page, or as a page; `plain` leaves out the menu."""
    title, sentence = say(TITLES.get(status, _("This did not work"))), say(message)
    lines = [{"path": each.path, "message": say(each.message)} for each in problems]
    if wants_json():
        body = {"type": "about:blank", "title": title, "status": status, "detail": sentence, "errors": lines}
        response = jsonify(body)
        response.status_code, response.mimetype = status, "application/problem+json"
        return response
    others = [line["message"] for line in lines if line["message"] != sentence]
    page = "error_part.html" if is_htmx() else "error.html"
    frame = "blank.html" if plain or g.get("person") is None else "layout.html"
    return Response(render_template(page, title=title, sentence=sentence, problems=others, helpers=helpers, status=status, around=frame),
                    HTTPStatus(status))


def _who_may_grant() -> list[str]:
    if g.get("person") is None:
        return []
    with reading() as act:
        return [each.name for each in whom_to_ask(act, request.path)][:5]
