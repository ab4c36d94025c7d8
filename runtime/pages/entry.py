"""Filling in: a new record, a changed one, and the checks while typing. What was typed is never lost."""

from __future__ import annotations

import json
from collections.abc import Callable, Collection, Mapping
from datetime import datetime
from typing import Any
from urllib.parse import urlencode

from flask import Blueprint, Response, flash, g, jsonify, render_template, request
from werkzeug.datastructures import MultiDict

from runtime.definitions.field_type import FieldType
from runtime.definitions.form import Form
from runtime.errors import DiskFull, Problem, Refused, Stale
from runtime.fields._files import Attached
from runtime.forms import LEFT_OUT, PREFIX, Entry, fill, opened, rows_in
from runtime.pages.apps import find_app
from runtime.pages.cells import title_of
from runtime.pages.entry_computed import followed, waiting, worked_out_later
from runtime.pages.entry_duplicates import duplicates, watched
from runtime.pages.entry_filling import fillings
from runtime.pages.entry_layout import arranged
from runtime.pages.entry_paste import pasted
from runtime.pages.entry_rules import carried, paths, standing
from runtime.pages.lists import find_form
from runtime.pages.web import go_to, reader, reading, signed_in, writing
from runtime.pages.wordings import beside_entry
from runtime.people.may import may, require, sees
from runtime.people.rights import VIEW
from runtime.records import drafts, gateway, query
from runtime.records.entries import prepare
from runtime.records.guard import reads_whole
from runtime.records.limits import foretold
from runtime.records.lookup import ActLookup
from runtime.records.plan import Plan, plan_of
from runtime.records.rows import Record, read_record
from runtime.system.workspace import Act
from runtime.texts import Message, _

blueprint = Blueprint("entry", __name__)


@blueprint.get("/apps/<app>/<form>/new")
@signed_in
def new(app: str, form: str) -> str:
    with reading() as act:
        found_app, definition = find_app(act, app), find_form(act, form)
        require(g.person, "add", form)
        draft, editable = _draft(request.args), _editable(definition, "add")
        if draft is None:
            return _page(act, found_app, definition, opened(definition, reader(), _first_values(act, definition), editable))
        begun = MultiDict(drafts.read(act, form, draft)[0])
        return _page(
            act, found_app, definition, fill(definition, begun, ActLookup(act), reader(), editable=editable, quiet=True), draft=draft
        )


@blueprint.post("/apps/<app>/<form>/new")
@signed_in
def create(app: str, form: str) -> Any:
    if request.form.get("then") == "draft":
        return _put_aside(app, form)
    entry: Entry | None = None
    saved: gateway.Saved | None = None
    problems, status, draft = [], 422, _draft(request.form)
    try:
        with writing() as act:
            found_app, definition = find_app(act, app), find_form(act, form)
            entry = fill(definition, request.form, ActLookup(act), reader(), editable=_editable(definition, "add"))
            if entry.ok:
                try:
                    saved = gateway.create(act, form, entry.values)
                    if draft is not None:
                        drafts.delete(act, form, draft)
                except Refused as error:
                    problems = error.problems
    except DiskFull as error:
        if entry is None:
            raise
        saved, problems, status = None, [Problem("", error.message)], error.status
    if saved is None:
        with reading() as act:
            entry.tell(problems)
            return _page(act, found_app, definition, entry, draft=draft), status
    said = _saved(definition, saved, _("{form} is saved.", form=definition.label))
    if request.form.get("then") == "another":
        flash({**said, "href": f"/apps/{app}/{form}/{saved.id}", "href_label": reader().say(_("Open it"))})  # type: ignore[arg-type]
        return go_to(f"/apps/{app}/{form}/new?done=1")
    flash(said)  # type: ignore[arg-type]
    return go_to(f"/apps/{app}/{form}/{saved.id}?done=new")


def _saved(form: Form, saved: gateway.Saved, words: Message) -> dict[str, str]:
    """What the message after saving says: also that a limit was passed and who decides now."""
    with reading() as act:
        flows = [act.catalogue.workflows[each] for each in saved.starts if each in act.catalogue.workflows]
    passed = [reader().say(_("It passes a limit, so “{workflow}” decides about it now.", workflow=each.label)) for each in flows]
    return {"text": (" " if reader().language == "en" else "").join([reader().say(words), *passed])}


