"""Words for a follow-up: what the library has for a record, as a piece of page that inserts or copies them."""

from __future__ import annotations

from typing import Any

from flask import Blueprint, render_template, request

from runtime.pages.apps import find_app
from runtime.pages.lists import find_form
from runtime.pages.web import reader, reading, signed_in
from runtime.people.may import may
from runtime.system.workspace import Act
from runtime.texts import Message
from runtime.wordings.offering import USES, offers

blueprint = Blueprint("wordings", __name__)


@blueprint.get("/apps/<app>/<form>/<int:record>/wordings")
@signed_in
def pick(app: str, form: str, record: int) -> str:
    """?into= names the box of the page that the words go into."""
    with reading() as act:
        find_app(act, app)
        find_form(act, form)
        use = request.args.get("use")
        found = [
            {"offer": each, "because": [_said(one) for one in each.because]}
            for each in offers(act, form, record, reader(), use if use in USES else None)
        ]
        into = request.args.get("into", "")[:80]
        return render_template("wordings_pick.html", offers=found, uses=USES, into=into, app=app, may_write=_may_write(act, app))


def _said(what: Any) -> str:
    return reader().say(what) if isinstance(what, Message) else reader().shown(what)


def _may_write(act: Act, app: str) -> bool:

    return may(act.person, "build", app=app)


def has_wordings(act: Act, form: str) -> bool:
    """Whether the page of a record has anything to offer."""
    return any(each.form == form and not each.archived for each in act.catalogue.wordings.values())


def beside_entry(act: Act, app: str, form: Any, given: Any) -> dict[str, Any] | None:
    """Where words for the record stand that a new record points at, such as a follow-up at its customer."""
    for each in form.fields:
        target = getattr(each, "form", None) if each.type == "reference" else None
        record = given.get(each.key) if target is not None else None
        if record and str(record).isdecimal() and has_wordings(act, str(target)):
            return {"href": f"/apps/{app}/{target}/{record}/wordings"}
    return None
