"""The workspace's calendar of working days: the country whose public holidays and moved working days formulas go by, and days of its own."""

from __future__ import annotations

import json
import re
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import date, timedelta
from typing import TYPE_CHECKING

from babel import Locale

from runtime.errors import Problem, Refused
from runtime.formulas.functions.workdays import COUNTRIES, holiday_names, is_workday
from runtime.formulas.scope import similar
from runtime.people.may import require
from runtime.records import derived
from runtime.system.audit import note
from runtime.system.workspace import set_setting
from runtime.texts import _

if TYPE_CHECKING:
    from runtime.system.workspace import Act, Workspace

SETTING = "holidays"
OWN, LABELS = "own_days", "own_day_labels"
"""Settings: the days as `Workspace.calendar` writes them, and what for, a line each."""
MOST_OWN, LONGEST_LABEL = 400, 60
SATURDAY = 5
LINE = re.compile(r"(\d{4}-\d\d-\d\d)[\s,，]+(off|work|休|班)(?:[\s,，]+(.*))?", re.IGNORECASE)
OFF = ("off", "休")
WORK = re.compile(r"班|补班|调班|\bwork", re.IGNORECASE)
LARGEST = 1_000_000
"""Characters of a file with days."""
MOST_IN_A_ROW = 60
"""Days of one entry of a calendar file."""


def countries(language: str) -> list[tuple[str, str]]:
    """(code, name) of every country that has a calendar, by name."""
    return sorted(((code, name_of(code, language)) for code in COUNTRIES), key=lambda each: each[1])


def name_of(country: str, language: str) -> str:
    return Locale(language).territories.get(country, country)


def weekday_name(number: int, language: str) -> str:
    """Monday is 0."""
    return Locale(language).days["format"]["abbreviated"][number]


def month_name(number: int, language: str) -> str:
    return Locale(language).months["stand-alone"]["wide"][number]


def country(workspace: Workspace) -> str:
    """The two letters of the country whose calendar the workspace goes by."""
    return workspace.holidays


def problem(country: str) -> Problem | None:
    """What is wrong with a choice; None if there is such a calendar."""
    if country in COUNTRIES:
        return None
    if not country:
        return Problem(SETTING, _("Choose a country; its public holidays are no working days."))
    codes = {name: code for language in ("zh", "en") for code, name in countries(language)}
    near = similar(country, list(codes))
    if near is not None:
        return Problem(SETTING, _("There is no calendar for {country}. Did you mean {near}?", country=country, near=codes[near]))
    return Problem(SETTING, _("There is no calendar for {country}; write the two letters of a country, such as CN.", country=country))


def choose(act: Act, wanted: str) -> None:
    """Goes by another country's calendar from now on; what is kept of working days is worked out anew. Raises Refused."""
    require(act.person, "administer")
    chosen = wanted.strip().upper()
    wrong = problem(chosen if chosen in COUNTRIES else wanted.strip())
    if wrong is not None:
        raise Refused([wrong])
    if chosen == act.workspace.holidays:
        return
    note(act, "setting_changed", SETTING, before=act.workspace.holidays, after=chosen)
    set_setting(act.connection, SETTING, chosen)
    act.refresh()  # formulas go by the new calendar from here on
    derived.calendar_changed(act)


# -- days of its own ----------------------------------------------------------------------------------------------------------------
def own_text(workspace: Workspace, language: str) -> str:
    """The days of its own as they are written on the page, one a line."""
    days, labels = workspace.setting(OWN).split(), workspace.setting(LABELS).split("\n")
    words = {"-": "休", "+": "班"} if language == "zh" else {"-": "off", "+": "work"}
    return "\n".join(f"{day[:-1]} {words[day[-1]]} {label}".rstrip() for day, label in zip(days, labels, strict=False))


def set_own(act: Act, text: str) -> None:
    """Takes other days of its own; what is kept of working days is worked out anew. Raises Refused."""
    require(act.person, "administer")
    days, labels = _read(text)
    written = " ".join(days)
    if (written, "\n".join(labels)) == (act.workspace.setting(OWN), act.workspace.setting(LABELS)):
        return
    changed = written != act.workspace.setting(OWN)
    note(act, "setting_changed", OWN, before=act.workspace.setting(OWN), after=written)
    set_setting(act.connection, OWN, written)
    set_setting(act.connection, LABELS, "\n".join(labels))
    act.refresh()
    if changed:
        derived.calendar_changed(act)


def add_own(act: Act, text: str) -> int:
    """Puts the days of a file or of what was pasted in among those of its own, in place of the same days; gives how many. Raises Refused."""
    added = _of_file(text)
    if not added:
        raise Refused([Problem("days", _("No day was found in it. Each line needs a day and “off” or “work”, or give a calendar file."))])
    before = {line.partition(" ")[0]: line for line in own_text(act.workspace, "en").splitlines()}
    both = {**before, **{day: f"{day} {rest}" for day, rest in added.items()}}
    set_own(act, "\n".join(both.values()))
    return len(added)


