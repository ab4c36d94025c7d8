"""Saving the present filter of a list as a view of its own."""

from __future__ import annotations

from urllib.parse import parse_qsl

from flask import Blueprint, request
from werkzeug.datastructures import MultiDict
from werkzeug.wrappers import Response

from builder.drafts import key_from
from builder.pages.frame import check_app
from runtime.definitions import versions
from runtime.definitions.catalogue import Catalogue
from runtime.errors import Problem, Refused
from runtime.pages.lists import Wish, find_form
from runtime.pages.web import designer_only, done, writing
from runtime.texts import _

blueprint = Blueprint("build_views", __name__)


@blueprint.post("/build/<app>/views/save")
@designer_only
def save(app: str) -> Response:
    """Publishes a view of the list that was looked at, and goes back to it."""
    label = request.form.get("label", "").strip()[:60]
    if not label:
        raise Refused([Problem("label", _("Give it a name."))])
    back = MultiDict(parse_qsl(request.form.get("back", "").lstrip("?")[:8000], keep_blank_values=False))
    with writing("publish") as act:
        home = check_app(act, app)
        form = find_form(act, request.form.get("form", ""))
        wish = Wish(act, form, back)
        if wish.problem is not None:
            raise Refused([Problem("back", wish.problem)])
        key = free_key(act.catalogue, key_from(label))
        body = {"kind": "view", "key": key, "label": label, **wish.body()}
        versions.publish(act, [body if home is None else {**body, "app": home}])
    return done(f"/apps/{app}/{form.key}?view={key}", _("The view is saved. It is a tab of this list now."))


def free_key(catalogue: Catalogue, wanted: str) -> str:
    """The wanted key, with a number after it if it is taken."""
    taken, number, key = {*catalogue.views, *(name for kind, name in catalogue.ids if kind == "view")}, 2, wanted
    while key in taken:
        key, number = f"{wanted[:36]}_{number}", number + 1
    return key
