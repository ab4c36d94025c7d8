"""How well service plans are kept, what follow-up plans ask for, and what serving the tiers earns."""

from __future__ import annotations

from datetime import date
from typing import Any

from pydantic import Field

from runtime import cadence
from runtime.api.records import instant
from runtime.api.route import Call, Param, Route, Shape
from runtime.api.tiers import FROM, TO, in_range, model_of
from runtime.cadence import listing
from runtime.cadence.facts import shown_day
from runtime.definitions.tier_model import TierModel
from runtime.effect import adherence
from runtime.effect.cadence import Kept
from runtime.effect.incentives import factor_of, incentives
from runtime.errors import NotFound, Problem, Refused
from runtime.people.may import require
from runtime.records import query
from runtime.texts import _

MOST = 200


class PlanKept(Shape):
    """Customers who were `due`, and `kept` of them for whom no time ran out; contacts `made`, and `timely` ones; `overdue` customers at the end;
    `longest` days over the time."""

    due: int
    kept: int
    made: int
    timely: int
    overdue: int
    longest: int


class OfTier(Shape):
    tier: str
    kept: PlanKept


class OfOwner(Shape):
    """`person` null: nobody looks after them."""

    person: str | None
    kept: PlanKept


class Adherence(Shape):
    """`state`: ready; working, where it is being worked out (ask again); lacking, where nobody has asked for these days yet (POST). `at`: when
    it was worked out, null: now. `forms`: whose records count as contact. `owners` null: the person may not see them."""

    from_: str = Field(alias="from")
    to: str
    state: str
    at: str | None
    forms: tuple[str, ...]
    whole: PlanKept | None
    tiers: tuple[OfTier, ...]
    owners: tuple[OfOwner, ...] | None


class FollowUp(Shape):
    """`what`: every (the rhythm), respond, or the number of a step from 0 on. `told`: somebody was told that it is overdue."""

    id: str
    record: str
    tier: str
    what: str
    due: str
    late: bool
    person: str | None
    told: bool
    reason: str | None


class FollowUps(Shape):
    """The first 200 of a box, and how many each box holds."""

    counts: dict[str, int]
    items: tuple[FollowUp, ...]


class PlanOfRecord(Shape):
    """`plan` null: none runs. `origin`: tier, publish, automation or person."""

    plan: str | None
    origin: str | None
    begun: str | None
    next_due: str | None
    open: tuple[FollowUp, ...]


class Earned(Shape):
    """Amounts as decimal texts. `plain`: without the factor of the tier. `tier` null: none at the time."""

    person: str | None
    tier: str | None
    records: int
    amount: str
    factor: str
    plain: str
    commission: str


class Commissions(Shape):
    from_: str = Field(alias="from")
    to: str
    percent: str
    currency: str | None
    factors: dict[str, str]
    rows: tuple[Earned, ...]


BOX = Param(
    "box", {"type": "string", "enum": list(listing.BOXES), "default": "open"}, "Those that wait, that are overdue, or that were left out."
)


def _days(call: Call) -> tuple[date, date]:
    first, last = (in_range(date.fromisoformat(call.query[name]), name) for name in ("from", "to"))
    if first > last:
        raise Refused([Problem("from", _("The first day is after the last."))])
    return first, last


def kept(call: Call, model: str) -> dict[str, Any]:
    return _adherence(call, model_of(call.act, model), *_days(call))


def anew(call: Call, model: str) -> dict[str, Any]:
    found, days = model_of(call.act, model), _days(call)
    if adherence.is_many(call.act, found):
        adherence.ask(call.act, found, *days)
    return _adherence(call, found, *days)


def _adherence(call: Call, model: TierModel, first: date, last: date) -> dict[str, Any]:
    given = adherence.figures(call.act, model, first, last)
    found = given.found
    return {
        "from": first.isoformat(),
        "to": last.isoformat(),
        "state": "lacking" if found is None and given.job is None else "working" if given.job is not None else "ready",
        "at": None if given.at is None else instant(given.at),
        "forms": [] if found is None else list(found.forms),
        "whole": None if found is None else vars(found.whole),
        "tiers": [] if found is None else [{"tier": key, "kept": _kept(each)} for key, each in found.tiers],
        "owners": None
        if found is None or found.owners is None
        else [{"person": _id(key), "kept": _kept(each)} for key, each in found.owners],
    }


