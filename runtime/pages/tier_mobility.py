"""The parts of the tier overview that speak of movement: how much tiers move, how long one stays, tags then and now, and what waits."""

from __future__ import annotations

from datetime import date
from typing import Any

from runtime.collaboration import appeals
from runtime.definitions.tier_model import TierModel
from runtime.pages.tier_past import badge_of
from runtime.pages.web import reader
from runtime.people.may import may
from runtime.system.workspace import Act
from runtime.texts import Message, _
from runtime.tiers import mobility, proposals
from runtime.tiers.figures import Movement
from runtime.tiers.history_at import tag_fields, tags_on
from runtime.tiers.stewards import may_decide

TAGS = 8


def mobility_of(act: Act, model: TierModel, moved: Movement) -> dict[str, Any] | None:
    """Index, shares and a line for each tier; None where nobody had a tier on both days."""
    stayed = mobility.share_stayed(moved)
    if stayed is None:
        return None
    index, net = mobility.mobility_index(moved), mobility.net_promotion(moved)
    days = mobility.median_days(act, model.key, moved.to)
    return {
        "index": "–" if index is None else f"{index:.2f}",
        "stayed": reader().share(stayed),
        "net": _signed_share(net),
        "net_tone": "good" if net and net > 0 else "bad" if net and net < 0 else "",
        "rows": [
            {
                "tier": badge_of(act, model, each.tier),
                "count": reader().number(each.count),
                **{name: _share(getattr(each, name)) for name in ("stayed", "up", "down")},
                "part": float(each.stayed or 0),
                "days": "–" if each.tier not in days else reader().say(_days(days[each.tier])),
            }
            for each in mobility.stickiness(moved)
        ],
    }


def _days(days: int) -> Message:
    return _("1 day") if days == 1 else _("{n} days", n=days)


def _share(value: Any) -> str:
    return "–" if value is None else reader().share(value)


def _signed_share(value: Any) -> str:
    if not value:
        return reader().share(0)
    return f"{'+' if value > 0 else '−'}{reader().share(abs(value))}"


def tags_between(act: Act, form: str, first: date, last: date) -> list[dict[str, Any]]:
    """The tags that most records had on the last day, with how many had them on the first; empty where the person does not see them."""
    tags = act.catalogue.tag_set_of(form)
    if tags is None or not all(may(act.person, "view", form, None, key) for key in tag_fields(act, tags)):
        return []
    then, now = tags_on(act, tags, first), tags_on(act, tags, last)
    keys = sorted({*then, *now}, key=lambda key: (-now.get(key, 0), -then.get(key, 0), key))[:TAGS]
    found = []
    for key in keys:
        label = tags.by_key[key].label if key in tags.by_key else key
        change = now.get(key, 0) - then.get(key, 0)
        sign = "+" if change > 0 else "−" if change < 0 else "±"
        found.append(
            {
                "label": reader().shown(label),
                "then": reader().number(then.get(key, 0)),
                "now": reader().number(now.get(key, 0)),
                "change": f"{sign}{reader().number(abs(change))}",
            }
        )
    return found


def waiting_of(act: Act, model: TierModel, base: str) -> list[dict[str, str]]:
    """What waits for those who decide: objections and proposed steps down, with their lists."""
    if not may_decide(act, model):
        return []
    objections, steps = appeals.open_count(act, model.key), proposals.count(act, model.key)
    found = []
    if objections:
        text = (
            _("1 objection waits for an answer")
            if objections == 1
            else _("{n} objections wait for an answer", n=reader().number(objections))
        )
        found.append({"text": reader().say(text), "href": f"{base}/appeals"})
    if steps:
        text = _("1 step down is proposed") if steps == 1 else _("{n} steps down are proposed", n=reader().number(steps))
        found.append({"text": reader().say(text), "href": f"{base}/proposals"})
    return found
