"""What people decide about single tiers, past days, and what would be: beside the figures of tiers.py."""

from __future__ import annotations

from datetime import date, timedelta
from typing import Annotated, Any, Literal, get_args

from pydantic import Field

from runtime.api.records import instant
from runtime.api.route import Call, Param, Shape, page
from runtime.api.tiers import DAY, in_range, model_of
from runtime.collaboration import appeals
from runtime.definitions.model import Key
from runtime.errors import NotFound, Problem, Refused
from runtime.records import query
from runtime.system import clock
from runtime.texts import _
from runtime.tiers import explaining, history_at, movers, overrides, overriding, proposals
from runtime.tiers.compiled import compile
from runtime.tiers.seeing import require_tiers, sees_tiers
from runtime.tiers.whatif import WhatIf, what_if

KEPT_FOR = timedelta(days=30)
Reason = Annotated[str, Field(min_length=1, max_length=overriding.LONGEST)]
Day = Annotated[date, Field(strict=False)]
Ids = Annotated[tuple[Annotated[str, Field(pattern=r"^[0-9]{1,16}$")], ...], Field(min_length=1, max_length=proposals.MOST, strict=False)]
ON = Param("day", DAY, "The day at whose end one looks; today when it is left out.")
STATE = Param("state", {"type": "string", "enum": list(appeals.STATES)}, "Only objections that are in this state.")
TIER = {"type": "string", "minLength": 1, "maxLength": 50}
THEN, NOW = (
    Param("then", TIER, "The tier at the end of the first day; - stands for none."),
    Param("now", TIER, "The tier at the end of the last day; - stands for none."),
)
DIRECTION = Param("direction", {"type": "string", "enum": list(get_args(movers.Direction))}, "Only those that moved like this.")


# -- what would be --------------------------------------------------------------------------------------------------------------------
class Bands(Shape):
    """Bands in place of the record's own, from 1 (worst); dimensions that are not named stay as they are."""

    bands: dict[Key, int] = {}


class Tried(Shape):
    """`why` says what the band means."""

    key: str
    band: int | None
    bands: int
    share: str
    why: str | None


class Would(Shape):
    """`tier`: what the figures alone would give; `by`: score, floor or ceiling."""

    tier: str | None
    score: str | None
    by: str
    why: str | None
    dimensions: tuple[Tried, ...]


def would(call: Call, model: str, id: int) -> dict[str, Any]:
    found = model_of(call.act, model)
    query.get(call.act, found.form, id)
    tried = what_if(call.act, found, id, call.body.bands)
    if tried is None:
        raise NotFound(_("Nothing is known of this record's tier."))
    return _would(call, tried)


def _would(call: Call, tried: WhatIf) -> dict[str, Any]:
    def said(text: Any) -> str | None:
        return None if text is None else text.in_language(call.language) if hasattr(text, "in_language") else str(text)

    dimensions = [
        {"key": each.key, "band": each.band, "bands": each.bands, "share": _plain(each.share), "why": said(each.words)}
        for each in tried.dimensions
    ]
    return {"tier": tried.tier, "score": _plain(tried.score), "by": tried.by, "why": said(tried.why), "dimensions": dimensions}


def _plain(value: Any) -> str | None:
    return None if value is None else f"{value.normalize():f}"


def _at(micros: int) -> str:
    found = clock.from_micros(micros)
    assert found is not None
    return instant(found)


# -- past days ------------------------------------------------------------------------------------------------------------------------
class Count(Shape):
    key: str
    count: int


class Counts(Shape):
    """What a past day shows does not change any more."""

    day: str
    tiers: tuple[Count, ...]
    tags: tuple[Count, ...]
    total: int


class Span(Shape):
    """A tier from `since` up to, not including, `until` (null: it holds)."""

    tier: str | None
    score: str | None
    since: str
    until: str | None
    cause: str
    version: int


class Spans(Shape):
    """The newest first."""

    items: tuple[Span, ...]


class Mover(Shape):
    """`at`: when the later tier began."""

    record: str
    then: str | None
    now: str | None
    score_then: str | None
    score_now: str | None
    at: str | None


