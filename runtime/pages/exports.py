"""Exporting a list as it stands: its filter, order and columns, as CSV or XLSX. Large ones are written by a job."""

from __future__ import annotations

import io
import json
import tempfile
from collections.abc import Iterator
from pathlib import Path
from typing import Any

from flask import Blueprint, Response, g, render_template, request, send_file

from runtime.errors import NotFound
from runtime.pages import jobs as job_pages
from runtime.pages.apps import find_app
from runtime.pages.lists import Wish, find_form
from runtime.pages.web import go_to, reader, reading, signed_in, workspace, writing
from runtime.people.may import require
from runtime.records import query
from runtime.system import jobs
from runtime.system.workspace import Act
from runtime.texts import _
from runtime.transfer import exporting
from runtime.transfer.exporting import FORMATS, Wanted

blueprint = Blueprint("exports", __name__)

BASE = "/apps/<app>/<form>/export"


def _wanted(act: Act, app: str, form: str, given: Any, format: str) -> tuple[Any, Any, Wish, Wanted]:
    """The list of this address as an export."""
    found, definition = find_app(act, app), find_form(act, form)
    require(g.person, "export", form)
    wish = Wish(act, definition, given)
    every = [each.key for each in exporting.exportable(act, definition)]
    columns = every if given.get("all") else [key for key in wish.columns if key in every]
    wanted = Wanted(
        form, tuple(columns), tuple(wish.filters()), tuple(wish.trusted()), wish.search, tuple(wish.sort), reader().language, format
    )
    exporting.check(act, wanted)
    return found, definition, wish, wanted


@blueprint.get(BASE)
@signed_in
def choose(app: str, form: str) -> str:
    with reading() as act:
        found, definition, wish, wanted = _wanted(act, app, form, request.args, "csv")
        total = query.count(act, form, search=wish.search, also=wanted.filters, trusted=wanted.trusted, most=None, action="export")
        return render_template(
            "export.html",
            app=found,
            form=definition,
            wish=wish,
            total=total,
            large=total > exporting.AT_ONCE,
            given=request.query_string.decode(),
            labels=exporting.headings(act, wanted),
            all_count=len(exporting.exportable(act, definition)),
        )


@blueprint.post(BASE)
@signed_in
def write(app: str, form: str) -> Any:
    """The file at once, or for a large one a job whose page ends with the link."""
    format = request.form.get("format", "csv")
    given = request.args.copy()
    if request.form.get("all"):
        given["all"] = "1"
    with reading() as act:
        _app, _form, wish, wanted = _wanted(act, app, form, given, format)
        total = query.count(act, form, search=wish.search, also=wanted.filters, trusted=wanted.trusted, most=None, action="export")
    if total > exporting.AT_ONCE:
        with writing() as act:
            number = exporting.start(act, wanted, total)
        return go_to(f"/apps/{app}/{form}/export/{number}")
    with workspace().writing(g.person) as act:
        exporting.note(act, wanted, total)
    name = f"{form}-{reader().today:%Y-%m-%d}.{format}"
    if format == "csv":
        return Response(
            _lines(wanted),
            content_type=FORMATS["csv"],
            headers={"Content-Disposition": f'attachment; filename="{form.encode("ascii", "ignore").decode() or "export"}.csv"'},
        )
    return _sheet(wanted, name)


def _lines(wanted: Wanted) -> Iterator[str]:
    """Made while it is sent, at one moment of the database."""
    own, person = workspace(), g.person

    def made() -> Iterator[str]:
        with own.reading(person) as act:
            yield from exporting.csv_lines(exporting.headings(act, wanted), exporting.rows(act, wanted))

    return made()


def _sheet(wanted: Wanted, name: str) -> Response:
    with tempfile.TemporaryDirectory(dir=exporting.folder(workspace())) as folder:
        path = Path(folder) / "export.xlsx"
        with reading() as act:
            exporting.write_file(act, wanted, path)
        content = path.read_bytes()
    return send_file(io.BytesIO(content), mimetype=FORMATS["xlsx"], as_attachment=True, download_name=name)


@blueprint.get(f"{BASE}/<int:number>")
@signed_in
def show(app: str, form: str, number: int) -> Any:
    with reading() as act:
        found, definition, row = find_app(act, app), find_form(act, form), exporting.job_of(act, number)
        if row.state in jobs.OPEN or row.state != "done":
            return render_template("export_job.html", app=found, form=definition, job=job_pages.line(row), file=None)
        return render_template(
            "export_job.html",
            app=found,
            form=definition,
            job=job_pages.line(row),
            file=f"/apps/{app}/{form}/export/{number}/file",
            rows=json.loads(row.result)["rows"],
        )


@blueprint.get(f"{BASE}/<int:number>/file")
@signed_in
def download(app: str, form: str, number: int) -> Response:
    with reading() as act:
        find_form(act, form)
        row = exporting.job_of(act, number)
        require(g.person, "export", json.loads(row.payload)["form"])
    path = exporting.folder(workspace()) / Path(json.loads(row.result or "{}").get("file", "gone")).name
    if row.state != "done" or not path.is_file():
        raise NotFound(_("This file is not kept any more. Export again."))
    format = path.suffix.lstrip(".")
    return send_file(path, mimetype=FORMATS[format], as_attachment=True, download_name=f"{form}.{format}")
