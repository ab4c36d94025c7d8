"""Fields that reach into other forms while a page is open: the values of a linked choice, the records of a query panel."""

from __future__ import annotations

from typing import Any

from flask import Blueprint, Response, g, jsonify, render_template, request

from runtime.definitions.form import Form
from runtime.errors import FieldError, NotFound
from runtime.forms import PREFIX
from runtime.pages.apps import find_app
from runtime.pages.columns import columns_of
from runtime.pages.entry import as_filled
from runtime.pages.lists import find_form
from runtime.pages.web import reading, signed_in
from runtime.people.may import may, require
from runtime.records import linking, panels, query
from runtime.records.lookup import ActLookup
from runtime.records.narrowing import beside
from runtime.texts import _

blueprint = Blueprint("linked", __name__)


@blueprint.route("/apps/<app>/<form>/linked/<key>", methods=["GET", "POST"])
@signed_in
def linked(app: str, form: str, key: str) -> Response:
    """[{value, title}]: values to choose from that hold ?q=. With the page as it is filled in, only those that fit it; ?record= is the one
    that is changed, ?rows= the sub-form in whose rows the field stands, ?row= the number of the row on the page."""
    with reading() as act:
        find_app(act, app)
        definition = find_form(act, form)
        record = request.args.get("record", type=int)
        if record is not None:
            require(g.person, "view", form, record)
        return choices(act, definition, key, record)


def choices(
    act: Any, form: Form, key: str, record: int | None = None, asked: list[str] | None = None, fixed: dict[str, Any] | None = None
) -> Response:
    """`asked`: the only fields that are read of the page; `fixed`: values that are settled, whatever is filled in."""
    inside = request.args.get("rows")
    field = _field(form, key, "linked_choice", inside)
    search = request.args.get("q", "").strip()[:100]
    if request.method == "POST" and field.pairs:
        _typed, outcome = as_filled(act, form, record, asked, fixed)
        row = _row(act, form, field, inside) if inside is not None else None
        found = linking.fitting(act, form.key, field, beside(field, outcome.values, row), search, ActLookup(act))
    else:
        found = linking.values(act, field, search)
    return jsonify([{"value": each, "title": each} for each in found])


def _row(act: Any, form: Form, field: Any, inside: str) -> dict[str, Any]:
    """The fields of one row, as they are typed, by which its linked choice is narrowed."""
    number, lines = request.args.get("row", "")[:9], form.by_key[inside].lines()
    found: dict[str, Any] = {}
    for key in field.asks:
        if key in lines:
            sent = request.form.getlist(f"{PREFIX}{inside}-{number}-{PREFIX}{key}")
            try:
                found[key] = lines[key].parse(sent if lines[key].parts else sent[-1] if sent else None, ActLookup(act))
            except FieldError:  # half a number: nothing fits it yet
                found[key] = None
    return found


def _field(form: Form, key: str, type: str, inside: str | None = None) -> Any:
    rows = form.by_key.get(inside) if inside else None
    found = form.by_key.get(key) if inside is None else rows.lines().get(key) if rows is not None else None
    if found is None or found.type != type:
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
        value = None
        try:
            value = _asked(act, definition, field, record)
            found = panels.page(act, definition, field, value, request.args.get("cursor"))
        except FieldError:  # half a number: nothing fits it yet
            found = None
        columns = columns_of(act.catalogue, found.form, found, app) if found is not None else []
        first = definition.field(field.ours) if value is None and record is None else None
        return render_template("panel.html", first=first, field=field, page=found, columns=columns, app=app, key=key, here=request.path, args=request.args)


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
