"""The potential of a record: what models that are switched on expect of it, and why."""

from __future__ import annotations

import json
from decimal import Decimal
from typing import Any

import sqlalchemy as sa

from runtime.definitions.form import Form
from runtime.definitions.potential import Outcome, Potential, Purchases
from runtime.formulas.definitions import formula
from runtime.pages.potential_charts import figure_name, option_label
from runtime.pages.web import reader
from runtime.potential import extra
from runtime.potential.seeing import sees_potential
from runtime.potential.using import Fit, as_learnt, in_use
from runtime.records.rows import Record
from runtime.system import clock
from runtime.system.tables import potential_value
from runtime.system.workspace import Act
from runtime.texts import Message, _

LATE = 1.5
"""A customer is late when they have been away for so many times their usual gap."""
NEAR = 0.05
"""What lies nearer to the usual than this share neither adds nor takes."""


def potential_cards(act: Act, form: Form, record: Record) -> list[dict[str, Any]]:
    """A card for each model that is switched on and that the person may read for this record; for builders also how to add what is missing."""
    models = [each for each in act.catalogue.potentials.values() if each.form == form.key]
    if models and not extra.is_there() and act.person.is_builder:
        return [{"title": reader().say(_("Potential")), "missing": reader().say(extra.how_to_add())}]
    return [card for each in models if (card := _card(act, each, record)) is not None]


def _card(act: Act, model: Potential, record: Record) -> dict[str, Any] | None:
    use = in_use(act, model.key)
    if use is None or use.refreshed_at is None or not sees_potential(act, model, record.id):
        return None
    learnt_by = as_learnt(act, model.key, use.fit)
    kept = potential_value.c
    row = act.connection.execute(sa.select(potential_value).where(kept.model == use.fit.model, kept.record == record.id)).first()
    card = {"key": model.key, "title": reader().shown(model.label), "made_by": _made_by(use.fit, row), "figures": [], "reasons": []}
    if row is None:
        nothing = _("There are no purchases yet, so nothing can be expected.")
        other = _("The model does not ask about this record.")
        return {**card, "nothing": reader().say(nothing if isinstance(learnt_by.learn, Purchases) else other)}
    figures, reasons = (_of_purchases if isinstance(learnt_by.learn, Purchases) else _of_outcome)(act, learnt_by, use.fit, row)
    return {**card, "figures": figures, "reasons": reasons}


def _made_by(fit: Fit, row: Any) -> str:
    learnt, day = clock.from_day(fit.day), clock.from_day(row.day if row is not None else fit.day)
    return reader().say(
        _("version {version}, learnt {learnt}, as of {day}", version=fit.version, learnt=reader().date(learnt), day=reader().date(day))
    )


def _figure(stored: int | None) -> Decimal:
    return Decimal(stored or 0).scaleb(-4)


# -- purchases ------------------------------------------------------------------------------------------------------------------------
def _of_purchases(act: Act, model: Potential, fit: Fit, row: Any) -> tuple[list[tuple[str, str]], list[dict[str, str]]]:
    say = reader().say
    figures = [
        (say(_("Expected purchases in {n} days", n=model.horizon_days)), f"{_figure(row.orders):.2f}"),
        (say(_("Probability of being active")), reader().share(_figure(row.active), 100)),
    ]
    if row.worth is not None:
        figures += [
            (say(_("Expected value in {n} days", n=model.horizon_days)), _money(act, model, _figure(row.figure))),
            (say(_("Lifetime value")), _money(act, model, _figure(row.lifetime))),
        ]
    return figures, [*_rhythm(json.loads(row.basis), fit, model), *_values(act, json.loads(row.basis), fit, model)]


