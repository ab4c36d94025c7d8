"""The library of words: what there is, and the page that writes one, with what it says to a chosen record beside it. Saved at once, as a new
version."""

from __future__ import annotations

import re
from typing import Any

from flask import Blueprint, render_template, request

from builder.drafts import free_key, loaded, open_draft
from builder.pages.frame import address, check_app
from runtime.automation.reader import MessageReader
from runtime.definitions import versions
from runtime.definitions.loading import load
from runtime.definitions.wording import Wording
from runtime.errors import DefinitionProblems, Problem, Refused, TierloomError
from runtime.pages.web import by_path, designer_only, done, go_to, reader, reading, writing
from runtime.records import authoring, query
from runtime.system.workspace import Act
from runtime.texts import _
from runtime.wordings import offering

blueprint = Blueprint("build_wordings", __name__)

LIST = "/build/<app>/wordings"
ONE = f"{LIST}/<key>"
SHOWN = 50
CHOICE = re.compile(r"^choice_([^/]+)$")


@blueprint.get(LIST)
@designer_only
def page(app: str) -> str:
    return _list(app)


def _list(app: str, refusal: Refused | None = None) -> str:
    with reading() as act:
        own = check_app(act, app)
        found = [each for each in act.catalogue.wordings.values() if own in (None, each.app) or each.app is None]
        lines = [_line(act, app, each) for each in found if authoring.may_change(act, "wording", each.key, each.app)]
        return render_template(
            "builder/wordings.html",
            app=app,
            lines=sorted(lines, key=lambda each: (each["archived"], reader().shown(each["label"]))),
            forms=_forms(act, own),
            errors=by_path(refusal),
            given=request.form if refusal else {},
        )


def _line(act: Act, app: str, wording: Wording) -> dict[str, Any]:
    known = offering.about(act.catalogue, wording.form)
    labels = {**dict(known["tiers"]), **dict(known["tags"])}
    options = {each.key: each.label for field in known["choices"] for each in field.options}
    wanted = [*(labels.get(key, key) for key in (*wording.tiers, *wording.tags))]
    wanted += [options.get(key, key) for keys in wording.values.values() for key in keys]
    form = act.catalogue.forms.get(wording.form)
    return {
        "label": wording.label,
        "href": address(app, "wording", wording.key),
        "use": offering.USES[wording.channel],
        "form": form.label if form is not None else wording.form,
        "for": wanted,
        "archived": wording.archived,
        "text": wording.text,
    }


def _forms(act: Act, own: str | None) -> list[Any]:
    return [each for each in act.catalogue.forms.values() if own in (None, each.app) or each.app is None]


@blueprint.post(LIST)
@designer_only
def add(app: str) -> Any:
    """Begins one: a draft, opened on its page."""
    label, form = request.form.get("label", "").strip(), request.form.get("form", "")
    try:
        with writing() as act:
            own = check_app(act, app)
            if not label:
                raise Refused([Problem("label", _("Say what these words are for, such as “First call after a promotion”."))])
            if form not in {each.key for each in _forms(act, own)}:
                raise Refused([Problem("form", _("Choose one of the list."))])
            key = free_key(act, "wording", label)
            body = {
                "kind": "wording",
                "key": key,
                "label": label,
                **({"app": own} if own else {}),
                "form": form,
                "channel": "talk",
                "text": "",
            }
            versions.save_draft(act, "wording", key, body, 0)
    except Refused as refusal:
        return _list(app, refusal), refusal.status
    return go_to(address(app, "wording", key))


# -- one ------------------------------------------------------------------------------------------------------------------------------
@blueprint.get(ONE)
@designer_only
def one(app: str, key: str) -> str:
    with reading() as act:
        check_app(act, app)
        return _page(act, app, open_draft(act, "wording", key).body)


@blueprint.post(ONE)
@designer_only
def save(app: str, key: str) -> Any:
    body: dict[str, Any] = {}
    try:
        with writing() as act:
            check_app(act, app)
            body = _typed(act, open_draft(act, "wording", key).body)
            versions.publish(act, [body])
    except (DefinitionProblems, Refused) as refusal:
        with reading() as act:
            return _page(act, app, body or open_draft(act, "wording", key).body, refusal.problems), 422
    return done(f"/build/{app}/wordings", _("Saved. People are offered these words from now on."))


