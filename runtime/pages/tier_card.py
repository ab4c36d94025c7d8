"""The tier card of a record: the explanation as the page draws it, each bar beginning where the one before ended."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import timedelta
from decimal import Decimal
from typing import Any

from flask import g

from runtime.collaboration import appeals
from runtime.definitions.catalogue import Catalogue
from runtime.definitions.tier_model import TierModel
from runtime.formulas.definitions import computed, formula
from runtime.formulas.tree import Aggregate, Call, Field, Node, Operation
from runtime.pages.cells import tier_facts
from runtime.pages.tier_past import asked_day, past_card, plain, written
from runtime.pages.tier_values import fact_href
from runtime.pages.web import reader
from runtime.records.rows import Record
from runtime.system import clock
from runtime.system.workspace import Act
from runtime.texts import Message, _
from runtime.tiers import overrides
from runtime.tiers.explanation import Change, Dimension, Explanation, Lift
from runtime.tiers.overriding import LONGEST
from runtime.tiers.seeing import sees_tiers
from runtime.tiers.stewards import may_decide
from runtime.tiers.veiling import explain_to

USUAL, AGAIN = timedelta(days=90), timedelta(days=30)
"""Until when a tier is set by hand, and kept against a proposal, unless somebody says otherwise."""


def tier_card(act: Act, model: TierModel, record: Record, app: str, past: bool = True) -> dict[str, Any] | None:
    """What the macro `tier_card` needs, with links into an app; None for a record the model does not rate, or whose tier is not for the person.
    With ?day= in the address, and where `past` days are wanted, it is that day's."""
    here = f"/apps/{app}/{model.form}/{record.id}"
    day = asked_day(act) if past else None
    if day is not None:
        return past_card(act, model, model.form, record.id, day, here) if sees_tiers(act, model, record.id) else None
    found = explain_to(act, model, record.id)
    if found is None or not found.inside or (found.score is None and found.tier is None):
        return None
    rated = act.catalogue.tier_models[next((lane.tier_model for lane in model.lanes if lane.key == found.lane), model.key)]
    tier = tier_facts(act.catalogue, model.key, found.tier)
    if tier is not None:
        tier["provisional"] = bool(found.provisional)
    above = next(
        (each for each in rated.ranked if found.tier is not None and rated.ranks[each.key] == rated.ranks.get(found.tier, 0) + 1), None
    )
    gap = above.from_ - found.score if above is not None and found.score is not None else None
    fixed = overrides.in_force(act, act.catalogue.ids["tier_model", model.key], record.id)
    return {
        "tier": tier,
        "score": found.score or Decimal(0),
        "score_text": "—" if found.score is None else written(found.score),
        "of": 100,
        "gap_text": written(gap) if gap is not None and gap > 0 else None,
        "next_label": reader().shown(model.by_key[above.key].label) if above is not None else None,
        "made_by": _made_by(model, found),
        "made_short": f"v{found.version}",
        "weight_total_text": plain(sum((each.weight for each in found.dimensions), Decimal(0))),
        "badges": list(_badges(act, found, fixed)),
        "notes": list(_notes(act.catalogue, model, found, fixed)),
        "borders": [
            {"label": reader().shown(model.by_key[each.key].label), "at": each.from_, "next": above is not None and each.key == above.key}
            for each in rated.ranked
            if each.from_ > 0
        ],
        "rows": _rows(act, app, rated, found, record.id),
        "how_href": f"{here}/tier-values",
        "here": here,
        "day_before": act.today - timedelta(days=1),
        "lifts": [_lift(act.catalogue, rated, found, each, above.key) for each in found.next] if above is not None else [],
        "acts": acts_of(act, model, found, record.id, here),
    }


def _badges(act: Act, found: Explanation, fixed: Any) -> Iterator[dict[str, Any]]:
    """What is special about the tier, in a word each; `title` says it in a sentence."""
    held = found.movement
    if found.provisional:
        yield {"text": reader().say(_("Provisional")), "tone": "care", "title": " ".join(reader().say(each) for each in found.provisional)}
    if held is not None and held.by == "grace" and held.until is not None:
        days = (held.until - act.today).days
        text = _("1 day of grace") if days == 1 else _("{days} days of grace", days=max(days, 0))
        yield {"text": reader().say(text), "tone": "bad" if days <= 1 else "care", "title": reader().say(held.message)}
    if held is not None and held.by == "proposed":
        yield {"text": reader().say(_("Step down proposed")), "tone": "care", "title": reader().say(held.message)}
    if held is not None and held.by == "override":
        yield {"text": reader().say(_by_hand(found, fixed)), "tone": "accent", "title": fixed.reason if fixed is not None else ""}


