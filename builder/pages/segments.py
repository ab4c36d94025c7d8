"""What the editor of a segment asks while somebody works: who would belong to it, conditions to pick; and drafts made of two segments."""

from __future__ import annotations

from typing import Any

from flask import Blueprint, request
from werkzeug.datastructures import MultiDict
from werkzeug.wrappers import Response

from builder.drafts import free_key, loaded, problems_of
from builder.pages.editor import body_of, sent_object
from builder.pages.frame import address, check_app, plain_json, written
from builder.trial import EXACT, Trial, trial
from runtime.definitions import versions
from runtime.definitions.form import Form
from runtime.definitions.segment import Segment
from runtime.errors import FormulaProblems, Problem, Refused
from runtime.formulas.parts import joined, parts
from runtime.pages import segment_conditions
from runtime.pages.lists import pickable
from runtime.pages.rule_words import in_words
from runtime.pages.web import designer_only, go_to, reader, reading, writing
from runtime.records import authoring, query
from runtime.records.conditions import read_condition
from runtime.records.lookup import ActLookup
from runtime.segments import combining
from runtime.formulas.definitions import formula
from runtime.system.workspace import Act
from runtime.texts import Message, _

blueprint = Blueprint("segment_editor", __name__)

PLACE = "/build/<app>/segments/<key>"


# -- while somebody types -------------------------------------------------------------------------------------------------------------
@blueprint.post(f"{PLACE}/try")
@designer_only
def try_out(app: str, key: str) -> Response:
    """{body} → counts, some members, the conditions as chips; or {problems}."""
    body = _own(body_of(sent_object()), key)
    with reading() as act:
        authoring.require_forms(act, body)
        problems = problems_of(act, body)
        draft = loaded(body)
        if problems or not isinstance(draft, Segment):
            return plain_json({"problems": written(problems)})
        versions.ask_publishing(act, [body])  # a rule is asked in trust: only of those who could publish it
        found = trial(act, draft)
        titles = query.titles(act, {draft.form: set(found.shown)})
        return plain_json(
            {
                **{name: getattr(found, name) for name in ("population", "sampled", "then", "now", "entering", "leaving", "low", "high")},
                "sentence": reader().say(_sentence(found)),
                "margin": reader().say(margin) if (margin := _margin(found)) is not None else None,
                "change": reader().say(change) if (change := _change(found)) is not None else None,
                "shown": [
                    {"title": titles.get((draft.form, each)) or f"#{each}", "href": f"/apps/{app}/{draft.form}/{each}"}
                    for each in found.shown
                ],
            }
        )


def _own(body: dict[str, Any], key: str) -> dict[str, Any]:
    if body.get("kind") != "segment" or body.get("key") != key:
        raise Refused([Problem("key", _("Kind and key cannot change: a key is chosen once."))])
    return body


def _sentence(found: Trial) -> Message:
    if found.sampled < found.population:
        return _("About {n} of {all} records", n=_number(found.then), all=_number(found.population))
    return _("{n} of {all} records", n=_number(found.then), all=_number(found.population))


def _margin(found: Trial) -> Message | None:
    """How sure the count is, where not everybody was asked."""
    if found.sampled >= found.population:
        return None
    return _(
        "Asked of a sample of {sampled}: between {low} and {high}, 95 % sure. Beyond {most} records not everybody is asked while you type.",
        sampled=_number(found.sampled), low=_number(found.low), high=_number(found.high), most=_number(EXACT),
    )  # fmt: skip


def _change(found: Trial) -> Message | None:
    if found.now is None:
        return None
    if not found.entering and not found.leaving:
        return _("The same as live: {n}.", n=_number(found.now))
    return _("Live: {n}. {come} would come, {go} would go.", n=_number(found.now), come=_number(found.entering), go=_number(found.leaving))


def _number(value: int) -> str:
    return reader().number(value)


# -- conditions -----------------------------------------------------------------------------------------------------------------------
@blueprint.post(f"{PLACE}/conditions")
@designer_only
def conditions(app: str, key: str) -> Response:
    """{body} → what can be picked from, and the conditions of the draft, each with its words where it has some."""
    body = _own(body_of(sent_object()), key)
    with reading() as act:
        form = _form(act, body)
        return plain_json({"fields": _fields(act, form, key) if form is not None else [], "chips": _chips(act, form, body)})


