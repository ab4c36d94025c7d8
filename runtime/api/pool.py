"""The customer pool: what is in it, claiming, giving back, and what happened."""

from __future__ import annotations

from typing import Annotated, Any

from pydantic import Field

from runtime.api.records import instant
from runtime.api.route import CURSOR, LIMIT, RECORD_ID, Answer, Call, Route, Shape, page
from runtime.ownership import claims, pool
from runtime.people.may import may, require
from runtime.records import query
from runtime.system import clock


class Standing(Shape):
    """What the person has claimed today and owns, and what they may; null where there is no limit."""

    today: int
    per_day: int | None
    owned: int
    in_all: int | None
    left: int | None


class Free(Shape):
    """`claimable` tells of the person's rights; limits and cooling-off are asked on claiming."""

    record: str
    title: str
    claimable: bool


class Inside(Shape):
    """`standing` is null for those who may not claim."""

    standing: Standing | None
    items: tuple[Free, ...]
    next: str | None


class Chosen(Shape):
    records: tuple[Annotated[str, Field(pattern=RECORD_ID)], ...] = Field(min_length=1, max_length=claims.MOST)


class Left(Shape):
    record: str
    message: str


class Claimed(Shape):
    """`records` belong to the person now; of each of the others `refused` says why it does not."""

    records: tuple[str, ...]
    refused: tuple[Left, ...]


class Reason(Shape):
    reason: str = Field(min_length=1, max_length=claims.LONGEST_REASON)


class Event(Shape):
    """`act` is claimed, released, reclaimed or warned."""

    record: str
    person: str
    act: str
    at: str
    reason: str | None


class Events(Shape):
    items: tuple[Event, ...]
    next: int | None


def inside(call: Call, form: str) -> dict[str, Any]:
    act, settings = call.act, _settings(call, form)
    pool.require_sight(act, form)
    found = query.page(
        act, form, trusted=[pool.in_pool(settings)], columns=[], sort=["id"], limit=call.query["limit"], cursor=call.query.get("cursor")
    )
    titles = query.titles(act, {form: {each.id for each in found.records}})
    free = [
        {"record": str(each.id), "title": titles.get((form, each.id), f"#{each.id}"), "claimable": may(act.person, "claim", form, each.id)}
        for each in found.records
    ]
    return {"standing": _standing(call, form), **page(free, found.next)}


def claim(call: Call, form: str) -> dict[str, Any]:
    _settings(call, form)
    found = claims.claim(call.act, form, [int(each) for each in call.body.records])
    refused = [{"record": str(record), "message": call.say(reason)} for record, reason in found.refused.items()]
    return {"records": [str(each) for each in found.records], "refused": refused}


def release(call: Call, form: str, id: int) -> Answer:
    claims.release(call.act, form, id, call.body.reason)
    return Answer()


def events(call: Call, form: str) -> dict[str, Any]:
    _settings(call, form)
    return page([_event(row) for row in pool.seen_events(call.act, form, call.query["limit"])])


def _settings(call: Call, form: str) -> Any:
    settings = pool.pool_of(call.act, form)
    require(call.act.person, "view", form)
    return settings


def _standing(call: Call, form: str) -> dict[str, Any] | None:
    if not may(call.act.person, "claim", form):
        return None
    found = pool.standing(call.act, form, call.act.person.id)
    return {"today": found.today, "per_day": found.per_day, "owned": found.owned, "in_all": found.in_all, "left": found.left}


def _event(row: Any) -> dict[str, Any]:
    at = clock.from_micros(row.at)
    assert at is not None
    return {"record": str(row.record), "person": str(row.person), "act": row.act, "at": instant(at), "reason": row.reason}


POOL = "/forms/{form}/pool"
ROUTES = [
    Route("GET", POOL, inside, "The records in the pool", "pool", Inside, query=(LIMIT, CURSOR)),
    Route("POST", f"{POOL}/claim", claim, "Claim records from the pool", "pool", Claimed, Chosen, writes=True),
    Route("GET", f"{POOL}/events", events, "What happened in the pool, the newest first", "pool", Events, query=(LIMIT,)),
    Route(
        "POST",
        "/forms/{form}/records/{id}/release",
        release,
        "Give a record back to the pool",
        "pool",
        None,
        Reason,
        status=204,
        writes=True,
    ),
]
