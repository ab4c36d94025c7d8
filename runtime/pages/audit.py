"""/admin/audit: the audit log, searched, checked, exported, and for how long it is kept."""

from __future__ import annotations

import csv
import io
import json
from collections.abc import Iterator
from datetime import date, datetime, time, timedelta
from typing import Any

import sqlalchemy as sa
from flask import Blueprint, Response, g, render_template, request
from werkzeug.wrappers import Response as AnyResponse

from runtime.errors import Problem, Refused
from runtime.pages import audit_words
from runtime.pages.web import builder_only, by_path, done, reader, reading, workspace, writing
from runtime.system import audit, clock
from runtime.system.tables import person
from runtime.system.workspace import Act, set_setting
from runtime.texts import _
from runtime.transfer.escaping import escaped

blueprint = Blueprint("audit", __name__, url_prefix="/admin/audit")

ROWS = 50
ASKED = ("who", "kind", "subject", "from", "to")
KEEPING = (90, 365, 1095, 2555)
COLUMNS = ("id", "at", "person", "name", "kind", "subject", "payload", "door", "address", "previous", "hash")


@blueprint.get("")
@builder_only
def list_lines() -> str:
    return _page()


@blueprint.post("/verify")
@builder_only
def verify() -> AnyResponse | str:
    with reading() as act:
        verdict = audit.verify(act.connection)
    return _page(verdict=verdict)


@blueprint.post("/keep")
@builder_only
def keep() -> AnyResponse | tuple[str, int]:
    """For how long lines are kept. What is too old then goes with the next look of the clock."""
    text = request.form.get("days", "").strip()
    fits = not text or (text.isascii() and text.isdecimal() and audit.LEAST_DAYS <= int(text[:9]) <= audit.MOST_DAYS)
    if not fits:
        refusal = Refused(
            [Problem("days", _("Give a number of days from {least} to {most}.", least=audit.LEAST_DAYS, most=audit.MOST_DAYS))]
        )
        return _page(refusal), refusal.status
    with writing() as act:
        before = audit.keep_days(workspace())
        set_setting(act.connection, audit.KEEP_DAYS, text)
        audit.note(act, "setting_changed", "audit", before=before, after=int(text) if text else None)
    return done("/admin/audit", _("Saved."))


@blueprint.get("/export")
@builder_only
def export() -> Response:
    """The lines that are searched for as CSV. That somebody took them out is a line itself."""
    with reading() as act:
        wanted, _errors = _wanted(act)
    with writing() as act:
        audit.note(act, "audit_exported", "audit", **{name: request.args[name] for name in ASKED if request.args.get(name)})
    own, asker = workspace(), g.person

    def made() -> Iterator[str]:
        with own.reading(asker) as act:
            yield from csv_lines(act, wanted)

    return Response(made(), content_type="text/csv; charset=utf-8", headers={"Content-Disposition": 'attachment; filename="audit.csv"'})


def csv_lines(act: Act, wanted: audit.Wanted) -> Iterator[str]:
    """A CSV file line by line; texts that a spreadsheet would take for formulas are made harmless."""
    names = {row.id: row.name for row in act.connection.execute(sa.select(person.c.id, person.c.name))}
    yield "\ufeff" + _csv(COLUMNS)
    for row in audit.every(act.connection, wanted):
        at = clock.from_micros(row.at)
        assert at is not None
        told = {**row._mapping, "at": at.astimezone(act.zone).isoformat(), "name": names.get(row.person, "")}
        yield _csv(["" if told[name] is None else escaped(str(told[name])) for name in COLUMNS])


def _csv(cells: Any) -> str:
    buffer = io.StringIO()
    csv.writer(buffer).writerow(cells)
    return buffer.getvalue()


# -- the page -------------------------------------------------------------------------------------------------------------------
def _page(refusal: Refused | None = None, verdict: audit.Verdict | None = None) -> str:
    before = request.args.get("before", type=int)
    with reading() as act:
        wanted, errors = _wanted(act)
        rows = audit.page(act.connection, wanted, before, ROWS + 1)
        there = audit.kinds(act.connection)
    lines = _lines(rows[:ROWS])
    asked = {name: request.args[name] for name in ASKED if request.args.get(name)}
    return render_template(
        "audit.html",
        lines=lines,
        asked=asked,
        errors={**errors, **by_path(refusal)},
        kinds={key: audit_words.kind(key) for key in sorted({*there, *([asked["kind"]] if "kind" in asked else [])})},
        verdict=verdict,
        next={**asked, "before": rows[ROWS - 1].id} if len(rows) > ROWS else None,
        first=before is not None,
        keep=audit.keep_days(workspace()),
        keeping=KEEPING,
    )


def _wanted(act: Act) -> tuple[audit.Wanted, dict[str, str]]:
    """The search of the address, and what is wrong with it; a condition that cannot be read is left out and said."""
    given, errors = request.args, {}
    days: dict[str, date | None] = {}
    for name in ("from", "to"):
        try:
            days[name] = date.fromisoformat(given[name]) if given.get(name) else None
        except ValueError:
            days[name], errors[name] = None, reader().say(_("Write a day like 2026-11-21."))
    if days["from"] and days["to"] and days["from"] > days["to"]:
        errors["to"] = reader().say(_("This day is before the first one."))
    who = given.get("who", "").strip()
    return audit.Wanted(
        _people(act, who) if who else None,
        given.get("kind", ""),
        given.get("subject", "").strip(),
        _beginning(act, days["from"]),
        _beginning(act, days["to"], timedelta(days=1)),
    ), errors


def _people(act: Act, who: str) -> tuple[int, ...]:
    """The people whose name or e-mail address holds these words."""
    fits = person.c.name.icontains(who, autoescape=True) | person.c.email.icontains(who, autoescape=True)
    return tuple(act.connection.execute(sa.select(person.c.id).where(fits).limit(500)).scalars())


def _beginning(act: Act, day: date | None, later: timedelta = timedelta()) -> datetime | None:
    try:
        return None if day is None else datetime.combine(day + later, time(), act.zone)
    except OverflowError:
        return None


def _lines(rows: list[Any]) -> list[dict[str, Any]]:
    named = {int(row.subject.removeprefix("person:")) for row in rows if row.subject.removeprefix("person:").isdecimal()}
    reader().know_people({row.person for row in rows if row.person > 0} | named)
    return [_line(row) for row in rows]


def _line(row: Any) -> dict[str, Any]:
    sort, _colon, name = row.subject.partition(":")
    someone = int(name) if sort == "person" and name.isdecimal() else None
    return {
        "id": row.id,
        "at": clock.from_micros(row.at),
        "who": reader().person_name(row.person) if row.person > 0 else "Tierloom",
        "kind": audit_words.kind(row.kind),
        "subject": reader().person_name(someone) if someone else row.subject,
        "href": f"/admin/people/{someone}" if someone else "",
        "told": audit_words.told(json.loads(row.payload)),
        "door": audit_words.DOORS.get(row.door, row.door),
        "address": row.address or "",
        "hash": row.hash,
    }
