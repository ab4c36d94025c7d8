"""Whether a session still holds. A page asks before it sends a form: an answer of 401 to the form itself would take its place."""

from __future__ import annotations

from flask import Blueprint, Response

from runtime.pages.web import signed_in

blueprint = Blueprint("session", __name__)


@blueprint.get("/session")
@signed_in
def holds() -> Response:
    return Response(status=204)
