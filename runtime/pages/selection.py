"""An automation started on picked records of a list: first how many runs that is, then the doing."""

from __future__ import annotations

import secrets
from typing import Any

from flask import Blueprint, flash, render_template, request

from runtime.automation import selecting
from runtime.automation.words import said
from runtime.pages.apps import find_app
from runtime.pages.bulk_edit import _back, _listed, _picked
from runtime.pages.lists import find_form
from runtime.pages.web import go_to, reader, reading, signed_in, writing
from runtime.texts import _

blueprint = Blueprint("selection", __name__)


@blueprint.post("/apps/<app>/<form>/start")
@signed_in
def ask(app: str, form: str) -> str:
    """`automation` its key, `id` the picked records, `back` the list they were picked in, `whole` that all of it is meant."""
    with reading() as act:
        home, definition = find_app(act, app), find_form(act, form)
        automation = selecting.one(act, form, request.form.get("automation", ""))
        picked, listed, whole = _picked(), _listed(act, definition), bool(request.form.get("whole"))
        counted = selecting.count(act, form, automation.key, (listed if whole else picked)[: selecting.MOST])
        return render_template(
            "selection.html",
            app=home,
            form=definition,
            automation=automation,
            does=said(automation.steps, reader().language, act.catalogue, form),
            only=automation.when,
            counted=counted,
            picked=picked,
            listed=len(listed),
            most=selecting.MOST,
            whole=whole,
            back=request.form.get("back", ""),
            back_href=_back(app, form),
            given=secrets.token_hex(8),
        )


@blueprint.post("/apps/<app>/<form>/start/do")
@signed_in
def do(app: str, form: str) -> Any:
    with writing() as act:
        find_app(act, app)
        definition = find_form(act, form)
        key = request.form.get("automation", "")
        records = _listed(act, definition) if request.form.get("whole") else _picked()
        counted = selecting.start(act, form, key, records, request.form.get("once", "") or secrets.token_hex(8))
        label = selecting.one(act, form, key).label
    many = reader().number(len(counted.records))
    flash(reader().say(_("“{automation}” is started for {count} records.", automation=label, count=many)), "good")
    return go_to(_back(app, form))
