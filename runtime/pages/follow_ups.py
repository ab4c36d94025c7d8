"""Follow-up plans as people meet them: what waits and what is late, skipping with a reason, starting and stopping on a record."""

from __future__ import annotations

from typing import Any
from urllib.parse import urlencode

from flask import Blueprint, g, render_template, request

from runtime import cadence
from runtime.cadence import listing, running
from runtime.cadence.asking import said
from runtime.cadence.facts import shown_day
from runtime.definitions.tier_model import TierModel
from runtime.errors import NotFound, Problem, Refused
from runtime.pages.apps import find_app
from runtime.pages.coverage import find_model
from runtime.pages.tier_past import badge_of
from runtime.pages.web import done, local_path, reader, reading, signed_in, writing
from runtime.pages.wordings import has_wordings
from runtime.people.may import may, require
from runtime.records import query
from runtime.system.workspace import Act
from runtime.texts import Message, _, shown
from runtime.tiers.seeing import require_tiers, sees_tiers

blueprint = Blueprint("follow_ups", __name__)

ROWS = 50
LONGEST_REASON = 500
NAMES: dict[str, Message] = {"open": _("Waiting"), "late": _("Overdue"), "skipped": _("Left out, 90 days")}
HERE = "/apps/<app>/-/tiers/<model>/follow-ups"


@blueprint.get(HERE)
@signed_in
def listed(app: str, model: str) -> str:
    """?box=open, late or skipped; ?mine=1: only one's own; ?after= how many are passed over"""
    box = request.args.get("box", "open")
    box = box if box in listing.BOXES else "open"
    mine, after = request.args.get("mine") == "1", request.args.get("after", "")
    skip = int(after) if after.isdecimal() and len(after) < 10 else 0
    with reading() as act:
        found_app, found = find_app(act, app), find_model(act, app, model)
        rows, counts = listing.dues(act, found, box, act.person.id if mine else None, skip, ROWS)
        titles = query.titles(act, {found.form: {each.record for each in rows}})
        own = {"box": box, **({"mine": "1"} if mine else {})}
        return render_template(
            "effect/follow_ups.html",
            app=found_app,
            model=found,
            form=act.catalogue.forms[found.form],
            box=box,
            mine=mine,
            tabs=[
                {"label": reader().say(NAMES[name]), "count": reader().number(counts[name]), "on": name == box}
                | {"href": f"?{urlencode({**own, 'box': name})}"}
                for name in listing.BOXES
            ],
            mine_href=f"?{urlencode({'box': box, **({} if mine else {'mine': '1'})})}",
            rows=[_row(act, app, found, each, titles) for each in rows],
            wordings=has_wordings(act, found.form),
            planned=any(plan.tasks for plan in found.plans.values()),
            builds=f"/build/{app}/tiers/{found.key}" if may(act.person, "build", app=found.app or app) else None,
            next_href=f"?{urlencode({**own, 'after': skip + ROWS})}" if skip + ROWS < counts[box] else None,
            first_href=f"?{urlencode(own)}" if skip else None,
            may_skip=box != "skipped",
            back=request.full_path,
        )


def _row(act: Act, app: str, model: TierModel, each: listing.Due, titles: Any) -> dict[str, Any]:
    return {
        **facts(act, app, model, each),
        "href": f"/apps/{app}/{model.form}/{each.record}",
        "title": titles.get((model.form, each.record), f"#{each.record}"),
        "badge": badge_of(act, model, each.tier),
        "person": reader().person_name(each.person) if each.person is not None else None,
        "reason": each.reason,
    }


def facts(act: Act, app: str, model: TierModel, each: listing.Due) -> dict[str, Any]:
    """One follow-up in the words of the reader."""
    return {
        "what": _what(model, each),
        "due": reader().date(each.due),
        "late": each.late,
        "escalated": each.escalated,
        "skip_href": f"/apps/{app}/-/tiers/{model.key}/follow-ups/{each.number}/skip"
        if may(act.person, "edit", model.form, each.record)
        else None,
    }


def _what(model: TierModel, each: listing.Due) -> str:
    plan = model.plans.get(each.tier)
    if plan is None:
        return reader().say(_("Get in touch"))
    if each.what.isdecimal() and int(each.what) < len(plan.steps):
        step = plan.steps[int(each.what)]
        return f"{shown(step.todo, reader().language)}{f' ({step.channel})' if step.channel else ''}"
    return reader().say(said(plan, each.what))


def card(act: Act, app: str, model: TierModel | None, record: int, tier: str | None) -> dict[str, Any] | None:
    """What the service standard of a record says of its follow-ups; None where there is nothing to say."""
    if model is None or not model.plans or not sees_tiers(act, model, record):
        return None
    row, open_ = listing.of_record(act, model, record)
    changes = may(act.person, "edit", model.form, record)
    if row is None and not (changes and tier in model.plans):
        return None
    here = f"/apps/{app}/-/tiers/{model.key}/follow-ups/of/{record}"
    next_due = shown_day(row.next_due) if row is not None else None
    return {
        "running": row is not None,
        "badge": badge_of(act, model, row.tier) if row is not None and row.tier != tier else None,
        "next": reader().date(next_due) if next_due is not None and not open_ else None,
        "open": [facts(act, app, model, each) for each in open_],
        "start_href": f"{here}/start" if changes and row is None and tier in model.plans else None,
        "stop_href": f"{here}/stop" if changes and row is not None else None,
    }


# -- acts -------------------------------------------------------------------------------------------------------------------------------
@blueprint.post(f"{HERE}/<int:number>/skip")
@signed_in
def skip(app: str, model: str, number: int) -> Any:
    """Leaves one out, with the reason."""
    reason = " ".join(request.form.get("reason", "").split())
    with writing() as act:
        found = find_model(act, app, model)
        require_tiers(act, found)
        record = listing_record(act, found, number)
        require(act.person, "edit", found.form, record)
        if not reason or len(reason) > LONGEST_REASON:
            raise Refused([Problem("reason", _("Say in a few words why, at most {most} characters.", most=LONGEST_REASON))])
        running.skip(act, found, number, reason)
    return done(_back(app, model), _("Left out this time. The next one is reckoned from today."))


@blueprint.post(f"{HERE}/of/<int:record>/start")
@signed_in
def start(app: str, model: str, record: int) -> Any:
    with writing() as act:
        found = _model_for(act, app, model, record)
        running.begin(act, record, found.key, "person")
    return done(_back(app, model), _("The follow-up plan has begun."))


@blueprint.post(f"{HERE}/of/<int:record>/stop")
@signed_in
def stop(app: str, model: str, record: int) -> Any:
    with writing() as act:
        found = _model_for(act, app, model, record)
        cadence.stop(act, record, found.key, f"person:{g.person.id}")
    return done(_back(app, model), _("The follow-up plan is stopped. It begins again with another tier, or by hand."))


def listing_record(act: Act, model: TierModel, number: int) -> int:
    """The record of an open follow-up of this model. Raises NotFound."""
    record = running.record_of(act, model, number)
    if record is None or not may(act.person, "view", model.form, record):
        raise NotFound(_("This follow-up is closed already."))
    return record


def _model_for(act: Act, app: str, model: str, record: int) -> TierModel:
    found = find_model(act, app, model)
    require_tiers(act, found)
    query.get(act, found.form, record)
    require(act.person, "edit", found.form, record)
    return found


def _back(app: str, model: str) -> str:
    return local_path(request.form.get("back"), f"/apps/{app}/-/tiers/{model}/follow-ups")
