"""The tier overview of an app: how the tiers are filled, what they bring, who moved between two days, and the lists behind each figure."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from datetime import date, timedelta
from decimal import Decimal
from typing import Any, get_args
from urllib.parse import urlencode

from flask import Blueprint, g, render_template, request

from runtime.automation.listening import at_work
from runtime.automation.triggers.tier_grace import TierGrace
from runtime.coverage.trust import trust_by_tier
from runtime.definitions.tier_model import TierModel
from runtime.errors import NotFound
from runtime.formulas.definitions import formula
from runtime.formulas.tree import Field
from runtime.pages import tier_charts
from runtime.pages.apps import find_app
from runtime.pages.coverage import trust_lines, used_rows
from runtime.pages.tier_mobility import mobility_of, tags_between, waiting_of
from runtime.pages.tier_past import badge_of
from runtime.pages.web import reader, reading, signed_in
from runtime.people.may import may
from runtime.records import query
from runtime.system.workspace import Act
from runtime.texts import Message, _
from runtime.tiers.figures import Distribution, Movement, distribution, distribution_on, histogram, movement
from runtime.tiers.history_at import tier_as_it_was
from runtime.tiers.movers import NOBODY, Direction, Found, ending_grace, first_day, held, movers
from runtime.tiers.past_amounts import MOST, amounts_on
from runtime.tiers.seeing import require_tiers, sees_tiers

blueprint = Blueprint("tiers", __name__)

PERIOD = timedelta(days=90)
ROWS = 50
DIRECTIONS: dict[str, Message] = {
    "moved": _("Moved"),
    "up": _("Up"),
    "down": _("Down"),
    "entered": _("New"),
    "left": _("Left"),
    "stayed": _("Stayed"),
}


@dataclass(frozen=True)
class Span:
    """The two days that rule the page, in their order."""

    first: date
    last: date

    @property
    def query(self) -> dict[str, str]:
        return {"from": self.first.isoformat(), "to": self.last.isoformat()}


@dataclass(frozen=True)
class Figure:
    label: str
    value: str
    note: str = ""
    href: str | None = None
    tone: str | None = None


@dataclass(frozen=True)
class Place:
    """A model in an app: where its lists and records are."""

    app: str
    model: TierModel
    form: Any

    @property
    def field(self) -> str | None:
        """The form's field that shows the tier."""
        return next((each.key for each in self.form.fields if each.stores == "rated" and each.tier_model == self.model.key), None)

    def list_of(self, *tiers: str) -> str | None:
        """The list of records with one of these tiers."""
        if self.field is None:
            return None
        return f"/apps/{self.app}/{self.form.key}?{urlencode({'where': f'{self.field}|any_of|' + ','.join(tiers)})}"

    def movers(self, span: Span, **wanted: str) -> str:
        return f"/apps/{self.app}/-/tiers/{self.model.key}/movers?{urlencode({**span.query, **wanted})}"

    def held(self, why: str) -> str:
        return f"/apps/{self.app}/-/tiers/{self.model.key}/{why}"


# -- the overview ---------------------------------------------------------------------------------------------------------------------
@blueprint.get("/apps/<app>/-/tiers")
@signed_in
def overview(app: str) -> str:
    with reading() as act:
        found_app = find_app(act, app)
        models = models_of(act, app)
        if not models:
            return render_template("tiers.html", app=found_app, model=None)
        place = _place(act, app, request.args.get("model") or models[0].key)
        first = first_day(act, place.model.key)
        span = _span(act, first)
        past = span.last < act.today
        spread = distribution_on(act, place.model.key, span.last) if past else distribution(act, place.model.key)
        known = {
            "app": found_app,
            "model": place.model,
            "form": place.form,
            "models": _choices(app, models, place.model, span),
            "span": span,
            "spread": spread,
            "version": act.catalogue.versions.get(("tier_model", place.model.key), 1),
            "today": act.today,
            "past": past,
        }
        if first is None:
            return render_template("tiers.html", **known)
        moved = movement(act, place.model.key, span.first, span.last)
        held = spread if not past else distribution(act, place.model.key)
        return render_template(
            "tiers.html",
            **known,
            figures=_figures(act, place, span, held, moved, past),
            first=first,
            nobody_then=not (moved.up + moved.down + moved.stayed + moved.left),
            shares=_shares(act, place, spread, span.last if past else None),
            moves=tier_charts.moves(
                place.model, moved, lambda **wanted: place.movers(span, **wanted), tier_labels(act, place.model, moved.former)
            ),
            scores=tier_charts.scores(place.model, histogram(act, place.model.key), place.list_of) if held.total else None,
            used=used_rows(act, app, place.model, held),
            trust=trust_lines(trust_by_tier(act, place.model)[None]),
            mobility=mobility_of(act, place.model, moved),
            tags=tags_between(act, place.form.key, span.first, span.last),
            waiting=waiting_of(act, place.model, f"/apps/{app}/-/tiers/{place.model.key}"),
        )


