"""A tag for many records of a list, or taken from them: first how many, then the doing; and cleaning up."""

from __future__ import annotations

from typing import Any
from urllib.parse import parse_qsl

from flask import Blueprint, flash, render_template, request
from werkzeug.datastructures import MultiDict

from runtime.errors import Refused
from runtime.pages.lists import Wish, find_form
from runtime.pages.tag_curating import sentence
from runtime.pages.tag_frame import Frame, need_frame, pill, tag_of
from runtime.pages.web import go_to, reader, reading, signed_in, writing
from runtime.records import query
from runtime.system.workspace import Act
from runtime.tags import bulk, cleaning, journal, requests
from runtime.texts import _

blueprint = Blueprint("tag_bulk", __name__)


@blueprint.post("/apps/<app>/-/tags/bulk")
@signed_in
def preview(app: str) -> Any:
    """`give` or `take` names the tag, `id` the picked records, `back` the list they were picked in, `whole` that all of it is meant."""
    with reading() as act:
        here = need_frame(act, app)
        taking = "take" in request.form
        tag = tag_of(here, request.form.get("take") or request.form.get("give", ""))
        picked, everybody = _picked(), _listed(act, here)
        whole = bool(request.form.get("whole"))
        chosen = everybody if whole else picked
        counted = bulk.preview(act, here.set.key, tag.key, taking, chosen[: bulk.MOST])
        return render_template(
            "tag_bulk.html",
            app=here.app,
            here=here,
            set=here.set,
            form=here.form,
            tag=pill(tag),
            taking=taking,
            picked=picked,
            listed=len(everybody),
            most=bulk.MOST,
            whole=whole,
            counted=counted,
            back=request.form.get("back", ""),
            back_href=_back(here),
        )


@blueprint.post("/apps/<app>/-/tags/bulk/do")
@signed_in
def do(app: str) -> Any:
    with writing() as act:
        here = need_frame(act, app)
        taking = "take" in request.form
        tag = tag_of(here, request.form.get("take") or request.form.get("give", ""))
        records = _listed(act, here) if request.form.get("whole") else _picked()
        number = bulk.start(act, here.set.key, tag.key, taking, records, request.form.get("reason", "").strip() or None)
        found, counts = journal.find(act, number), journal.count(act, number)
    if found.state == "running":
        return go_to(here.href(f"/changes/{number}"))
    many = reader().number(counts.get(journal.TAKEN if taking else journal.GIVEN, 0))
    said = _("{count} records have lost the tag.", count=many) if taking else _("{count} records have got the tag.", count=many)
    flash({"text": reader().say(said), "undo": here.href(f"/changes/{number}/undo")}, "good")  # type: ignore[arg-type]
    return go_to(_back(here))


def _picked() -> list[int]:
    picked = [int(each) for each in request.form.getlist("id") if each.isdecimal() and len(each) < 17]
    if not picked and not request.form.get("whole"):
        raise Refused([], _("Pick at least one record first."))
    return picked[: bulk.MOST]


def _listed(act: Act, here: Frame) -> list[int]:
    """All records of the list that was shown."""
    given = [(name, value) for name, value in parse_qsl(request.form.get("back", "").lstrip("?")) if name != "cursor"]
    wish = Wish(act, find_form(act, here.set.form), MultiDict(given))
    return query.ids(act, here.set.form, search=wish.search or None, also=wish.filters(), trusted=wish.trusted(), limit=bulk.MOST + 1)


def _back(here: Frame) -> str:
    back = request.form.get("back", "").lstrip("?")
    return f"/apps/{here.app.key}/{here.set.form}{'?' if back else ''}{back}"


# -- cleaning up --------------------------------------------------------------------------------------------------------------------
@blueprint.get("/apps/<app>/-/tags/clean-up")
@signed_in
def proposals(app: str) -> str:
    with reading() as act:
        here = need_frame(act, app)
        requests.need_approver(act, here.set)
        found = cleaning.proposals(act, here.set)
        return render_template(
            "tag_clean_up.html",
            app=here.app,
            here=here,
            set=here.set,
            rows=[
                {
                    **pill(each.tag),
                    "over": each.why == cleaning.OVER,
                    "until": each.tag.expires,
                    "records": each.records,
                    "last": each.last,
                    "page": here.href(f"/of/{each.tag.key}"),
                }
                for each in found
            ],
            records=sum(each.records for each in found),
        )


@blueprint.post("/apps/<app>/-/tags/clean-up")
@signed_in
def clean_up(app: str) -> Any:
    with writing() as act:
        here = need_frame(act, app)
        number = cleaning.clean_up(act, here.set.key, request.form.getlist("tag"))
        found = journal.find(act, number)
    if found.state == "running":
        return go_to(here.href(f"/changes/{number}"))
    flash({"text": sentence(here, found), "undo": here.href(f"/changes/{number}/undo")}, "good")  # type: ignore[arg-type]
    return go_to(here.href("/clean-up"))
