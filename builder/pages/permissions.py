"""All permission sets of a form in one matrix: who, which actions, which records, which fields. Each leads to its editor."""

from __future__ import annotations

from typing import Any

from flask import Blueprint, render_template, request
from werkzeug.wrappers import Response

from builder.drafts import free_key
from builder.pages.editor_data import whom
from builder.pages.frame import address, as_text, check_app
from builder.words import CHOICES
from runtime.definitions import versions
from runtime.definitions.form import Form
from runtime.errors import NotFound, Problem, Refused
from runtime.pages.rights import rows_in_words
from runtime.pages.web import designer_only, go_to, reader, reading, writing
from runtime.people.rights import Grant
from runtime.records import authoring
from runtime.records.why import ACTIONS
from runtime.system.workspace import Act
from runtime.texts import Message, _

blueprint = Blueprint("permissions", __name__)

PLACE = "/build/<app>/permissions/<form>"
READY: dict[str, Message] = {
    "submit": _("Submit only"),
    "own": _("Add and manage own records"),
    "add_view": _("Add, and see all"),
    "manage": _("Manage all"),
    "look": _("See all"),
}


@blueprint.get(PLACE)
@designer_only
def matrix(app: str, form: str) -> str:
    with reading() as act:
        check_app(act, app)
        definition = _form(act, form)
        names = {each["key"]: each["label"] for each in whom(act, act.catalogue)["whom"]}
        sets = [_line(act, app, form, body, live, names) for body, live in _bodies(act, form)]
        fields = [{"label": each.label, "levels": [_level(one["fields"], each.key) for one in sets]} for each in definition.fields]
        return render_template(
            "builder/permissions.html",
            app=app,
            app_here=act.catalogue.apps.get(app),
            form=definition,
            sets=sets,
            actions=[(each, reader().say(CHOICES[each])) for each in ACTIONS],
            fields=fields,
            ready=READY,
        )


@blueprint.post(PLACE)
@designer_only
def begin(app: str, form: str) -> Response:
    """A new set as a draft, begun from a ready-made one."""
    name, label = request.form.get("ready", ""), request.form.get("label", "").strip()[:200]
    if name not in READY:
        raise Refused([Problem("ready", _("Choose what the set begins with."))])
    with writing() as act:
        own = check_app(act, app)
        definition = _form(act, form)
        label = label or f"{reader().shown(definition.label)}: {reader().say(READY[name])}"
        key = free_key(act, "permission_set", f"{form}_{name}")
        body = {"kind": "permission_set", "key": key, "label": label, **({"app": own} if own else {}), **ready_made(definition, name)}
        versions.save_draft(act, "permission_set", key, body, 0)
    return go_to(address(app, "permission_set", key))


def ready_made(form: Form, name: str) -> dict[str, Any]:
    """Actions, rows and fields of a ready-made set; the first field in which a person stands says whose a record is."""
    owner = next((each.key for each in form.fields if each.type == "member"), None)
    mine = f"{owner} == CURRENT_USER()" if owner else "created_by == CURRENT_USER()"
    made: dict[str, tuple[list[str], str | None, str]] = {
        "submit": (["view", "add"], "created_by == CURRENT_USER()", "edit"),
        "own": (["view", "add", "edit", "delete"], mine, "edit"),
        "add_view": (["view", "add"], None, "edit"),
        "manage": (list(ACTIONS), None, "edit"),
        "look": (["view", "export"], None, "view"),
    }
    actions, rows, others = made[name]
    return {"form": form.key, "for": [], "actions": actions, **({"rows": rows} if rows else {}), "fields": {"*": others}}


def _form(act: Act, key: str) -> Form:
    if key not in act.catalogue.forms:
        raise NotFound(_("There is no form with the key {key}.", key=key))
    authoring.require_forms(act, {"form": key})
    return act.catalogue.forms[key]


def _bodies(act: Act, form: str) -> list[tuple[dict[str, Any], bool]]:
    """The sets of a form as they are in force, and those that are only drafts yet."""
    live = {key: each.model_dump(by_alias=True, mode="json") for key, each in act.catalogue.permission_sets.items() if each.form == form}
    drafts = {
        each.key: each.body for each in versions.drafts(act.connection) if each.kind == "permission_set" and each.body.get("form") == form
    }
    return [(each, True) for each in live.values()] + [(each, False) for key, each in drafts.items() if key not in live]


def _line(act: Act, app: str, form: str, body: dict[str, Any], live: bool, names: dict[str, str]) -> dict[str, Any]:
    rows, fields = body.get("rows"), body.get("fields")
    words = rows_in_words(act, form, Grant("", frozenset(), {}, rows)) if isinstance(rows, str) else None
    return {
        "label": as_text(body.get("label")) or body["key"],
        "href": address(app, "permission_set", body["key"]),
        "who": [names.get(each, each) for each in body.get("for") or () if isinstance(each, str)],
        "actions": body.get("actions") or [],
        "rows": words,
        "fields": fields if isinstance(fields, dict) else {},
        "off": body.get("off") is True,
        "live": live,
    }


def _level(fields: dict[str, Any], key: str) -> dict[str, Any]:
    level = str(fields.get(key) or fields.get("*") or "hidden")
    return {"key": level, "word": reader().say(CHOICES[level]) if level in CHOICES else level, "own": key in fields}
