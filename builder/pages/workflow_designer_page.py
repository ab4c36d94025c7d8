"""The page of the workflow designer: the draft with its schema, the palette, starting points, and whom and what settings can name."""

from __future__ import annotations

from typing import Any

from flask import Blueprint

from builder.drafts import open_draft
from builder.flowing.names import CHOICES, FAMILIES, SETTINGS, THINGS
from builder.flowing.palette import palette
from builder.flowing.people import Names
from builder.flowing.starters import starters
from builder.pages.automation_designer_texts import AUTOMATIONS
from builder.pages.designer_texts import FRAME
from builder.pages.editor import opened_page
from builder.pages.editor_data import form_fields
from builder.pages.workflow_designer_texts import CONDITIONS, WORKFLOWS
from builder.words import CHOICES as EVERY_CHOICE
from builder.words import SETTINGS as EVERY_SETTING
from builder.words import THINGS as EVERY_THING
from runtime.pages.web import designer_only, reader
from runtime.people import accounts
from runtime.people.may import may
from runtime.system.workspace import Act
from runtime.texts import Message

blueprint = Blueprint("workflow_designer_page", __name__)

MOST_PEOPLE = 500


@blueprint.get("/build/<app>/workflows/<key>")
@designer_only
def page(app: str, key: str) -> str:
    return opened_page(app, "workflow", key, "builder/workflow_designer.html", lambda act: _given(act, key))


def _given(act: Act, key: str) -> dict[str, Any]:
    say = reader().say
    form = open_draft(act, "workflow", key).body.get("form")
    chosen = form if isinstance(form, str) and form in act.catalogue.forms and may(act.person, "view", form) else None
    texts: dict[str, Message] = FRAME | {name: AUTOMATIONS[name] for name in CONDITIONS} | WORKFLOWS
    return {
        "texts": {name: say(message) for name, message in texts.items()},
        "settings": {name: say(message) for name, message in (EVERY_SETTING | SETTINGS).items()},
        "choices": {name: say(message) for name, message in (EVERY_CHOICE | CHOICES).items()},
        "things": {name: say(message) for name, message in (EVERY_THING | THINGS).items()},
        "families": FAMILIES,
        "palette": palette(say),
        "starters": starters(act, chosen, reader().language),
        "who_choices": Names(act, chosen, (), lambda text: str(say(text) if isinstance(text, Message) else reader().shown(text))).choices(),
        "people": [{"id": each.person.id, "name": each.person.name} for each in accounts.everybody(act.connection) if each.person.active][
            :MOST_PEOPLE
        ],
        "workflows": [
            {"key": each.key, "label": reader().shown(each.label)} for each in act.catalogue.workflows.values() if each.key != key
        ],
        "called": [
            {
                "key": each.key,
                "label": reader().shown(each.label),
                "inputs": [{"key": one.key, "label": reader().shown(one.label or one.key)} for one in getattr(each.trigger, "inputs", ())],
            }
            for each in act.catalogue.automations.values()
            if each.trigger.type == "called"
        ],
        "me": act.person.id,
        "form_fields": form_fields(act),
    }