def _draft(given: Mapping[str, str]) -> int | None:
    """The draft that an address or a form names."""
    number = given.get("draft", "")
    return int(number) if number.isdecimal() and len(number) < 19 else None


def _put_aside(app: str, form: str, record: int | None = None) -> Any:
    """Keeps what was typed, however unfinished, as a draft of the person."""
    pairs = [(name, text) for name, text in request.form.items(multi=True) if name.startswith(PREFIX) or name == LEFT_OUT]
    action = "add" if record is None else "edit"
    with writing() as act:
        find_app(act, app)
        definition = find_form(act, form)
        require(g.person, action, form, record)
        before = query.get(act, form, record) if record is not None else None
        typed = fill(
            definition, request.form, _lookup(act, form, record), reader(), editable=_editable(definition, action, record), quiet=True
        )
        title = definition.by_key[definition.title].display(typed.values.get(definition.title), reader())
        changing = drafts.Changing(before.id, _version(request.form)) if before is not None else None
        number = drafts.save(act, form, title or (title_of(definition, before) if before else ""), pairs, _draft(request.form), changing)
    flash(reader().say(_("Kept as a draft. Only you see it, on every device where you sign in.")), "good")
    place = f"/apps/{app}/{form}/new" if record is None else f"/apps/{app}/{form}/{record}/edit"
    return go_to(f"{place}?draft={number}&done=draft")


def _version(given: Mapping[str, str]) -> int | None:
    """The version at which a page was opened."""
    text = given.get("version", "")
    return int(text) if text.isdecimal() and len(text) < 19 else None


@blueprint.get("/apps/<app>/<form>/<int:record>/edit")
@signed_in
def edit(app: str, form: str, record: int) -> str:
    with reading() as act:
        found_app, definition = find_app(act, app), find_form(act, form)
        require(g.person, "edit", form, record)
        found, editable, draft = query.get(act, form, record), _editable(definition, "edit", record), _draft(request.args)
        if draft is None:
            return _page(act, found_app, definition, opened(definition, reader(), found.values, editable, found.masked), found)
        pairs, version = drafts.read(act, form, draft, record)
        entry = fill(definition, MultiDict(pairs), _lookup(act, form, record), reader(), found.values, editable, found.masked, quiet=True)
        return _page(act, found_app, definition, entry, found, draft=draft, version=version)


@blueprint.post("/apps/<app>/<form>/<int:record>/edit")
@signed_in
def change(app: str, form: str, record: int) -> Any:
    """Saves a changed record. When somebody else was quicker, both values are shown, and the rest of what was typed stays."""
    if request.form.get("then") == "draft":
        return _put_aside(app, form, record)
    draft = _draft(request.form)
    stale: Record | None = None
    problems: list[Problem] = []
    entry: Entry | None = None
    saved: gateway.Saved | None = None
    status = 422
    try:
        with writing() as act:
            found_app, definition = find_app(act, app), find_form(act, form)
            before = query.get(act, form, record)
            lookup, editable = _lookup(act, form, record), _editable(definition, "edit", record)
            entry = fill(definition, request.form, lookup, reader(), before.values, editable, before.masked)
            version = _version(request.form)
            if entry.ok:
                try:
                    saved = gateway.update(act, form, record, entry.values, version)
                    if draft is not None:
                        drafts.delete(act, form, draft)
                except Refused as error:
                    problems = error.problems
                except Stale as error:
                    stale, status = error.current, error.status
    except DiskFull as error:
        if entry is None:
            raise
        saved, problems, status = None, [Problem("", error.message)], error.status
    if saved is not None:
        said = _saved(definition, saved, _("Saved.") if saved.changes else _("Nothing was different."))
        flash(said, "good")  # type: ignore[arg-type]
        return go_to(f"/apps/{app}/{form}/{record}?done=edit")
    with reading() as act:
        entry.tell(problems)
        now = stale or query.get(act, form, record)
        conflicts = _conflicts(act, definition, entry, now, version) if stale is not None else []
        return _page(act, found_app, definition, entry, now, conflicts, draft=draft), status


