"""Tier models: why a record has its tier, who moved, and the full recompute."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import date
from decimal import Decimal
from typing import Any

from pydantic import Field

from runtime.api.route import Call, Param, Shape
from runtime.definitions.tier_model import TierModel
from runtime.errors import NotFound, Problem, Refused
from runtime.people.may import require
from runtime.records import query
from runtime.system.workspace import Act
from runtime.texts import _
from runtime.tiers import explaining, mobility, recomputing
from runtime.tiers.seeing import require_tiers
from runtime.tiers.veiling import explain_to

FIRST, LAST = date(1970, 1, 1), date(2999, 12, 31)
DAY = {"type": "string", "format": "date"}
FROM, TO = (
    Param("from", DAY, "The day at whose end one looks first.", True),
    Param("to", DAY, "The day at whose end one looks again.", True),
)


class Dimension(Shape):
    """`share` in points; the shares add up to the score. `why` says what the band means."""

    key: str
    label: Any
    value: str | None
    display: str
    band: int | None
    bands: int
    weight: str
    share: str
    missing: bool
    why: str


class Bound(Shape):
    """A floor or a ceiling that holds; `decided` when it made the tier."""

    tier: str
    why: Any
    decided: bool


class Held(Shape):
    """What keeps the tier other than the figures alone would have it."""

    by: str
    tier: str | None
    until: str | None
    proposed: str | None
    message: str


class Change(Shape):
    """The value that a dimension has to reach, and its band."""

    dimension: str
    band: int
    value: str | None


class Lift(Change):
    """A change of one dimension that would lead to a higher tier, `also` with one of another."""

    also: tuple[Change, ...]
    score: str
    tier: str
    message: str


class Explained(Shape):
    """`updating`: the stored tier is older than these figures and is being brought up to date."""

    model: str
    version: int
    as_of: str
    tier: str | None
    score: str | None
    lane: str | None
    dimensions: tuple[Dimension, ...]
    floors: tuple[Bound, ...]
    ceilings: tuple[Bound, ...]
    movement: Held | None
    provisional: tuple[str, ...]
    next: tuple[Lift, ...]
    stored_tier: str | None
    updating: bool


class AsOf(Shape):
    """`as_of`: another day's facts; the tier is written as of now with that day beside it."""

    as_of: date | None = None


class Queued(Shape):
    """The number of the job; ask /jobs/{id} how far it is."""

    job: str


class Flow(Shape):
    """How many went from one tier to another; null stands for no tier."""

    from_: str | None = Field(alias="from")
    to: str | None
    count: int


class Sticky(Shape):
    """What became of those who were in a tier: shares from 0 to 1; `median_days`: for how long its records have had it by the last day."""

    tier: str
    count: int
    stayed: str | None
    up: str | None
    down: str | None
    median_days: int | None


class Moved(Shape):
    """`mobility_index` is that of Prais and Shorrocks: 0 when everybody stays, 1 when the later tier does not depend on the earlier."""

    from_: str = Field(alias="from")
    to: str
    tiers: tuple[str, ...]
    flows: tuple[Flow, ...]
    up: int
    down: int
    stayed: int
    entered: int
    left: int
    mobility_index: str | None
    share_stayed: str | None
    net_promotion: str | None
    stickiness: tuple[Sticky, ...]


def explained(call: Call, model: str, id: int) -> dict[str, Any]:
    found = model_of(call.act, model)
    query.get(call.act, found.form, id)
    require_tiers(call.act, found)
    explained = explain_to(call.act, found, id)
    if explained is None:
        raise NotFound(_("Nothing is known of this record's tier."))
    return explained.to_json(call.language)


def recompute(call: Call, model: str) -> dict[str, Any]:
    model_of(call.act, model)
    require(call.act.person, "build")
    as_of = call.body.as_of
    if as_of is not None:
        in_range(as_of, "as_of")
    return {"job": str(recomputing.queue(call.act, model, as_of, call.act.source))}


def movement(call: Call, model: str) -> dict[str, Any]:
    require_tiers(call.act, model_of(call.act, model))
    start, end = (in_range(date.fromisoformat(call.query[name]), name) for name in ("from", "to"))
    if start > end:
        raise Refused([Problem("from", _("The first day is after the last."))])
    found = explaining.movement(call.act, model, start, end)
    flows = [{"from": then, "to": now, "count": count} for then, now, count in found.flows]
    return {
        "from": start.isoformat(),
        "to": end.isoformat(),
        "tiers": list(found.tiers),
        "flows": flows,
        "up": found.up,
        "down": found.down,
        "stayed": found.stayed,
        "entered": found.entered,
        "left": found.left,
        "mobility_index": _share(mobility.mobility_index(found)),
        "share_stayed": _share(mobility.share_stayed(found)),
        "net_promotion": _share(mobility.net_promotion(found)),
        "stickiness": list(_sticky(call.act, model, found)),
    }


def _sticky(act: Act, model: str, found: explaining.Movement) -> Iterator[dict[str, Any]]:
    days = mobility.median_days(act, model, found.to)
    for each in mobility.stickiness(found):
        shares = {name: _share(getattr(each, name)) for name in ("stayed", "up", "down")}
        yield {"tier": each.tier, "count": each.count, **shares, "median_days": days.get(each.tier)}


def _share(value: Decimal | None) -> str | None:
    return None if value is None else f"{value.quantize(Decimal('0.0001')):f}"


def model_of(act: Act, key: str) -> TierModel:
    """A model that rates by itself; the model of a lane only rates through the one that names it."""
    found = act.catalogue.tier_models.get(key)
    if found is None or found not in act.catalogue.models_of(found.form):
        raise NotFound(_("There is no tier model with the key {key}.", key=key))
    require(act.person, "view", found.form)
    return found


def in_range(day: date, path: str) -> date:
    if not FIRST <= day <= LAST:
        raise Refused([Problem(path, _("Give a day from {first} to {last}.", first=FIRST.isoformat(), last=LAST.isoformat()))])
    return day
