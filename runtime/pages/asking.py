"""POST /ask: somebody who may not open a page asks those who can let them, from the page that refused them."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from flask import Blueprint, g, request

from runtime.collaboration import telling
from runtime.errors import NotAllowed
from runtime.pages.web import done, signed_in, writing
from runtime.people import accounts
from runtime.people.rights import is_one_of
from runtime.texts import _

if TYPE_CHECKING:
    from runtime.people.person import Person
    from runtime.system.workspace import Act

blueprint = Blueprint("asking", __name__)

LONGEST_PATH = 200
LONGEST_NOTE = 500


def whom_to_ask(act: Act, path: str) -> list[Person]:
    """Who can let people in: those who administer, and the owners of the app that the page belongs to. The latter come first."""
    app = act.catalogue.apps.get(_app_of(path))
    people = [each.person for each in accounts.everybody(act.connection) if each.person.active]
    owners = [each for each in people if is_one_of(each, app, "owner")]
    return [*owners, *(each for each in people if each.is_builder and each not in owners)]


def _app_of(path: str) -> str:
    parts = path.split("/")
    return parts[2] if len(parts) > 2 and parts[1] in ("apps", "build") else ""


@blueprint.post("/ask")
@signed_in
def ask() -> Any:
    """`path` of the page and a `note`. Told once a day for each page, however often it is sent."""
    path, note = request.form.get("path", "")[:LONGEST_PATH], request.form.get("note", "").strip()[:LONGEST_NOTE]
    if not path.startswith("/") or path.startswith("//"):
        raise NotAllowed(_("This is no page of this workspace."))
    with writing() as act:
        people = [each.id for each in whom_to_ask(act, path)]
        subject = _("{person} asks to be let in to {page}", person=g.person.name, page=path)
        app = _app_of(path)
        where = f"/build/{app}/roles" if app in act.catalogue.apps else f"/admin/people/{g.person.id}"
        telling.tell(act, "access", people, subject, note, cause=f"access:{g.person.id}:{path}:{act.day}", link=where)
    return done("/", _("Your request has been sent. The answer comes from those who were asked."))