@blueprint.post("/apps/<app>/<form>/check")
@blueprint.post("/apps/<app>/<form>/<int:record>/check")
@signed_in
def check(app: str, form: str, record: int | None = None) -> Response:
    """What a half-filled form looks like to the rules: problems of what was touched, hidden and needed fields, computed values, duplicates."""
    with reading() as act:
        find_app(act, app)
        return checked(act, app, find_form(act, form), record)


@blueprint.post("/apps/<app>/<form>/duplicates")
@blueprint.post("/apps/<app>/<form>/<int:record>/duplicates")
@signed_in
def find_duplicates(app: str, form: str, record: int | None = None) -> Response:
    """Asked while somebody is still typing: nothing is said about what is typed, only who has it already."""
    with reading() as act:
        find_app(act, app)
        definition = find_form(act, form)
        editable = _editable(definition, "add" if record is None else "edit", record)
        before = query.get(act, form, record).values if record is not None else {}
        typed = fill(definition, request.form, _lookup(act, form, record), reader(), editable=editable, quiet=True)
        touched = request.form.get("_field", "").removeprefix(PREFIX)
        return jsonify(duplicates=duplicates(act, app, definition, touched, {**before, **typed.values}, record))


@blueprint.post("/apps/<app>/<form>/paste")
@blueprint.post("/apps/<app>/<form>/<int:record>/paste")
@signed_in
def paste(app: str, form: str, record: int | None = None) -> Response:
    """Cells copied from a spreadsheet, as the controls of a sub-form's rows take them."""
    with reading() as act:
        find_app(act, app)
        definition = find_form(act, form)
        sent = request.get_json(silent=True)
        require(g.person, "add" if record is None else "edit", form, record, str(sent.get("subform")) if isinstance(sent, dict) else None)
        return jsonify(pasted(definition, sent, _lookup(act, form, record), reader()))


def as_filled(
    act: Act, form: Form, record: int | None, asked: list[str] | None = None, fixed: dict[str, Any] | None = None, rows: Any = None
) -> tuple[Entry, Any]:
    """What was sent of a page that is being filled in: as it was understood, and with all that follows from it."""
    before = query.get(act, form.key, record) if record is not None else None
    lookup = _lookup(act, form.key, record)
    editable = _editable(form, "edit" if before else "add", record) if asked is None else asked
    typed = fill(form, request.form, lookup, reader(), before.values if before else None, editable, rows=rows)
    typed.values.update(fixed or {})
    plan = plan_of(act.catalogue, form.key, act.connection.dialect)
    return typed, prepare(act, plan, typed.values, _whole(act, form.key, record), lookup)


def checked(
    act: Act,
    app: str,
    definition: Form,
    record: int | None,
    asked: list[str] | None = None,
    fixed: dict[str, Any] | None = None,
    rows: Any = None,
    partly: Collection[str] = (),
) -> Response:
    """`asked`: the only fields that are read; `fixed`: values that are settled, whatever is filled in.

    `rows`: what makes whole rows of those that are sent; `partly`: sub-forms of which the page has only some cells, so nothing is said of their rows."""
    form = definition.key
    typed, outcome = as_filled(act, definition, record, asked, fixed, rows)
    plan = plan_of(act.catalogue, form, act.connection.dialect)
    touched = request.form.get("_field", "").removeprefix(PREFIX)
    errors = {PREFIX + touched: typed.errors_of(touched)} if touched and typed.errors_of(touched) else {}
    stands = standing(act, definition, outcome.values, record)
    told = followed(act, plan, outcome.values, record)
    waits = waiting(plan, typed.raw.keys() - typed.values.keys(), told, None if record is None else outcome.changes)
    values = {
        PREFIX + key: definition.by_key[key].display(each, reader())
        for key, each in ({key: outcome.values.get(key) for key in plan.computed} | told).items()
        if key not in waits and (not outcome.problems or each is not None) and may(g.person, "view", form, record, key)
    }
    values |= _computed_in_rows(
        plan,
        {key: value for key, value in outcome.values.items() if key not in partly},
        {key: raw for key, raw in typed.raw.items() if key not in partly and may(g.person, "view", form, record, key)},
    )
    return jsonify(
        errors=errors,
        unfit=unfit_on_page(outcome.unfit, outcome.values, typed.raw),
        hidden=[PREFIX + key for key in stands.hidden],
        required=[PREFIX + key for key in stands.needed],
        rules=stands.as_json(),
        limits=[] if outcome.problems or asked is not None else [reader().say(each) for each in foretold(act, plan, outcome)],
        paths=paths(act, definition, outcome.values, record, partly),
        rows_stand=stands.rows_as_json(partly) if _as_many_rows(plan, outcome.values, typed.raw) else {},
        filled=fillings(act, definition, touched, typed.raw, outcome.values, record, reader()) if asked is None else {},
        values=values,
        waits={PREFIX + key: reader().say(each) for key, each in waits.items() if may(g.person, "view", form, record, key)},
        duplicates=duplicates(act, app, definition, touched, outcome.values, record) if asked is None else [],
    )


