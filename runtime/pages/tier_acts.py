"""What people do at a tier card: object, answer, set a tier by hand, decide about a step down, try bands out; and the card on hover."""

from __future__ import annotations

from collections.abc import Callable
from datetime import date, timedelta
from typing import Any

from flask import Blueprint, current_app, flash, g, jsonify, make_response, render_template, request
from werkzeug.wrappers import Response as AnyResponse

from runtime.collaboration import appeals
from runtime.definitions.form import Form
from runtime.definitions.service_plan import channel_name
from runtime.definitions.tier_model import TierModel
from runtime.errors import NotFound, Problem, Refused
from runtime.pages.apps import find_app
from runtime.pages.cells import tier_facts
from runtime.pages.lists import find_form
from runtime.pages.tier_card import tier_card, written
from runtime.pages.web import by_path, go_to, reader, reading, signed_in, writing
from runtime.records import query
from runtime.records.rows import Record
from runtime.system import clock
from runtime.system.workspace import Act
from runtime.texts import Message, _
from runtime.tiers import overrides, overriding, proposals
from runtime.tiers.compiled import compile
from runtime.tiers.history_at import tier_as_it_was
from runtime.tiers.seeing import sees_tiers
from runtime.tiers.whatif import WhatIf, what_if

blueprint = Blueprint("tier_acts", __name__)

RECORD = "/apps/<app>/<form>/<int:record>/tier"
FRESH = 60
"""Seconds for which a browser keeps the card on hover."""
ENDED = {
    "day": _("its last day is over"),
    "lifted": _("taken back"),
    "replaced": _("replaced by another"),
    "gone": _("the record is gone"),
}


def _rated(act: Act, app: str, form: str, record: int) -> tuple[Form, Record, TierModel]:
    """A record with the model that rates it, for somebody who sees its tier."""
    find_app(act, app)
    definition, found, model = find_form(act, form), query.get(act, form, record), act.catalogue.model_of(form)
    if model is None or not sees_tiers(act, model, record):
        raise NotFound(_("Nothing is known of this record's tier."))
    return definition, found, model


def _do(app: str, form: str, record: int, panel: str, act_on: Callable[[Act, TierModel], Any]) -> AnyResponse | tuple[Any, int]:
    """Does something at a card; what is wrong is shown in the panel it was sent from. `act_on` gives what to say: a sentence, or a message with undo."""
    try:
        with writing() as act:
            said = act_on(act, _rated(act, app, form, record)[2])
    except Refused as refusal:
        g.tier_refused = {"panel": panel, "errors": _sentences(refusal), "values": request.form}
        return current_app.view_functions["record.show"](app=app, form=form, record=record), refusal.status
    flash(said if isinstance(said, dict) else reader().say(said), "good")  # type: ignore[arg-type]
    return go_to(f"/apps/{app}/{form}/{record}")


def _sentences(refusal: Refused) -> dict[str, str]:
    found = by_path(refusal)
    return found if found else {"": reader().say(refusal.message)}


def _text(name: str) -> str:
    return request.form.get(name, "")


def _day(name: str) -> date | None:
    """A day of the form; raises Refused with its path when it cannot be read."""
    text = _text(name).strip()
    try:
        return date.fromisoformat(text) if text else None
    except ValueError:
        raise Refused([Problem(name, _("Give a day as year-month-day, such as 2026-11-21."))]) from None


# -- objecting and answering ----------------------------------------------------------------------------------------------------------
@blueprint.post(f"{RECORD}/appeal")
@signed_in
def object_to(app: str, form: str, record: int) -> Any:
    def act_on(act: Act, model: TierModel) -> Message:
        appeals.object_to(act, model.key, record, _text("tier"), _text("reason"))
        return _("Your objection is with those who decide. You will hear from them.")

    return _do(app, form, record, "appeal", act_on)


@blueprint.post(f"{RECORD}/appeal/<int:number>")
@signed_in
def answer(app: str, form: str, record: int, number: int) -> Any:
    """do=accept, refuse or withdraw."""

    def act_on(act: Act, model: TierModel) -> Message:
        found = appeals.find(act, number)
        if found.record != record or found.model != compile(act.catalogue, model.key).number:
            raise NotFound(_("There is no such objection."))
        if _text("do") == "withdraw":
            appeals.withdraw(act, number)
            return _("The objection is taken back.")
        if _text("do") == "accept":
            appeals.accept(act, number, _day("until"), _text("answer"))
            return _("Agreed. The tier is set until its last day, and whoever objected is told.")
        appeals.refuse(act, number, _text("answer"))
        return _("Turned down. Whoever objected is told why.")

    return _do(app, form, record, "answer", act_on)


