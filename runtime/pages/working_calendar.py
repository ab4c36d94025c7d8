"""/admin/calendar: which days are worked. Schedules, working-day formulas, follow-up plans and what is due in workflows go by it."""

from __future__ import annotations

from itertools import groupby
from typing import Any

from flask import Blueprint, render_template, request
from werkzeug.wrappers import Response as AnyResponse

from runtime.errors import Problem, Refused
from runtime.pages.web import builder_only, by_path, done, reader, reading, workspace, writing
from runtime.records import working_days
from runtime.records.working_days import Day
from runtime.texts import Message, _

blueprint = Blueprint("working_calendar", __name__, url_prefix="/admin/calendar")

YEARS = range(2000, 2100)
LARGEST = 2_000_000
KINDS: dict[str, Message] = {
    "off": _("day off"),
    "moved": _("worked, though a weekend"),
    "weekend": _("weekend"),
    "work": _("working day"),
}


@blueprint.get("")
@builder_only
def show() -> str:
    """?year="""
    return _page()


@blueprint.post("")
@builder_only
def save() -> AnyResponse | tuple[str, int]:
    """The days of the workspace's own, all of them as text."""
    try:
        with writing() as act:
            working_days.set_own(act, request.form.get("own_days", ""))
    except Refused as refusal:
        return _page(refusal), refusal.status
    return done(_here(), _("Saved."))


@blueprint.post("/add")
@builder_only
def add() -> AnyResponse | tuple[str, int]:
    """Days out of a file, or of what was pasted."""
    try:
        text = _given()
        with writing() as act:
            count = working_days.add_own(act, text)
    except Refused as refusal:
        return _page(refusal), refusal.status
    return done(_here(), _("{n} days are taken over.", n=count))


def _given() -> str:
    file = request.files.get("file")
    if file is None or not file.filename:
        return request.form.get("days", "")
    with file.stream:
        content = file.stream.read(LARGEST + 1)
    if len(content) > LARGEST:
        raise Refused([Problem("days", _("This is too long for a list of days."))])
    try:
        return content.decode("utf-8-sig")
    except UnicodeDecodeError:
        return content.decode("gb18030", errors="replace")


def _year() -> int:
    """The page is asked for a year by its address; its forms send the year they stood at."""
    given = (request.form if request.method == "POST" else request.args).get("year", "")
    wanted = int(given) if given.isdecimal() and len(given) == 4 else 0
    with reading() as act:
        return wanted if wanted in YEARS else act.today.year


def _here() -> str:
    return f"/admin/calendar?year={_year()}"


def _page(refusal: Refused | None = None) -> str:
    own, year, say = workspace(), _year(), reader().say
    days = working_days.year_of(own, year, reader().language)
    return render_template(
        "working_calendar.html",
        year=year,
        years=YEARS,
        country=working_days.name_of(working_days.country(own), reader().language),
        months=[_month(list(each)) for _number, each in groupby(days, lambda one: one.day.month)],
        weekdays=[working_days.weekday_name(number, reader().language) for number in range(7)],
        special=[_line(each) for each in days if each.own or each.kind in ("off", "moved")],
        working=reader().number(sum(each.kind in ("work", "moved") for each in days)),
        kinds={key: say(label) for key, label in KINDS.items()},
        values={"own_days": working_days.own_text(own, reader().language), **(request.form if refusal else {})},
        errors=by_path(refusal),
    )


def _month(days: list[Day]) -> dict[str, Any]:
    """Rows of a week each; None where a day belongs to another month."""
    cells: list[Day | None] = [*[None] * days[0].day.weekday(), *days]
    cells += [None] * (-len(cells) % 7)
    return {
        "label": working_days.month_name(days[0].day.month, reader().language),
        "weeks": [[_cell(each) for each in cells[place : place + 7]] for place in range(0, len(cells), 7)],
    }


def _cell(day: Day | None) -> dict[str, Any] | None:
    if day is None:
        return None
    said = reader().say(KINDS[day.kind])
    return {"n": day.day.day, "kind": day.kind, "own": day.own, "said": f"{said}: {day.label}" if day.label else said}


def _line(day: Day) -> dict[str, Any]:
    weekday = working_days.weekday_name(day.day.weekday(), reader().language)
    return {"day": reader().date(day.day), "weekday": weekday, "kind": day.kind, "label": day.label, "own": day.own}
