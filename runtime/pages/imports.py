"""Importing: upload, columns, check, result. The address is the import: close the page and come back."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from flask import Blueprint, Response, g, render_template, request

from runtime.definitions.form import Form
from runtime.errors import DiskFull, FieldError, NotFound, Problem, Refused
from runtime.pages import jobs as job_pages
from runtime.pages.apps import find_app
from runtime.pages.lists import find_form
from runtime.pages.web import done, go_to, reader, reading, signed_in, workspace, writing
from runtime.people.may import require
from runtime.records.lookup import NoLookup
from runtime.system import jobs
from runtime.system.workspace import Act
from runtime.texts import _
from runtime.transfer import faulty, imports, mapping, starting, undoing
from runtime.transfer import reading as files
from runtime.transfer.imports import Import
from runtime.transfer.mapping import ColumnMap

blueprint = Blueprint("imports", __name__)

ACCEPTED = ".csv,.txt,.tsv,.gz,.xlsx,.xlsm,.xlsb,.xls,.ods"
SHOWN_COLUMNS = 5
MOST_OPTIONS = 40
BASE = "/apps/<app>/<form>/import"


# -- upload -------------------------------------------------------------------------------------------------------------------------
@blueprint.get(BASE)
@signed_in
def begin(app: str, form: str) -> str:
    with reading() as act:
        return _upload_page(act, app, form)


@blueprint.post(BASE)
@signed_in
def upload(app: str, form: str) -> Any:
    with reading() as act:
        find_app(act, app)
        require(g.person, "import", find_form(act, form).key)
    given = request.files.get("file")
    try:
        if given is None or not given.filename:
            raise files.refuse(_("Choose a file first."))
        path = imports.keep_file(workspace(), given.stream)
        how = imports.inspect(workspace(), path)
        try:
            with writing() as act:
                imports.forget_old(act)
                task = imports.begin(act, form, path, given.filename, how)
        except BaseException:
            imports.throw_away(path)
            raise
    except Refused as error:
        with reading() as act:
            return _upload_page(act, app, form, error.problems), 422
    except DiskFull as error:
        with reading() as act:
            return _upload_page(act, app, form, [Problem("file", error.message)]), error.status
    return go_to(f"/apps/{app}/{form}/import/{task.id}")


def _upload_page(act: Act, app: str, form: str, problems: Sequence[Problem] = ()) -> str:
    found = find_app(act, app)
    definition = find_form(act, form)
    require(g.person, "import", form)
    return render_template(
        "import_upload.html",
        app=found,
        form=definition,
        accept=ACCEPTED,
        problems=problems,
        recent=imports.recent(act, form),
        most=workspace().settings.max_upload_mb,
        fields=list(mapping.targets(act, definition).values()),
        kept_days=imports.KEPT_DAYS,
    )


# -- the page of an import ----------------------------------------------------------------------------------------------------------
@blueprint.get(f"{BASE}/<int:number>")
@signed_in
def show(app: str, form: str, number: int) -> Any:
    with reading() as act:
        return _page(act, app, form, number)


def _task(act: Act, form: str, number: int) -> Import:
    task = imports.find(act, number)
    if task.form != form:
        raise NotFound(_("There is no such import."))
    return task


def _page(act: Act, app: str, form: str, number: int, problems: Sequence[Problem] = ()) -> str:
    found, definition = find_app(act, app), find_form(act, form)
    task = _task(act, form, number)
    page = {
        "app": found,
        "form": definition,
        "task": task,
        "here": f"/apps/{app}/{form}/import/{number}",
        "problems": problems,
        "kept_days": imports.KEPT_DAYS,
    }
    if task.state in imports.BUSY and not task.stopped:
        row = jobs.find(act.connection, task.job or 0)
        return render_template("import_running.html", **page, job=job_pages.line(row))
    if task.state in ("columns", "checking") or (task.state == "checked" and request.args.get("step") == "columns"):
        return _columns_page(act, definition, task, page)
    if task.state == "checked":
        return _check_page(act, definition, task, page)
    return render_template(
        "import_result.html",
        **page,
        counts=task.counts,
        undo=task.can_undo(act.now),
        kept=undoing.kept(act, task) if task.counts.get("undo") else [],
    )


def _columns_page(act: Act, form: Form, task: Import, page: dict[str, Any]) -> str:
    columns = imports.columns_of(act, form, task.path, task.reading)
    assert task.map is not None
    for column in columns:
        key = task.map.columns.get(column.index)
        if key != column.key:
            column.key, column.how = key, "chosen" if key else "none"
    fields = mapping.targets(act, form)
    return render_template(
        "import_columns.html",
        **page,
        columns=columns,
        fields=list(fields.values()),
        keys=mapping.keys_of(form, fields),
        reasons=mapping.REASONS,
        map=task.map,
        missing=mapping.missing(form, task.map),
        encodings=files.NAMES,
        delimiters=files.DELIMITERS,
        notes=_notes(columns, task),
    )


def _notes(columns: list[mapping.Column], task: Import) -> list[Any]:
    found = []
    if len(columns) == 1 and task.reading.kind == "csv":
        found.append(_("This file has one column. If it should have more, choose another sign between columns."))
    twice = [each.heading for each in columns if each.how == "repeated"]
    if twice:
        found.append(
            _(
                "These headings stand above several columns: {headings}. Only the first of each is used.",
                headings=list(dict.fromkeys(twice)),
            )
        )
    return found


def _check_page(act: Act, form: Form, task: Import, page: dict[str, Any]) -> str:
    assert task.map is not None
    reason = request.args.get("reason", "")
    rows, after = faulty.listed(act, task, reason, request.args.get("after", 0, type=int))
    columns = _shown_columns(form, task, rows)
    counts = task.counts["check"]
    ready = counts["new"] + counts["update"]
    automations = _automations(act, form)
    return render_template(
        "import_check.html",
        **page,
        counts=counts,
        ready=ready,
        columns=columns,
        rows=[_row(form, each, columns) for each in rows],
        after=after,
        reason=reason,
        reasons=[_reason(form, each, page["here"]) for each in faulty.reasons(act, task)],
        automations=automations,
        workflows=[(each.key, reader().shown(each.label)) for each in starting.startable(act, form.key)],
        runs=len(automations) * ready,
        mapped=_mapped(act, form, task),
        most=faulty.MOST_LISTED,
    )


def _shown_columns(form: Form, task: Import, rows: list[faulty.Faulty]) -> list[dict[str, Any]]:
    """What is wrong somewhere, the title, and others as far as there is room; in the order of the file."""
    assert task.map is not None
    wrong = {problem["path"].partition("/")[0] for each in rows for problem in each.problems}
    every = [(index, key) for index, key in sorted(task.map.columns.items()) if key in form.by_key]
    chosen = [each for each in every if each[1] in wrong]
    others = sorted((each for each in every if each not in chosen), key=lambda each: each[1] != form.title)
    chosen += others[: max(1, SHOWN_COLUMNS - 2 * len(chosen))]  # what can be mended takes twice the room
    return [{"index": index, "key": key, "label": reader().shown(form.by_key[key].label)} for index, key in sorted(chosen)]


def _row(form: Form, row: faulty.Faulty, columns: list[dict[str, Any]]) -> dict[str, Any]:
    """The cells to show; what is wrong stands beneath its cell, the rest with the row."""
    language = reader().language
    reasons: dict[str, list[str]] = {}
    for problem in row.problems:
        reasons.setdefault(problem["path"].partition("/")[0], []).append(problem.get(language) or problem["en"])
    cells = []
    for each in columns:
        wrong, text = " ".join(reasons.pop(each["key"], ())), row.text(each["index"])
        cells.append(
            {
                "index": each["index"],
                "label": each["label"],
                "wrong": wrong,
                "text": text if wrong else _masked(form, each["key"], text),
                "options": _options(form, each["key"]),
            }
        )
    return {"number": row.number, "cells": cells, "problems": [sentence for each in reasons.values() for sentence in each]}


def _masked(form: Form, key: str, text: str) -> str:
    """What is masked elsewhere is masked here too; a cell that must be mended has to be seen."""
    field_type = form.by_key[key]
    if not field_type.mask or not text.strip():
        return text
    try:
        return field_type.masked(field_type.parse(text, NoLookup(workspace().zone)))
    except FieldError:
        return "••••"


def _options(form: Form, key: str) -> list[dict[str, str]]:
    options = getattr(form.by_key[key], "options", ())
    return [{"key": each.key, "label": reader().shown(each.label)} for each in options] if len(options) <= MOST_OPTIONS else []


def _reason(form: Form, reason: faulty.Reason, here: str) -> dict[str, Any]:
    field_type = form.by_key.get(reason.path.partition("/")[0])
    sentence = reason.message.get(reader().language) or reason.message["en"]
    return {
        "key": reason.key,
        "label": reader().shown(field_type.label) if field_type else sentence,
        "sentence": sentence,
        "count": reason.count,
    }


def _mapped(act: Act, form: Form, task: Import) -> list[dict[str, Any]]:
    assert task.map is not None
    return [
        {
            "heading": each.heading or f"{each.index + 1}",
            "field": reader().shown(form.by_key[task.map.columns[each.index]].label) if each.index in task.map.columns else None,
            "match": task.map.columns.get(each.index) == task.map.match and task.map.mode != "add",
        }
        for each in imports.columns_of(act, form, task.path, task.reading)
    ]


def _automations(act: Act, form: Form) -> list[str]:
    """The automations that would answer to this import: of the form and of those its records point at."""
    forms = {form.key, *(getattr(each, "form") for each in form.fields if each.type == "reference")}
    return [
        reader().shown(each.label)
        for each in act.catalogue.automations.values()
        if each.enabled and "import" in each.sources and each.trigger.form_key(act.catalogue) in forms
    ]


# -- acts ---------------------------------------------------------------------------------------------------------------------------
@blueprint.post(f"{BASE}/<int:number>/reading")
@signed_in
def read_again(app: str, form: str, number: int) -> Any:
    """Another sheet, encoding, sign between columns, or row of headings."""
    given = request.form
    try:
        with writing() as act:
            task = _task(act, form, number)
            how = task.reading
            if how.kind == "sheet":
                how = files.with_sheet(task.path, how, given.get("sheet", how.sheet))
            else:
                how = files.replace(how, encoding=given.get("encoding", how.encoding), delimiter=given.get("delimiter", how.delimiter))
            header = given.get("header", type=int)
            same = how == task.reading and header == how.header
            imports.read_again(act, task, how, header if header != task.reading.header and not same else None)
    except Refused as error:
        with reading() as act:
            return _page(act, app, form, number, error.problems), 422
    return go_to(f"/apps/{app}/{form}/import/{number}")


@blueprint.post(f"{BASE}/<int:number>/columns")
@signed_in
def choose(app: str, form: str, number: int) -> Any:
    """Takes the columns and starts the check."""
    given = request.form
    columns = {
        int(name.removeprefix("column-")): key
        for name, key in given.items()
        if name.startswith("column-") and name.removeprefix("column-").isdecimal() and key
    }
    mode = given.get("mode", "add")
    try:
        with writing() as act:
            imports.start_check(
                act, _task(act, form, number), ColumnMap(columns, mode, given.get("match") or None if mode != "add" else None)
            )
    except Refused as error:
        with reading() as act:
            return _page(act, app, form, number, error.problems), 422
    return go_to(f"/apps/{app}/{form}/import/{number}")


@blueprint.post(f"{BASE}/<int:number>/cell")
@signed_in
def mend(app: str, form: str, number: int) -> Any:
    """Another text for a cell of a faulty row, or for all that are alike."""
    given = request.form
    row, index = given.get("row", type=int), given.get("column", type=int)
    if row is None or index is None:
        raise NotFound(_("This row is not among the faulty ones any more."))
    with writing() as act:
        changed, good = faulty.mend(act, _task(act, form, number), row, index, given.get("text", ""), given.get("alike") == "1")
    kept = f"?reason={given['reason']}" if given.get("reason") else ""
    return done(
        f"/apps/{app}/{form}/import/{number}{kept}",
        _("{changed} rows changed, {good} of them can now be imported.", changed=f"{changed:,}", good=f"{good:,}"),
    )


@blueprint.post(f"{BASE}/<int:number>/start")
@signed_in
def start(app: str, form: str, number: int) -> Any:
    with writing() as act:
        imports.start_import(
            act,
            _task(act, form, number),
            "automations" if request.form.get("fire") else "nothing",
            request.path.removesuffix("/start"),
            request.form.get("workflow") or None,
        )
    return go_to(f"/apps/{app}/{form}/import/{number}")


@blueprint.post(f"{BASE}/<int:number>/undo")
@signed_in
def undo(app: str, form: str, number: int) -> Any:
    with writing() as act:
        imports.start_undo(act, _task(act, form, number))
    return go_to(f"/apps/{app}/{form}/import/{number}")


@blueprint.get(f"{BASE}/<int:number>/errors.csv")
@signed_in
def errors(app: str, form: str, number: int) -> Response:
    """The faulty rows with their reasons, to be mended in a spreadsheet and imported again."""
    with reading() as act:
        lines = list(faulty.errors_csv(act, _task(act, form, number), reader().language))
    return Response(
        "".join(lines), mimetype="text/csv", headers={"Content-Disposition": f'attachment; filename="{form}-import-{number}-refused.csv"'}
    )