@blueprint.post(f"{ONE}/preview")
@designer_only
def preview(app: str, key: str) -> str:
    """A piece of page: what is typed, said to the chosen record in both languages; or what is wrong with it."""
    with reading() as act:
        check_app(act, app)
        body = _typed(act, open_draft(act, "wording", key).body)
        authoring.require_forms(act, body)
        wording = loaded(body)
        problems = versions.checked(act.catalogue, [body])[1] if wording is not None else _shape(body)
        record = request.form.get("record", type=int)
        said: list[dict[str, Any]] = []
        fitting = None
        if isinstance(wording, Wording) and not problems and record:
            values = offering.seen_values(act, wording.form, record)
            fitting = offering.fits(act, wording, values) is not None
            said = [_said(wording, values, language) for language in ("zh", "en")]
        return render_template("builder/wording_preview.html", said=said, problems=problems, fitting=fitting, record=record)


def _shape(body: dict[str, Any]) -> list[Problem]:
    try:
        load(body)
    except DefinitionProblems as refusal:
        return refusal.problems
    return []


def _said(wording: Wording, values: Any, language: str) -> dict[str, Any]:
    here = MessageReader(values.act, language)
    try:
        return {
            "language": language,
            "subject": offering.filled(wording.subject, values, here),
            "text": offering.filled(wording.text, values, here),
        }
    except TierloomError as error:
        return {"language": language, "subject": "", "text": here.say(error.message)}


def _page(act: Act, app: str, body: dict[str, Any], problems: list[Problem] | None = None) -> str:
    form = act.catalogue.forms.get(body.get("form", ""))
    authoring.require_forms(act, body)
    return render_template(
        "builder/wording.html",
        app=app,
        body=body,
        here=address(app, "wording", body["key"]),
        form=form,
        uses=offering.USES,
        known=_with_unknown(offering.about(act.catalogue, body.get("form", "")), body),
        fields=[each for each in form.fields if each.stores not in ("rows", "nothing")] if form is not None else [],
        records=_records(act, form),
        problems=problems or [],
        live=body["key"] in act.catalogue.wordings,
    )


def _with_unknown(known: dict[str, Any], body: dict[str, Any]) -> dict[str, Any]:
    """What a draft names that is not there (yet) stands beside the rest, so that saving does not drop it unseen."""
    for name in ("tiers", "tags"):
        there = {key for key, _label in known[name]}
        known[name] += [(key, key) for key in body.get(name, ()) if key not in there]
    return known


def _records(act: Act, form: Any) -> list[tuple[int, str]]:
    """The newest records, to try the words on."""
    if form is None:
        return []
    found = query.page(act, form.key, sort=("-id",), columns=[form.title] if form.title in form.by_key else [], limit=SHOWN).records
    names = query.titles(act, {form.key: {each.id for each in found}})
    return [(each.id, names.get((form.key, each.id)) or f"#{each.id}") for each in found]


def _typed(act: Act, before: dict[str, Any]) -> dict[str, Any]:
    """The body as the page has it typed. What the page does not show stays."""
    sent = request.form
    form = act.catalogue.forms.get(before.get("form", ""))
    choices = {each.key for each in offering.about(act.catalogue, form.key)["choices"]} if form is not None else set()
    body = {
        **before,
        "label": _local(sent.get("label_zh", ""), sent.get("label_en", "")) or before.get("label", ""),
        "channel": sent.get("use", "talk"),
        "tiers": sent.getlist("tiers"),
        "tags": sent.getlist("tags"),
        "values": {key: keys for key in sorted(choices) if (keys := [each for each in sent.getlist(f"choice_{key}") if each])},
        "where": sent.get("where", "").strip() or None,
        "subject": _local(sent.get("subject_zh", ""), sent.get("subject_en", "")),
        "text": _local(sent.get("text_zh", ""), sent.get("text_en", "")) or "",
        "archived": sent.get("archived") == "1",
    }
    return {name: value for name, value in body.items() if value not in (None, [], {}, False) or name == "text"}


def _local(zh: str, en: str) -> dict[str, str] | None:
    found = {language: text.replace("\r\n", "\n").strip() for language, text in (("zh", zh), ("en", en))}
    return {language: text for language, text in found.items() if text} or None