@blueprint.post(f"{PLACE}/condition")
@designer_only
def condition(app: str, key: str) -> Response:
    """{body, field, operator, value} → {text}: the draft's condition with the picked one; with {remove: n} without its n-th."""
    sent = sent_object()
    body = _own(body_of(sent), key)
    with reading() as act:
        form = _form(act, body)
        if form is None:
            raise Refused([Problem("form", _("Choose the form first."))])
        text = body.get("where")
        text = text if isinstance(text, str) else ""
        if "remove" in sent:
            return plain_json({"text": _without(text, sent["remove"])})
        return plain_json({"text": segment_conditions.with_condition(text, _picked(act, form, sent))})


def _form(act: Act, body: dict[str, Any]) -> Form | None:
    authoring.require_forms(act, body)
    key = body.get("form")
    return act.catalogue.forms.get(key) if isinstance(key, str) else None


def _fields(act: Act, form: Form, key: str) -> list[dict[str, Any]]:
    segments = [
        {**each, "options": [one for one in each["options"] if one["key"] != key]}
        for each in segment_conditions.pickable(act.catalogue, form)
    ]
    fields = [  # a segment is the same for everybody
        {**each, "operators": [one for one in each["operators"] if one["key"] not in ("mine", "my_department")]}
        for each in pickable(act.catalogue, form)
    ]
    return [*fields, *[each for each in segments if each["options"]]]


def _picked(act: Act, form: Form, sent: dict[str, Any]) -> str:
    field, operator, value = (sent.get(name) if isinstance(sent.get(name), str) else "" for name in ("field", "operator", "value"))
    if field == segment_conditions.KEY:
        return segment_conditions.picked(act.catalogue, form, str(operator), str(value))
    return read_condition(form, f"{field}|{operator}|{value}").formula(ActLookup(act))


def _without(text: str, number: Any) -> str:
    every = _parts(text)
    if not isinstance(number, int) or isinstance(number, bool) or not 0 <= number < len(every):
        raise Refused([Problem("remove", _("There is no such condition any more."))])
    rest = [each for place, each in enumerate(every) if place != number]
    return joined(rest) if rest else ""


def _parts(text: str) -> list[str]:
    try:
        return parts(text)
    except FormulaProblems:
        return [text]


def _chips(act: Act, form: Form | None, body: dict[str, Any]) -> list[dict[str, Any]]:
    text = body.get("where")
    if form is None or not isinstance(text, str) or not text.strip():
        return []
    return [{"text": each, "words": _words(act, form, each)} for each in _parts(text)]


def _words(act: Act, form: Form, text: str) -> str | None:
    try:
        return in_words(act.catalogue, form.key, formula(act.catalogue, form.key, text, expect=("boolean",)))
    except FormulaProblems:
        return None


# -- two segments -----------------------------------------------------------------------------------------------------------------------
@blueprint.post("/build/<app>/segments/combine")
@designer_only
def combine(app: str) -> Response:
    """A draft made of two segments: `a`, `b`, `way` and the name."""
    given: MultiDict[str, str] = request.form
    label, way = given.get("label", "").strip()[:200], given.get("way", "")
    if not label:
        raise Refused([Problem("label", _("Give it a name."))])
    with writing() as act:
        own = check_app(act, app)
        one, other = (act.catalogue.segments.get(given.get(name, "")) for name in ("a", "b"))
        if one is None or other is None or one.form != other.form or way not in combining.WAYS:
            raise Refused([Problem("a", _("Choose two segments of one form."))])
        authoring.require_forms(act, {"form": one.form})
        key = free_key(act, "segment", label)
        body = {"kind": "segment", "key": key, "label": label, **({"app": own} if own else {}), "form": one.form}
        versions.save_draft(act, "segment", key, {**body, "where": combining.named(way, one.key, other.key)}, 0)
    return go_to(address(app, "segment", key))
