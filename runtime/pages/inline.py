"""One value of one record changed where it stands: in a cell of a list, or by moving a card to another lane."""

from __future__ import annotations

import json
from datetime import date, datetime
from typing import Any

from flask import Blueprint, Response, g, jsonify, render_template, request

from runtime.definitions.form import Form
from runtime.errors import NotAllowed, NotFound, Problem, Refused, Stale
from runtime.forms import fill, opened
from runtime.pages.apps import find_app
from runtime.pages.columns import columns_of
from runtime.pages.entry import equip
from runtime.pages.lists import editable, find_form
from runtime.pages.web import reader, reading, signed_in, writing
from runtime.people.may import may, refusal
from runtime.records import gateway, query
from runtime.records.lookup import ActLookup
from runtime.records.rows import Record, read_record
from runtime.system import clock
from runtime.system.workspace import Act
from runtime.texts import _
from runtime.views import days, lanes

blueprint = Blueprint("inline", __name__)

CELL = "/apps/<app>/<form>/<int:record>/cell/<key>"
MOST_COLUMNS = 60


@blueprint.get(CELL)
@signed_in
def control(app: str, form: str, record: int, key: str) -> str:
    """The control for one field with the value as it is now, and the version it was read at."""
    with reading() as act:
        find_app(act, app)
        definition = find_form(act, form)
        found = query.get(act, form, record)
        _require_cell(definition, key, record)
        entry = opened(definition, reader(), found.values, [key], found.masked)
        equip(app, definition, entry, record)
        return render_template(
            "views/cell.html",
            entry=entry[key],
            version=found.version,
            action=f"/apps/{app}/{form}/{record}/cell/{key}",
            label=definition.by_key[key].label,
        )


def _require_cell(form: Form, key: str, record: int) -> None:
    field = form.by_key.get(key)
    if field is None or not editable(form, field):
        raise NotFound(_("This field cannot be changed in a list."))
    if not may(g.person, "edit", form.key, record, key):
        raise NotAllowed(refusal("edit"))


@blueprint.get("/apps/<app>/<form>/<int:record>/cells")
@signed_in
def cells(app: str, form: str, record: int) -> Response:
    """The cells of one row as they are now: `columns` names them."""
    with reading() as act:
        find_app(act, app)
        definition = find_form(act, form)
        found = query.get(act, form, record)
        return _row(act, app, definition, record, found.version, False, request.args.get("columns", ""))


@blueprint.post(CELL)
@signed_in
def change(app: str, form: str, record: int, key: str) -> Any:
    """Saves it and answers how the row looks now. `version`: at which it was read; `lane`: the value as a lane of a board is called, instead of
    the control; `columns`: which cells are wanted back. 409 with both values where somebody else has changed this very field meanwhile."""
    try:
        with writing() as act:
            find_app(act, app)
            definition = find_form(act, form)
            before = query.get(act, form, record)
            _require_cell(definition, key, record)
            value, written = _sent(act, definition, before, key)
            version = int(request.form["version"]) if request.form.get("version", "").isdecimal() else before.version
            if version != before.version and (person := _changed_by(act, definition, record, key, version)) is not None:
                return _conflict(definition, before, key, person, written)
            saved = gateway.update(act, form, record, {key: value}, before.version)
            return _row(act, app, definition, record, saved.version, bool(saved.changes), request.form.get("columns", ""))
    except (Refused, Stale) as error:
        return _said(error, key)


def _said(error: Refused | Stale, key: str = "") -> Response:
    """What is wrong with the field `key`, or with the whole; 422, or 409 where somebody was quicker."""
    problems = error.problems if isinstance(error, Refused) else []
    here = [each for each in problems if each.path.partition("/")[0] == key] or problems
    answer = jsonify(detail=" ".join(dict.fromkeys(reader().say(each.message) for each in here)) or reader().say(error.message))
    answer.status_code = 422 if isinstance(error, Refused) else 409
    return answer


@blueprint.post("/apps/<app>/<form>/<int:record>/days")
@signed_in
def move(app: str, form: str, record: int) -> Any:
    """A record moved on a calendar or along time. `on` and `until` name its fields; it begins on `day`, at the same time of day, and lasts as
    long as before, or ends on `last`. Answers the days it had (`was`), so that the same door takes it back."""
    given = request.form
    try:
        with writing() as act:
            find_app(act, app)
            definition = find_form(act, form)
            before = query.get(act, form, record)
            keys = [key for key in (given.get("on", ""), given.get("until", "")) if key]
            for key in keys:
                _require_cell(definition, key, record)
            version = int(given["version"]) if given.get("version", "").isdecimal() else before.version
            if version != before.version:
                for key in keys:
                    if (person := _changed_by(act, definition, record, key, version)) is not None:
                        return _conflict(definition, before, key, person, given.get("day", ""))
            wanted, was = _moved(act, definition, before, keys)
            saved = gateway.update(act, form, record, wanted, before.version)
        return jsonify(version=saved.version, changed=bool(saved.changes), was=was)
    except (Refused, Stale) as error:
        return _said(error)


