"""Saving the list that somebody looks at as a view, for themselves or for all, and what can be done with a view afterwards."""

from __future__ import annotations

import json
import re
from typing import Any
from urllib.parse import parse_qsl, quote

from flask import Blueprint, flash, request
from werkzeug.datastructures import MultiDict

from runtime.definitions import versions
from runtime.definitions.catalogue import Catalogue
from runtime.errors import Problem, Refused
from runtime.pages.apps import find_app
from runtime.pages.lists import Wish, find_form
from runtime.pages.web import done, go_to, reader, signed_in, writing
from runtime.people.may import require
from runtime.system.workspace import Act
from runtime.texts import Message, _
from runtime.views import saved

blueprint = Blueprint("own_views", __name__)

LONGEST = 60
UNFIT = re.compile(r"[^a-z0-9\u3400-\u9fff]+")


@blueprint.post("/apps/<app>/<form>/views/save")
@signed_in
def save(app: str, form: str) -> Any:
    """`label`, `back` (the list's address), `whose`: mine or all, `name`: the view to save in place of, `opens`: the form opens with it."""
    with writing("publish" if request.form.get("whose") == "all" else "form") as act:
        home, definition = find_app(act, app), find_form(act, form)
        wish = _wish(act, definition)
        over = request.form.get("name") or None
        label = request.form.get("label", "").strip()[:LONGEST]
        if not label and over is None:
            raise Refused([Problem("label", _("Give it a name."))])
        if request.form.get("whose") == "all":
            name = _publish(act, home.key, wish, label, over)
        else:
            label = label or saved.find(act, form, over or "").view.label  # type: ignore[assignment]
            body = {**wish.body(), "label": label if isinstance(label, str) else label.model_dump()}
            name = saved.keep(act, definition, body, over).name
            if request.form.get("opens"):
                saved.open_with(act, form, name)
    return done(f"/apps/{app}/{form}?view={name}", _("The view is saved. It is a tab of this list now."))


def _publish(act: Act, app: str, wish: Wish, label: str, over: str | None) -> str:
    """Publishes the list as a view for everybody, or in place of one that is published."""
    require(act.person, "views", wish.form.key)
    before: dict[str, Any] = {}
    if over is not None:
        before = versions.find_version(act.connection, "view", over).body
    key = over or free_key(act.catalogue, key_of(label))
    body = {**before, "kind": "view", "key": key, **({"label": label} if label else {}), **wish.body()}
    for name in ("as", "filter", "group", "date", "until", "image", "color", "widths", "size", "colors"):
        if name not in wish.body():
            body.pop(name, None)
    if request.form.get("opens"):
        body["default"] = True
    changed = [body if wish.form.app is None else {**body, "app": wish.form.app}]
    if request.form.get("opens"):
        changed += [
            _without_default(act, each.key)
            for each in act.catalogue.views.values()
            if each.form == wish.form.key and each.default and each.key != key
        ]
    versions.publish(act, changed, asked=False)
    return key


def _without_default(act: Act, key: str) -> dict[str, Any]:
    return {name: value for name, value in versions.find_version(act.connection, "view", key).body.items() if name != "default"}


def key_of(label: str) -> str:
    """A key that says what the label says."""
    found = UNFIT.sub("_", label.lower()).strip("_")[:30]
    return found if found and not found[0].isdigit() else f"view_{found}".rstrip("_")


def free_key(catalogue: Catalogue, wanted: str) -> str:
    taken, number, key = {*catalogue.views, *(name for kind, name in catalogue.ids if kind == "view")}, 2, wanted
    while key in taken:
        key, number = f"{wanted}_{number}", number + 1
    return key


@blueprint.post("/apps/<app>/<form>/views/opens")
@signed_in
def opens(app: str, form: str) -> Any:
    """`name`: the view with which the form opens for the person from now on, `-` the list of all; empty: as everybody's."""
    name = request.form.get("name") or None
    with writing() as act:
        find_app(act, app)
        find_form(act, form)
        saved.open_with(act, form, name)
    return done(f"/apps/{app}/{form}?view={name}" if name else f"/apps/{app}/{form}", _("This form opens like this for you now."))


@blueprint.post("/apps/<app>/<form>/views/remove")
@signed_in
def remove(app: str, form: str) -> Any:
    """One's own view; it can be put back for as long as the message stands there."""
    with writing() as act:
        find_app(act, app)
        definition = find_form(act, form)
        body = saved.drop(act, definition.key, request.form.get("name", ""))
    again = f"/apps/{app}/{form}/views/again?body={quote(json.dumps(body, ensure_ascii=False))}"
    flash({"text": reader().say(_("The view is removed.")), "undo": again}, "good")  # type: ignore[arg-type]
    return go_to(f"/apps/{app}/{form}?view={saved.ALL}")


@blueprint.post("/apps/<app>/<form>/views/again")
@signed_in
def again(app: str, form: str) -> Any:
    """Puts back a view that was removed."""
    try:
        body = json.loads(request.args.get("body", ""))
    except ValueError:
        body = None
    if not isinstance(body, dict):
        raise Refused([Problem("body", _("This view cannot be read."))])
    with writing() as act:
        find_app(act, app)
        name = saved.keep(act, find_form(act, form), body).name
    return done(f"/apps/{app}/{form}?view={name}", _("The view is back."))


@blueprint.post("/apps/<app>/<form>/views/widths")
@signed_in
def widths(app: str, form: str) -> Any:
    """Keeps the widths and order of columns of one's own view as they were drawn."""
    with writing() as act:
        find_app(act, app)
        definition = find_form(act, form)
        wish = _wish(act, definition)
        if not wish.is_own or wish.named is None:
            raise Refused([Problem("", _("Save the list as a view of your own first."))])
        label = wish.named.view.label
        saved.keep(act, definition, {**wish.body(), "label": label if isinstance(label, str) else label.model_dump()}, wish.named.name)
    return "", 204


def _wish(act: Act, form: Any) -> Wish:
    back = [(name, value) for name, value in parse_qsl(request.form.get("back", "").lstrip("?")[:8000]) if name != "cursor"]
    wish = Wish(act, form, MultiDict(back))
    if wish.problem is not None:
        raise Refused([Problem("back", wish.problem if isinstance(wish.problem, Message) else _("This list cannot be shown."))])
    return wish
