"""The workspace's calendar of working days: the country whose public holidays and moved working days formulas go by."""

from __future__ import annotations

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