# -- by hand --------------------------------------------------------------------------------------------------------------------------
@blueprint.post(f"{RECORD}/override")
@signed_in
def set_by_hand(app: str, form: str, record: int) -> Any:
    def act_on(act: Act, model: TierModel) -> dict[str, str]:
        overriding.override(act, model.key, record, _text("tier"), _text("reason"), _day("until"))
        label = model.by_key[_text("tier")].label
        text = reader().say(_("The tier is set to {tier}.", tier=label))
        return {"text": text, "undo": f"/apps/{app}/{form}/{record}/tier/lift"}

    return _do(app, form, record, "override", act_on)


@blueprint.post(f"{RECORD}/lift")
@signed_in
def lift(app: str, form: str, record: int) -> Any:
    def act_on(act: Act, model: TierModel) -> Message:
        done = overriding.lift_override(act, model.key, record)
        return _("The computed tier is back.") if done else _("This tier was not set by hand any more.")

    return _do(app, form, record, "override", act_on)


@blueprint.post(f"{RECORD}/step")
@signed_in
def decide_step(app: str, form: str, record: int) -> Any:
    """A proposed step down: do=accept or refuse."""

    def act_on(act: Act, model: TierModel) -> Message:
        if _text("do") == "accept":
            done = proposals.accept(act, model.key, [record])
            return _("The step down is done.") if done else _("Nothing is proposed here any more.")
        until = _day("until") or act.today + timedelta(days=30)
        kept = proposals.refuse(act, model.key, _text("reason"), until, [record])
        return _("The tier is kept.") if kept else _("Nothing is proposed here any more.")

    return _do(app, form, record, "step", act_on)


# -- trying out -----------------------------------------------------------------------------------------------------------------------
@blueprint.get(f"{RECORD}/try")
@signed_in
def try_out(app: str, form: str, record: int) -> AnyResponse:
    """What the card would show with ?b.recency=5&b.monetary=3; nothing is saved."""
    with reading() as act:
        _form, _found, model = _rated(act, app, form, record)
        bands = {key[2:]: int(text) for key, text in request.args.items() if key.startswith("b.") and text.isdecimal() and len(text) < 4}
        found = what_if(act, model, record, bands)
        if found is None:
            raise NotFound(_("Nothing is known of this record's tier."))
        return jsonify(_tried(act, model, found))


def _tried(act: Act, model: TierModel, found: WhatIf) -> dict[str, Any]:
    tier, start = tier_facts(act.catalogue, model.key, found.tier), 0.0
    rows = []
    for each in found.dimensions:
        points = float(each.share)
        rows.append(
            {
                "key": each.key,
                "band": each.band,
                "start": start,
                "points": points,
                "text": written(each.share),
                "words": reader().say(each.words) if each.words else "",
            }
        )
        start += points
    return {
        "score": float(found.score or 0),
        "score_text": "—" if found.score is None else written(found.score),
        "badge": render_template("tier_badge.html", tier=tier),
        "color": tier["color"] if tier else "gray",
        "tier": tier["label"] if tier else reader().say(_("no tier")),
        "notes": [reader().say(each) for each in _whys(model, found)],
        "rows": rows,
    }


def _whys(model: TierModel, found: WhatIf) -> list[Message]:
    said = []
    label = model.by_key[found.tier].label if found.tier in model.by_key else None
    if found.by == "floor" and label is not None:
        said.append(_("Raised to {tier}: {why}", tier=label, why=found.why or ""))
    if found.by == "ceiling" and label is not None:
        said.append(_("Held down to {tier}: {why}", tier=label, why=found.why or ""))
    plan = found.plan
    if plan is not None and plan.contact_every_days:
        said.append(_("Contact every {days} days", days=plan.contact_every_days))
    if plan is not None and plan.respond_within_hours:
        said.append(_("Response within {hours} hours", hours=plan.respond_within_hours))
    if plan is not None and plan.channel:
        said.append(_("Channel: {channel}", channel=channel_name(plan.channel)))
    return said


