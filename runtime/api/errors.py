"""What goes wrong in a call, as application/problem+json."""

from __future__ import annotations

import json
from typing import Any

from flask import Blueprint, Response, g
from flask_wtf.csrf import CSRFError
from werkzeug.exceptions import HTTPException

from runtime.api.route import NOTHING_HERE, Shape
from runtime.errors import FormulaProblems, Refused, Stale, TierloomError
from runtime.pages.limits import TooOften
from runtime.texts import Message, _

TITLES = {
    400: _("Not readable"),
    401: _("Sign in"),
    403: _("Not allowed"),
    404: _("Not found"),
    405: _("Not possible here"),
    409: _("Changed meanwhile"),
    412: _("Changed meanwhile"),
    413: _("Too large"),
    415: _("Not JSON"),
    422: _("Not accepted"),
    429: _("Too often"),
    507: _("The disk is full"),
}
SENTENCES = {
    400: _("This is no JSON that can be read: UTF-8, not nested too deeply, without characters that no database can keep."),
    404: NOTHING_HERE,
    405: _("This address does not take this method."),
    413: _("This is too much at once. Send it in several requests."),
    415: _("Send JSON, and say so: Content-Type: application/json."),
}
NO_TOKEN = _("Send an API token (Authorization: Bearer …). From a page, send its form token in X-CSRFToken.")
OUTDATED = _("The record has changed since the version in If-Match. Read it again and decide anew.")
SEND_PARTS = _("Send the file as a part of multipart/form-data, named “file”.")
TYPE = "application/problem+json"


class Line(Shape):
    """One thing that is wrong. In a formula `position` and `length` name the characters."""

    path: str
    message: str
    position: int = 0
    length: int = 0


class Trouble(Shape):
    """Why a request was not done (RFC 9457)."""

    type: str
    title: str
    status: int
    detail: str
    errors: tuple[Line, ...]


class WrongFormula(Refused):
    """A formula in a request that does not pass, at its path."""

    def __init__(self, path: str, cause: TierloomError):
        super().__init__([], cause.message)
        self.lines = [{"path": path, "message": cause.message}]
        if isinstance(cause, FormulaProblems):
            self.lines = [
                {"path": path, "message": each.message, "position": each.position, "length": each.length} for each in cause.problems
            ]


class Outdated(TierloomError):
    status = 412

    def __init__(self) -> None:
        super().__init__(OUTDATED)


class NotReadable(TierloomError):
    """`status` 400: no JSON; 413: too large; 415: another kind of content."""

    def __init__(self, status: int = 400, message: Message | None = None):
        self.status = status
        super().__init__(message or SENTENCES[status])


def install(blueprint: Blueprint) -> None:
    blueprint.register_error_handler(TierloomError, refused)
    blueprint.register_error_handler(CSRFError, no_token)
    blueprint.register_error_handler(HTTPException, answered_by_flask)


def refused(error: TierloomError) -> Response:
    if isinstance(error, WrongFormula):
        return answer(error.status, error.message, error.lines)
    if isinstance(error, FormulaProblems):
        return refused(WrongFormula("", error))
    lines = [{"path": each.path, "message": each.message} for each in error.problems] if isinstance(error, Refused) else []
    response = answer(409 if isinstance(error, Stale) else error.status, error.message, lines)
    if isinstance(error, TooOften):
        response.headers["Retry-After"] = str(error.seconds)
    return response


def no_token(_error: CSRFError) -> Response:
    g.form_refused = True
    return answer(400, NO_TOKEN)


def answered_by_flask(error: HTTPException) -> Any:
    status = error.code or 500
    if status not in SENTENCES:
        return error.get_response()
    return answer(status, SENTENCES[status])


def answer(status: int, message: Message, lines: list[dict[str, Any]] | None = None) -> Response:
    language = g.get("language", "en")
    said = [{**each, "message": each["message"].in_language(language)} for each in lines or []]
    title = TITLES.get(status, TITLES[422]).in_language(language)
    body = {"type": "about:blank", "title": title, "status": status, "detail": message.in_language(language), "errors": said}
    response = Response(json.dumps(body, ensure_ascii=False, default=str), status, content_type=TYPE)
    if status == 401:
        response.headers["WWW-Authenticate"] = "Bearer"
    return response
