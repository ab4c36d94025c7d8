"""What waits for the stewards of a tier model: proposed steps down, decided one by one or many at once, and objections."""

from __future__ import annotations

from datetime import date, timedelta
from typing import Any

from flask import Blueprint, render_template, request

from runtime.collaboration import appeals
from runtime.errors import NotFound, Problem, Refused
from runtime.pages.apps import find_app
from runtime.pages.tier_past import badge_of
from runtime.pages.web import by_path, done, reader, reading, signed_in, writing
from runtime.records import query
from runtime.system import clock
from runtime.system.workspace import Act
from runtime.texts import Message, _
from runtime.tiers import proposals
from runtime.tiers.overriding import LONGEST
from runtime.tiers.seeing import require_tiers
from runtime.tiers.stewards import is_steward, may_decide

blueprint = Blueprint("tier_waiting", __name__)

MODEL = "/apps/<app>/-/tiers/<model>"
ROWS = 50
AGAIN = timedelta(days=30)
STATES: dict[str, Message] = {
    "open": _("Unanswered"),
    "accepted": _("Agreed"),
    "refused": _("Turned down"),
    "withdrawn": _("Taken back"),
}


def _place(act: Act, app: str, key: str) -> tuple[Any, Any, Any]:
    """(app, model, form), for somebody who sees tiers of the model."""
    found, model = find_app(act, app), act.catalogue.tier_models.get(key)
    if model is None or model.app not in (None, app) or model.form not in act.catalogue.forms:
        raise NotFound(_("There is no tier model with the key {key}.", key=key))
    require_tiers(act, model)
    return found, model, act.catalogue.forms[model.form]


def _cursor(name: str = "after") -> int:
    text = request.args.get(name, "")
    return int(text) if text.isdecimal() and len(text) < 19 else 0


def _address(app: str, model: str, part: str, query_text: str = "") -> str:
    return f"/apps/{app}/-/tiers/{model}/{part}{query_text}"


# -- proposed steps down --------------------------------------------------------------------------------------------------------------
@blueprint.get(f"{MODEL}/proposals")
@signed_in
def proposed(app: str, model: str) -> str:
    return _proposals(app, model)


def _proposals(app: str, key: str, refusal: Refused | None = None) -> str:
    with reading() as act:
        found_app, model, form = _place(act, app, key)
        found = proposals.waiting(act, key, _cursor(), ROWS)
        titles = query.titles(act, {form.key: {each.record for each in found.records}})
        rows = [
            {
                "id": each.record,
                "href": f"/apps/{app}/{form.key}/{each.record}",
                "title": titles.get((form.key, each.record), f"#{each.record}"),
                "tier": badge_of(act, model, each.tier),
                "proposed": badge_of(act, model, each.proposed),
                "score": None if each.score is None else f"{each.score:.2f}",
                "since": each.since,
            }
            for each in found.records
        ]
        here = _address(app, key, "proposals")
        return render_template(
            "tier_proposals.html",
            app=found_app,
            model=model,
            form=form,
            rows=rows,
            total=found.total,
            most=proposals.MOST,
            decides=may_decide(act, model),
            here=here,
            next_href=f"{here}?after={found.next}" if found.next else None,
            first_href=here if "after" in request.args else None,
            again=act.today + AGAIN,
            today=act.today,
            longest=LONGEST,
            errors=by_path(refusal),
            picked=set(request.form.getlist("id")) if refusal else set(),
            given=request.form if refusal else {},
        )


@blueprint.post(f"{MODEL}/proposals")
@signed_in
def decide(app: str, model: str) -> Any:
    """do=accept or refuse; for the picked ids, or with all=1 for all that wait."""
    try:
        with writing() as act:
            _place(act, app, model)
            count = _decided(act, model)
    except Refused as refusal:
        return _proposals(app, model, refusal), refusal.status
    said = {
        "accept": (_("1 step down is done."), _("{n} steps down are done.", n=count)),
        "refuse": (_("1 tier is kept."), _("{n} tiers are kept.", n=count)),
    }[_wanted()]
    return done(_address(app, model, "proposals"), said[0] if count == 1 else said[1])


def _wanted() -> str:
    return "accept" if request.form.get("do") == "accept" else "refuse"


def _decided(act: Act, model: str) -> int:
    records = (
        None
        if request.form.get("all") == "1"
        else [int(each) for each in request.form.getlist("id") if each.isdecimal() and len(each) < 19]
    )
    if records is not None and not records:
        raise Refused([Problem("id", _("Pick at least one row."))])
    if _wanted() == "accept":
        return len(proposals.accept(act, model, records))
    return len(proposals.refuse(act, model, request.form.get("reason", ""), _until(act), records))


def _until(act: Act) -> date:
    text = request.form.get("until", "").strip()
    try:
        return date.fromisoformat(text) if text else act.today + AGAIN
    except ValueError:
        raise Refused([Problem("until", _("Give a day as year-month-day, such as 2026-11-21."))]) from None


# -- objections -----------------------------------------------------------------------------------------------------------------------
@blueprint.get(f"{MODEL}/appeals")
@signed_in
def objections(app: str, model: str) -> str:
    with reading() as act:
        found_app, definition, form = _place(act, app, model)
        state = request.args.get("state", "open")
        state = state if state in STATES else "open"
        found = appeals.listed(act, model, (state,), _cursor("before") or None, ROWS + 1)
        rows = [_line(act, app, definition, form, each) for each in found[:ROWS]]
        here = _address(app, model, "appeals")
        tabs = [{"label": reader().say(label), "href": f"{here}?state={key}", "active": key == state} for key, label in STATES.items()]
        return render_template(
            "tier_appeals.html",
            app=found_app,
            model=definition,
            form=form,
            rows=rows,
            tabs=tabs,
            steward=is_steward(act.person, definition),
            next_href=f"{here}?state={state}&before={found[ROWS - 1].id}" if len(found) > ROWS else None,
            first_href=f"{here}?state={state}" if "before" in request.args else None,
        )


def _line(act: Act, app: str, model: Any, form: Any, found: appeals.Appeal) -> dict[str, Any]:
    return {
        "href": f"/apps/{app}/{form.key}/{found.record}",
        "title": reader().record_title(form.key, found.record),
        "then": badge_of(act, model, found.tier_then),
        "tier": badge_of(act, model, found.tier),
        "who": reader().person_name(found.person),
        "at": clock.from_micros(found.at),
        "reason": found.reason,
        "decided_by": reader().person_name(found.decided_by) if found.decided_by else "",
        "answer": found.answer,
        "until": clock.from_day(found.until),
    }
