"""Handing over: all or a part of what somebody holds, from their page; picked records, from a list. Counted first, with a reason, undone."""

from __future__ import annotations

from typing import Any

from flask import Blueprint, flash, g, render_template, request

from runtime.collaboration import telling
from runtime.errors import NotFound, Refused
from runtime.pages.apps import find_app
from runtime.pages.lists import find_form
from runtime.pages.web import builder_only, by_path, done, go_to, reader, reading, signed_in, writing
from runtime.people import accounts
from runtime.people.may import may
from runtime.people.person import Person
from runtime.records import handed, handing_over, query
from runtime.records.handing_over import Given
from runtime.system.workspace import Act
from runtime.texts import _

blueprint = Blueprint("hand_over", __name__)

MOST = 5_000
SHOWN = 20


# -- somebody's -----------------------------------------------------------------------------------------------------------------------
@blueprint.get("/admin/people/<int:person_id>/hand-over")
@builder_only
def ask(person_id: int) -> str:
    return _page(person_id)


def _page(person_id: int, refusal: Refused | None = None) -> str:
    with reading() as act:
        someone = _known(act, person_id)
        before = handed.of_person(act, person_id)
        reader().know_people({each for row in before for each in (row.person, row.successor, row.by) if each})
        return render_template(
            "person_hand_over.html",
            someone=someone,
            owned=handing_over.owned(act, person_id),
            before=before,
            errors=by_path(refusal),
            chosen=request.form.getlist("what") if refusal else None,
        )


@blueprint.post("/admin/people/<int:person_id>/hand-over")
@builder_only
def do(person_id: int) -> Any:
    try:
        with writing() as act:
            _known(act, person_id)
            to = handing_over.successor(act, person_id, request.form.get("successor", "").strip())
            given = handing_over.hand_over(act, person_id, to, _reason(), set(request.form.getlist("what")))
            _tell(act, to, given)
    except Refused as refusal:
        return _page(person_id, refusal), refusal.status
    _say(given)
    return go_to(f"/admin/people/{person_id}/hand-over")


def _known(act: Act, person_id: int) -> Person:
    found = accounts.by_id(act.connection, person_id)
    if found is None:
        raise NotFound(_("This person is not known here."))
    return found


# -- picked records ---------------------------------------------------------------------------------------------------------------------
@blueprint.post("/apps/<app>/<form>/hand-over")
@signed_in
def preview(app: str, form: str) -> Any:
    return _preview(app, form)


def _preview(app: str, form: str, refusal: Refused | None = None) -> str:
    """How many of the picked records the person may hand over, and whose they are."""
    picked = _picked()
    with reading() as act:
        found_app, definition = find_app(act, app), find_form(act, form)
        fields = handing_over.member_fields(act, form)
        if g.person.rights is not None:
            g.person.rights.know(form, picked)
        able = [each for each in picked if fields and any(may(g.person, "edit", form, each, key) for key in fields)]
        titles = query.titles(act, {form: set(able[:SHOWN])})
        return render_template(
            "hand_over.html",
            app=found_app,
            form=definition,
            picked=picked,
            able=len(able),
            fields=[definition.by_key[key] for key in fields],
            names=[titles.get((form, each), f"#{each}") for each in able[:SHOWN]],
            errors=by_path(refusal),
            given=request.form,
        )


@blueprint.post("/apps/<app>/<form>/hand-over/do")
@signed_in
def do_picked(app: str, form: str) -> Any:
    try:
        with writing() as act:
            find_app(act, app)
            find_form(act, form)
            to = handing_over.successor(act, None, request.form.get("successor", "").strip())
            given = handing_over.hand_over_records(act, form, _picked(), request.form.get("field", ""), to, _reason())
            _tell(act, to, given)
    except Refused as refusal:
        return _preview(app, form, refusal), refusal.status
    _say(given)
    return go_to(f"/apps/{app}/{form}")


def _picked() -> list[int]:
    picked = [int(each) for each in request.form.getlist("id") if each.isdecimal() and len(each) < 17]
    if not picked:
        raise Refused([], _("Pick at least one record first."))
    return picked[:MOST]


# -- taking back --------------------------------------------------------------------------------------------------------------------------
@blueprint.post("/hand-overs/<int:number>/undo")
@signed_in
def undo(number: int) -> Any:
    with writing("undo") as act:
        given = handing_over.take_back(act, number)
    if given.left:
        return done("/", _("{moved} went back; {left} stay, because they have moved on since.", moved=given.moved, left=given.left))
    return done("/", _("{moved} went back to where they were.", moved=given.moved))


# -- pieces -------------------------------------------------------------------------------------------------------------------------------
def _reason() -> str:
    return request.form.get("reason", "").strip()


def _tell(act: Act, successor: Person, given: Given) -> None:
    """The successor hears of it."""
    if given.moved:
        subject = _("{who} hands {count} records and to-dos over to you", who=act.person.name, count=given.moved)
        telling.tell(act, "ownership", [successor.id], subject, "", None, f"hand_over:{given.id}", "/")


def _say(given: Given) -> None:
    said = reader().say(_("1 was handed over.") if given.moved == 1 else _("{count} were handed over.", count=given.moved))
    flash({"text": said, "undo": f"/hand-overs/{given.id}/undo"} if given.moved else said, "good")  # type: ignore[arg-type]
    if given.left and given.why is not None:
        flash(reader().say(_("{count} records stay: {reason}", count=given.left, reason=given.why)), "care")
