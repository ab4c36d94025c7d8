"""Entries by public links that were set aside: released, deleted, and either taken back."""

from __future__ import annotations

import json
from typing import Any

from flask import Blueprint, flash, render_template

from builder.pages.frame import check_app
from runtime.errors import Refused
from runtime.pages.web import designer_only, go_to, reader, reading, writing
from runtime.public import inbox, links
from runtime.public.arriving import REASONS
from runtime.public.links import Link
from runtime.system import clock
from runtime.system.workspace import Act
from runtime.texts import Message, _

blueprint = Blueprint("public_inbox", __name__)

PLACE = "/build/<app>/public/<int:id>/inbox"
LONGEST = 2_000
DONE: dict[str, Message] = {
    "release": _("The entry is a record now."),
    "delete": _("The entry is deleted."),
    "undo": _("The entry waits in the inbox again."),
}


@blueprint.get(PLACE)
@designer_only
def show(app: str, id: int) -> str:
    with reading() as act:
        check_app(act, app)
        return _page(act, app, links.get(act, id))


@blueprint.post(f"{PLACE}/<int:entry>/<any(release,delete,undo):what>")
@designer_only
def settle(app: str, id: int, entry: int, what: str) -> Any:
    here = f"/build/{app}/public/{id}/inbox"
    try:
        with writing() as act:
            check_app(act, app)
            link = links.get(act, id)
            {"release": inbox.release, "delete": inbox.delete, "undo": inbox.undo}[what](act, link, entry)
    except Refused as error:
        sentences = [reader().say(each.message) for each in error.problems] or [reader().say(error.message)]
        flash(" ".join(sentences), "care")
        return go_to(here)
    flash({"text": reader().say(DONE[what]), **({} if what == "undo" else {"undo": f"{here}/{entry}/undo"})})  # type: ignore[arg-type]
    return go_to(here)


def _page(act: Act, app: str, link: Link) -> str:
    form = act.catalogue.forms[link.form]
    lines = [
        {
            "id": row.id,
            "at": reader().datetime(clock.from_micros(row.at)),
            "reasons": [REASONS[each] for each in json.loads(row.reasons) if each in REASONS],
            "values": [
                {"label": kind.label if (kind := form.field(key)) else key, "text": _as_text(value)}
                for key, value in json.loads(row.raw).items()
                if _as_text(value)
            ],
        }
        for row in inbox.entries(act, link)
    ]
    return render_template("builder/public_inbox.html", app=app, here=f"/build/{app}/public/{link.id}", link=link, form=form, lines=lines)


def _as_text(value: Any) -> str:
    """What was typed, as it was typed."""
    if value in (None, "", [], False):
        return ""
    return (value if isinstance(value, str) else json.dumps(value, ensure_ascii=False))[:LONGEST]
