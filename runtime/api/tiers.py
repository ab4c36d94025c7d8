"""Tier models: why a record has its tier, who moved, and the full recompute."""

from __future__ import annotations

from datetime import date
from typing import Any

from pydantic import Field

from runtime.api.route import Call, Param, Shape
from runtime.definitions.tier_model import TierModel
from runtime.errors import NotFound, Problem, Refused
from runtime.people.may import require
from runtime.records import query
from runtime.system.workspace import Act
from runtime.texts import _
from runtime.tiers import explaining, recomputing
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


class Lift(Shape):
    """A change of one dimension that would lead to a higher tier."""

    dimension: str
    band: int
    value: str | None
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


class Moved(Shape):
    from_: str = Field(alias="from")
    to: str
    tiers: tuple[str, ...]
    flows: tuple[Flow, ...]
    up: int
    down: int
    stayed: int
    entered: int
    left: int


def explained(call: Call, model: str, id: int) -> dict[str, Any]:
    found = _model(call.act, model)
    query.get(call.act, found.form, id)
    require_tiers(call.act, found)
    explained = explain_to(call.act, found, id)
    if explained is None:
        raise NotFound(_("Nothing is known of this record's tier."))
    return explained.to_json(call.language)


def recompute(call: Call, model: str) -> dict[str, Any]:
    _model(call.act, model)
    require(call.act.person, "build")
    as_of = call.body.as_of
    if as_of is not None:
        _in_range(as_of, "as_of")
    return {"job": str(recomputing.queue(call.act, model, as_of, call.act.source))}


def movement(call: Call, model: str) -> dict[str, Any]:
    require_tiers(call.act, _model(call.act, model))
    start, end = (_in_range(date.fromisoformat(call.query[name]), name) for name in ("from", "to"))
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
    }


def _model(act: Act, key: str) -> TierModel:
    """A model that rates by itself; the model of a lane only rates through the one that names it."""
    found = act.catalogue.tier_models.get(key)
    if found is None or found not in act.catalogue.models_of(found.form):
        raise NotFound(_("There is no tier model with the key {key}.", key=key))
    require(act.person, "view", found.form)
    return found


def _in_range(day: date, path: str) -> date:
    if not FIRST <= day <= LAST:
        raise Refused([Problem(path, _("Give a day from {first} to {last}.", first=FIRST.isoformat(), last=LAST.isoformat()))])
    return day
