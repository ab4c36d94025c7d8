"""The page of the form designer: the draft with its schema, the palette of field types, and its fields as they are filled in."""

from __future__ import annotations

from typing import Any

from flask import Blueprint, g, make_response
from werkzeug.wrappers import Response

from builder.forming.palette import palette
from builder.pages.designer_texts import FRAME
from builder.pages.form_designer_texts import FORMS
from builder.pages.form_controls import controls_of
from builder.pages.editor import opened_page
from builder.drafts import open_draft
from runtime.pages.headers import policy
from runtime.pages.web import designer_only, reader
from runtime.people.accounts import known_roles
from runtime.people.may import may
from runtime.system.workspace import Act
from runtime.texts import Message

blueprint = Blueprint("form_designer_page", __name__)


@blueprint.get("/build/<app>/forms/<key>")
@designer_only
def page(app: str, key: str) -> Response:
    answer = make_response(opened_page(app, "form", key, "builder/form_designer.html", lambda act: _given(act, key)))
    answer.headers["Content-Security-Policy"] = f"{policy(g.get('nonce', 'none'))}; frame-src 'self'"
    return answer


def _given(act: Act, key: str) -> dict[str, Any]:
    say = reader().say
    body = open_draft(act, "form", key).body
    fields = body.get("fields")
    forms = [each for each in act.catalogue.forms.values() if may(act.person, "view", each.key)]
    return {
        "texts": {name: say(message) for name, message in (FRAME | FORMS).items()},
        "palette": palette(say),
        "controls": controls_of(fields) if isinstance(fields, list) else [],
        "form_titles": {each.key: reader().shown(each.by_key[each.title].label) for each in forms if each.title in each.by_key},
        "is_new": key not in act.catalogue.forms,
        "person": act.person.id,
        "roles": [{"key": key, "label": _named(label)} for key, label in known_roles(act.connection).items() if key != "builder"]
        if act.person.is_builder
        else [],
    }


def _named(label: Message | str) -> str:
    return reader().say(label) if isinstance(label, Message) else label
