"""Which records count for a tier model, as a page: revenue and cost, contacts and replies, commission. It changes the draft of the model."""

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
DATED = {"made": 1, "replies": 1}
PLACES = ("effect", "contacts", "commission")
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
        before = _body(act, key)
        parts = {"effect": chosen(request.form, before), "contacts": dated(request.form), "commission": commission(request.form)}
        body = {
            **{name: value for name, value in before.items() if name not in PLACES},
            **{name: part for name, part in parts.items() if part},
        }
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


def _problems(act: Act, body: Json) -> list[Problem]:
    """Those of this page; what else is wrong with a draft is said in the designer."""
    try:
        found = check([load(body)], act.catalogue)
    except DefinitionProblems as error:
        found = error.problems
    return [each for each in found if each.path.startswith(PLACES)]


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
            people = [each for each in form.fields if each.type == "member" and each.stores == "column"]
            kinds["people"] = [(f"{form.key}.{reference}.{each.key}", f"{label}: {reader().shown(each.label)}") for each in people]
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


def dated(sent: MultiDict[str, str]) -> Json:
    """The records that count as contact and as reply; a line without a day is left out."""
    found: Json = {}
    for name in DATED:
        for place, when in zip(sent.getlist(f"{name}_day"), sent.getlist(f"{name}_when"), strict=False):
            form, _dot, rest = place.partition(".")
            reference, _dot, on = rest.partition(".")
            if on:
                found.setdefault(name, []).append(
                    {"form": form, "reference": reference, "on": on, **({"when": when.strip()} if when.strip() else {})}
                )
    return found


def commission(sent: MultiDict[str, str]) -> Json:
    """The amount that earns a commission; nothing where none is chosen."""
    line = _line(sent, "commission", 0)
    if not line:
        return {}
    person = _day(sent.get("commission_person", ""), line["form"])
    return {**line, "percent": _number(sent.get("commission_percent", "").strip()), **({"person": person} if person else {})}


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
        name: [
            *(_shown(each, act.catalogue, body["form"]) for each in (effect or {}).get(name, ()) if isinstance(each, dict)),
            *({} for _row in range(spare)),
        ]
        for name, spare in SPARE.items()
    }
    contacts = body.get("contacts") if isinstance(body.get("contacts"), dict) else {}
    for name, spare in DATED.items():
        lines[name] = [
            *(_shown(each, act.catalogue, body["form"]) for each in (contacts or {}).get(name, ()) if isinstance(each, dict)),
            *({} for _row in range(spare)),
        ]
    line = body.get("commission") if isinstance(body.get("commission"), dict) else {}
    lines["commission"] = [_shown(line, act.catalogue, body["form"]) if line else {}]
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


def _shown(line: Json, catalogue: Catalogue, target: str) -> Json:
    """Which field points at the customer may be left out where there is only one."""
    kind, value = ("time", line.get("time")) if line.get("time") else ("amount", line.get("amount"))
    found = pointers(str(line.get("form")), target, catalogue)
    place = f"{line.get('form')}.{line.get('reference') or (found[0] if found else '')}"
    return {
        "what": f"{kind}:{place}.{value}",
        "day": f"{place}.{line.get('on')}",
        "when": line.get("when", ""),
        "label": reader().shown(line["label"]) if line.get("label") else "",
        "unit": line.get("unit", "minutes"),
        "rate": line.get("rate", ""),
        "percent": line.get("percent", ""),
        "person": f"{place}.{line['person']}" if line.get("person") else "",
    }
