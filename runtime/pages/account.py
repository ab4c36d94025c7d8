"""The start page, setting up, and the choice of a language."""

from __future__ import annotations

from flask import Blueprint, current_app, g, redirect, render_template, request
from werkzeug.wrappers import Response as AnyResponse

from runtime.errors import Problem, Refused
from runtime.pages import shell
from runtime.pages.identity import remember_language, start_session
from runtime.pages.time_zones import zones_by_region
from runtime.pages.web import by_path, go_to, local_path, public, reading, signed_in, workspace, writing
from runtime.people import accounts, passwords, signing_in
from runtime.people.person import SYSTEM
from runtime.system import database
from runtime.texts import LANGUAGES, _

blueprint = Blueprint("account", __name__)

NAMES_OF_LANGUAGES = {"zh": "中文", "en": "English"}


# -- start ----------------------------------------------------------------------------------------------------------------------
@blueprint.get("/")
@signed_in
def start() -> str | AnyResponse:
    with reading() as act:
        apps = shell.apps_of(g.person, act.catalogue)
        cards = [{"label": app.label, "summary": app.summary, "icon": app.icon or "apps", "href": shell.app_href(app)} for app in apps]
    if not cards and g.person.is_builder and shell.has_page("/templates"):
        return redirect("/templates", 303)
    return render_template("start.html", cards=cards)


# -- the first run --------------------------------------------------------------------------------------------------------------
@blueprint.get("/setup")
@public
def setup() -> str | AnyResponse:
    with database.reading(workspace().engine) as connection:
        if accounts.anybody(connection):
            return redirect("/sign-in", 303)
    return _setup_page({"zone": workspace().settings.timezone, "language": g.language})


@blueprint.post("/setup")
@public
def set_up() -> str | AnyResponse | tuple[str, int]:
    given = request.form
    try:
        with workspace().writing(SYSTEM) as act:
            first = accounts.set_up(
                act,
                email=given.get("email", ""),
                name=given.get("name", ""),
                password=given.get("password", ""),
                workspace_name=given.get("workspace", ""),
                zone=given.get("zone", ""),
                language=given.get("language", ""),
            )
            token = signing_in.begin_session(act, first, request.user_agent.string, request.remote_addr or "")
    except Refused as refusal:
        return _setup_page(given, refusal), refusal.status
    current_app.extensions["set_up"] = True
    response = go_to("/templates" if shell.has_page("/templates") else "/")
    start_session(response, token)
    return response


def _setup_page(values: object, refusal: Refused | None = None) -> str:
    return render_template(
        "setup.html",
        values=values,
        errors=by_path(refusal),
        zones=zones_by_region(),
        languages=NAMES_OF_LANGUAGES,
        shortest=passwords.SHORTEST,
    )


# -- language ------------------------------------------------------------------------------------------------------------------
@blueprint.post("/language")
@public
def language() -> AnyResponse:
    chosen = request.form.get("language", "")
    if chosen not in LANGUAGES:
        raise Refused([Problem("language", _("Choose a language from the list."))])
    if g.person is not None:
        with writing() as act:
            accounts.set_language(act, g.person.id, chosen)
    response = go_to(local_path(request.form.get("next") or _path_of(request.referrer)))
    remember_language(response, chosen)
    return response


def _path_of(referrer: str | None) -> str:
    if not referrer or not referrer.startswith(request.host_url):
        return "/"
    return referrer.removeprefix(request.host_url.rstrip("/"))
