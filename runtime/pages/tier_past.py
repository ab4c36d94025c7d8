"""The tier card of a past day: what the record had then, by the model as it was then."""

from __future__ import annotations

import json
from datetime import date, timedelta
from decimal import Decimal
from typing import Any

import sqlalchemy as sa
from flask import request

from runtime.definitions.loading import load
from runtime.definitions.tier_model import TierModel
from runtime.errors import DefinitionProblems
from runtime.pages.cells import tag_facts, tier_facts
from runtime.pages.web import reader
from runtime.people.may import may
from runtime.system import clock
from runtime.system.tables import definition_version
from runtime.system.workspace import Act
from runtime.texts import Message, _
from runtime.tiers.decision import POINT, Scale, Weighed, weigh
from runtime.tiers.history_at import Standing, tag_fields, tags_of_record_on, tier_as_it_was, tier_on

CENT = Decimal("0.01")


def asked_day(act: Act) -> date | None:
    """The past day of ?day=; None for today, for days to come, and for what is no day."""
    text = request.args.get("day", "")
    try:
        day = date.fromisoformat(text)
    except ValueError:
        return None
    return day if day < act.today else None


def past_card(act: Act, model: TierModel, form: str, record: int, day: date, here: str) -> dict[str, Any]:
    """What the macro `past_card` needs."""
    found = tier_on(act, model.key, record, day)
    return {
        "past": True,
        "day": day,
        "here": here,
        "earlier": f"{here}?day={day - timedelta(days=1)}",
        "later": f"{here}?day={day + timedelta(days=1)}" if day + timedelta(days=1) < act.today else here,
        "tier": None if found is None else badge_of(act, model, found.tier),
        "standing": found,
        "span": "" if found is None else reader().say(_span(found)),
        "score_text": None if found is None or found.score is None else written(found.score),
        "tags": _tags(act, form, record, day),
        **_bars(act, model, found),
    }


def _span(found: Standing) -> Message:
    """From when to when the tier held."""
    words = {"since": reader().datetime(found.since), "version": found.version}
    if found.until is None:
        return _("Since {since}, by version {version} of the model; the score is that of the first day.", **words)
    until = reader().datetime(found.until)
    return _("From {since} to {until}, by version {version} of the model; the score is that of the first day.", **words, until=until)


def badge_of(act: Act, model: TierModel, tier: str | None) -> dict[str, Any] | None:
    """A tier's badge, of one that the model has no more too."""
    facts = tier_facts(act.catalogue, model.key, tier)
    if facts is not None or tier is None:
        return facts
    was = tier_as_it_was(act, model.key, tier) or {}
    return {
        "key": tier,
        "label": reader().shown(was.get("label", tier)),
        "rank": None,
        "count": len(model.tiers),
        "color": was.get("color", "gray"),
    }


def _tags(act: Act, form: str, record: int, day: date) -> list[dict[str, Any]]:
    tags = act.catalogue.tag_set_of(form)
    fields = [] if tags is None else tag_fields(act, tags)
    if tags is None or not all(may(act.person, "view", form, record, key) for key in fields):
        return []
    return tag_facts(act.catalogue, tags.key, tags_of_record_on(act, tags, record, day))


# -- how the score came about ---------------------------------------------------------------------------------------------------------
def _bars(act: Act, model: TierModel, found: Standing | None) -> dict[str, Any]:
    """The rows of the table of bars; none where the model of that day cannot be read any more."""
    if found is None or found.score is None:
        return {}
    for then in _models_then(act, model, found):
        if len(then.dimensions) != len(found.bands):
            continue
        weighed = weigh(Scale.of(then), found.bands)
        if weighed.score is not None and weighed.score == int(found.score * POINT):
            return {
                "rows": _rows(then, weighed),
                "borders": _borders(then),
                "score": found.score,
                "model_label": reader().shown(then.label),
            }
    return {}


def _models_then(act: Act, model: TierModel, found: Standing) -> list[TierModel]:
    """The model in the version that rated, and the models of its lanes as they stood when the tier began."""
    own = _version(act, model.key, definition_version.c.version == found.version)
    if own is None:
        return []
    lanes = [_version(act, lane.tier_model, definition_version.c.at <= clock.to_micros(found.since)) for lane in own.lanes]
    return [own, *(each for each in lanes if each is not None)]


def _version(act: Act, key: str, condition: Any) -> TierModel | None:
    number, version = act.catalogue.ids.get(("tier_model", key)), definition_version.c
    query = sa.select(version.body).where(version.definition == number, condition).order_by(version.version.desc()).limit(1)
    body = act.connection.execute(query).scalar()
    try:
        found = load(json.loads(body)) if body is not None else None
    except DefinitionProblems:
        return None
    return found if isinstance(found, TierModel) else None


def _rows(model: TierModel, weighed: Weighed) -> list[dict[str, Any]]:
    rows, start = [], 0
    total = sum(each.weight for each in model.dimensions)
    for each, band, share in zip(model.dimensions, weighed.bands, weighed.shares, strict=True):
        points = share / POINT
        rows.append(
            {
                "label": reader().shown(each.label),
                "fact": reader().say(_("no value")) if band is None else "",
                "band": band,
                "bands": each.bands.count,
                "weight": float(each.weight * 100 / total),
                "weight_text": plain(each.weight),
                "start": start / POINT,
                "points": points,
                "points_text": written(Decimal(share) / POINT),
            }
        )
        start += share
    return rows


def _borders(model: TierModel) -> list[dict[str, Any]]:
    return [{"label": reader().shown(each.label), "at": each.from_, "next": False} for each in model.ranked if each.from_ > 0]


# -- points -----------------------------------------------------------------------------------------------------------------------
def written(points: Decimal) -> str:
    """Points with two decimals, four where two would not be exact."""
    return f"{points:.2f}" if points == points.quantize(CENT) else f"{points:.4f}"


def plain(number: Decimal) -> str:
    return f"{number.normalize():f}"