def _rhythm(basis: list[Any], fit: Fit, model: Potential) -> list[dict[str, str]]:
    """How long ago the last purchase was against the usual, and how often there were purchases against everybody's."""
    repeats, last, age = basis[:3]
    away = age - last
    gap, usual = (last / repeats, True) if repeats else (fit.learnt["usual_gap"], False)
    words = (
        _("last purchase {away} days ago, usually every {gap} days", away=away, gap=max(1, round(gap)))
        if usual
        else _("one purchase only, {away} days ago; others come back after {gap} days", away=away, gap=max(1, round(gap)))
    )
    pace = repeats / max(age, 1) * model.horizon_days
    often = _("bought on {n} days in {age} days", n=repeats + 1, age=age)
    return [_reason(words, away <= LATE * gap), *([_reason(often, pace > fit.learnt["usual_orders"])] if repeats else [])]


def _values(act: Act, basis: list[Any], fit: Fit, model: Potential) -> list[dict[str, str]]:
    valued, mean, usual = basis[3], basis[4], fit.learnt["usual_worth"]
    if usual is None or not valued:
        return []
    said = {"mean": _money(act, model, Decimal(str(mean))), "usual": _money(act, model, Decimal(str(usual)))}
    if abs(mean - usual) <= NEAR * usual:
        return [_reason(Message(_("a purchase is worth {mean}, as usual").text, said), None)]
    return [_reason(Message(_("a purchase is worth {mean} on average, usually {usual}").text, said), mean > usual)]


def _money(act: Act, model: Potential, value: Decimal) -> str:
    assert isinstance(model.learn, Purchases)
    bought, amount = model.bought(act.catalogue), model.learn.amount
    field = act.catalogue.forms[bought].by_key.get(amount or "") if bought is not None else None
    rounded = value.quantize(Decimal(1) if abs(value) >= 100 else Decimal("0.01"))
    if field is None or field.formula_type().kind != "money":
        return reader().number(rounded)
    return reader().money(rounded, field.formula_type().currency, 0 if rounded == rounded.to_integral_value() else None)


# -- a yes ----------------------------------------------------------------------------------------------------------------------------
def _of_outcome(act: Act, model: Potential, fit: Fit, row: Any) -> tuple[list[tuple[str, str]], list[dict[str, str]]]:
    say = reader().say
    name = _("Probability within {n} days", n=model.horizon_days)
    usual = reader().share(fit.learnt["yes"], fit.learnt["customers"])
    figures = [(say(name), reader().share(_figure(row.chance), 100)), (say(_("Usually")), usual)]
    strongest = [each for each in json.loads(row.basis) if abs(each[1]) >= NEAR / 5]
    return figures, [_reason(_told(act, model, fit, place, value), share > 0) for place, share, value in strongest]


def _told(act: Act, model: Potential, fit: Fit, place: int, value: Any) -> Message:
    """A figure of the record beside the usual one."""
    assert isinstance(model.learn, Outcome)
    label = figure_name(act.catalogue, model, fit, place)
    columns = [each for each in fit.learnt["chances"]["columns"] if each["figure"] == place]
    numbers = [each for each in columns if each["what"] == "number"]
    kind = formula(act.catalogue, model.form, model.learn.features[place].value).type.kind
    if kind in ("choice", "text"):
        return _("{figure}: {value}", figure=label, value=option_label(act.catalogue, model, place, value))
    if value is None:
        return _("{figure}: not known", figure=label)
    if kind == "boolean":
        return _("{figure}: {value}", figure=label, value=_("yes") if value else _("no"))
    if not numbers:
        return _("{figure}: {value}", figure=label, value=_number(value))
    return _("{figure}: {value}, on average {usual}", figure=label, value=_number(value), usual=_number(numbers[0]["mean"]))


def _number(value: float) -> str:
    places = 0 if abs(value) >= 100 or value == round(value) else 1
    return f"{value:,.{places}f}"


def _reason(words: Message, up: bool | None) -> dict[str, str]:
    """`up`: whether it raises what is expected; None: neither way."""
    tones = {
        True: ("trending-up", "good", _("raises it")),
        False: ("trending-down", "bad", _("lowers it")),
        None: ("minus", "quiet", _("as usual")),
    }
    icon, tone, effect = tones[up]
    return {"text": reader().say(words), "icon": icon, "tone": tone, "effect": reader().say(effect)}
