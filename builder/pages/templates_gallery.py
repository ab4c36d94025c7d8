"""The template gallery: choose an industry, see what it brings, have it running."""

from __future__ import annotations

import json
from typing import Any

from flask import Blueprint, render_template, request
from werkzeug.wrappers import Response

from builder import starters
from builder.starters import Template
from runtime.errors import NotFound, Refused, TierloomError
from runtime.pages.web import builder_only, done, go_to, is_htmx, reader, reading, writing
from runtime.system import jobs
from runtime.system.workspace import Act
from runtime.texts import Message, _, shown

blueprint = Blueprint("templates_gallery", __name__)

AT_ONCE = 500
"""A sample of more records than this is loaded as long work."""


@blueprint.get("/templates")
@builder_only
def gallery() -> str:
    return _page(starters.templates()[0].key, opened=False)


@blueprint.get("/templates/<key>")
@builder_only
def template(key: str) -> str:
    return _page(starters.find_template(key).key, opened=True)


@blueprint.post("/templates/<key>/install")
@builder_only
def install(key: str) -> Any:
    found = starters.find_template(key)
    prefix = request.form.get("prefix", "").strip() or None if request.form.get("existing") == "prefix" else None
    try:
        if "sample" in request.form and found.sample_count() > AT_ONCE:
            return _begin(found, prefix)
        with writing() as act:
            installed = starters.install(act, key, sample="sample" in request.form, prefix=prefix)
    except Refused as error:
        return _page(key, opened=True, trouble=error), 422
    return done(f"/apps/{installed.app}", _("{template} is installed.", template=found.about.label))


def _begin(found: Template, prefix: str | None) -> Response:
    with reading() as act:
        starters.check(act, found, sample=True, prefix=prefix)
    with writing() as act:
        job = starters.start(act, found.key, prefix)
    return go_to(f"/templates/{found.key}/installing/{job}")


@blueprint.get("/templates/<key>/installing/<int:number>")
@builder_only
def installing(key: str, number: int) -> Any:
    found = starters.find_template(key)
    with reading() as act:
        row = jobs.find(act.connection, number)
    if row.kind != starters.JOB or row.subject != f"template:{key}":
        raise NotFound(_("There is no such job."))
    if row.state == "done":
        app = json.loads(row.result)["app"]
        return done(f"/apps/{app}", _("{template} is installed.", template=found.about.label))
    job = {
        "href": f"/templates/{key}/installing/{number}",
        "what": reader().say(_("Installing {template}", template=found.about.label)),
        "state": row.state,
        "done": row.done,
        "total": None if row.done == 0 else row.total,
        "message": _told(row),
        "cancel_note": None,
    }
    return render_template("builder/installing_part.html" if is_htmx() else "builder/installing.html", template=found, job=job)


def _told(row: Any) -> str | None:
    if row.message:
        return shown(json.loads(row.message), reader().language)
    lines = _("Forms, rules, and sample records are made together: all of it or nothing.")
    return None if row.state == "failed" else reader().say(lines)


# -- what the page shows --------------------------------------------------------------------------------------------------------------
def _page(key: str, opened: bool, trouble: TierloomError | None = None) -> str:
    full = (request.args if request.method == "GET" else request.form).get("model") == "full"
    with reading() as act:
        found = starters.templates()
        chosen = next(each for each in found if each.key == key)
        cards = [_card(each, each.key == key) for each in found]
        problems = [] if trouble is None else getattr(trouble, "problems", None) or [trouble]
        return render_template(
            "builder/gallery.html",
            cards=cards,
            pane=_pane(act, chosen, full),
            opened=opened,
            installed=bool(act.catalogue.apps),
            problems=problems,
            given=request.form,
            wants_sample=trouble is None or "sample" in request.form,
        )


def _card(template: Template, active: bool) -> dict[str, Any]:
    about, model = template.about, template.model(full=True)
    size = [
        _counted(template.count("form"), _("1 form"), _("{n} forms")),
        _counted(template.tags, _("1 tag"), _("{n} tags")),
        _counted(template.count("automation"), _("1 automation"), _("{n} automations")),
    ]
    return {
        "key": template.key,
        "about": about,
        "active": active,
        "href": f"/templates/{template.key}",
        "weights": _weights(model),
        "size": " · ".join(each for each in size if each),
    }


def _counted(count: int, one: Message, many: Message) -> str:
    return "" if not count else reader().say(one) if count == 1 else reader().say(Message(many.text, {"n": count}))


def _weights(model: dict[str, Any] | None) -> list[tuple[Any, Any]]:
    return [(each["label"], each["weight"]) for each in model["dimensions"]] if model else []


def _pane(act: Act, template: Template, full: bool) -> dict[str, Any]:
    full = full and template.has_full
    model = template.model(full)
    preview = starters.preview(act, template.key)
    versions = [
        {
            "label": _size(template.model(each)),
            "href": f"/templates/{template.key}{'?model=full' if each else ''}",
            "active": each == full,
            "name": _("Full") if each else _("Starter"),
        }
        for each in ((False, True) if template.has_full else (False,))
    ]
    return {
        "template": template,
        "about": template.about,
        "model": model,
        "weights": _weights(model),
        "most": max([weight for _label, weight in _weights(model)], default=1),
        "versions": versions,
        "inside": list(_inside(template)),
        "tiers": _tiers(template, model, full),
        "full": full,
        "conflicts": [act.catalogue.forms[key].label for kind, key in preview.conflicts if kind == "form"],
        "taken": bool(preview.conflicts),
    }


def _size(model: dict[str, Any] | None) -> Message:
    return (
        _("{dimensions} dimensions, {tiers} tiers", dimensions=len(model["dimensions"]), tiers=len(model["tiers"]))
        if model
        else _("no tiers")
    )


def _inside(template: Template) -> Any:
    """Lines of what is in it, in words."""
    names = {kind: [shown(body["label"], reader().language) for body in template.in_menu_order(kind)] for kind in ("form", "dashboard")}
    comma = "、" if reader().language == "zh" else ", "
    yield reader().say(_("{n} forms: {names}", n=len(names["form"]), names=comma.join(names["form"])))
    if template.tags:
        yield reader().say(_("{n} tags, each with its meaning, its use, and its owner", n=template.tags))
    yield from (shown(line.model_dump() if hasattr(line, "model_dump") else line, reader().language) for line in template.about.inside)
    if names["dashboard"]:
        yield reader().say(_("Dashboards: {names}", names=comma.join(names["dashboard"])))


def _tiers(template: Template, model: dict[str, Any] | None, full: bool) -> list[dict[str, Any]]:
    counts = template.about.forecast.full if full else template.about.forecast.starter
    return [
        {
            "label": each["label"],
            "color": each.get("color", "blue"),
            "count": counts[each["key"]],
            "text": reader().number(counts[each["key"]]),
        }
        for each in (model["tiers"] if model else ())
        if each["key"] in counts
    ]