def _by_hand(found: Explanation, fixed: Any) -> Message:
    """Who set the tier, until when."""
    until = None if found.movement is None or found.movement.until is None else reader().date(found.movement.until)
    if fixed is None:
        return _("By hand until {day}", day=until) if until else _("By hand")
    who = reader().person_name(fixed.approver)
    return _("By hand: {who}, until {day}", who=who, day=until) if until else _("By hand: {who}", who=who)


def _made_by(model: TierModel, found: Explanation) -> str:
    when = reader().datetime(found.at) if found.at else ""
    return reader().say(_("{model} v{version} · {when}", model=model.label, version=found.version, when=when))


def _notes(catalogue: Catalogue, model: TierModel, found: Explanation, fixed: Any) -> Any:
    if found.updating:
        yield {"tone": "accent", "text": reader().say(_("The figures have changed; the tier is being brought up to date."))}
    if found.lane:
        lane = next((each for each in model.lanes if each.key == found.lane), None)
        name = (
            lane.label
            if lane is not None and lane.label
            else catalogue.tier_models[lane.tier_model].label
            if lane is not None
            else found.lane
        )
        yield {"tone": "accent", "text": reader().say(_("Rated in a lane of its own: {lane}.", lane=name))}
    for bound in found.floors:
        if bound.decided:
            yield {"tone": "good", "text": reader().say(_("Raised to {tier}: {why}", tier=bound.label, why=bound.why or ""))}
    for bound in found.ceilings:
        if bound.decided:
            yield {"tone": "care", "text": reader().say(_("Held down to {tier}: {why}", tier=bound.label, why=bound.why or ""))}
    if found.movement is not None:
        why = f" {fixed.reason}" if fixed is not None and found.movement.by == "override" else ""
        yield {"tone": "care", "text": reader().say(found.movement.message) + why}
    if found.provisional:
        yield {"tone": "care", "text": reader().say(_("Provisional:")) + " " + " ".join(reader().say(each) for each in found.provisional)}


def _rows(act: Act, app: str, model: TierModel, found: Explanation, record: int) -> list[dict[str, Any]]:
    rows, start = [], Decimal(0)
    total = sum((each.weight for each in found.dimensions if each.share or not each.missing), Decimal(0)) or Decimal(1)
    for each in found.dimensions:
        unknown = each.missing and each.value is None
        rows.append(
            {
                "key": each.key,
                "open": each.open,
                "label": reader().shown(each.label),
                "fact": _fact_in_words(act, model, each),
                "fact_href": fact_href(act, app, model, each.key, record) if each.open and not unknown else None,
                "why": reader().say(each.why),
                "band": each.band,
                "bands": each.bands,
                "weight": each.weight * 100 / total,
                "weight_text": plain(each.weight),
                "start": start,
                "points": each.share,
                "points_text": written(each.share),
            }
        )
        start += each.share
    return rows


def _fact_in_words(act: Act, model: TierModel, each: Dimension) -> str:
    if not each.open:
        return reader().say(_("not open to you"))
    unknown = each.missing and each.value is None
    return reader().say(_("not known yet")) if unknown else fact(act.catalogue, model, each.key, each.value, since=True)


def _lift(catalogue: Catalogue, model: TierModel, found: Explanation, lift: Lift, above: str) -> dict[str, str]:
    """`tier` is named where the change leads further than to the next one, `above`: a floor may do so."""
    now = {each.key: each.band for each in found.dimensions}
    titles = [reader().say(_reached(catalogue, model, found, each)) for each in lift.changes]
    changes = [reader().say(_("band {now} → {then}", now=now[each.dimension] or "–", then=each.band)) for each in lift.changes]
    return {
        "title": reader().say(_("{one}, and {other}", one=titles[0], other=titles[1])) if len(titles) == 2 else titles[0],
        "change": " · ".join(changes),
        "gain_text": f"+{written(lift.score - (found.score or 0))}",
        "score_text": written(lift.score),
        "tier": reader().shown(model.by_key[lift.tier].label) if lift.tier in model.by_key and lift.tier != above else "",
    }


