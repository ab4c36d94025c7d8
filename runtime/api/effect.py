"""What uses tiers and tags, what the tiers bring and cost, and what automations bring about."""

from __future__ import annotations

from datetime import date
from decimal import Decimal
from typing import Any

from pydantic import Field

from runtime.api.records import instant
from runtime.api.route import Call, Route, Shape
from runtime.api.tiers import FROM, TO, in_range, model_of
from runtime.coverage.acted import acted_by_tag, acted_by_tier
from runtime.coverage.consumers import Consumer, is_used, tag_consumers, tier_consumers
from runtime.coverage.trust import Trust, trust_by_tier
from runtime.definitions import reasons
from runtime.definitions.tag_set import TagSet
from runtime.effect.experiments import Group, outcome
from runtime.effect.intervals import LEAST, Difference
from runtime.effect.per_tier import Money, effect_table
from runtime.errors import NotFound, Problem, Refused
from runtime.people.may import require
from runtime.texts import _
from runtime.tiers.history_at import tag_fields
from runtime.tiers.seeing import require_tiers

DAYS = 30


class Used(Shape):
    """`kind` plan: the service plan of the tier. `through`: the segment by which it does. `off`: does nothing now."""

    kind: str
    key: str
    label: Any
    through: str | None
    off: bool


class Trusted(Shape):
    """Of `count` records: with a value in every dimension, changed lately, not provisional, and all three."""

    count: int
    complete: int
    fresh: int
    measured: int
    trusted: int


class TierUse(Shape):
    """`acted`: records for which an automation that looks at the tier did something in 30 days while they had it. `reason`: why it is right that
    nothing uses it."""

    tier: str
    used: bool
    consumers: tuple[Used, ...]
    acted: int
    trust: Trusted
    reason: str | None


class TierUses(Shape):
    days: int
    tiers: tuple[TierUse, ...]


class TagUse(Shape):
    tag: str
    used: bool
    consumers: tuple[Used, ...]
    acted: int


class TagUses(Shape):
    days: int
    tags: tuple[TagUse, ...]


class Sums(Shape):
    """Amounts as decimal texts; `pay_back`: revenue for each unit of cost, null where nothing was spent."""

    revenue: str
    cost: str
    contribution: str
    pay_back: str | None
    records: int


class Line(Shape):
    """`tier` null: the customer had none at the time. `customers`: at the end of the later period."""

    tier: str | None
    customers: int
    now: Sums
    before: Sums


class Table(Shape):
    """Two periods of equal length: `from` to `to`, and from `before` to the day before `from`."""

    from_: str = Field(alias="from")
    to: str
    before: str
    currency: str | None
    rows: tuple[Line, ...]


class Side(Shape):
    """`entered`: all in the group; `over`: those whose days are over; `mean`: of the amounts, null where the goal is none."""

    entered: int
    over: int
    reached: int
    share: float
    mean: float | None


class Interval(Shape):
    """Treated less held out, and the ends of the interval at 95 %."""

    value: float
    low: float
    high: float


class Experiment(Shape):
    """`verdict`: early (a group is smaller than `least`), unclear (the interval holds zero), better or worse. `difference`: of shares, or of
    mean amounts where the goal is one."""

    automation: str
    percent: int
    within_days: int
    since: str | None
    treated: Side
    held_out: Side
    difference: Interval | None
    by_amount: bool
    verdict: str
    least: int


# -- who uses it --------------------------------------------------------------------------------------------------------------------------
def of_tiers(call: Call, model: str) -> dict[str, Any]:
    found = model_of(call.act, model)
    require_tiers(call.act, found)
    consumers, acted = tier_consumers(call.act.catalogue, found), acted_by_tier(call.act, found)
    trust, why = trust_by_tier(call.act, found), reasons.given(call.act, "tier_model", model)
    rows = [
        {
            "tier": tier.key,
            **_used(consumers[tier.key], acted.get(tier.key, {})),
            "trust": vars(trust.get(tier.key, Trust())),
            "reason": why.get(f"tier:{tier.key}"),
        }
        for tier in reversed(found.ranked)
    ]
    return {"days": DAYS, "tiers": rows}