def tried(act: Act, app: Any, form: Form, at: str, template: str) -> str:
    """The page for a new record of a form that is being designed. What is filled in goes to `at`, and nothing is kept."""
    editable = _editable(form, "add")
    if request.method == "GET":
        return _page(act, app, form, opened(form, reader(), _first_values(act, form), editable), tried_at=at, template=template)
    entry = fill(form, request.form, ActLookup(act), reader(), editable=editable)
    if entry.ok:
        plan = plan_of(act.catalogue, form.key, act.connection.dialect)
        entry.tell(prepare(act, plan, entry.values, None, ActLookup(act)).problems)
    return _page(act, app, form, entry, tried_at=at, template=template)


def drawn(act: Act, app: Any, form: Form, entry: Entry, asked: list[str], template: str, **more: Any) -> str:
    """The page of a new record for whoever fills in only the fields in `asked`, on a template of its own that is told `more`."""
    return _page(act, app, form, entry, template=template, only=asked, **more)


def drawn_over(act: Act, app: Any, form: Form, record: Record, entry: Entry, asked: list[str], template: str, **more: Any) -> str:
    """The page of a record for whoever changes only the fields in `asked`, on a template of its own that is told `more`.

    `last`: what is done to the controls once they are equipped; gives the sub-forms of whose rows the page has only some cells."""
    return _page(act, app, form, entry, record, template=template, only=asked, **more)


def unfit_on_page(unfit: Mapping[str, Any], values: dict[str, Any], raw: dict[str, Any]) -> dict[str, str]:
    """By the names of their controls the linked choices that do not fit what stands beside them."""
    found = {}
    for path, sentence in unfit.items():
        rows, *place = path.split("/")
        if not place:
            found[PREFIX + rows] = reader().say(sentence)
        elif len(values.get(rows) or ()) == len(raw.get(rows) or ()):  # else a blank row is among them, and numbers differ
            found[f"{PREFIX}{rows}-{place[0]}-{PREFIX}{place[1]}"] = reader().say(sentence)
    return found


def _as_many_rows(plan: Plan, values: dict[str, Any], raw: dict[str, Any]) -> bool:
    """Whether rows have the numbers that they have on the page: blank ones are left out."""
    return all(len(values.get(each) or ()) == len(raw.get(each) or ()) for each in plan.row_rules)


def _computed_in_rows(plan: Plan, values: dict[str, Any], raw: dict[str, Any]) -> dict[str, str]:
    """What the computed fields of sub-forms' rows show; rows without a number of their own, because one was blank, are left out."""
    return {
        f"{PREFIX}{subform}-{number}-{PREFIX}{key}": plan.form.by_key[subform].lines()[key].display(row.get(key), reader())
        for subform, formulas in plan.line_computed.items()
        if len(values.get(subform) or ()) == len(raw.get(subform) or ())
        for number, row in enumerate(values.get(subform) or ())
        for key in formulas
    }