def _moved(act: Act, form: Form, before: Record, keys: list[str]) -> tuple[dict[str, Any], dict[str, str]]:
    """The values of the fields of days, and the days they had."""
    if not keys or any(form.by_key[key].formula_type().kind not in ("date", "datetime") for key in keys):
        raise NotFound(_("This field cannot be changed in a list."))
    first, last = _day_sent("day"), _day_sent("last")
    now: dict[str, Any] = {key: before.values.get(key) for key in keys}
    began = days.day_of(now[keys[0]], act.zone)
    if first is None or began is None:
        raise Refused([Problem(keys[0], _("This is not a day."))])
    wanted: dict[str, Any] = {keys[0]: _on_day(act, now[keys[0]], first)}
    was = {"day": began.isoformat()}
    if len(keys) > 1 and (ended := days.day_of(now[keys[1]], act.zone) or (began if last else None)) is not None:
        end = last or ended + (first - began)
        if end < first:
            raise Refused([Problem(keys[1], _("It would end before it begins."))])
        wanted[keys[1]] = _on_day(act, now[keys[1]] or _like(form.by_key[keys[1]], now[keys[0]], began), end)
        was["last"] = ended.isoformat()
    return wanted, was


def _day_sent(name: str) -> date | None:
    try:
        return date.fromisoformat(request.form.get(name, ""))
    except ValueError:
        return None


def _on_day(act: Act, value: date | datetime, day: date) -> date | datetime:
    """The same time of day, where people are, on another day."""
    if not isinstance(value, datetime):
        return day
    there = value.astimezone(act.zone)
    return there.replace(year=day.year, month=day.month, day=day.day).astimezone(value.tzinfo)


def _like(kind: Any, value: date | datetime, day: date) -> date | datetime:
    """For an end that was blank: as the beginning, if that has a time of day."""
    return value if kind.formula_type().kind == "datetime" and isinstance(value, datetime) else day


def _sent(act: Act, form: Form, before: Record, key: str) -> tuple[Any, str]:
    """The value that was sent, and how it reads."""
    field = form.by_key[key]
    if "lane" in request.form:
        value = lanes.lane_at(act, form, key, request.form["lane"]).value
        return value, field.display(value, reader()) if value is not None else ""
    whole = read_record(act, form.key, before.id)
    entry = fill(form, request.form, ActLookup(act, present=whole), reader(), before.values, [key], before.masked)
    if not entry.ok:
        raise Refused(entry.problems)
    if key not in entry.values:
        raise Refused([Problem(key, _("Nothing was sent for this field."))])
    value = entry.values[key]
    return value, field.display(value, reader()) if value is not None else ""


def _changed_by(act: Act, form: Form, record: int, key: str, version: int) -> int | None:
    """Who changed this field after a version; None when nobody did, however much else was changed."""
    for row in query.history(act, form.key, record, limit=200):
        if row.version <= version:
            return None
        if key in json.loads(row.changes):
            return int(row.person or 0)
    return None


def _conflict(form: Form, now: Record, key: str, person: int, mine: str) -> Response:
    field = form.by_key[key]
    who = reader().person_name(person) if person else "Tierloom"
    when = clock.from_micros(now.updated_micros)
    theirs = field.display(now.values.get(key), reader()) if now.values.get(key) is not None else ""
    sentence = _("{who} changed {field} {when}. Choose which to keep.", who=who, field=field.label, when=reader().ago(when))
    answer = jsonify(detail=reader().say(sentence), theirs=theirs or "—", mine=mine or "—", version=now.version)
    answer.status_code = 409
    return answer


def _row(act: Act, app: str, form: Form, record: int, version: int, changed: bool, columns: str) -> Response:
    """The cells of the record as they look now: what follows from the change is among them."""
    asked = [each for each in columns.split(",") if each in form.by_key][:MOST_COLUMNS]
    page = query.page(act, form.key, columns=asked, limit=1, narrow=query.Narrow(only=(record,)))
    cells = {}
    for found in page.records:
        cells = {each.key: each.html(found) for each in columns_of(act.catalogue, form, page, app)}
    return jsonify(version=version, changed=changed, cells=cells, gone=not page.records)
