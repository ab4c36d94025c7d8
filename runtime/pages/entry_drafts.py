"""/drafts: what a person has begun to fill in or to change and put aside, to go on with or to discard."""

from __future__ import annotations

from typing import Any

from flask import Blueprint, flash, g, render_template, request

from runtime.forms import PREFIX
from runtime.pages import shell
from runtime.pages.apps import find_app
from runtime.pages.lists import find_form
from runtime.pages.web import go_to, local_path, reader, reading, signed_in, writing
from runtime.people.may import may
from runtime.records import drafts
from runtime.system.workspace import Act
from runtime.texts import _

blueprint = Blueprint("entry_drafts", __name__)


@blueprint.get("/drafts")
@signed_in
def listed() -> str:
    """Own drafts of every form that the person still sees, the newest first; `?form=` of one. The page adds what this device keeps."""
    with reading() as act:
        wanted = request.args.get("form") or None
        lines = [line for each in drafts.of_person(act, wanted) if (line := _line(act, each)) is not None]
        return render_template("drafts.html", lines=lines, only=act.catalogue.forms.get(wanted or ""), bases=_bases(act))


def _line(act: Act, draft: drafts.Draft) -> dict[str, Any] | None:
    base = _bases(act).get(draft.form)
    if base is None:
        return None
    place = "new" if draft.record is None else f"{draft.record}/edit"
    return {
        "draft": draft,
        "form": act.catalogue.forms[draft.form],
        "href": f"{base['href']}/{place}?draft={draft.id}",
        "discard": f"{base['href']}/drafts/{draft.id}/delete",
    }


def _bases(act: Act) -> dict[str, dict[str, str]]:
    """Of each form the person fills in: where its records are, and what it is called."""
    apps = {each.key for each in shell.apps_of(g.person, act.catalogue)}
    return {
        form.key: {"href": f"/apps/{form.app}/{form.key}", "label": reader().shown(form.label), "title": PREFIX + form.title}
        for form in act.catalogue.forms.values()
        if form.app in apps and may(g.person, "view", form.key)
    }


@blueprint.post("/apps/<app>/<form>/drafts/<int:draft>/delete")
@signed_in
def discard(app: str, form: str, draft: int) -> Any:
    with writing() as act:
        find_app(act, app)
        find_form(act, form)
        drafts.delete(act, form, draft)
    flash(reader().say(_("The draft is deleted.")), "good")
    return go_to(local_path(request.form.get("back"), f"/apps/{app}/{form}/new"))
