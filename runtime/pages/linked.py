"""Fields that reach into other forms while a page is open: the values of a linked choice, the records of a query panel."""

from __future__ import annotations

from typing import Any

from flask import Blueprint, Response, g, jsonify, render_template, request

from runtime.definitions.form import Form
from runtime.errors import FieldError, NotFound
from runtime.pages.apps import find_app
from runtime.pages.columns import columns_of
from runtime.pages.lists import find_form
from runtime.pages.web import reading, signed_in
from runtime.people.may import may, require
from runtime.records import linking, panels, query
from runtime.records.lookup import ActLookup
from runtime.texts import _

blueprint = Blueprint("linked", __name__)


@blueprint.get("/apps/<app>/<form>/linked/<key>")
@signed_in
def linked(app: str, form: str, key: str) -> Response:
    """[{value, title}]: values to choose from that hold ?q=."""
    with reading() as act:
        find_app(act, app)
        definition = find_form(act, form)
        field = _field(definition, key, "linked_choice")
        found = linking.values(act, field, request.args.get("q", "").strip()[:100])
    return jsonify([{"value": each, "title": each} for each in found])


def _field(form: Form, key: str, type: str) -> Any:
    lines = (line for each in form.fields for line in each.lines().values())
    found = next((each for each in (*form.fields, *lines) if each.key == key and each.type == type), None)
    if found is None:
        raise NotFound(_("This form has no field with the key {key}.", key=key))
    return found


@blueprint.get("/apps/<app>/<form>/panel/<key>")
@signed_in
def panel(app: str, form: str, key: str) -> str:
    """A piece of page: the records that fit a record (?record=), or what is being typed (?value=). ?cursor= goes on."""
    with reading() as act:
        find_app(act, app)
        definition = find_form(act, form)
        field = _field(definition, key, "query_panel")
        require(g.person, "view", form, None, key)
        record = request.args.get("record", type=int)
        try:
            value = _asked(act, definition, field, record)
            found = panels.page(act, definition, field, value, request.args.get("cursor"))
        except FieldError:  # half a number: nothing fits it yet
            found = None
        columns = columns_of(act.catalogue, found.form, found, app) if found is not None else []
        return render_template("panel.html", field=field, page=found, columns=columns, app=app, key=key, here=request.path, args=request.args)


def _asked(act: Any, form: Form, field: Any, record: int | None) -> Any:
    if record is None:
        text = request.args.get("value", "")[:1000]
        kind = form.field(field.ours)
        return None if kind is None else kind.parse(text, ActLookup(act))
    found = query.get(act, form.key, record)
    if field.ours == panels.RECORD:
        return record
    seen = may(g.person, "view", form.key, record, field.ours) and field.ours not in found.masked
    return found.values.get(field.ours) if seen else None
