"""/me/deputies: who stands in for me at approvals, and for whom I do; for those who administer also for somebody who is absent already."""

from __future__ import annotations

from datetime import date
from typing import Any

from flask import Blueprint, g, render_template, request
from werkzeug.wrappers import Response as AnyResponse

from runtime.errors import NotFound, Problem, Refused
from runtime.pages.web import by_path, done, reader, reading, signed_in, writing
from runtime.people import accounts
from runtime.people.may import may
from runtime.system.workspace import Act
from runtime.texts import _
from runtime.workflow import deputies

blueprint = Blueprint("deputies", __name__, url_prefix="/me/deputies")


@blueprint.get("")
@signed_in
def show() -> str:
    """?person= names for whom it is to be set; only for those who administer."""
    return _page()


@blueprint.post("")
@signed_in
def add() -> AnyResponse | tuple[str, int]:
    given = request.form
    try:
        with writing() as act:
            person = _who(act, given.get("person", ""), "person") if given.get("person") else act.person.id
            deputy = _who(act, given.get("deputy", ""), "deputy")
            chosen = given.getlist("workflows") if given.get("which") == "some" else None
            deputies.add(act, person, deputy, _day("first"), _day("last"), chosen, given.get("reason", ""))
    except Refused as refusal:
        return _page(refusal), refusal.status
    return done(deputies.PAGE, _("The deputy is named. Both names will stand in the log."))


@blueprint.post("/<int:number>/end")
@signed_in
def end(number: int) -> AnyResponse:
    with writing() as act:
        deputies.end(act, number)
    return done(deputies.PAGE, _("It is ended. What comes from now on is asked of the person again."))


def _who(act: Act, text: str, path: str) -> int:
    if not text.strip():
        raise Refused([Problem(path, _("Choose a person."))])
    if text.strip().isdecimal() and len(text) < 16:
        return int(text)
    try:
        return accounts.named(act.connection, text.strip()).id
    except NotFound as error:
        raise Refused([Problem(path, error.message)]) from error


def _day(name: str) -> date:
    try:
        return date.fromisoformat(request.form.get(name, ""))
    except ValueError:
        raise Refused([Problem(name, _("Give a day like 2024-01-31."))]) from None


def _page(refusal: Refused | None = None) -> str:
    with reading() as act:
        administers = may(g.person, "administer")
        mine, theirs = deputies.of_person(act, g.person.id), deputies.by_deputy(act, g.person.id)
        others = [each for each in deputies.everybody(act) if g.person.id not in (each.person, each.deputy)] if administers else []
        reader().know_people({one for each in (*mine, *theirs, *others) for one in (each.person, each.deputy, each.made_by or each.person)})
        wanted = request.args.get("person", type=int) if administers else None
        someone = None if wanted is None else accounts.by_id(act.connection, wanted)
        return render_template(
            "workflows/deputies.html",
            mine=[_line(act, each) for each in mine],
            theirs=[_line(act, each) for each in theirs],
            others=[_line(act, each) for each in others],
            administers=administers,
            someone=someone,
            workflows=[(key, reader().shown(each.label)) for key, each in act.catalogue.workflows.items()],
            today=act.today,
            errors=by_path(refusal),
            given=request.form,
        )


def _line(act: Act, each: deputies.Deputy) -> dict[str, Any]:
    flows = act.catalogue.workflows
    chosen = None if each.workflows is None else [reader().shown(flows[key].label) if key in flows else key for key in each.workflows]
    return {
        "id": each.id,
        "person": reader().person_name(each.person),
        "deputy": reader().person_name(each.deputy),
        "first": each.first,
        "last": each.last,
        "now": each.first <= act.today,
        "workflows": None if chosen is None else "、".join(chosen) if reader().language == "zh" else ", ".join(chosen),
        "reason": each.reason,
        "made_by": None if each.made_by in (None, each.person) else reader().person_name(each.made_by or 0),
    }
