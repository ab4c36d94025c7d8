"""The tier card of a record: the explanation as the page draws it, each bar beginning where the one before ended."""

from __future__ import annotations

from decimal import Decimal
from typing import Any

from runtime.definitions.catalogue import Catalogue
from runtime.definitions.tier_model import TierModel
from runtime.formulas.definitions import computed, formula
from runtime.formulas.tree import Aggregate, Call, Field, Node, Operation
from runtime.pages.cells import tier_facts
from runtime.pages.tier_values import fact_href
from runtime.pages.web import reader
from runtime.records.rows import Record
from runtime.system.workspace import Act
from runtime.texts import Message, _
from runtime.tiers.explanation import Dimension, Explanation
from runtime.tiers.veiling import explain_to

CENT = Decimal("0.01")


def tier_card(act: Act, model: TierModel, record: Record, app: str) -> dict[str, Any] | None:
    """What the macro `tier_card` needs, with links into an app; None for a record the model does not rate, or whose tier is not for the person."""
    found = explain_to(act, model, record.id)
    if found is None or not found.inside or found.score is None:
        return None
    rated = act.catalogue.tier_models[next((lane.tier_model for lane in model.lanes if lane.key == found.lane), model.key)]
    tier = tier_facts(act.catalogue, model.key, found.tier)
    if tier is not None:
        tier["provisional"] = bool(found.provisional)
    above = next(
        (each for each in rated.ranked if found.tier is not None and rated.ranks[each.key] == rated.ranks.get(found.tier, 0) + 1), None
    )
    gap = above.from_ - found.score if above is not None else None
    return {
        "tier": tier,
        "score": found.score,
        "score_text": written(found.score),
        "of": 100,
        "gap_text": written(gap) if gap is not None and gap > 0 else None,
        "next_label": reader().shown(model.by_key[above.key].label) if above is not None else None,
        "made_by": _made_by(model, found),
        "made_short": f"v{found.version}",
        "weight_total_text": plain(sum((each.weight for each in found.dimensions), Decimal(0))),
        "notes": list(_notes(act.catalogue, model, found)),
        "borders": [
            {"label": reader().shown(model.by_key[each.key].label), "at": each.from_, "next": above is not None and each.key == above.key}
            for each in rated.ranked
            if each.from_ > 0
        ],
        "rows": _rows(act, app, rated, found, record.id),
        "how_href": f"/apps/{app}/{model.form}/{record.id}/tier-values",
        "lifts": [_lift(act.catalogue, rated, found, each) for each in found.next] if above is not None else [],
    }


def _made_by(model: TierModel, found: Explanation) -> str:
    when = reader().datetime(found.at) if found.at else ""
    return reader().say(_("{model} v{version} · {when}", model=model.label, version=found.version, when=when))


def _notes(catalogue: Catalogue, model: TierModel, found: Explanation) -> Any:
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
        yield {"tone": "care", "text": reader().say(found.movement.message)}
    if found.provisional:
        yield {"tone": "care", "text": reader().say(_("Provisional:")) + " " + " ".join(reader().say(each) for each in found.provisional)}


def _rows(act: Act, app: str, model: TierModel, found: Explanation, record: int) -> list[dict[str, Any]]:
    rows, start = [], Decimal(0)
    total = sum((each.weight for each in found.dimensions if each.share or not each.missing), Decimal(0)) or Decimal(1)
    for each in found.dimensions:
        unknown = each.missing and each.value is None
        rows.append(
            {
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


def _lift(catalogue: Catalogue, model: TierModel, found: Explanation, lift: Any) -> dict[str, str]:
    dimension = next(each for each in found.dimensions if each.key == lift.dimension)
    lower = next(each.bands.better for each in model.dimensions if each.key == lift.dimension) == "lower"
    value = fact(catalogue, model, lift.dimension, lift.value.value)
    title = (
        _("{dimension}: {value} or less", dimension=dimension.label, value=value)
        if lower
        else _("{dimension}: {value} or more", dimension=dimension.label, value=value)
    )
    change = reader().say(_("band {now} → {then}", now=dimension.band or "–", then=lift.band))
    return {
        "title": reader().say(title),
        "change": change,
        "gain_text": f"+{written(lift.score - (found.score or 0))}",
        "score_text": written(lift.score),
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


def written(points: Decimal) -> str:
    """Points with two decimals, four where two would not be exact."""
    return f"{points:.2f}" if points == points.quantize(CENT) else f"{points:.4f}"


def plain(number: Decimal) -> str:
    return f"{number.normalize():f}"
