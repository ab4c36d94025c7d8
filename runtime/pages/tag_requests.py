"""Asking for a tag, and deciding about what others ask for."""

from __future__ import annotations

from typing import Any

from flask import Blueprint, render_template, request

from runtime.errors import Refused
from runtime.pages.tag_dictionary import people
from runtime.pages.tag_frame import KINDS, Frame, need_frame
from runtime.pages.web import by_path, done, reader, reading, signed_in, writing
from runtime.system import clock
from runtime.system.workspace import Act
from runtime.tags import requests
from runtime.tags.requests import Request
from runtime.texts import LANGUAGES, Message, _

blueprint = Blueprint("tag_requests", __name__)

NAMES: dict[str, Message] = {
    "open": _("waiting"),
    "approved": _("approved"),
    "refused": _("refused"),
    "withdrawn": _("withdrawn"),
}
TONES = {"open": "care", "approved": "good", "refused": "bad", "withdrawn": "quiet"}
FAMILIES = ("attribute", "behaviour", "potential", "campaign")


# -- asking -------------------------------------------------------------------------------------------------------------------------
@blueprint.get("/apps/<app>/-/tags/requests/new")
@signed_in
def new(app: str) -> str:
    """?label=&family= fill in what another page knows."""
    with reading() as act:
        return _entry(act, need_frame(act, app), request.args.to_dict(), None)


@blueprint.post("/apps/<app>/-/tags/requests")
@signed_in
def ask(app: str) -> Any:
    values = request.form.to_dict()
    with reading() as act:
        here = need_frame(act, app)
    try:
        with writing() as act:
            requests.ask(act, here.set.key, _wording(values), values.get("reason", "").strip() or None)
    except Refused as error:
        with reading() as act:
            return _entry(act, need_frame(act, app), values, error), 422
    return done(here.href("/requests"), _("The request is on its way. You will be told when somebody has decided."))


def _entry(act: Act, here: Frame, values: dict[str, str], refusal: Refused | None) -> str:
    return render_template(
        "tag_request.html",
        app=here.app,
        here=here,
        set=here.set,
        form=here.form,
        values=values,
        problems=by_path(refusal),
        families=[(key, reader().say(KINDS[key])) for key in FAMILIES],
        full=requests.is_full(here.set),
        full_sentence=requests.full_sentence(here.set),
        tags=[reader().shown(tag.label) for tag in here.set.tags if not tag.archived],
        today=act.today,
    )


def _wording(values: dict[str, str]) -> dict[str, Any]:
    """The settings of a form that was sent; a label in one language is a plain text."""
    label = {each: values.get(f"label_{each}", "").strip() for each in LANGUAGES}
    written = {each: text for each, text in label.items() if text}
    wording: dict[str, Any] = {name: values.get(name, "").strip() for name in ("meaning", "use", "family", "standing", "owner")}
    wording["label"] = next(iter(written.values()), "") if len(written) < 2 else written
    if wording["standing"] == "temporary":
        wording["expires"] = values.get("expires", "").strip()
    return {name: value for name, value in wording.items() if value}


# -- deciding -----------------------------------------------------------------------------------------------------------------------
@blueprint.get("/apps/<app>/-/tags/requests")
@signed_in
def listed(app: str) -> str:
    with reading() as act:
        return _list(act, need_frame(act, app))


def _list(act: Act, here: Frame, at: int | None = None, values: dict[str, str] | None = None, refusal: Refused | None = None) -> str:
    found = requests.listed(act, here.set)
    reader().know_people(number for each in found for number in (each.person, each.decided_by) if number is not None)
    lines = [_line(act, here, each, values if each.id == at else None) for each in found]
    return render_template(
        "tag_requests.html",
        app=here.app,
        here=here,
        set=here.set,
        open=[line for line in lines if line["state"] == "open"],
        decided=[line for line in lines if line["state"] != "open"],
        at=at,
        problems=by_path(refusal),
        refused=reader().say(refusal.message) if refusal is not None and not refusal.problems else None,
        families=[(key, reader().say(KINDS[key])) for key in FAMILIES],
        full=requests.is_full(here.set),
    )


def _line(act: Act, here: Frame, found: Request, values: dict[str, str] | None) -> dict[str, Any]:
    words = found.wording
    label = words["label"] if isinstance(words["label"], dict) else {"zh" if reader().language == "zh" else "en": words["label"]}
    shown = {name: reader().shown(words[name]) for name in ("label", "meaning", "use")}
    family = words.get("family", "attribute")
    return {
        "id": found.id,
        "state": found.state,
        "state_name": reader().say(NAMES[found.state]),
        "tone": TONES[found.state],
        **shown,
        "family": family,
        "kind": reader().say(KINDS[family]),
        "temporary": words.get("standing") == "temporary",
        "until": words.get("expires"),
        "reason": found.reason,
        "answer": found.answer,
        "mine": found.person == act.person.id,
        "who": reader().person_name(found.person),
        "at": clock.from_micros(found.at),
        "decided_by": reader().person_name(found.decided_by),
        "decided_at": clock.from_micros(found.decided_at),
        "href": here.href(f"/of/{found.tag}") if found.tag in here.set.by_key else None,
        "values": values
        or {
            "label_zh": label.get("zh", ""),
            "label_en": label.get("en", ""),
            "meaning": shown["meaning"],
            "use": shown["use"],
            "family": family,
        },
        "owners": [(who, people(act, here.set, (who,))) for who in here.set.may_approve],
    }


@blueprint.post("/apps/<app>/-/tags/requests/<int:number>")
@signed_in
def decide(app: str, number: int) -> Any:
    """`do`: approve, refuse or withdraw."""
    values, do = request.form.to_dict(), request.form.get("do")
    with reading() as act:
        here = need_frame(act, app)
    try:
        with writing() as act:
            said = _decide(act, number, values, do)
    except Refused as error:
        with reading() as act:
            return _list(act, need_frame(act, app), number, {**values, "do": do or ""}, error), 422
    return done(here.href("/requests"), said)


def _decide(act: Act, number: int, values: dict[str, str], do: str | None) -> Message:
    if do == "approve":
        wording = _wording({**values, "standing": ""})
        requests.approve(act, number, wording, values.get("exception", "").strip() or None)
        return _("The tag is in the dictionary now.")
    if do == "refuse":
        requests.refuse(act, number, values.get("reason", ""))
        return _("The request is refused, and whoever asked is told why.")
    requests.withdraw(act, number)
    return _("The request is taken back.")
