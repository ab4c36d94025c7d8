"""What the form designer's script asks while somebody works: controls, the preview, fields of a pasted table, other forms, who else is here."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

from flask import Blueprint, g, make_response, render_template, request
from werkzeug.wrappers import Response

from builder.drafts import loaded, open_draft, problems_of
from builder.forming import copying, guessing
from builder.forming.trying import in_force
from builder.pages.editor import body_of, sent_object
from builder.pages.form_controls import controls_of
from builder.pages.frame import as_text, plain_json
from builder.pages.present import sign_of_life
from runtime.definitions import versions
from runtime.definitions.form import Form
from runtime.errors import NotFound, Problem, Refused
from runtime.pages import entry, linked
from runtime.pages.apps import find_app
from runtime.pages.headers import policy
from runtime.pages.web import designer_only, reader, reading
from runtime.people.accounts import known_roles
from runtime.people.may import may
from runtime.people.person import Person
from runtime.records import authoring
from runtime.system.workspace import Act
from runtime.texts import _

blueprint = Blueprint("form_designer", __name__)

PLACE = "/build/<app>/forms/<key>"
MOST_FIELDS = 500


@blueprint.post(f"{PLACE}/controls")
@designer_only
def controls(app: str, key: str) -> Response:
    """Fields as they are filled in: {fields} → {controls}, in the same order."""
    fields = sent_object().get("fields")
    if not isinstance(fields, list) or len(fields) > MOST_FIELDS:
        raise Refused([Problem("fields", _("Give a list of fields."))])
    with reading() as act:
        authoring.require_saving(act, "form", key)
        return plain_json({"controls": controls_of(fields)})


# -- the preview --------------------------------------------------------------------------------------------------------------------
@blueprint.route(f"{PLACE}/tried", methods=["GET", "POST"])
@blueprint.route(f"{PLACE}/tried/as/<role>", methods=["GET", "POST"])
@designer_only
def tried(app: str, key: str, role: str | None = None) -> Response:
    """The entry page of the saved draft, for a frame of the designer. What is filled in there is checked and kept nowhere."""
    with reading() as act:
        body = open_draft(act, "form", key).body
        problems = problems_of(act, body)
        form, label = loaded(body), as_text(body.get("label")) or key
        if problems or not isinstance(form, Form):
            said = [reader().say(each.message) for each in problems]
            page = render_template("builder/form_untried.html", problems=said, label=label)
        else:
            home = _home(act, app)
            shown = _looked_at(act, form, role)
            if may(g.person, "add", key):
                page = entry.tried(shown, home, form, request.path, "builder/form_tried.html")
            else:
                page = render_template("builder/form_untried.html", problems=[], label=label)
        answer = make_response(page)
    answer.headers["Content-Security-Policy"] = policy(g.get("nonce", "none")).replace("frame-ancestors 'none'", "frame-ancestors 'self'")
    return answer


@blueprint.post(f"{PLACE}/tried/check")
@blueprint.post(f"{PLACE}/tried/as/<role>/check")
@designer_only
def check_tried(app: str, key: str, role: str | None = None) -> Response:
    """What the entry page asks while somebody fills it in, answered by the rules of the draft."""
    with reading() as act:
        body = open_draft(act, "form", key).body
        form = loaded(body)
        if not isinstance(form, Form) or problems_of(act, body):
            raise Refused([], _("The draft has problems, so it can’t be tried out."))
        return entry.checked(_looked_at(act, form, role), app, form, None)


@blueprint.route(f"{PLACE}/tried/linked/<field>", methods=["GET", "POST"])
@blueprint.route(f"{PLACE}/tried/as/<role>/linked/<field>", methods=["GET", "POST"])
@designer_only
def linked_tried(app: str, key: str, field: str, role: str | None = None) -> Response:
    """What a linked choice of the draft offers beside what is filled in."""
    with reading() as act:
        body = open_draft(act, "form", key).body
        form = loaded(body)
        if not isinstance(form, Form) or problems_of(act, body):
            raise Refused([], _("The draft has problems, so it can’t be tried out."))
        return linked.choices(_looked_at(act, form, role), form, field)


def _looked_at(act: Act, form: Form, role: str | None) -> Act:
    """The act with the draft in force, by the eyes of whoever has this one role; only who may everything can look so."""
    person = g.person
    if role and person.is_builder and role != "builder" and role in known_roles(act.connection):
        person = Person(person.id, person.email, person.name, frozenset({role}), person.language, zone=person.zone)
    shown = in_force(replace(act, person=person), form)
    g.person = shown.person
    return shown


def _home(act: Act, app: str) -> Any:
    """The app that the preview's page stands in; a form of no app borrows any."""
    if app in act.catalogue.apps:
        return find_app(act, app)
    return next(iter(act.catalogue.apps.values()), _Nowhere())


class _Nowhere:
    key = "-"


# -- beginning ----------------------------------------------------------------------------------------------------------------------
@blueprint.post(f"{PLACE}/from-table")
@designer_only
def from_table(app: str, key: str) -> Response:
    """Fields of a table that was copied from a spreadsheet: {text, taken} → {fields}."""
    sent = sent_object()
    text, taken = sent.get("text"), sent.get("taken")
    if not isinstance(text, str):
        raise Refused([Problem("text", _("Paste at least one row with the names of the columns."))])
    with reading() as act:
        authoring.require_saving(act, "form", key)
        return plain_json({"fields": guessing.fields_of(text, {str(each) for each in taken} if isinstance(taken, list) else set())})


@blueprint.post(f"{PLACE}/from-form")
@designer_only
def from_form(app: str, key: str) -> Response:
    """The draft as a copy of another form: {body, form} → {body}."""
    sent = sent_object()
    body, source = body_of(sent), str(sent.get("form"))
    with reading() as act:
        authoring.require_saving(act, "form", key)
        if source not in act.catalogue.forms or not may(act.person, "view", source):
            raise NotFound(_("There is no form with the key {key}.", key=source))
        return plain_json({"body": copying.copied(versions.find_version(act.connection, "form", source).body, body)})


# -- who is here --------------------------------------------------------------------------------------------------------------------
@blueprint.post(f"{PLACE}/presence")
@designer_only
def present(app: str, key: str) -> Response:
    """A sign of life: {place, gone?} → who else has the draft open, and which saving of it is the newest."""
    return sign_of_life("form", key, sent_object())
