"""Buttons on a record: pressing one, and what came of it."""

from __future__ import annotations

import json
import secrets
from typing import Any

from flask import Blueprint, Response, g, jsonify, redirect, request

from runtime.automation import pressing
from runtime.definitions.form import Form
from runtime.errors import NotFound
from runtime.pages.apps import find_app
from runtime.pages.lists import find_form
from runtime.pages.web import reader, reading, signed_in, writing
from runtime.people.may import may
from runtime.texts import _

blueprint = Blueprint("buttons", __name__)

ENDED = ("done", "skipped", "held_out", "failed", "stopped")


def buttons_of(app: str, form: Form, record: int) -> list[dict[str, Any]]:
    """The buttons that the person may press on a record."""
    if not may(g.person, "edit", form.key, record):
        return []
    return [
        {
            "label": each.label,
            "help": each.help,
            "ask": reader().shown(getattr(each, "ask")),
            "primary": getattr(each, "look") == "primary",
            "action": f"/apps/{app}/{form.key}/{record}/press/{each.key}",
            "once": secrets.token_hex(8),
        }
        for each in form.fields
        if each.type == "button" and may(g.person, "view", form.key, record, each.key)
    ]


@blueprint.post("/apps/<app>/<form>/<int:record>/press/<key>")
@signed_in
def press(app: str, form: str, record: int, key: str) -> Any:
    with writing() as act:
        find_app(act, app)
        run = pressing.press(act, find_form(act, form), record, key, request.form.get("once", ""))
    state = f"/apps/{app}/{form}/{record}/press/{key}/{run}"
    return jsonify({"state": state}) if request.accept_mimetypes.best == "application/json" else redirect(f"/apps/{app}/{form}/{record}", 303)


@blueprint.get("/apps/<app>/<form>/<int:record>/press/<key>/<int:run>")
@signed_in
def state(app: str, form: str, record: int, key: str, run: int) -> Response:
    """{ended, well, said}: what a page says of a run once it is over."""
    with reading() as act:
        find_app(act, app)
        definition = find_form(act, form)
        if not may(g.person, "view", form, record):
            raise NotFound(_("This record does not exist any more."))
        found, reason = pressing.state_of(act, definition, record, key, run)
        button = pressing.button_of(definition, key)
        builds = may(g.person, "build", app=app)
    well = found == "done"
    # what a step fails with is said to its owner: it may name what whoever pressed may not see
    words = json.loads(reason).get(g.language) if reason and (builds or found != "failed") else None
    done = reader().shown(button.done) or reader().say(_("“{button}” is done.", button=button.label))
    failed = words or reader().say(_("“{button}” came to no end. Tell whoever builds in this workspace.", button=button.label))
    return jsonify({"ended": found in ENDED, "well": well, "said": done if well else failed if found in ENDED else ""})
