"""What a formula box of the editor asks for beside checking: what may be written here, and what it gives for a record."""

from __future__ import annotations

from typing import Any

from flask import Blueprint, g
from werkzeug.wrappers import Response

from builder.pages.editor import PLACE, body_of, scope_of, sent_object, use_at
from builder.pages.frame import plain_json
from runtime.errors import FormulaProblems, Problem, Refused, TierloomError
from runtime.formulas import check
from runtime.formulas.offering import functions, offered
from runtime.pages.web import designer_only, reader, reading
from runtime.people.may import may
from runtime.records import query
from runtime.records.guard import reads_whole
from runtime.records.unfolding import unfold
from runtime.records.values import RecordValues
from runtime.system.workspace import Act
from runtime.texts import _

blueprint = Blueprint("formula_help", __name__)

FOUND = 8


@blueprint.post(f"{PLACE}/formula/scope")
@designer_only
def scope(app: str, folder: str, key: str) -> Response:
    """What may be written at a path: {path, body, functions} → fields, relations and names; with `functions` the shelf too."""
    sent = sent_object()
    path = _path(sent)
    with reading() as act:
        use, catalogue = use_at(act, body_of(sent), path, "1")
        found = offered(scope_of(use, catalogue), reader().language, lambda form, field: may(g.person, "view", form, None, field))
        return plain_json({**found, "functions": functions(reader().language) if sent.get("functions") is True else None})


@blueprint.post(f"{PLACE}/formula/result")
@designer_only
def result(app: str, folder: str, key: str) -> Response:
    """What a formula gives for a record, part by part: {path, text, body, record} → {explanation} or {problem}."""
    sent = sent_object()
    text, record = sent.get("text"), sent.get("record")
    if not isinstance(text, str) or not isinstance(record, int) or isinstance(record, bool):
        raise Refused([Problem("text", _("Write a formula."))])
    with reading() as act:
        try:
            return plain_json({"explanation": _result(act, sent, text, record), "problem": None})
        except FormulaProblems:
            return plain_json({"explanation": None, "problem": None})
        except TierloomError as error:
            return plain_json({"explanation": None, "problem": reader().say(error.message)})


def _result(act: Act, sent: dict[str, Any], text: str, record: int) -> dict[str, Any]:
    """Raises FormulaProblems, NotFound, CannotCompute and Refused where it cannot be tried out here."""
    use, catalogue = use_at(act, body_of(sent), _path(sent), text)
    place = scope_of(use, catalogue)
    found = check(text, place, use.expect)
    if use.form not in act.catalogue.forms or use.subform is not None or use.own_rows or found.uses.dimensions or found.uses.names:
        raise Refused([], _("What this formula reads here is known only while it runs, so there is no result to show."))
    query.get(act, use.form, record)
    if not reads_whole(act, use.form, found, record):
        raise Refused([], _("The formula reads fields that you may not see."))
    values = RecordValues.of(act, use.form, record)
    assert values is not None
    try:
        return unfold(act, found, values, place, reader().language)
    except LookupError:  # a relation that only the draft has
        raise Refused([], _("This has to be published before there is a result to show.")) from None


@blueprint.post(f"{PLACE}/formula/records")
@designer_only
def records(app: str, folder: str, key: str) -> Response:
    """A few records to try a formula with: {form, search} → [{record, title}]."""
    sent = sent_object()
    form, search = sent.get("form"), sent.get("search")
    with reading() as act:
        if not isinstance(form, str) or form not in act.catalogue.forms or not may(g.person, "view", form):
            raise Refused([Problem("form", _("There is no form with the key {key}.", key=str(form)))])
        title = act.catalogue.forms[form].title
        wanted = search.strip()[:100] if isinstance(search, str) else ""
        page = query.page(act, form, columns=[title], search=wanted or None, limit=FOUND)
        titles = query.titles(act, {form: {each.id for each in page.records}})
        return plain_json([{"record": each.id, "title": titles.get((form, each.id), f"#{each.id}")} for each in page.records])


def _path(sent: dict[str, Any]) -> str:
    path = sent.get("path")
    if not isinstance(path, str):
        raise Refused([Problem("path", _("Write a formula."))])
    return path
