"""A field of many records of a list changed at once: choose it, see how many change, do it, take it back."""

from __future__ import annotations

from typing import Any
from urllib.parse import parse_qsl

from flask import Blueprint, flash, g, render_template, request
from werkzeug.datastructures import MultiDict

from runtime.definitions.form import Form
from runtime.errors import Refused
from runtime.forms import fill, opened
from runtime.pages import jobs as job_pages
from runtime.pages.apps import find_app
from runtime.pages.entry import equip
from runtime.pages.lists import Wish, editable, find_form
from runtime.pages.web import go_to, reader, reading, signed_in, writing
from runtime.people.may import require
from runtime.records import query
from runtime.records.lookup import ActLookup
from runtime.system import jobs
from runtime.system.workspace import Act
from runtime.texts import _, shown
from runtime.views import bulk

blueprint = Blueprint("bulk_edit", __name__)


@blueprint.post("/apps/<app>/<form>/bulk")
@signed_in
def choose(app: str, form: str) -> Any:
    """`id` the picked records, `back` the list they were picked in, `whole` that all of it is meant; with `field` and its value, how many would change."""
    with reading() as act:
        home, definition = find_app(act, app), find_form(act, form)
        require(g.person, "edit", form)
        fields = [each for each in definition.fields if editable(definition, each) and not each.distinct]
        key = request.form.get("field") or (fields[0].key if fields else "")
        picked, listed, whole = _picked(), _listed(act, definition), bool(request.form.get("whole"))
        entry, counted = opened(definition, reader(), {}, [each.key for each in fields]), None
        if key and request.form.get("ask") == "count":
            bulk.field_of(act, form, key)
            entry = fill(definition, request.form, ActLookup(act), reader(), editable=[key])
            if entry.ok:
                counted = bulk.preview(act, form, key, entry.values.get(key), listed if whole else picked)
        equip(app, definition, entry, alone=True)
        return render_template(
            "views/bulk.html",
            app=home,
            form=definition,
            fields=fields,
            key=key,
            entry=entry,
            counted=counted,
            picked=picked,
            listed=len(listed),
            most=bulk.MOST,
            whole=whole,
            back=request.form.get("back", ""),
            back_href=_back(app, form),
            posted={name: values for name, values in request.form.lists() if name.startswith("f_")},
        )


@blueprint.post("/apps/<app>/<form>/bulk/do")
@signed_in
def do(app: str, form: str) -> Any:
    with writing() as act:
        find_app(act, app)
        definition = find_form(act, form)
        key = request.form.get("field", "")
        bulk.field_of(act, form, key)
        entry = fill(definition, request.form, ActLookup(act), reader(), editable=[key])
        if not entry.ok:
            raise Refused(entry.problems)
        records = _listed(act, definition) if request.form.get("whole") else _picked()
        number = bulk.start(act, app, form, key, entry.values.get(key), records)
        found, counts = bulk.find(act, number), bulk.counts(act, number)
    here = f"/apps/{app}/-/bulk/{number}"
    if found.state == "running" or counts.get("skipped"):
        return go_to(here)
    said = _("{count} records are changed.", count=reader().number(counts.get("changed", 0)))
    flash({"text": reader().say(said), "undo": f"{here}/undo"}, "good")  # type: ignore[arg-type]
    return go_to(_back(app, form))


@blueprint.get("/apps/<app>/-/bulk/<int:number>")
@signed_in
def show(app: str, number: int) -> str:
    """What became of a change: how far it is, how many changed, why others stayed."""
    with reading() as act:
        home, found = find_app(act, app), bulk.find(act, number)
        definition = find_form(act, found.form)
        row = jobs.find(act.connection, found.job) if found.job is not None else None
        left_out = bulk.left_out(act, number)
        names = query.titles(act, {found.form: {record for record, _why in left_out}})
        value = bulk.value_of(act, found)
        field = definition.by_key[found.field]
        return render_template(
            "views/bulk_done.html",
            app=home,
            form=definition,
            change=found,
            field=field,
            value=field.display(value, reader()) if value not in (None, ()) else None,
            who=reader().person_name(found.person),
            counts=bulk.counts(act, number),
            job=job_pages.line(row) if row is not None and row.state in jobs.OPEN else None,
            left_out=[
                {"id": record, "name": names.get((found.form, record), f"#{record}"), "why": shown(why, reader().language)}
                for record, why in left_out
            ],
        )


@blueprint.post("/apps/<app>/-/bulk/<int:number>/undo")
@signed_in
def undo(app: str, number: int) -> Any:
    with writing("undo") as act:
        find_app(act, app)
        form = bulk.find(act, number).form
        find_form(act, form)
        at_once = bulk.undo(act, number)
        counts = bulk.counts(act, number)
    if at_once and not counts.get("kept"):
        flash(reader().say(_("{count} records are as they were.", count=reader().number(counts.get("undone", 0)))), "good")
        return go_to(f"/apps/{app}/{form}")
    return go_to(f"/apps/{app}/-/bulk/{number}")


def _picked() -> list[int]:
    picked = [int(each) for each in request.form.getlist("id") if each.isdecimal() and len(each) < 17]
    if not picked and not request.form.get("whole"):
        raise Refused([], _("Pick at least one record first."))
    return picked[: bulk.MOST]


def _listed(act: Act, form: Form) -> list[int]:
    """All records of the list that was shown."""
    given = [(name, value) for name, value in parse_qsl(request.form.get("back", "").lstrip("?")[:8000]) if name != "cursor"]
    wish = Wish(act, form, MultiDict(given))
    if len(wish.conditions) < sum(name == "where" for name, _value in given):
        raise Refused([], _("A condition of this list cannot be read. Open the list again, and pick there."))
    return query.ids(act, form.key, search=wish.search or None, also=wish.filters(), trusted=wish.trusted(), limit=bulk.MOST + 1)


def _back(app: str, form: str) -> str:
    back = request.form.get("back", "").lstrip("?")
    return f"/apps/{app}/{form}{'?' if back else ''}{back}"