def of_tags(call: Call, tag_set: str) -> dict[str, Any]:
    found = _tags(call, tag_set)
    acted = acted_by_tag(call.act, found)
    rows = [{"tag": tag, **_used(each, acted.get(tag, {}))} for tag, each in tag_consumers(call.act.catalogue, found).items()]
    return {"days": DAYS, "tags": rows}


def _tags(call: Call, key: str) -> TagSet:
    found = call.act.catalogue.tag_sets.get(key)
    if found is None:
        raise NotFound(_("There is no tag set with the key {key}.", key=key))
    require(call.act.person, "view", found.form)
    for field in tag_fields(call.act, found):
        require(call.act.person, "view", found.form, None, field)
    return found


def _used(found: list[Consumer], acted: dict[str | None, int]) -> dict[str, Any]:
    consumers = [{**vars(each), "label": each.label if isinstance(each.label, str) else each.label.model_dump()} for each in found]
    return {"used": is_used(found), "consumers": consumers, "acted": acted.get(None, 0)}


# -- what it brings -----------------------------------------------------------------------------------------------------------------------
def per_tier(call: Call, model: str) -> dict[str, Any]:
    found = model_of(call.act, model)
    first, last = (in_range(date.fromisoformat(call.query[name]), name) for name in ("from", "to"))
    if first > last:
        raise Refused([Problem("from", _("The first day is after the last."))])
    table = effect_table(call.act, found, first, last)
    if table is None:
        raise NotFound(_("Nobody has said yet where revenue and cost come from."))
    return {
        "from": first.isoformat(),
        "to": last.isoformat(),
        "before": table.before.isoformat(),
        "currency": table.currency,
        "rows": [
            {"tier": each.tier, "customers": each.customers, "now": _sums(each.now), "before": _sums(each.before)} for each in table.rows
        ],
    }


def _sums(found: Money) -> dict[str, Any]:
    cent = Decimal("0.01")
    return {
        **{name: f"{getattr(found, name).quantize(cent):f}" for name in ("revenue", "cost", "contribution")},
        "pay_back": None if found.pay_back is None else f"{found.pay_back.quantize(cent):f}",
        "records": found.records,
    }


def experiment(call: Call, automation: str) -> dict[str, Any]:
    found = outcome(call.act, automation)
    return {
        "automation": automation,
        "percent": found.hold_out.percent,
        "within_days": found.hold_out.goal.within_days,
        "since": None if found.since is None else instant(found.since),
        "treated": _side(found.treated, found.by_amount),
        "held_out": _side(found.held, found.by_amount),
        "difference": None if found.main is None else _interval(found.main),
        "by_amount": found.by_amount,
        "verdict": found.verdict,
        "least": LEAST,
    }


def _side(group: Group, by_amount: bool) -> dict[str, Any]:
    sample = group.sample
    mean = sample.mean if by_amount else None
    return {"entered": group.entered, "over": sample.count, "reached": sample.reached, "share": sample.share, "mean": mean}


def _interval(found: Difference) -> dict[str, float]:
    return {"value": found.value, "low": found.low, "high": found.high}


ROUTES = [
    Route("GET", "/tier-models/{model}/uses", of_tiers, "What uses each tier", "tiers", TierUses),
    Route("GET", "/tier-models/{model}/effect", per_tier, "What each tier brings and costs", "tiers", Table, query=(FROM, TO)),
    Route("GET", "/tag-sets/{tag_set}/uses", of_tags, "What uses each tag", "tags", TagUses),
    Route("GET", "/automations/{automation}/experiment", experiment, "What an automation has brought about", "automations", Experiment),
]
