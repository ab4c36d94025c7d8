"""/admin/settings: what holds for the whole workspace, and for how long things are kept."""

from __future__ import annotations

from flask import Blueprint, render_template, request
from werkzeug.wrappers import Response as AnyResponse

from runtime.automation import due
from runtime.collaboration import choices
from runtime.errors import Problem, Refused
from runtime.pages.account import NAMES_OF_LANGUAGES
from runtime.pages.web import builder_only, by_path, done, reader, reading, workspace, writing
from runtime.people import second_factor
from runtime.records import working_days
from runtime.system import audit
from runtime.system.workspace import Act, set_setting
from runtime.texts import LANGUAGES, _
from runtime.transfer import imports

blueprint = Blueprint("settings", __name__, url_prefix="/admin/settings")

LONGEST_NAME = 100


@blueprint.get("")
@builder_only
def show() -> str:
    return _page()


@blueprint.post("")
@builder_only
def save() -> AnyResponse | tuple[str, int]:
    """Name, language and calendar together: all of them or none."""
    try:
        with writing() as act:
            _set_own(act, request.form.get("name", ""), request.form.get("language", ""))
            working_days.choose(act, request.form.get("holidays", ""))
    except Refused as refusal:
        return _page(refusal), refusal.status
    return done("/admin/settings", _("Saved."))


@blueprint.post("/quiet")
@builder_only
def set_quiet() -> AnyResponse | tuple[str, int]:
    try:
        with writing() as act:
            choices.set_usual_quiet(act, request.form.get("quiet_from", ""), request.form.get("quiet_until", ""))
    except Refused as refusal:
        return _page(refusal), refusal.status
    return done("/admin/settings#quiet", _("Saved."))


def _set_own(act: Act, name: str, language: str) -> None:
    """Writes what has changed, each with a line in the audit log. Raises Refused."""
    problems = []
    if not 1 <= len(name.strip()) <= LONGEST_NAME:
        problems.append(Problem("name", _("Give the workspace a name, for example your company's.")))
    if language not in LANGUAGES:
        problems.append(Problem("language", _("Choose a language from the list.")))
    if problems:
        raise Refused(problems)
    own = act.workspace
    for setting, before, after in (("name", own.name, " ".join(name.split())), ("language", own.language, language)):
        if before != after:
            set_setting(act.connection, setting, after)
            audit.note(act, "setting_changed", setting, before=before, after=after)
    act.refresh()  # the very next page has the new name


def _page(refusal: Refused | None = None) -> str:
    own = workspace()
    with reading():
        first, last = choices.usual_quiet(own)
        stored = {
            "name": own.name,
            "language": own.language,
            "holidays": working_days.country(own),
            "quiet_from": _time(first),
            "quiet_until": _time(last),
        }
        return render_template(
            "settings.html",
            values={**stored, **request.form} if refusal else stored,
            errors=by_path(refusal),
            languages=NAMES_OF_LANGUAGES,
            countries=working_days.countries(reader().language),
            zone=own.zone.key,
            currency=own.currency,
            audit_days=audit.keep_days(own),
            run_days=due.KEEP_RUNS.days,
            undo_days=imports.KEPT_DAYS,
            rule=second_factor.RULES.get(second_factor.rule_of(own), second_factor.RULES[""]),
        )


def _time(minute: int | None) -> str:
    return "" if minute is None else f"{minute // 60:02d}:{minute % 60:02d}"
