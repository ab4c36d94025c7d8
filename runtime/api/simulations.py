"""Simulations of tier models: what publishing a draft would do, as a job, and who would move."""

from __future__ import annotations

from datetime import date
from typing import Any

from pydantic import Field

from runtime.api.route import Call, Param, Shape
from runtime.errors import Problem, Refused
from runtime.people.may import require
from runtime.texts import _
from runtime.tiers import simulation, simulation_job
from runtime.tiers.movers import NOBODY
from runtime.tiers.trial import load_model, put_in_force

TIER = {"type": "string", "minLength": 1, "maxLength": 41}
BEFORE, AFTER = (
    Param("before", TIER, "Only records that have this tier now; - for none. Those that stay are there too."),
    Param("after", TIER, "Only records that would have this tier; - for none."),
)


class Trying(Shape):
    """`draft`: the model as it would be published, with the key of the one in the address. `as_of`: the facts of another day, up to today.
    `sample`: rate so many records only; without it everybody is rated."""

    draft: dict[str, Any]
    as_of: date | None = None
    sample: int | None = Field(None, ge=1, le=1_000_000)


class WouldBe(Shape):
    """A record whose tier would be another one; null stands for no tier."""

    record: str
    before: str | None
    after: str | None
    score_before: str | None
    score_after: str | None


class WouldMove(Shape):
    """In the order of the records. A page may be short or empty although `next` says that more follow."""

    items: tuple[WouldBe, ...]
    next: int | None


def start(call: Call, model: str) -> dict[str, Any]:
    """The job's result is what publishing the draft would do; nothing is written."""
    wanted = call.body
    require(call.act.person, "build")
    draft = load_model(wanted.draft)
    if draft.key != model:
        raise Refused([Problem("draft/key", _("Kind and key cannot change: a key is chosen once."))])
    put_in_force(call.act, draft)
    return {"job": str(simulation_job.queue(call.act, wanted.draft, wanted.as_of, wanted.sample))}


def movers(call: Call, model: str, id: int) -> dict[str, Any]:
    """Who would move, by the draft and the cut points of a simulation."""
    require(call.act.person, "build")
    found = simulation_job.find(call.act, model, id)
    page = simulation.movers(
        call.act.workspace,
        call.act.person,
        found.draft,
        found.as_of,
        _tier(call, "before"),
        _tier(call, "after"),
        call.query.get("cursor") or 0,
        call.query["limit"],
        found.cuts,
    )
    return {"items": [each.to_json() for each in page.movers], "next": page.next}


def _tier(call: Call, name: str) -> Any:
    """A tier that was asked for: any, or none."""
    wanted = call.query.get(name)
    return simulation.ANY if wanted is None else None if wanted == NOBODY else wanted