class Movers(Shape):
    items: tuple[Mover, ...]
    total: int
    next: int | None


def counts(call: Call, model: str) -> dict[str, Any]:
    found = model_of(call.act, model)
    require_tiers(call.act, found)
    text = call.query.get("day")
    day = call.act.today if text is None else in_range(date.fromisoformat(text), "day")
    tiers = history_at.tiers_on(call.act, model, day)
    dictionary = call.act.catalogue.tag_set_of(found.form)
    tags = {} if dictionary is None else history_at.tags_on(call.act, dictionary, day)
    order = [*(tier.key for tier in found.tiers), *sorted(set(tiers) - set(found.by_key))]
    return {
        "day": day.isoformat(),
        "tiers": [{"key": key, "count": tiers.get(key, 0)} for key in order],
        "tags": [{"key": key, "count": count} for key, count in sorted(tags.items())],
        "total": sum(tiers.values()),
    }


def spans(call: Call, model: str, id: int) -> dict[str, Any]:
    found = model_of(call.act, model)
    query.get(call.act, found.form, id)
    if not sees_tiers(call.act, found, id):
        raise NotFound(_("Nothing is known of this record's tier."))
    rows = explaining.explain_history(call.act, model, id)
    return {
        "items": [
            {
                "tier": row["to"],
                "score": _plain(row["score_to"]),
                "since": row["at"].isoformat(),
                "until": row["until"] and row["until"].isoformat(),
                "cause": row["cause"],
                "version": row["version"],
            }
            for row in rows
        ]
    }


def moved(call: Call, model: str) -> dict[str, Any]:
    found = model_of(call.act, model)
    require_tiers(call.act, found)
    start, end = (in_range(date.fromisoformat(call.query[name]), name) for name in ("from", "to"))
    if start > end:
        raise Refused([Problem("from", _("The first day is after the last."))])
    wanted: dict[str, Any] = {name: call.query.get(name) for name in ("then", "now", "direction")}
    rows = movers.movers(call.act, model, start, end, **wanted, after=call.query.get("cursor") or 0, limit=call.query["limit"])
    items = [
        {
            "record": str(each.record),
            "then": each.then,
            "now": each.now,
            "score_then": _plain(each.score_then),
            "score_now": _plain(each.score_now),
            "at": each.at and each.at.isoformat(),
        }
        for each in rows.records
    ]
    return {**page(items, rows.next), "total": rows.total}


# -- tiers set by hand ----------------------------------------------------------------------------------------------------------------
class Wanted(Shape):
    """`until`: the last day; without one the tier stays until it is lifted."""

    tier: Key
    reason: Reason
    until: Day | None = None


class Override(Shape):
    """`person` asked for it, `approver` decided."""

    tier: str
    reason: str
    until: str | None
    person: str
    approver: str
    at: str


class Lifted(Shape):
    """Whether there was one."""

    lifted: bool


def set_tier(call: Call, model: str, id: int) -> dict[str, Any]:
    found = model_of(call.act, model)
    query.get(call.act, found.form, id)
    overriding.override(call.act, model, id, call.body.tier, call.body.reason, call.body.until)
    row: Any = overrides.in_force(call.act, compile(call.act.catalogue, model).number, id)
    day = clock.from_day(row.until)
    return {
        "tier": row.tier,
        "reason": row.reason,
        "until": day and day.isoformat(),
        "person": str(row.person),
        "approver": str(row.approver),
        "at": _at(row.at),
    }


def lift(call: Call, model: str, id: int) -> dict[str, Any]:
    found = model_of(call.act, model)
    query.get(call.act, found.form, id)
    return {"lifted": overriding.lift_override(call.act, model, id)}


# -- objections -----------------------------------------------------------------------------------------------------------------------
class Objection(Shape):
    """`tier`: the one that would be right."""

    tier: Key
    reason: Reason


class Agreed(Shape):
    """`until`: the last day of the tier that is set by hand."""

    until: Day
    answer: Annotated[str, Field(max_length=overriding.LONGEST)] = ""


class Answer(Shape):
    answer: Reason


