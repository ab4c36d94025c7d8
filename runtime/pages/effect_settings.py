"""Where revenue and cost of the tiers come from, as a page: it changes the draft of the tier model."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

from flask import Blueprint, render_template, request
from werkzeug.datastructures import MultiDict

from runtime.definitions import versions
from runtime.definitions.catalogue import Catalogue
from runtime.definitions.effect import pointers
from runtime.definitions.loading import check, load
from runtime.errors import DefinitionProblems, NotFound, Problem
from runtime.pages.web import designer_only, done, reader, reading, writing
from runtime.system.workspace import Act
from runtime.texts import _

blueprint = Blueprint("effect_settings", __name__)

Json = dict[str, Any]
PLACE = "/build/<app>/tiers/<key>/effect"
SPARE = {"revenue": 1, "costs": 2}
UNITS = {"minutes": _("minutes"), "hours": _("hours")}


@blueprint.get(PLACE)
@designer_only
def edit(app: str, key: str) -> str:
    with reading() as act:
        return _page(act, app, key, _body(act, key), [])


@blueprint.post(PLACE)
@designer_only
def save(app: str, key: str) -> Any:
    """Keeps the choices in the draft; what is wrong is said first."""
    with writing() as act:
        body = _with(_body(act, key), chosen(request.form, _body(act, key)))
        problems = _problems(act, body)
        if problems:
            return _page(act, app, key, body, problems), 422
        versions.save_draft(act, "tier_model", key, body)
    return done(f"/build/{app}/tiers/{key}", _("Kept in the draft. It shows once the model is published."))


def _body(act: Act, key: str) -> Json:
    """The draft, else what is in force. Raises NotFound."""
    draft = versions.find_draft(act.connection, "tier_model", key)
    body = draft.body if draft is not None else versions.find_version(act.connection, "tier_model", key).body
    if not isinstance(body.get("form"), str) or body["form"] not in act.catalogue.forms:
        raise NotFound(_("There is no form with the key {key}.", key=str(body.get("form"))))
    return body


def _with(body: Json, effect: Json) -> Json:
    rest = {name: value for name, value in body.items() if name != "effect"}
    return {**rest, "effect": effect} if effect else rest


def _problems(act: Act, body: Json) -> list[Problem]:
    """Those of revenue and cost; what else is wrong with a draft is said in the designer."""
    try:
        found = check([load(body)], act.catalogue)
    except DefinitionProblems as error:
        found = error.problems
    return [each for each in found if each.path.startswith("effect")]


# -- what can be chosen -----------------------------------------------------------------------------------------------------------------
def sources(catalogue: Catalogue, target: str) -> list[dict[str, Any]]:
    """Each form that points at the records: its days, its amounts and its numbers, as (value, label)."""
    found = []
    for form in catalogue.forms.values():
        for reference in pointers(form.key, target, catalogue):
            label = reader().shown(form.label)
            if len(pointers(form.key, target, catalogue)) > 1:
                label = f"{label} ({reader().shown(form.by_key[reference].label)})"
            kinds = {
                name: [(f"{form.key}.{reference}.{each.key}", f"{label}: {reader().shown(each.label)}") for each in _of(form, *wanted)]
                for name, wanted in {"days": ("date", "datetime"), "amounts": ("money",), "times": ("number",)}.items()
            }
            if kinds["days"]:
                found.append({"label": label, **kinds})
    return found


def _of(form: Any, *kinds: str) -> Iterator[Any]:
    return (each for each in form.fields if each.stores in ("column", "computed") and each.formula_type().kind in kinds)


# -- what was chosen --------------------------------------------------------------------------------------------------------------------
def chosen(sent: MultiDict[str, str], before: Json) -> Json:
    """Revenue and costs as they were filled in; a line without an amount is left out. Names in the other language stay."""
    old = before.get("effect") if isinstance(before.get("effect"), dict) else {}
    found: Json = {}
    for name in SPARE:
        lines = [_line(sent, name, number) for number in range(len(sent.getlist(f"{name}_what")))]
        kept = [line for line in lines if line]
        for line, was in zip(kept, (old or {}).get(name, ()), strict=False):
            if isinstance(was.get("label"), dict) and isinstance(line.get("label"), str):
                line["label"] = {**was["label"], reader().language: line["label"]}
        if kept:
            found[name] = kept
    return found


def _line(sent: MultiDict[str, str], name: str, number: int) -> Json:
    def at(what: str) -> str:
        given = sent.getlist(f"{name}_{what}")
        return given[number].strip() if number < len(given) else ""

    kind, _colon, place = at("what").partition(":")
    form, _dot, rest = place.partition(".")
    reference, _dot, value = rest.partition(".")
    if not value:
        return {}
    line: Json = {"form": form, "reference": reference, "on": _day(at("day"), form)}
    if at("when"):
        line["when"] = at("when")
    if name == "costs" and at("label"):
        line["label"] = at("label")
    if kind == "time":
        return {**line, "time": value, "unit": at("unit") or "minutes", "rate": _number(at("rate"))}
    return {**line, "amount": value}


def _day(text: str, form: str) -> str:
    """The field with the day; one of another form is named with it, so that checking says what is wrong."""
    chosen_form, _dot, rest = text.partition(".")
    return rest.partition(".")[2] if chosen_form == form else rest


def _number(text: str) -> Any:
    return text or None


# -- the page ---------------------------------------------------------------------------------------------------------------------------
def _page(act: Act, app: str, key: str, body: Json, problems: list[Problem]) -> str:
    effect = body.get("effect") if isinstance(body.get("effect"), dict) else {}
    lines = {
        name: [*(_shown(each) for each in (effect or {}).get(name, ()) if isinstance(each, dict)), *({} for _row in range(spare))]
        for name, spare in SPARE.items()
    }
    return render_template(
        "effect/settings.html",
        app=app,
        here=f"/build/{app}/tiers/{key}/effect",
        back=f"/build/{app}/tiers/{key}",
        label=reader().shown(body.get("label")) if body.get("label") else key,
        sources=sources(act.catalogue, body["form"]),
        lines=lines,
        units=UNITS,
        problems=problems,
    )


def _shown(line: Json) -> Json:
    kind, value = ("time", line.get("time")) if line.get("time") else ("amount", line.get("amount"))
    place = f"{line.get('form')}.{line.get('reference')}"
    return {
        "what": f"{kind}:{place}.{value}",
        "day": f"{place}.{line.get('on')}",
        "when": line.get("when", ""),
        "label": reader().shown(line["label"]) if line.get("label") else "",
        "unit": line.get("unit", "minutes"),
        "rate": line.get("rate", ""),
    }