def _kept(found: Kept) -> dict[str, int]:
    return dict(vars(found))


def _id(number: int | None) -> str | None:
    return None if number is None else str(number)


def follow_ups(call: Call, model: str) -> dict[str, Any]:
    box = call.query.get("box") or "open"
    if box not in listing.BOXES:
        raise Refused([Problem("box", _("Choose one of {boxes}.", boxes=", ".join(listing.BOXES)))])
    rows, counts = listing.dues(call.act, model_of(call.act, model), box, limit=MOST)
    return {"counts": counts, "items": [_due(each) for each in rows]}


def _due(each: listing.Due) -> dict[str, Any]:
    own = {name: getattr(each, name) for name in ("tier", "what", "late", "reason")}
    ids = {"id": str(each.number), "record": str(each.record), "person": _id(each.person)}
    return {**ids, **own, "due": each.due.isoformat(), "told": each.escalated}


def of_record(call: Call, model: str, id: int) -> dict[str, Any]:
    return _plan(call, _seen(call, model, id), id)


def start(call: Call, model: str, id: int) -> dict[str, Any]:
    found = _seen(call, model, id, "edit")
    cadence.start(call.act, id, found.key)
    return _plan(call, found, id)


def stop(call: Call, model: str, id: int) -> dict[str, Any]:
    found = _seen(call, model, id, "edit")
    cadence.stop(call.act, id, found.key, f"person:{call.act.person.id}")
    return _plan(call, found, id)


def _seen(call: Call, model: str, record: int, action: str = "view") -> TierModel:
    found = model_of(call.act, model)
    query.get(call.act, found.form, record)
    require(call.act.person, action, found.form, record)
    return found


def _plan(call: Call, model: TierModel, record: int) -> dict[str, Any]:
    row, open_ = listing.of_record(call.act, model, record)
    if row is None:
        return {"plan": None, "origin": None, "begun": None, "next_due": None, "open": []}
    days = {
        name: None if day is None else day.isoformat()
        for name, day in (("begun", shown_day(row.begun)), ("next_due", shown_day(row.next_due)))
    }
    return {"plan": f"{model.key}/{row.tier}", "origin": row.origin, **days, "open": [_due(each) for each in open_]}


def commissions(call: Call, model: str) -> dict[str, Any]:
    found, (first, last) = model_of(call.act, model), _days(call)
    table = incentives(call.act, found, first, last)
    if table is None:
        raise NotFound(_("Nobody has said yet what earns a commission."))
    rows = [
        {"person": _id(each.person), "tier": each.tier, "records": each.records}
        | {name: f"{getattr(each, name):f}" for name in ("amount", "factor", "plain", "commission")}
        for each in table.shares
    ]
    factors = {each.key: f"{factor_of(found, each.key):f}" for each in found.ranked}
    days = {"from": first.isoformat(), "to": last.isoformat()}
    return {**days, "percent": f"{table.percent:f}", "currency": table.currency, "factors": factors, "rows": rows}


_OF_RECORD = "/tier-models/{model}/records/{id}/follow-up-plan"
ROUTES = [
    Route("GET", "/tier-models/{model}/adherence", kept, "How well service plans are kept", "tiers", Adherence, query=(FROM, TO)),
    Route("POST", "/tier-models/{model}/adherence", anew, "Work it out anew", "tiers", Adherence, query=(FROM, TO), writes=True),
    Route("GET", "/tier-models/{model}/follow-ups", follow_ups, "What follow-up plans ask for", "tiers", FollowUps, query=(BOX,)),
    Route("GET", _OF_RECORD, of_record, "The follow-up plan of a record", "tiers", PlanOfRecord),
    Route("POST", f"{_OF_RECORD}/start", start, "Start the plan of a record's tier", "tiers", PlanOfRecord, writes=True),
    Route("POST", f"{_OF_RECORD}/stop", stop, "Stop the plan of a record", "tiers", PlanOfRecord, writes=True),
    Route("GET", "/tier-models/{model}/commission", commissions, "Commission by person and tier", "tiers", Commissions, query=(FROM, TO)),
]