class Appeal(Shape):
    id: str
    record: str
    person: str
    at: str
    tier_then: str | None
    tier: str
    reason: str
    state: Literal["open", "accepted", "refused", "withdrawn"]
    decided_by: str | None
    decided_at: str | None
    answer: str | None
    until: str | None


class Appeals(Shape):
    items: tuple[Appeal, ...]
    next: int | None


def object_to(call: Call, model: str, id: int) -> dict[str, Any]:
    found = model_of(call.act, model)
    query.get(call.act, found.form, id)
    return _appeal(appeals.find(call.act, appeals.object_to(call.act, model, id, call.body.tier, call.body.reason)))


def objections(call: Call, model: str) -> dict[str, Any]:
    require_tiers(call.act, model_of(call.act, model))
    state, limit = call.query.get("state"), call.query["limit"]
    states = (state,) if state else appeals.STATES
    found = appeals.listed(call.act, model, states, call.query.get("cursor"), limit + 1)
    return page([_appeal(each) for each in found[:limit]], found[limit - 1].id if len(found) > limit else None)


def agree(call: Call, model: str, id: int) -> dict[str, Any]:
    _within(call, model, id)
    appeals.accept(call.act, id, call.body.until, call.body.answer)
    return _appeal(appeals.find(call.act, id))


def turn_down(call: Call, model: str, id: int) -> dict[str, Any]:
    _within(call, model, id)
    appeals.refuse(call.act, id, call.body.answer)
    return _appeal(appeals.find(call.act, id))


def withdraw(call: Call, model: str, id: int) -> dict[str, Any]:
    _within(call, model, id)
    appeals.withdraw(call.act, id)
    return _appeal(appeals.find(call.act, id))


def _within(call: Call, model: str, number: int) -> None:
    model_of(call.act, model)
    if appeals.find(call.act, number).model != compile(call.act.catalogue, model).number:
        raise NotFound(_("There is no such objection."))


def _appeal(found: appeals.Appeal) -> dict[str, Any]:
    until = clock.from_day(found.until)
    return {
        "id": str(found.id),
        "record": str(found.record),
        "person": str(found.person),
        "at": _at(found.at),
        "tier_then": found.tier_then,
        "tier": found.tier,
        "reason": found.reason,
        "state": found.state,
        "decided_by": None if found.decided_by is None else str(found.decided_by),
        "decided_at": None if found.decided_at is None else _at(found.decided_at),
        "answer": found.answer,
        "until": until and until.isoformat(),
    }


# -- proposed steps down --------------------------------------------------------------------------------------------------------------
class Proposal(Shape):
    record: str
    tier: str
    proposed: str
    score: str | None
    since: str | None


class Proposals(Shape):
    items: tuple[Proposal, ...]
    total: int
    next: int | None


class Chosen(Shape):
    """Without `records` all that wait, up to 1,000."""

    records: Ids | None = None


class Kept(Chosen):
    """`until`: from this day on a step down may be proposed again; 30 days from now when it is left out."""

    reason: Reason
    until: Day | None = None


class Decided(Shape):
    records: tuple[str, ...]


def proposed(call: Call, model: str) -> dict[str, Any]:
    require_tiers(call.act, model_of(call.act, model))
    found = proposals.waiting(call.act, model, call.query.get("cursor") or 0, call.query["limit"])
    items = [
        {
            "record": str(each.record),
            "tier": each.tier,
            "proposed": each.proposed,
            "score": _plain(each.score),
            "since": each.since and each.since.isoformat(),
        }
        for each in found.records
    ]
    return {**page(items, found.next), "total": found.total}


def accept_proposed(call: Call, model: str) -> dict[str, Any]:
    model_of(call.act, model)
    return {"records": [str(each) for each in proposals.accept(call.act, model, _ids(call.body.records))]}


def refuse_proposed(call: Call, model: str) -> dict[str, Any]:
    model_of(call.act, model)
    until = call.body.until or call.act.today + KEPT_FOR
    in_range(until, "until")
    return {"records": [str(each) for each in proposals.refuse(call.act, model, call.body.reason, until, _ids(call.body.records))]}


def _ids(given: tuple[str, ...] | None) -> list[int] | None:
    return None if given is None else [int(each) for each in given]