def _reached(catalogue: Catalogue, model: TierModel, found: Explanation, change: Change) -> Message:
    """The value that a dimension has to reach."""
    label = next(each.label for each in found.dimensions if each.key == change.dimension)
    lower = next(each.bands.better for each in model.dimensions if each.key == change.dimension) == "lower"
    value = fact(catalogue, model, change.dimension, change.value.value)
    if lower:
        return _("{dimension}: {value} or less", dimension=label, value=value)
    return _("{dimension}: {value} or more", dimension=label, value=value)


# -- what can be done -----------------------------------------------------------------------------------------------------------------
def acts_of(act: Act, model: TierModel, found: Explanation, record: int, here: str) -> dict[str, Any]:
    """What the person may do at the card, and what waits there for an answer."""
    decides = may_decide(act, model, record)
    refused = g.get("tier_refused") or {"panel": "", "errors": {}, "values": {}}
    waiting = appeals.open_at(act, act.catalogue.ids["tier_model", model.key], record)
    held = found.movement
    chosen = refused["values"].get("tier") or _next_up(model, found.tier)
    return {
        "href": f"{here}/tier",
        "decides": decides,
        "lifts": decides and held is not None and held.by == "override",
        "step": decides and held is not None and held.by == "proposed",
        "objects": not decides and waiting is None,
        "appeal": None if waiting is None else _appeal(model, waiting, decides),
        "tiers": [
            {"key": each.key, "label": reader().shown(each.label), "chosen": each.key == chosen}
            for each in model.tiers
            if each.key != found.tier
        ],
        "today": act.today,
        "until": act.today + USUAL,
        "again": act.today + AGAIN,
        "longest": LONGEST,
        **refused,
    }


def _next_up(model: TierModel, tier: str | None) -> str:
    """What somebody who objects most likely proposes: the next better tier, or below the best the one under it."""
    rank = model.ranks.get(tier or "", 0)
    keys = [each.key for each in model.ranked]
    return keys[rank] if rank < len(keys) else keys[max(rank - 2, 0)]


def _appeal(model: TierModel, found: appeals.Appeal, decides: bool) -> dict[str, Any]:
    label = model.by_key[found.tier].label if found.tier in model.by_key else found.tier
    return {
        "id": found.id,
        "who": reader().person_name(found.person),
        "ago": reader().ago(clock.from_micros(found.at)),
        "tier": reader().shown(label),
        "reason": found.reason,
        "mine": found.person == g.person.id,
        "decides": decides,
    }


# -- a dimension's value in words ---------------------------------------------------------------------------------------------------
def fact(catalogue: Catalogue, model: TierModel, dimension: str, value: Any, since: bool = False) -> str:
    """A dimension's value as people say it: an amount, a span of days, how often; `since` tells how long ago something was."""
    if value is None:
        return "—"
    text = next(each.value for each in model.dimensions if each.key == dimension)
    tree = _told(catalogue, model.form, formula(catalogue, model.form, text).tree)
    if tree.type.kind == "money":
        return reader().money(value, tree.type.currency, 0 if value == value.to_integral_value() else None)
    if tree.type.kind == "duration":
        return reader().say(_days(value.days))
    if isinstance(tree, Call) and tree.function == "DAYS_SINCE":
        return reader().say(_days_ago(int(value)) if since else _days(int(value)))
    if _counts(tree):
        return reader().say(_("once") if value == 1 else _("{n} times", n=reader().number(value)))
    return reader().number(value)


def _told(catalogue: Catalogue, form: str, tree: Node) -> Node:
    """The formula that says what a value is: behind a computed field its own."""
    while isinstance(tree, Field) and not tree.relation and tree.key in computed(catalogue, catalogue.forms[form]):
        tree = computed(catalogue, catalogue.forms[form])[tree.key].tree
    return tree


def _counts(tree: Node) -> bool:
    """Whether a formula counts rows, or adds up such counts."""
    if isinstance(tree, Operation) and tree.operator == "+":
        return _counts(tree.left) and _counts(tree.right)
    return isinstance(tree, Aggregate) and tree.function == "COUNT"


def _days(days: int) -> Message:
    return _("1 day") if days == 1 else _("{n} days", n=days)


def _days_ago(days: int) -> Message:
    if days in (0, 1):
        return _("yesterday") if days else _("today")
    return _("{n} days ago", n=days) if days > 0 else _("in {n} days", n=-days)
