"""/admin/people/import: people from a CSV file; either all of them or none."""

from __future__ import annotations

from flask import Blueprint, current_app, render_template, request
from werkzeug.wrappers import Response as AnyResponse

from runtime.automation import letters
from runtime.errors import Problem, Refused
from runtime.pages.people import invite_by_link
from runtime.pages.web import builder_only, workspace, writing
from runtime.people import importing
from runtime.texts import _
from runtime.transfer.encodings import encoding_of

blueprint = Blueprint("people_import", __name__, url_prefix="/admin/people/import")

LARGEST = 2 * 1024 * 1024
SHOWN = 100


@blueprint.get("")
@builder_only
def upload() -> str:
    return _page()


@blueprint.post("")
@builder_only
def bring_in() -> AnyResponse | tuple[str, int]:
    """Everybody gets an invitation link, by mail too where mail is sent."""
    try:
        lines = importing.read(_text())
        with writing() as act:
            added = [(each, invite_by_link(act, each.id)) for each in importing.bring_in(act, lines)]
    except Refused as refusal:
        return _page(refusal), refusal.status
    response = current_app.make_response(render_template("people_imported.html", added=added, mailed=letters.can_be_sent(workspace())))
    response.headers["Cache-Control"] = "no-store"
    return response


def _text() -> str:
    given = request.files.get("file")
    if given is None or not given.filename:
        raise Refused([Problem("", _("Choose a file first."))])
    with given.stream:  # a large one lies in a file of its own
        raw = given.stream.read(LARGEST + 1)
    if len(raw) > LARGEST:
        raise Refused([Problem("", _("The file is too large; a list of people has at most 2 MB."))])
    return raw.decode(encoding_of([raw]), "replace")


def _page(refusal: Refused | None = None) -> str:
    problems = refusal.problems if refusal else []
    return render_template("people_import.html", problems=problems[:SHOWN], more=max(0, len(problems) - SHOWN))