def _of_file(text: str) -> dict[str, str]:
    """Day → `off` or `work` and what for: of a calendar file (ICS), of the JSON lists in which the State Council's days are passed on, of lines."""
    if len(text) > LARGEST:
        raise Refused([Problem("days", _("This is too long for a list of days."))])
    if "BEGIN:VCALENDAR" in text[:1000]:
        return dict(_of_ics(text))
    if text.lstrip().startswith("{"):
        return dict(_of_json(text))
    days, labels = _read(text)
    return {day[:-1]: f"{'off' if day[-1] == '-' else 'work'} {label}" for day, label in zip(days, labels, strict=True)}


def _of_ics(text: str) -> Iterator[tuple[str, str]]:
    unfolded = re.sub(r"\r?\n[ \t]", "", text)
    for event in unfolded.split("BEGIN:VEVENT")[1:]:
        own = dict(re.findall(r"^(DTSTART|DTEND|SUMMARY)[^:\r\n]*:([^\r\n]*)", event, re.MULTILINE))
        first = _day(f"{own.get('DTSTART', '')[:4]}-{own.get('DTSTART', '')[4:6]}-{own.get('DTSTART', '')[6:8]}")
        if first is None:
            continue
        ends = _day(f"{own.get('DTEND', '')[:4]}-{own.get('DTEND', '')[4:6]}-{own.get('DTEND', '')[6:8]}")
        summary = " ".join(own.get("SUMMARY", "").replace("\\,", ",").split())[:LONGEST_LABEL]
        word = "work" if WORK.search(summary) else "off"
        for number in range(min(max(1, (ends - first).days if ends is not None else 1), MOST_IN_A_ROW)):
            yield (first + timedelta(days=number)).isoformat(), f"{word} {summary}"


def _of_json(text: str) -> Iterator[tuple[str, str]]:
    try:
        days = json.loads(text).get("days")
    except (ValueError, RecursionError, AttributeError):
        days = None
    for each in days if isinstance(days, list) else ():
        day = _day(str(each.get("date", ""))) if isinstance(each, dict) else None
        if day is not None and isinstance(each.get("isOffDay"), bool):
            label = " ".join(str(each.get("name", "")).split())[:LONGEST_LABEL]
            yield day.isoformat(), f"{'off' if each['isOffDay'] else 'work'} {label}"


# -- a year to look at ----------------------------------------------------------------------------------------------------------------
@dataclass(frozen=True)
class Day:
    """`kind`: work, weekend, off (a holiday) or moved (worked, though it is a weekend). `own`: said by the workspace itself."""

    day: date
    kind: str
    label: str
    own: bool


def year_of(workspace: Workspace, year: int, language: str) -> list[Day]:
    """Every day of a year."""
    own = dict(_own_days(workspace))
    names = holiday_names(workspace.holidays, year, language)
    day, found = date(year, 1, 1), []
    while day.year == year:
        worked = is_workday(day, workspace.calendar)
        label = own[day] if day in own else names.get(day, "")
        found.append(Day(day, _kind(day, worked, label), label, day in own))
        if day == date.max:
            break
        day += timedelta(days=1)
    return found


def _kind(day: date, worked: bool, label: str) -> str:
    weekend = day.weekday() >= SATURDAY
    if worked:
        return "moved" if weekend else "work"
    return "weekend" if weekend and not label else "off"


def _own_days(workspace: Workspace) -> Iterator[tuple[date, str]]:
    labels = workspace.setting(LABELS).split("\n")
    for number, each in enumerate(workspace.setting(OWN).split()):
        yield date.fromisoformat(each[:-1]), labels[number] if number < len(labels) else ""


def _read(text: str) -> tuple[list[str], list[str]]:
    found: dict[date, tuple[str, str]] = {}
    for line in filter(None, (each.strip() for each in text.splitlines())):
        match = LINE.fullmatch(line)
        day = _day(match[1]) if match else None
        if match is None or day is None or day in found:
            raise Refused([Problem(OWN, _("This line cannot be read, or its day stands there twice: {line}", line=line[:80]))])
        found[day] = ("-" if match[2].lower() in OFF else "+", (match[3] or "").strip()[:LONGEST_LABEL])
    if len(found) > MOST_OWN:
        raise Refused([Problem(OWN, _("At most {most} days of your own. Remove those that are long past.", most=MOST_OWN))])
    ordered = sorted(found.items())
    return [f"{day.isoformat()}{sign}" for day, (sign, _label) in ordered], [label for _day, (_sign, label) in ordered]


def _day(text: str) -> date | None:
    try:
        return date.fromisoformat(text)
    except ValueError:
        return None