def _page(
    act: Act,
    app: Any,
    form: Form,
    entry: Entry,
    record: Record | None = None,
    conflicts: list[dict[str, Any]] | None = None,
    tried_at: str = "",
    template: str = "entry.html",
    only: list[str] | None = None,
    draft: int | None = None,
    last: Callable[[], Collection[str]] | None = None,
    **more: Any,
) -> str:
    equip(app.key, form, entry, record.id if record else None, f"{tried_at}/linked" if tried_at else None)
    values = _worked_out(act, form, entry, record.id if record else None)
    before = record.values if record else _first_values(act, form) if entry.raw else values
    stands = standing(act, form, values, record.id if record else None)
    partly = () if last is None else last()
    if record is None:
        _show_followed(act, form, entry, values)
    skipped = _skipped(form, record, stands.plan)
    sections = [
        {
            "label": section.section,
            "columns": section.columns,
            "wide": section.wide,
            "tab": section.tab,
            "divider": section.divider,
            "fields": [
                key
                for key in section.fields
                if (only is None or key in only) and _is_there(form, key, record) and key not in skipped and key in entry
            ],
        }
        for section in form.sections
    ]
    return render_template(
        template,
        app=app,
        form=form,
        entry=entry,
        record=record,
        tabs=arranged(sections, [each.path.partition("/")[0] for each in entry.problems]),
        tried_at=tried_at,
        words_for=None if tried_at or only is not None else beside_entry(act, app.key, form, values),
        draft=draft,
        later=worked_out_later(form, stands.plan, act, [key for section in form.sections for key in section.fields])
        if record is None and only is None
        else [],
        drafts=[] if tried_at or only is not None else _drafts_beside(act, form.key, record),
        watched=[] if only is not None else [PREFIX + key for key in watched(form)],
        hidden=stands.hidden,
        needed=stands.needed,
        carried=carried(act, form, before, values, record.id if record else None, reader(), stands, partly),
        conflicts=conflicts or [],
        name=title_of(form, record) if record else None,
        **more,
    )


def _drafts_beside(act: Act, form: str, record: Record | None) -> list[drafts.Draft]:
    """Own drafts of the same: of new records beside a new one, of this record beside its change."""
    return [each for each in drafts.of_person(act, form) if each.record == (record.id if record is not None else None)]


def _is_there(form: Form, key: str, record: Record | None) -> bool:
    """Whether a field has a place on the page: of a record with its value or its mask, of a new one if it can be seen at all."""
    return key in record.masked or sees(g.person, form.key, key, record.id) >= VIEW if record else sees(g.person, form.key, key) >= VIEW


def _whole(act: Act, form: str, record: int | None) -> Record | None:
    """A record with what is kept from the person too: rules and computed fields follow from all of it. None of it is shown."""
    return None if record is None else read_record(act, form, record)


def _lookup(act: Act, form: str, record: int | None) -> ActLookup:
    return ActLookup(act, present=_whole(act, form, record))


def _worked_out(act: Act, form: Form, entry: Entry, record: int | None) -> dict[str, Any]:
    """The values that the rules of a page read, with what follows from those that were typed."""
    whole = _whole(act, form.key, record)
    if not entry.raw:
        return {**entry.values, **(whole.values if whole else {})}
    plan = plan_of(act.catalogue, form.key, act.connection.dialect)
    return prepare(act, plan, entry.values, whole, ActLookup(act, present=whole)).values


def _show_followed(act: Act, form: Form, entry: Entry, values: Mapping[str, Any]) -> None:
    """On a page for a new record what is looked up already stands there: a reference may have come with the address."""
    for key, value in followed(act, plan_of(act.catalogue, form.key, act.connection.dialect), values, None).items():
        if key in entry and may(g.person, "view", form.key, None, key):
            entry[key].data = entry[key].shown = form.by_key[key].display(value, reader())


def _skipped(form: Form, record: Record | None, plan: Plan) -> set[str]:
    """What fills itself has no place on a page for a new record, but for what is computed from what is typed there."""
    return {
        each.key
        for each in form.fields
        if not each.writable and record is None and each.key not in plan.computed and each.key not in plan.followed and each.stores != "nothing"
    }