def models_of(act: Act, app: str) -> list[TierModel]:
    """The tier models of an app whose records the person may see; lanes belong to their model."""
    lanes = {lane.tier_model for model in act.catalogue.tier_models.values() for lane in model.lanes}
    return [
        model
        for model in act.catalogue.tier_models.values()
        if model.app in (None, app) and model.key not in lanes and sees_tiers(act, model)
    ]


def _place(act: Act, app: str, key: str) -> Place:
    model = act.catalogue.tier_models.get(key)
    if model is None or model.app not in (None, app) or model.form not in act.catalogue.forms:
        raise NotFound(_("There is no tier model with the key {key}.", key=key))
    require_tiers(act, model)
    return Place(app, model, act.catalogue.forms[model.form])


def _choices(app: str, models: list[TierModel], chosen: TierModel, span: Span) -> list[dict[str, Any]]:
    return [
        {
            "label": model.label,
            "href": f"/apps/{app}/-/tiers?{urlencode({'model': model.key, **span.query})}",
            "active": model.key == chosen.key,
        }
        for model in models
    ]


def _span(act: Act, began: date | None) -> Span:
    """The days of the address; what cannot be read is the last 90 days, from the first rating on, and no day lies ahead. ?day= is the last day
    in one word, for looking at a past one."""
    last = min(_day(request.args.get("to")) or _day(request.args.get("day")) or act.today, act.today)
    usual = began if began is not None and last - PERIOD < began < last else last - PERIOD
    first = min(_day(request.args.get("from")) or usual, act.today)
    return Span(min(first, last), max(first, last))


def _day(text: str | None) -> date | None:
    try:
        return date.fromisoformat(text) if text else None
    except ValueError:
        return None


# -- five figures ---------------------------------------------------------------------------------------------------------------------
def _figures(act: Act, place: Place, span: Span, spread: Distribution, moved: Movement, past: bool) -> Iterator[Figure]:
    """Grace and what is provisional are of today: the history keeps only tiers."""
    today = f" · {reader().say(_('today'))}" if past else ""
    total = sum(count for _then, now, count in moved.flows if now is not None)
    yield Figure(
        reader().shown(place.form.label),
        reader().number(total),
        reader().say(_("{n} new, {left} left", n=reader().number(moved.entered), left=reader().number(moved.left))),
        f"/apps/{place.app}/{place.form.key}",
    )
    yield _high(place, moved)
    both = moved.up + moved.down
    yield Figure(
        reader().say(_("Up / down")),
        f"{reader().number(moved.up)} / {reader().number(moved.down)}",
        reader().say(_("{share} have moved", share=reader().share(both, max(1, both + moved.stayed)))),
        place.movers(span, direction="moved"),
    )
    ending = ending_grace(act, place.model.key)
    yield Figure(
        reader().say(_("In grace")) + today,
        reader().number(spread.in_grace),
        reader().say(_("{n} end today", n=ending)) if ending else reader().say(_("none ends today")),
        place.held("grace"),
        "bad" if ending else None,
    )
    yield Figure(
        reader().say(_("Provisional")) + today,
        reader().number(spread.provisional),
        reader().say(_("{share}, because data are missing", share=reader().share(spread.provisional, spread.total)))
        if spread.provisional
        else reader().say(_("all data are there")),
        place.held("provisional"),
        "care" if spread.provisional else None,
    )