# -- on hover -------------------------------------------------------------------------------------------------------------------------
@blueprint.get(f"{RECORD}/hover")
@signed_in
def hover(app: str, form: str, record: int) -> AnyResponse:
    """The bars of a tier as a small card; lists fetch it when somebody stays on a badge."""
    with reading() as act:
        definition, found, model = _rated(act, app, form, record)
        card = tier_card(act, model, found, app, past=False)
        answer = make_response(render_template("tier_hover.html", card=card, form=definition, model=model))
    answer.headers["Cache-Control"] = f"private, max-age={FRESH}"
    return answer


# -- what happened --------------------------------------------------------------------------------------------------------------------
def happened(act: Act, form: Form, record: int) -> list[dict[str, Any]]:
    """Lines of the record's timeline: objections and their answers, tiers set by hand, and what was decided about steps down."""
    model = act.catalogue.model_of(form.key)
    if model is None or not sees_tiers(act, model, record):
        return []
    number = act.catalogue.ids["tier_model", model.key]
    lines = [
        *_of_appeals(act, model, number, record),
        *_of_overrides(act, model, number, record),
        *_of_proposals(act, model, number, record),
    ]
    return [
        {
            "at": clock.from_micros(at),
            "kind": kind,
            "icon": icon,
            "text": reader().say(text),
            "who": reader().person_name(who) if who else "",
        }
        for at, kind, icon, text, who in lines
    ]


Line = tuple[int, str, str, Message, int | None]


def _label(act: Act, model: TierModel, tier: str | None) -> Any:
    """A tier's name, of one that the model has no more too."""
    if tier is None or tier in model.by_key:
        return model.by_key[tier].label if tier is not None else _("no tier")
    return (tier_as_it_was(act, model.key, tier) or {}).get("label", tier)


def _of_appeals(act: Act, model: TierModel, number: int, record: int) -> list[Line]:
    found: list[Line] = []
    answers = {
        "accepted": _("agreed with the objection: {answer}"),
        "refused": _("turned the objection down: {answer}"),
        "withdrawn": _("took the objection back"),
    }
    for each in appeals.of_record(act, number, record):
        objects = _(
            "objects to {before}; {tier} would be right: {reason}",
            before=_label(act, model, each.tier_then),
            tier=_label(act, model, each.tier),
            reason=each.reason,
        )
        found.append((each.at, "appeal", "message-circle", objects, each.person))
        if each.decided_at is not None:
            said = Message(answers[each.state].text, {} if each.state == "withdrawn" else {"answer": each.answer or "—"})
            found.append((each.decided_at, "appeal", "message-circle", said, each.decided_by))
    return found


def _of_overrides(act: Act, model: TierModel, number: int, record: int) -> list[Line]:
    found: list[Line] = []
    for each in overrides.of_record(act, number, record):
        tier, until = _label(act, model, each.tier), clock.from_day(each.until)
        if until is None:
            said = _("set the tier to {tier} by hand: {reason}", tier=tier, reason=each.reason)
        else:
            said = _("set the tier to {tier} by hand until {day}: {reason}", tier=tier, day=until.isoformat(), reason=each.reason)
        found.append((each.at, "override", "hand-finger", said, each.approver))
        if each.ended_at is not None and each.ended != "replaced":
            ended = _("{tier} by hand has ended: {why}", tier=tier, why=ENDED[each.ended])
            found.append((each.ended_at, "override", "hand-finger", ended, each.ended_by))
    return found


def _of_proposals(act: Act, model: TierModel, number: int, record: int) -> list[Line]:
    found: list[Line] = []
    for each in proposals.of_record(act, number, record):
        step = {"before": _label(act, model, each.tier), "tier": _label(act, model, each.proposed)}
        if each.decision == "accepted":
            said = _("accepted the step from {before} to {tier}", **step)
        else:
            until = clock.from_day(each.until)
            said = _(
                "kept {before} instead of {tier} until {day}: {reason}", **step, day=until.isoformat() if until else "", reason=each.reason
            )
        found.append((each.at, "step", "stairs-down", said, each.person))
    return found