def equip(app: str, form: Form, entry: Entry, record: int | None = None, tried: str | None = None, alone: bool = False) -> None:
    """Tells controls where they ask: for records, people and values, where files go, what a panel shows.

    `tried`: where a form that is being designed asks for linked values. `alone`: nothing is known of the fields beside.
    """
    for each in form.fields:
        if each.key not in entry:
            continue
        _searches(entry[each.key], each, app, form, None, record, tried, alone)
        if isinstance(each, Attached):
            entry[each.key].send_url = f"/files/{form.key}/{each.key}"
        elif each.widget == "query_panel":
            entry[each.key].address = f"/apps/{app}/{form.key}/panel/{each.key}"
            entry[each.key].by = PREFIX + getattr(each, "ours")
        for row in rows_in(entry[each.key]):
            for key, line in each.lines().items():
                _searches(row[PREFIX + key], line, app, form, each.key, record, tried, alone)
                if isinstance(line, Attached):
                    row[PREFIX + key].send_url = f"/files/{form.key}/{each.key}.{key}"


def _searches(
    control: Any, kind: FieldType, app: str, form: Form, rows: str | None, record: int | None, tried: str | None, alone: bool
) -> None:
    address = kind.search_at(app, form.key)
    if not address or kind.type != "linked_choice":
        control.search_url = address
        return
    told = {name: value for name, value in (("rows", rows), ("record", record)) if value is not None}
    address = f"{tried}/{kind.key}" if tried else address
    control.search_url = f"{address}?{urlencode(told)}" if told else address
    control.asks = "" if alone else " ".join(kind.asks)


def _editable(form: Form, action: str, record: int | None = None) -> list[str]:
    return [
        each.key
        for each in form.fields
        if each.writable
        and each.stores in ("column", "many", "rows")
        and not (each.type == "serial")
        and may(g.person, action, form.key, record, each.key)
    ]


def _first_values(act: Act, form: Form) -> dict[str, Any]:
    """Defaults, and what the address brings along: `?customer=12` fills the reference."""
    plan = plan_of(act.catalogue, form.key, act.connection.dialect)
    given = {key: value for key, value in request.args.items() if key in plan.writable and plan.writable[key].stores == "column"}
    lookup = ActLookup(act)
    values = proposed(act, plan, {}, lookup)
    for key, raw in given.items():
        try:
            values[key] = plan.writable[key].parse(raw, lookup)
        except Refused:
            continue
        except Exception as error:  # an address somebody wrote by hand: what does not fit is left blank
            if not hasattr(error, "message"):
                raise
    return values


def proposed(act: Act, plan: Plan, given: Mapping[str, Any], lookup: ActLookup) -> dict[str, Any]:
    """The values of a new record before anybody types. Defaults were written for people of the house: whoever comes by a public link gets
    only those of which they see what is read. Moments are proposed to the minute."""
    values = dict(prepare(act, plan, given, None, lookup).values)
    for key in plan.defaults:
        if isinstance(moment := values.get(key), datetime):
            values[key] = moment.replace(second=0, microsecond=0)
    if act.person.gives is not None:
        for key, default in plan.defaults.items():
            if not reads_whole(act, plan.form.key, default):
                values.pop(key, None)
    return values


def _conflicts(act: Act, form: Form, entry: Entry, now: Record, version: int | None) -> list[dict[str, Any]]:
    """Fields that somebody else changed since the page was opened, with their value and mine."""
    changed: dict[str, int] = {}
    for row in query.history(act, form.key, now.id, limit=50):
        if version is not None and row.version > version:
            for key in json.loads(row.changes):
                changed.setdefault(key, row.person)
    found = []
    for key, person in changed.items():
        field_type = form.by_key.get(key)
        if field_type is None or key not in entry.values or not may(g.person, "view", form.key, now.id, key):
            continue
        theirs, mine = now.values.get(key), entry.values.get(key)
        found.append(
            {
                "key": key,
                "label": field_type.label,
                "who": reader().person_name(person),
                "theirs": field_type.display(theirs, reader()),
                "mine": field_type.display(mine, reader()),
                "same": theirs == mine,
            }
        )
    return found
