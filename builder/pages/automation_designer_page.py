"""The page of the automation designer: the draft with its schema, the palettes, starters, and whom and what settings can name."""

from __future__ import annotations

from typing import Any

from flask import Blueprint

from builder.automating.names import settings
from builder.automating.palette import palette, triggers
from builder.automating.starters import starters
from builder.pages.automation_designer_texts import AUTOMATIONS
from builder.pages.designer_texts import FRAME
from builder.pages.editor import opened_page
from builder.pages.editor_data import form_fields, relations, whom
from runtime.cadence.plans import at_work
from runtime.collaboration import bots
from runtime.pages.web import designer_only, reader
from runtime.people.may import may
from runtime.system.workspace import Act
from runtime.texts import _

blueprint = Blueprint("automation_designer_page", __name__)


@blueprint.get("/build/<app>/automations/<key>")
@designer_only
def page(app: str, key: str) -> str:
    return opened_page(app, "automation", key, "builder/automation_designer.html", lambda act: _given(act, app))


def _given(act: Act, app: str) -> dict[str, Any]:
    say = reader().say
    forms = [each.key for each in act.catalogue.forms.values() if may(act.person, "view", each.key)]
    return {
        "texts": {name: say(message) for name, message in (FRAME | AUTOMATIONS).items()},
        "settings": {name: say(message) for name, message in settings().items()},
        "palette": palette(say),
        "triggers": triggers(say),
        "starters": starters(act, app, reader().language),
        "named": _named(act, forms),
        "people": whom(act, act.catalogue)["whom"],
        "form_fields": form_fields(act),
    }


def _named(act: Act, forms: list[str]) -> dict[str, Any]:
    """What steps about a form's records choose from, by the form: follow-up plans, records that point here, words of the library; and bots."""
    catalogue = act.catalogue
    readable = [each for each in catalogue.wordings.values() if not each.archived]
    return {
        "plan": {form: _plans(act, form) for form in forms},
        "relation": {form: relations(act, form) for form in forms},
        "wording": {form: [{"key": each.key, "label": reader().shown(each.label)} for each in readable if each.form == form] for form in forms},
        "bot": [{"key": name, "label": name} for name in dict.fromkeys(each.name for each in bots.listed(act))],
    }


def _plans(act: Act, form: str) -> list[dict[str, str]]:
    shown = reader().shown
    return [
        {"key": key, "label": label}
        for model in at_work(act.catalogue)
        if model.form == form
        for key, label in (
            (model.key, reader().say(_("{model}: by the tier the record has", model=model.label))),
            *((f"{model.key}/{tier}", f"{shown(model.label)}: {shown(model.by_key[tier].label)}") for tier in model.plans if tier in model.by_key),
        )
    ]