def high_tiers(model: TierModel) -> list[str]:
    """The upper half of the tiers, from the best down."""
    return [tier.key for tier in reversed(model.ranked)][: max(1, len(model.tiers) // 2)]


def _high(place: Place, moved: Movement) -> Figure:
    keys = high_tiers(place.model)
    then, now = (sum(tier_charts.at(moved, key, side) for key in keys) for side in (1, 2))
    label = place.model.by_key[keys[-1]].label
    name = reader().shown(label) if len(keys) == 1 else reader().say(_("{tier} and above", tier=label))
    note = reader().say(_("{change} since then", change=tier_charts.signed(now - then)))
    return Figure(name, reader().number(now), note, place.list_of(*keys), "good" if now > then else "bad" if now < then else None)


# -- what they bring ------------------------------------------------------------------------------------------------------------------
def _shares(act: Act, place: Place, spread: Distribution, day: date | None) -> tier_charts.Drawn:
    """`day`: a past one, for which the amounts are worked out anew."""
    dimension, key = _money(act, place)
    amounts: dict[str, Decimal] = {}
    if key is not None and day is not None:
        amounts = amounts_on(act, place.model.key, key, day) if spread.total <= MOST else {}
    elif key is not None and place.field is not None:
        measure = f"SUM({key})"
        amounts = {
            each[place.field]: each[measure] or Decimal(0)
            for each in query.aggregate(act, place.form.key, by=[place.field], measures=[measure])
            if each[place.field]
        }
    return tier_charts.shares(place.form, spread, amounts, dimension, place.list_of if day is None else lambda tier: None)


def tier_labels(act: Act, model: TierModel, keys: tuple[str, ...]) -> dict[str, Any]:
    """The labels of tiers that a model has no more."""
    return {key: (tier_as_it_was(act, model.key, key) or {}).get("label", key) for key in keys}


def _money(act: Act, place: Place) -> tuple[Any, str | None]:
    """The first dimension that is an amount kept in a field that the person may see, and the field's key."""
    for dimension in place.model.dimensions:
        tree = formula(act.catalogue, place.form.key, dimension.value).tree
        if (
            isinstance(tree, Field)
            and tree.type.kind == "money"
            and not tree.system
            and may(g.person, "view", place.form.key, None, tree.key)
        ):
            return dimension, tree.key
    return None, None


# -- the lists behind the figures -----------------------------------------------------------------------------------------------------
@blueprint.get("/apps/<app>/-/tiers/<model>/movers")
@signed_in
def moved(app: str, model: str) -> str:
    """Who had which tiers at the end of the two days: ?from=&to=&then=&now=&direction="""
    with reading() as act:
        found_app, place = find_app(act, app), _place(act, app, model)
        span = _span(act, first_day(act, model))
        then, now = (_tier(act, place, request.args.get(name)) for name in ("then", "now"))
        direction: Any = request.args.get("direction")
        if direction not in get_args(Direction):
            direction = None if then or now else "moved"
        found = movers(act, model, span.first, span.last, then, now, direction, _cursor(), ROWS)
        tabs = [
            {"label": reader().say(label), "href": place.movers(span, direction=key), "active": direction == key}
            for key, label in DIRECTIONS.items()
        ]
        return _page(
            act, found_app, place, found, span=span, tabs=tabs, then=_named(act, place, then), now=_named(act, place, now), why=None
        )


@blueprint.get("/apps/<app>/-/tiers/<model>/<any(grace, provisional):why>")
@signed_in
def held_back(app: str, model: str, why: Any) -> str:
    """Who is in grace, or has a provisional tier."""
    with reading() as act:
        found_app, place = find_app(act, app), _place(act, app, model)
        found = held(act, model, why, _cursor(), ROWS)
        tabs = [
            {"label": reader().say(label), "href": place.held(key), "active": why == key}
            for key, label in (("grace", _("In grace")), ("provisional", _("Provisional")))
        ]
        note = grace_note(act, place.model) if why == "grace" else None
        return _page(act, found_app, place, found, span=_span(act, None), tabs=tabs, why=why, note=note)


def grace_note(act: Act, model: TierModel) -> Message | None:
    """Why nobody is told when a grace period begins; None where an automation answers to it."""
    named = model.movement.grace_automation
    if any(isinstance(each.trigger, TierGrace) and each.trigger.tier_model == model.key for each in at_work(act.catalogue)):
        return None
    if not model.movement.grace_days:
        return None
    if named in act.catalogue.automations:
        return _(
            "Nobody is told when a grace period begins: the automation “{name}” is off, broken, or begins with something else.",
            name=act.catalogue.automations[named].label,
        )
    return _("Nobody is told when a grace period begins. Add an automation that begins with it, such as a task to win the customer back.")


def _page(act: Act, app: Any, place: Place, found: Found, **more: Any) -> str:
    titles = query.titles(act, {place.form.key: {each.record for each in found.records}})
    rows = []
    for each in found.records:
        before = getattr(each, "then", None)
        score, score_before = getattr(each, "score_now", None) or getattr(each, "score", None), getattr(each, "score_then", None)
        rows.append(
            {
                "href": f"/apps/{app.key}/{place.form.key}/{each.record}",
                "title": titles.get((place.form.key, each.record), f"#{each.record}"),
                "then": badge_of(act, place.model, before),
                "now": badge_of(act, place.model, each.now if hasattr(each, "now") else each.tier),
                "score": None if score is None else f"{score:.2f}",
                "score_then": None if score_before is None else f"{score_before:.2f}",
                "at": getattr(each, "at", None) or getattr(each, "since", None),
                "until": getattr(each, "until", None),
            }
        )
    args = request.args.to_dict()
    next_href = f"{request.path}?{urlencode({**args, 'after': found.next})}" if found.next else None
    return render_template(
        "movers.html",
        app=app,
        model=place.model,
        form=place.form,
        rows=rows,
        total=found.total,
        next_href=next_href,
        first_href=f"{request.path}?{urlencode({name: value for name, value in args.items() if name != 'after'})}"
        if "after" in args
        else None,
        **more,
    )


def _tier(act: Act, place: Place, key: str | None) -> str | None:
    if not key:
        return None
    if key != NOBODY and key not in place.model.by_key and tier_as_it_was(act, place.model.key, key) is None:
        raise NotFound(_("This model has no tier with the key {key}.", key=key))
    return key


def _named(act: Act, place: Place, key: str | None) -> Any:
    """A tier's badge, “none” for those without one, None where any tier will do."""
    return "none" if key == NOBODY else badge_of(act, place.model, key)


def _cursor() -> int:
    text = request.args.get("after", "")
    return int(text) if text.isdecimal() and len(text) < 19 else 0
