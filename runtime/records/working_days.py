"""The workspace's calendar of working days: the country whose public holidays and moved working days formulas go by, and days of its own."""

from __future__ import annotations

import re
from datetime import date
from typing import TYPE_CHECKING

from babel import Locale

from runtime.errors import Problem, Refused
from runtime.formulas.functions.workdays import COUNTRIES
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
LINE = re.compile(r"(\d{4}-\d\d-\d\d)[\s,，]+(off|work|休|班)(?:[\s,，]+(.*))?", re.IGNORECASE)
OFF = ("off", "休")


def countries(language: str) -> list[tuple[str, str]]:
    """(code, name) of every country that has a calendar, by name."""
    return sorted(((code, name_of(code, language)) for code in COUNTRIES), key=lambda each: each[1])


def name_of(country: str, language: str) -> str:
    return Locale(language).territories.get(country, country)


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
